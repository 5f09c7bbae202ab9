-- Blobs.

-- name: blob_open
-- in: until int8
-- out: blob int8
WITH made AS (INSERT INTO blob (size, stored, chunks, refs) VALUES (0, 0, 0, 0) RETURNING blob_id)
INSERT INTO blob_lease (blob_id, until) SELECT blob_id, :until FROM made RETURNING blob_id;

-- name: blob_chunk_add
-- in: blob int8, seq int4, data bytea
INSERT INTO blob_chunk (blob_id, seq, data) VALUES (:blob, :seq, :data);

-- name: blob_close
-- in: blob int8, hash bytea, size int8, stored int8, chunks int4
UPDATE blob SET hash = :hash, size = :size, stored = :stored, chunks = :chunks WHERE blob_id = :blob;

-- An equal blob stays locked until the end of the transaction, so that the sweeper passes it over.
-- name: blob_make
-- in: hash bytea, size int8, stored int8, chunks int4, until int8
-- out: blob int8, is_new bool
WITH kept AS (
    INSERT INTO blob (hash, size, stored, chunks, refs) VALUES (:hash, :size, :stored, :chunks, 0)
    ON CONFLICT (hash) DO UPDATE SET refs = blob.refs RETURNING blob_id, (xmax = 0) AS is_new),
leased AS (INSERT INTO blob_lease (blob_id, until) SELECT blob_id, :until FROM kept WHERE is_new)
SELECT blob_id, is_new FROM kept;

-- name: blob_find_and_lock
-- in: hash bytea, size int8
-- out: blob int8
UPDATE blob SET refs = refs WHERE hash = :hash AND size = :size RETURNING blob_id;

-- name: blob_lease_renew
-- in: blob int8, until int8
INSERT INTO blob_lease (blob_id, until) VALUES (:blob, :until) ON CONFLICT (blob_id) DO UPDATE SET until = greatest(blob_lease.until, excluded.until);

-- name: blob_read
-- in: blob int8
-- out: blob int8, hash bytea, size int8, chunks int4
SELECT blob_id, hash, size, chunks FROM blob WHERE blob_id = :blob AND hash IS NOT NULL;

-- name: blob_chunks_read
-- in: blob int8, first int4, last int4
-- out: seq int4, data bytea
SELECT seq, data FROM blob_chunk WHERE blob_id = :blob AND seq >= :first AND seq <= :last ORDER BY seq;

-- name: blobs_whole_read
-- in: blobs int8[]
-- out: blob int8, seq int4, size int8, data bytea
SELECT b.blob_id, c.seq, b.size, c.data FROM blob b JOIN blob_chunk c ON c.blob_id = b.blob_id
WHERE b.blob_id = ANY(:blobs) ORDER BY b.blob_id, c.seq;
