-- Housekeeping.

-- name: sweep_leases
-- in: now int8, limit int8
-- out: blob int8
SELECT blob_id FROM blob_lease WHERE until < :now ORDER BY until LIMIT :limit FOR UPDATE SKIP LOCKED;

-- name: sweep_lock_blobs
-- in: blobs int8[]
-- out: blob int8, stored int8
SELECT blob_id, stored FROM blob WHERE blob_id = ANY(:blobs) AND refs <= 0 FOR UPDATE SKIP LOCKED;

-- name: sweep_used_leases
-- in: blobs int8[]
DELETE FROM blob_lease l WHERE l.blob_id = ANY(:blobs) AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob_id = l.blob_id AND b.refs <= 0);

-- name: sweep_blobs
-- in: blobs int8[]
WITH chunks AS (DELETE FROM blob_chunk WHERE blob_id = ANY(:blobs)),
    leases AS (DELETE FROM blob_lease WHERE blob_id = ANY(:blobs))
DELETE FROM blob WHERE blob_id = ANY(:blobs);

-- name: sweep_recoverable
-- in: before int8, limit int8
-- out: mailbox int8, item int8
SELECT m.mailbox_id, m.message_id FROM message m WHERE m.state = 1 AND m.deleted_at < :before
    AND m.mailbox_id = (SELECT x.mailbox_id FROM message x WHERE x.state = 1 AND x.deleted_at < :before LIMIT 1) LIMIT :limit;

-- name: sweep_tombstones
-- in: before int8, limit int8
-- out: mailbox int8, folder int8, cn int8
DELETE FROM tombstone t USING (SELECT ctid FROM tombstone WHERE created < :before LIMIT :limit) d WHERE t.ctid = d.ctid
RETURNING t.mailbox_id, t.folder_id, t.cn;

-- name: sweep_raise_floors
-- in: mailbox int8[], folder int8[], cn int8[]
UPDATE folder_stat s SET floor_cn = greatest(s.floor_cn, u.cn)
FROM (SELECT x.mailbox, x.folder, max(x.cn) AS cn FROM unnest(:mailbox, :folder, :cn) AS x (mailbox, folder, cn) GROUP BY x.mailbox, x.folder) u
WHERE s.mailbox_id = u.mailbox AND s.folder_id = u.folder;

-- name: sweep_folder_tombstones
-- in: before int8
-- out: deleted int8
WITH gone AS (DELETE FROM folder_tombstone WHERE created < :before RETURNING mailbox_id, cn),
    floors AS (UPDATE mailbox m SET hierarchy_floor = greatest(m.hierarchy_floor, g.cn)
        FROM (SELECT mailbox_id, max(cn) AS cn FROM gone GROUP BY mailbox_id) g WHERE m.mailbox_id = g.mailbox_id RETURNING 1)
SELECT (SELECT count(*) FROM gone) + 0 * (SELECT count(*) FROM floors);

-- name: sweep_events
-- in: before int8, limit int8
-- out: mailbox int8, cn int8
DELETE FROM event e USING (SELECT ctid FROM event WHERE created < :before LIMIT :limit) d WHERE e.ctid = d.ctid RETURNING e.mailbox_id, e.cn;

-- name: sweep_raise_event_floors
-- in: mailbox int8[], cn int8[]
UPDATE mailbox m SET event_floor = greatest(m.event_floor, u.cn)
FROM (SELECT x.mailbox, max(x.cn) AS cn FROM unnest(:mailbox, :cn) AS x (mailbox, cn) GROUP BY x.mailbox) u WHERE m.mailbox_id = u.mailbox;

-- name: sweep_deleted_mailbox
-- out: mailbox int8
SELECT mailbox_id FROM mailbox WHERE condition = 2 LIMIT 1;

-- name: sweep_mailbox_items
-- in: mailbox int8, limit int8
-- out: item int8
SELECT message_id FROM message WHERE mailbox_id = :mailbox ORDER BY message_id LIMIT :limit;

-- name: sweep_mailbox_rows
-- in: mailbox int8
WITH t1 AS (DELETE FROM folder WHERE mailbox_id = :mailbox), t2 AS (DELETE FROM folder_stat WHERE mailbox_id = :mailbox),
    t3 AS (DELETE FROM tombstone WHERE mailbox_id = :mailbox), t4 AS (DELETE FROM folder_tombstone WHERE mailbox_id = :mailbox),
    t5 AS (DELETE FROM event WHERE mailbox_id = :mailbox), t6 AS (DELETE FROM acl WHERE mailbox_id = :mailbox),
    t7 AS (DELETE FROM delegate WHERE mailbox_id = :mailbox), t8 AS (DELETE FROM rule WHERE mailbox_id = :mailbox),
    t9 AS (DELETE FROM receive_folder WHERE mailbox_id = :mailbox), t10 AS (DELETE FROM user_config WHERE mailbox_id = :mailbox),
    t11 AS (DELETE FROM named_prop WHERE mailbox_id = :mailbox), t12 AS (DELETE FROM id_range WHERE mailbox_id = :mailbox),
    t13 AS (DELETE FROM autoreply_seen WHERE mailbox_id = :mailbox), t14 AS (DELETE FROM ews_subscription WHERE mailbox_id = :mailbox),
    t15 AS (DELETE FROM eas_device WHERE mailbox_id = :mailbox), t16 AS (DELETE FROM eas_sync WHERE mailbox_id = :mailbox),
    t17 AS (DELETE FROM eas_client_op WHERE mailbox_id = :mailbox), t18 AS (DELETE FROM search_folder WHERE mailbox_id = :mailbox),
    t19 AS (DELETE FROM search_scope WHERE mailbox_id = :mailbox), t20 AS (DELETE FROM search_hit WHERE mailbox_id = :mailbox),
    t21 AS (DELETE FROM text_position WHERE mailbox_id = :mailbox)
DELETE FROM mailbox WHERE mailbox_id = :mailbox AND condition = 2;
