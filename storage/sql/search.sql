-- Full text, filled in the background from the event log.

-- name: text_pending_mailboxes
-- in: limit int8
-- out: mailbox int8, cn int8, last_cn int8
SELECT m.mailbox_id, greatest(coalesce(p.cn, 0), m.event_floor), m.last_cn FROM mailbox m LEFT JOIN text_position p ON p.mailbox_id = m.mailbox_id
WHERE m.last_cn > coalesce(p.cn, 0) AND m.condition <> 2 LIMIT :limit;

-- name: text_pending_items
-- in: mailbox int8, since int8, limit int8
-- out: cn int8, item int8
SELECT cn, item_id FROM event WHERE mailbox_id = :mailbox AND cn > :since AND kind IN (1, 2, 3, 7) ORDER BY cn LIMIT :limit;

-- name: text_sources
-- in: mailbox int8, items int8[]
-- out: item int8, subject text, from_name text, from_smtp text, display_to text, display_cc text, body_text text
SELECT m.message_id, m.subject, m.from_name, m.from_smtp, m.display_to, m.display_cc, b.body_text
FROM message m JOIN message_body b ON b.mailbox_id = m.mailbox_id AND b.message_id = m.message_id
WHERE m.mailbox_id = :mailbox AND m.message_id = ANY(:items) AND NOT m.fai;

-- name: text_put
-- in: mailbox int8, item int8, words text[]
INSERT INTO message_text (mailbox_id, message_id, words) SELECT :mailbox, :item, array_to_tsvector(:words)
WHERE EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = :item)
ON CONFLICT (mailbox_id, message_id) DO UPDATE SET words = excluded.words;

-- name: text_position_put
-- in: mailbox int8, cn int8
INSERT INTO text_position (mailbox_id, cn) VALUES (:mailbox, :cn) ON CONFLICT (mailbox_id) DO UPDATE SET cn = greatest(text_position.cn, excluded.cn);
