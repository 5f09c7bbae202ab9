-- The integrity checker. Each check gives what is wrong: an id, what was expected and what is there.

-- name: check_counts
-- in: mailbox int8
-- out: items int8, folders int8
SELECT (SELECT count(*) FROM message WHERE mailbox_id = :mailbox), (SELECT count(*) FROM folder WHERE mailbox_id = :mailbox);

-- name: check_folder_counters
-- in: mailbox int8
-- out: folder int8, live int8, unread int8, fai int8, bytes int8, real_live int8, real_unread int8, real_fai int8, real_bytes int8
SELECT s.folder_id, s.live, s.unread, s.fai, s.bytes, r.live, r.unread, r.fai, r.bytes
FROM folder_stat s CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE NOT m.fai) AS live, count(*) FILTER (WHERE NOT m.fai AND NOT m.is_read) AS unread,
        count(*) FILTER (WHERE m.fai) AS fai, coalesce(sum(m.size), 0)::bigint AS bytes
    FROM message m WHERE m.mailbox_id = s.mailbox_id AND m.folder_id = s.folder_id) r
WHERE s.mailbox_id = :mailbox AND (s.live, s.unread, s.fai, s.bytes) IS DISTINCT FROM (r.live, r.unread, r.fai, r.bytes);

-- name: repair_folder_counters
-- in: mailbox int8
UPDATE folder_stat s SET live = r.live, unread = r.unread, fai = r.fai, bytes = r.bytes
FROM (SELECT f.folder_id, count(m.message_id) FILTER (WHERE NOT m.fai) AS live, count(m.message_id) FILTER (WHERE NOT m.fai AND NOT m.is_read) AS unread,
        count(m.message_id) FILTER (WHERE m.fai) AS fai, coalesce(sum(m.size), 0)::bigint AS bytes
    FROM folder f LEFT JOIN message m ON m.mailbox_id = f.mailbox_id AND m.folder_id = f.folder_id WHERE f.mailbox_id = :mailbox GROUP BY f.folder_id) r
WHERE s.mailbox_id = :mailbox AND s.folder_id = r.folder_id;

-- name: check_mailbox_size
-- in: mailbox int8
-- out: size int8, recoverable int8, items int8, real_size int8, real_recoverable int8, real_items int8
SELECT m.size, m.recoverable_size, m.item_count, r.size, r.recoverable, r.items FROM mailbox m CROSS JOIN LATERAL (
    SELECT coalesce(sum(x.size) FILTER (WHERE f.role NOT BETWEEN 36 AND 39), 0)::bigint AS size,
        coalesce(sum(x.size) FILTER (WHERE f.role BETWEEN 36 AND 39), 0)::bigint AS recoverable, count(*) AS items
    FROM message x JOIN folder f ON f.mailbox_id = x.mailbox_id AND f.folder_id = x.folder_id WHERE x.mailbox_id = m.mailbox_id) r
WHERE m.mailbox_id = :mailbox AND (m.size, m.recoverable_size, m.item_count) IS DISTINCT FROM (r.size, r.recoverable, r.items);

-- name: repair_mailbox_size
-- in: mailbox int8
UPDATE mailbox m SET size = r.size, recoverable_size = r.recoverable, item_count = r.items FROM (
    SELECT coalesce(sum(x.size) FILTER (WHERE f.role NOT BETWEEN 36 AND 39), 0)::bigint AS size,
        coalesce(sum(x.size) FILTER (WHERE f.role BETWEEN 36 AND 39), 0)::bigint AS recoverable, count(*) AS items
    FROM message x JOIN folder f ON f.mailbox_id = x.mailbox_id AND f.folder_id = x.folder_id WHERE x.mailbox_id = :mailbox) r
WHERE m.mailbox_id = :mailbox;

-- name: check_item_body
-- in: mailbox int8
-- out: item int8, folder int8
SELECT m.message_id, m.folder_id FROM message m LEFT JOIN message_body b ON b.mailbox_id = m.mailbox_id AND b.message_id = m.message_id
WHERE m.mailbox_id = :mailbox AND b.message_id IS NULL;

-- name: check_orphans
-- in: mailbox int8
-- out: item int8, folder int8
SELECT o.message_id, 0::bigint FROM (
    SELECT message_id FROM message_body WHERE mailbox_id = :mailbox UNION SELECT message_id FROM attachment WHERE mailbox_id = :mailbox) o
WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = o.message_id);

-- name: check_folder_parent
-- in: mailbox int8
-- out: item int8, folder int8
SELECT f.folder_id, f.parent_id FROM folder f LEFT JOIN folder p ON p.mailbox_id = f.mailbox_id AND p.folder_id = f.parent_id
WHERE f.mailbox_id = :mailbox AND p.folder_id IS NULL;

-- name: check_change_numbers
-- in: mailbox int8
-- out: item int8, folder int8
SELECT m.message_id, m.folder_id FROM message m WHERE m.mailbox_id = :mailbox AND (m.cn <= 0 OR m.read_cn <= 0 OR m.uid <= 0)
UNION ALL SELECT max(d.message_id), max(d.folder_id) FROM message d WHERE d.mailbox_id = :mailbox GROUP BY d.cn HAVING count(*) > 1;

-- name: check_blobs_missing
-- in: mailbox int8
-- out: item int8, folder int8
SELECT u.message_id, u.blob_id FROM (
    SELECT message_id, mime_blob AS blob_id FROM message WHERE mailbox_id = :mailbox AND mime_blob <> 0
    UNION SELECT message_id, blob_id FROM attachment WHERE mailbox_id = :mailbox AND blob_id <> 0
    UNION SELECT message_id, unnest(value_blobs) FROM message_body WHERE mailbox_id = :mailbox) u
WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob_id = u.blob_id AND b.hash IS NOT NULL
    AND b.chunks = (SELECT count(*) FROM blob_chunk c WHERE c.blob_id = b.blob_id));

-- name: check_blob_page
-- in: mailbox int8, after int8, limit int8
-- out: blob int8
SELECT DISTINCT blob_id FROM (
    SELECT mime_blob AS blob_id FROM message WHERE mailbox_id = :mailbox AND mime_blob <> 0
    UNION ALL SELECT blob_id FROM attachment WHERE mailbox_id = :mailbox AND blob_id <> 0
    UNION ALL SELECT unnest(value_blobs) FROM message_body WHERE mailbox_id = :mailbox) u
WHERE blob_id > :after ORDER BY blob_id LIMIT :limit;

-- name: check_all_blob_page
-- in: after int8, limit int8
-- out: blob int8
SELECT blob_id FROM blob WHERE blob_id > :after AND hash IS NOT NULL ORDER BY blob_id LIMIT :limit;

-- define: blob_users = SELECT mime_blob AS blob_id FROM message WHERE mime_blob <> 0 UNION ALL SELECT blob_id FROM attachment WHERE blob_id <> 0 UNION ALL SELECT unnest(value_blobs) FROM message_body UNION ALL SELECT mime_blob FROM queue

-- name: check_blob_references
-- out: item int8, folder int8
SELECT b.blob_id, coalesce(u.users, 0) - b.refs FROM blob b LEFT JOIN (SELECT blob_id, count(*) AS users FROM ({blob_users}) x GROUP BY blob_id) u
    ON u.blob_id = b.blob_id WHERE b.refs <> coalesce(u.users, 0);

-- name: repair_blob_references
UPDATE blob b SET refs = r.users FROM (SELECT y.blob_id, coalesce(u.users, 0) AS users FROM blob y LEFT JOIN
    (SELECT blob_id, count(*) AS users FROM ({blob_users}) x GROUP BY blob_id) u ON u.blob_id = y.blob_id) r
WHERE b.blob_id = r.blob_id AND b.refs <> r.users;

-- name: repair_lock_writers
LOCK TABLE mailbox, queue IN SHARE ROW EXCLUSIVE MODE;

-- name: check_blob_leases
-- out: item int8, folder int8
SELECT b.blob_id, 0::bigint FROM blob b LEFT JOIN blob_lease l ON l.blob_id = b.blob_id WHERE b.refs <= 0 AND l.blob_id IS NULL;

-- name: repair_blob_leases
-- in: until int8
INSERT INTO blob_lease (blob_id, until) SELECT blob_id, :until FROM blob WHERE refs <= 0 ON CONFLICT DO NOTHING;

-- name: check_queue
-- out: item int8, folder int8
SELECT q.queue_id, 0::bigint FROM queue q WHERE NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.queue_id = q.queue_id)
UNION ALL SELECT q.queue_id, 1 FROM queue q WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob_id = q.mime_blob)
UNION ALL SELECT DISTINCT r.queue_id, 2::bigint FROM queue_recipient r WHERE NOT EXISTS (SELECT 1 FROM queue q WHERE q.queue_id = r.queue_id);

-- name: check_blob_total
-- out: blobs int8
SELECT count(*) FROM blob;
