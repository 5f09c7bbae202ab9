-- Background housekeeping (sweep.c).

-- Rows of blobs whose lease is over. Who refers to one, or renews its lease, locks the blob row first: such blobs are passed over.
-- name: sweep_blobs_lock
-- in: now int8, limit int8
-- out: blob int8
SELECT b.blob_id FROM blob_lease l JOIN blob b ON b.blob_id = l.blob_id WHERE l.until < :now
ORDER BY l.until LIMIT :limit FOR UPDATE OF b SKIP LOCKED;

-- What is true now that the rows are locked.
-- name: sweep_blobs_take
-- in: blobs int8[], now int8
-- out: leases int8, blobs int8, bytes int8
WITH due AS (SELECT b.blob_id, b.refs FROM blob b JOIN blob_lease l ON l.blob_id = b.blob_id WHERE b.blob_id = ANY(:blobs) AND l.until < :now),
    leases AS (DELETE FROM blob_lease WHERE blob_id IN (SELECT blob_id FROM due) RETURNING 1),
    chunks AS (DELETE FROM blob_chunk WHERE blob_id IN (SELECT blob_id FROM due WHERE refs <= 0)),
    gone AS (DELETE FROM blob WHERE blob_id IN (SELECT blob_id FROM due WHERE refs <= 0) RETURNING stored)
SELECT (SELECT count(*) FROM leases), count(*), coalesce(sum(stored), 0)::bigint FROM gone;

-- name: sweep_lost_leases
-- in: now int8
DELETE FROM blob_lease l WHERE l.until < :now AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob_id = l.blob_id);

-- name: sweep_inflow
-- in: now int8, limit int8
-- out: deleted int8
WITH gone AS (DELETE FROM inflow WHERE key IN (SELECT key FROM inflow WHERE keep_until < :now LIMIT :limit) RETURNING 1) SELECT count(*) FROM gone;

-- name: sweep_subscriptions
-- in: now int8, limit int8
-- out: deleted int8
WITH gone AS (DELETE FROM ews_subscription WHERE subscription_id IN (SELECT subscription_id FROM ews_subscription WHERE expires < :now LIMIT :limit)
    RETURNING 1) SELECT count(*) FROM gone;

-- Phones resend what they added within minutes.
-- name: sweep_client_ids
-- in: now int8, limit int8
-- out: deleted int8
WITH gone AS (DELETE FROM eas_client_op WHERE ctid = ANY(ARRAY(SELECT ctid FROM eas_client_op WHERE created < :now - 12096000000000 LIMIT :limit))
    RETURNING 1) SELECT count(*) FROM gone;

-- Recoverable Items.

-- name: sweep_recoverable_mailboxes
-- in: before int8, after int8, limit int8
-- out: mailbox int8
SELECT m.mailbox_id FROM mailbox m WHERE m.mailbox_id > :after AND m.condition = 0
    AND EXISTS (SELECT 1 FROM message x WHERE x.mailbox_id = m.mailbox_id AND x.state = 1 AND x.deleted_at < :before)
ORDER BY m.mailbox_id LIMIT :limit;

-- name: sweep_recoverable_items
-- in: mailbox int8, before int8, limit int8
-- out: item int8
SELECT message_id FROM message WHERE mailbox_id = :mailbox AND state = 1 AND deleted_at < :before ORDER BY deleted_at LIMIT :limit;

-- Rows of the change log: a batch of mailboxes is locked, then the oldest rows go and the floors rise to the last of them.

-- name: sweep_tombstone_mailboxes
-- in: before int8, limit int8
-- out: mailbox int8
SELECT DISTINCT t.mailbox_id FROM tombstone t JOIN mailbox m ON m.mailbox_id = t.mailbox_id AND m.condition = 0
WHERE t.created < :before ORDER BY t.mailbox_id LIMIT :limit;

-- name: sweep_tombstones
-- in: mailboxes int8[], before int8, limit int8
-- out: deleted int8
WITH old AS (SELECT mailbox_id, folder_id, cn FROM tombstone WHERE mailbox_id = ANY(:mailboxes) AND created < :before
        ORDER BY mailbox_id, cn LIMIT :limit),
    floors AS (SELECT mailbox_id, folder_id, max(cn) AS cn FROM old GROUP BY mailbox_id, folder_id),
    raised AS (UPDATE folder_stat s SET floor_cn = greatest(s.floor_cn, f.cn) FROM floors f
        WHERE s.mailbox_id = f.mailbox_id AND s.folder_id = f.folder_id),
    gone AS (DELETE FROM tombstone t USING floors f WHERE t.mailbox_id = f.mailbox_id AND t.folder_id = f.folder_id AND t.cn <= f.cn RETURNING 1)
SELECT count(*) FROM gone;

-- name: sweep_folder_tombstone_mailboxes
-- in: before int8, limit int8
-- out: mailbox int8
SELECT DISTINCT t.mailbox_id FROM folder_tombstone t JOIN mailbox m ON m.mailbox_id = t.mailbox_id AND m.condition = 0
WHERE t.created < :before ORDER BY t.mailbox_id LIMIT :limit;

-- name: sweep_folder_tombstones
-- in: mailboxes int8[], before int8, limit int8
-- out: deleted int8
WITH old AS (SELECT mailbox_id, cn FROM folder_tombstone WHERE mailbox_id = ANY(:mailboxes) AND created < :before ORDER BY mailbox_id, cn LIMIT :limit),
    floors AS (SELECT mailbox_id, max(cn) AS cn FROM old GROUP BY mailbox_id),
    raised AS (UPDATE mailbox m SET hierarchy_floor = greatest(m.hierarchy_floor, f.cn) FROM floors f WHERE m.mailbox_id = f.mailbox_id),
    gone AS (DELETE FROM folder_tombstone t USING floors f WHERE t.mailbox_id = f.mailbox_id AND t.cn <= f.cn RETURNING 1)
SELECT count(*) FROM gone;

-- name: sweep_event_mailboxes
-- in: before int8, limit int8
-- out: mailbox int8
SELECT DISTINCT e.mailbox_id FROM event e JOIN mailbox m ON m.mailbox_id = e.mailbox_id AND m.condition = 0
WHERE e.created < :before ORDER BY e.mailbox_id LIMIT :limit;

-- name: sweep_events
-- in: mailboxes int8[], before int8, limit int8
-- out: deleted int8
WITH old AS (SELECT mailbox_id, cn FROM event WHERE mailbox_id = ANY(:mailboxes) AND created < :before ORDER BY mailbox_id, cn LIMIT :limit),
    floors AS (SELECT mailbox_id, max(cn) AS cn FROM old GROUP BY mailbox_id),
    raised AS (UPDATE mailbox m SET event_floor = greatest(m.event_floor, f.cn) FROM floors f WHERE m.mailbox_id = f.mailbox_id),
    gone AS (DELETE FROM event e USING floors f WHERE e.mailbox_id = f.mailbox_id AND e.cn <= f.cn RETURNING 1)
SELECT count(*) FROM gone;

-- Deleted mailboxes.

-- name: sweep_deleted_mailbox
-- out: mailbox int8
SELECT mailbox_id FROM mailbox WHERE condition = 2 ORDER BY mailbox_id LIMIT 1;

-- name: sweep_mailbox_items
-- in: mailbox int8, limit int8
-- out: item int8
(SELECT message_id FROM message WHERE mailbox_id = :mailbox LIMIT :limit)
UNION (SELECT message_id FROM message_body WHERE mailbox_id = :mailbox LIMIT :limit)
UNION (SELECT message_id FROM attachment WHERE mailbox_id = :mailbox LIMIT :limit);

-- name: sweep_mailbox_blobs
-- in: mailbox int8, items int8[]
-- out: blob int8, users int8
SELECT x.blob_id, count(*) FROM (
    SELECT mime_blob AS blob_id FROM message WHERE mailbox_id = :mailbox AND message_id = ANY(:items)
    UNION ALL SELECT unnest(value_blobs) FROM message_body WHERE mailbox_id = :mailbox AND message_id = ANY(:items)
    UNION ALL SELECT blob_id FROM attachment WHERE mailbox_id = :mailbox AND message_id = ANY(:items)) x
WHERE x.blob_id <> 0 GROUP BY x.blob_id;

-- name: sweep_mailbox_log
-- in: mailbox int8, limit int8
-- out: deleted int8
WITH t1 AS (DELETE FROM tombstone WHERE ctid = ANY(ARRAY(SELECT ctid FROM tombstone WHERE mailbox_id = :mailbox LIMIT :limit)) RETURNING 1),
    t2 AS (DELETE FROM event WHERE ctid = ANY(ARRAY(SELECT ctid FROM event WHERE mailbox_id = :mailbox LIMIT :limit)) RETURNING 1),
    t3 AS (DELETE FROM message_text WHERE ctid = ANY(ARRAY(SELECT ctid FROM message_text WHERE mailbox_id = :mailbox LIMIT :limit)) RETURNING 1),
    t4 AS (DELETE FROM user_read_state WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_read_state WHERE mailbox_id = :mailbox LIMIT :limit)) RETURNING 1)
SELECT (SELECT count(*) FROM t1) + (SELECT count(*) FROM t2) + (SELECT count(*) FROM t3) + (SELECT count(*) FROM t4);

-- name: sweep_mailbox_rows
-- in: mailbox int8
WITH t1 AS (DELETE FROM folder WHERE mailbox_id = :mailbox), t2 AS (DELETE FROM folder_stat WHERE mailbox_id = :mailbox),
    t3 AS (DELETE FROM folder_tombstone WHERE mailbox_id = :mailbox), t4 AS (DELETE FROM acl WHERE mailbox_id = :mailbox),
    t5 AS (DELETE FROM delegate WHERE mailbox_id = :mailbox), t6 AS (DELETE FROM rule WHERE mailbox_id = :mailbox),
    t7 AS (DELETE FROM receive_folder WHERE mailbox_id = :mailbox), t8 AS (DELETE FROM user_config WHERE mailbox_id = :mailbox),
    t9 AS (DELETE FROM named_prop WHERE mailbox_id = :mailbox), t10 AS (DELETE FROM id_range WHERE mailbox_id = :mailbox),
    t11 AS (DELETE FROM autoreply_seen WHERE mailbox_id = :mailbox), t12 AS (DELETE FROM ews_subscription WHERE mailbox_id = :mailbox),
    t13 AS (DELETE FROM eas_device WHERE mailbox_id = :mailbox), t14 AS (DELETE FROM eas_sync WHERE mailbox_id = :mailbox),
    t15 AS (DELETE FROM eas_client_op WHERE mailbox_id = :mailbox), t16 AS (DELETE FROM search_folder WHERE mailbox_id = :mailbox),
    t17 AS (DELETE FROM search_scope WHERE mailbox_id = :mailbox), t18 AS (DELETE FROM search_hit WHERE mailbox_id = :mailbox),
    t19 AS (DELETE FROM text_position WHERE mailbox_id = :mailbox), t20 AS (DELETE FROM cal_index WHERE mailbox_id = :mailbox),
    t21 AS (DELETE FROM contact_index WHERE mailbox_id = :mailbox), t22 AS (DELETE FROM reminder WHERE mailbox_id = :mailbox)
DELETE FROM mailbox WHERE mailbox_id = :mailbox AND condition = 2;
