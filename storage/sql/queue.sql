-- The outgoing queue.

-- define: entry_out = id int8, sender text, envelope_id text, dsn_return text, origin text, trace_id text, needs_smtputf8 bool, needs_8bit bool, is_held bool, mime_blob int8, size int8, created int8, expires int8
-- define: entry_columns = q.queue_id, q.sender, q.envelope_id, q.dsn_return, q.origin, q.trace_id, q.needs_smtputf8, q.needs_8bit, q.is_held, q.mime_blob, q.size, q.created, q.expires
-- define: recipient_out = id int8, number int4, address text, destination text, dsn_notify text, dsn_orcpt text, state int2, attempts int4, next_attempt int8, leased_until int8, last_reply text, last_status text, last_host text, last_attempt int8, delay_reported bool
-- define: recipient_columns = r.queue_id, r.recipient_id, r.address, r.destination, r.dsn_notify, r.dsn_orcpt, r.state, r.attempts, r.next_attempt, r.leased_until, r.last_reply, r.last_status, r.last_host, r.last_attempt, r.delay_reported

-- name: queue_due
-- in: now int8, limit int8
-- out: destination text, recipients int8, oldest int8
SELECT destination, count(*), min(next_attempt) FROM queue_recipient
WHERE state = 0 AND NOT is_held AND next_attempt <= :now AND leased_until <= :now GROUP BY destination ORDER BY min(next_attempt) LIMIT :limit;

-- name: queue_lease_recipients
-- in: destination text, worker text, now int8, until int8, limit int8
-- out: {recipient_out}
WITH first AS (
    SELECT queue_id FROM queue_recipient WHERE state = 0 AND destination = :destination AND next_attempt <= :now AND leased_until <= :now
        AND NOT is_held ORDER BY next_attempt, queue_id LIMIT 1 FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT queue_id, recipient_id FROM queue_recipient WHERE queue_id = (SELECT queue_id FROM first) AND state = 0 AND destination = :destination
        AND next_attempt <= :now AND leased_until <= :now AND NOT is_held ORDER BY recipient_id LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE queue_recipient r SET leased_until = :until, worker = :worker FROM chosen c
WHERE r.queue_id = c.queue_id AND r.recipient_id = c.recipient_id RETURNING {recipient_columns};

-- name: queue_entry_read
-- in: ids int8[]
-- out: {entry_out}
SELECT {entry_columns} FROM queue q WHERE q.queue_id = ANY(:ids) ORDER BY q.queue_id;

-- name: queue_recipients_read
-- in: ids int8[]
-- out: {recipient_out}
SELECT {recipient_columns} FROM queue_recipient r WHERE r.queue_id = ANY(:ids) ORDER BY r.queue_id, r.recipient_id;

-- name: queue_page
-- in: after int8, limit int8
-- out: {entry_out}
SELECT {entry_columns} FROM queue q WHERE q.queue_id > :after ORDER BY q.queue_id LIMIT :limit;

-- name: queue_delayed_page
-- in: before int8, now int8, limit int8
-- out: {entry_out}
SELECT {entry_columns} FROM queue q WHERE q.created < :before AND NOT q.is_held
    AND EXISTS (SELECT 1 FROM queue_recipient r WHERE r.queue_id = q.queue_id AND r.state = 0 AND r.leased_until <= :now
        AND (q.expires <= :now OR NOT r.delay_reported))
ORDER BY q.queue_id LIMIT :limit;

-- name: queue_lock
-- in: id int8
-- out: id int8
SELECT queue_id FROM queue WHERE queue_id = :id FOR NO KEY UPDATE;

-- name: queue_record
-- in: id int8, worker text, number int4[], state int4[], next_attempt int8[], delay_reported bool[], reply text[], status text[], host text[], now int8
UPDATE queue_recipient r SET state = u.state, next_attempt = CASE WHEN u.state = 0 THEN u.next_attempt ELSE r.next_attempt END,
    attempts = r.attempts + 1, leased_until = 0, worker = '', last_attempt = :now, last_reply = u.reply, last_status = u.status,
    last_host = u.host, delay_reported = r.delay_reported OR u.delay_reported
FROM unnest(:number, :state, :next_attempt, :delay_reported, :reply, :status, :host)
    AS u (number, state, next_attempt, delay_reported, reply, status, host)
WHERE r.queue_id = :id AND r.recipient_id = u.number AND r.state = 0 AND (r.worker = :worker OR r.leased_until = 0);

-- name: queue_remove_if_done
-- in: id int8
-- out: mime_blob int8
WITH gone AS (DELETE FROM queue q WHERE q.queue_id = :id
    AND NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.queue_id = :id AND r.state = 0) RETURNING q.mime_blob),
    recipients AS (DELETE FROM queue_recipient WHERE queue_id = :id AND EXISTS (SELECT 1 FROM gone))
SELECT mime_blob FROM gone;

-- name: queue_remove
-- in: id int8
-- out: mime_blob int8
WITH recipients AS (DELETE FROM queue_recipient WHERE queue_id = :id)
DELETE FROM queue WHERE queue_id = :id RETURNING mime_blob;

-- name: queue_renew
-- in: id int8, worker text, until int8
UPDATE queue_recipient SET leased_until = :until WHERE queue_id = :id AND worker = :worker AND leased_until > 0;

-- name: queue_give_back
-- in: id int8, worker text
UPDATE queue_recipient SET leased_until = 0, worker = '' WHERE queue_id = :id AND worker = :worker;

-- name: queue_hold
-- in: id int8, hold bool
WITH recipients AS (UPDATE queue_recipient SET is_held = :hold WHERE (:id = 0 OR queue_id = :id) AND is_held <> :hold)
UPDATE queue SET is_held = :hold WHERE (:id = 0 OR queue_id = :id) AND is_held <> :hold;

-- name: queue_retry
-- in: id int8, all bool, destination text, now int8
-- out: entries int8
WITH changed AS (UPDATE queue_recipient SET next_attempt = :now WHERE state = 0 AND (:id = 0 OR queue_id = :id)
    AND (:all OR destination = :destination) RETURNING queue_id)
SELECT count(DISTINCT queue_id) FROM changed;

-- name: queue_statistics
-- in: now int8
-- out: entries int8, held int8, oldest int8, waiting int8, leased int8, deferred int8, next_due int8
SELECT (SELECT count(*) FROM queue), (SELECT count(*) FROM queue WHERE is_held), (SELECT coalesce(min(created), 0) FROM queue),
    count(*), count(*) FILTER (WHERE leased_until > :now), count(*) FILTER (WHERE attempts > 0),
    coalesce(min(greatest(next_attempt, leased_until)) FILTER (WHERE NOT is_held), 0)
FROM queue_recipient WHERE state = 0;
