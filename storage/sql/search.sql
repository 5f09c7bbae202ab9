-- Search and full text.

-- name: search_scope
-- in: mailbox int8, role int2
-- out: folder int8
WITH RECURSIVE below AS (
    SELECT folder_id FROM folder WHERE mailbox_id = :mailbox AND role = :role
    UNION
    SELECT f.folder_id FROM below b JOIN folder f ON f.mailbox_id = :mailbox AND f.parent_id = b.folder_id
)
SELECT folder_id FROM below;

-- name: text_position_read
-- in: mailbox int8
-- out: cn int8
SELECT coalesce(max(cn), 0) FROM text_position WHERE mailbox_id = :mailbox;

-- name: text_pending
-- in: limit int8
-- out: mailbox int8
SELECT m.mailbox_id FROM mailbox m LEFT JOIN text_position p ON p.mailbox_id = m.mailbox_id
WHERE m.condition = 0 AND m.last_cn > coalesce(p.cn, 0) ORDER BY m.last_cn - coalesce(p.cn, 0), m.mailbox_id LIMIT :limit;

-- name: text_head
-- in: mailbox int8
-- out: last_cn int8, cn int8
SELECT m.last_cn, coalesce(p.cn, 0) FROM mailbox m LEFT JOIN text_position p ON p.mailbox_id = m.mailbox_id WHERE m.mailbox_id = :mailbox;

-- name: text_items
-- in: mailbox int8, limit int8
-- out: item int8, cn int8
SELECT x.message_id, x.cn FROM folder f CROSS JOIN LATERAL (
    SELECT m.message_id, m.cn FROM message m
    WHERE m.mailbox_id = f.mailbox_id AND m.folder_id = f.folder_id
        AND m.cn > (SELECT coalesce(max(p.cn), 0) FROM text_position p WHERE p.mailbox_id = :mailbox)
    ORDER BY m.cn LIMIT :limit) x
WHERE f.mailbox_id = :mailbox ORDER BY x.cn LIMIT :limit;

-- name: text_store
-- in: mailbox int8, item int8, cn int8, words text[]
INSERT INTO message_text (mailbox_id, message_id, words)
SELECT mailbox_id, message_id, array_to_tsvector(:words) FROM message WHERE mailbox_id = :mailbox AND message_id = :item AND cn = :cn
ON CONFLICT (mailbox_id, message_id) DO UPDATE SET words = excluded.words;

-- name: text_position_store
-- in: mailbox int8, cn int8
INSERT INTO text_position (mailbox_id, cn) VALUES (:mailbox, :cn)
ON CONFLICT (mailbox_id) DO UPDATE SET cn = greatest(text_position.cn, excluded.cn);
