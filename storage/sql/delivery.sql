-- The accept transaction.

-- All statements of a round are look-ups by a whole key: planning them anew for each round's arrays costs a tenth of the server's time and finds
-- nothing else. The joins stay look-ups while a young table has no statistics.
-- name: delivery_session
-- out: ignored text
SELECT set_config('plan_cache_mode', 'force_generic_plan', false) || set_config('enable_hashjoin', 'off', false)
    || set_config('enable_mergejoin', 'off', false) || set_config('enable_seqscan', 'off', false) || set_config('enable_bitmapscan', 'off', false);

-- name: inflow_find
-- in: keys uuid[]
-- out: key uuid
SELECT key FROM inflow WHERE key = ANY(:keys);

-- name: inflow_add
-- in: keys uuid[], keep_until int8[]
INSERT INTO inflow (key, keep_until) SELECT u.key, u.keep_until FROM unnest(:keys, :keep_until) AS u (key, keep_until);

-- name: inflow_sweep
-- in: now int8, limit int8
DELETE FROM inflow WHERE key = ANY(ARRAY(SELECT key FROM inflow WHERE keep_until < :now LIMIT :limit));

-- name: delivery_folders
-- in: mailbox int8[], wanted int8[], inbox_role int2
-- out: mailbox int8, wanted int8, folder int8, role int2, uid_next int8, block_next int8, block_end int8
SELECT u.mailbox, u.wanted, f.folder_id, f.role, s.uid_next, s.block_next, s.block_end
FROM unnest(:mailbox, :wanted) AS u (mailbox, wanted)
    CROSS JOIN LATERAL (
        SELECT x.folder_id, x.role FROM (
            SELECT a.folder_id, a.role, 0 AS preference FROM folder a WHERE a.mailbox_id = u.mailbox AND a.folder_id = u.wanted
            UNION ALL
            SELECT b.folder_id, b.role, 1 FROM folder b WHERE b.mailbox_id = u.mailbox AND b.role = :inbox_role AND b.role <> 0) x
        ORDER BY x.preference LIMIT 1) f
    JOIN folder_stat s ON s.mailbox_id = u.mailbox AND s.folder_id = f.folder_id;

-- name: queue_ids
-- in: count int4
-- out: id int8
SELECT nextval(pg_get_serial_sequence('queue', 'queue_id')) FROM generate_series(1, :count);

-- name: queue_insert
-- in: id int8, sender text, envelope_id text, dsn_return text, origin text, trace_id text, needs_smtputf8 bool, needs_8bit bool, mime_blob int8, mime_hash bytea, size int8, created int8, expires int8
INSERT INTO queue (queue_id, sender, envelope_id, dsn_return, origin, trace_id, needs_smtputf8, needs_8bit, mime_blob, size, created, expires)
VALUES (:id, :sender, :envelope_id, :dsn_return, :origin, :trace_id, :needs_smtputf8, :needs_8bit,
    CASE WHEN :mime_hash::bytea IS NULL THEN :mime_blob ELSE (SELECT blob_id FROM blob WHERE hash = :mime_hash) END, :size, :created, :expires);

-- name: queue_recipients_insert
-- in: id int8, number int4[], address text[], destination text[], dsn_notify text[], dsn_orcpt text[], due int8
INSERT INTO queue_recipient (queue_id, recipient_id, next_attempt, address, destination, dsn_notify, dsn_orcpt)
SELECT :id, u.number, :due, u.address, u.destination, u.dsn_notify, u.dsn_orcpt
FROM unnest(:number, :address, :destination, :dsn_notify, :dsn_orcpt) AS u (number, address, destination, dsn_notify, dsn_orcpt);
