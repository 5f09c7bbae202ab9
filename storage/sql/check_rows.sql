-- The integrity checker: rows against each other. A check gives pairs of numbers that its text in check_kinds.def explains; its repair
-- (run under the mailbox lock) mends all of its kind.

-- define: filetime_now = ((extract(epoch FROM now()) * 10000000)::bigint + 116444736000000000)
-- define: high_cn = (SELECT coalesce(max(v), 0) FROM (SELECT max(cn) AS v FROM message WHERE mailbox_id = :mailbox UNION ALL SELECT max(read_cn) FROM message WHERE mailbox_id = :mailbox UNION ALL SELECT max(cn) FROM tombstone WHERE mailbox_id = :mailbox UNION ALL SELECT max(cn) FROM event WHERE mailbox_id = :mailbox) x)
-- define: high_tree_cn = (SELECT coalesce(max(v), 0) FROM (SELECT max(cn) AS v FROM folder WHERE mailbox_id = :mailbox UNION ALL SELECT max(cn) FROM folder_tombstone WHERE mailbox_id = :mailbox) x)
-- define: high_id = (SELECT coalesce(max(v), 0) FROM (SELECT max(message_id) AS v FROM message WHERE mailbox_id = :mailbox UNION ALL SELECT max(folder_id) FROM folder WHERE mailbox_id = :mailbox UNION ALL SELECT max(message_id) FROM tombstone WHERE mailbox_id = :mailbox UNION ALL SELECT max(last_id) FROM id_range WHERE mailbox_id = :mailbox UNION ALL SELECT max(block_end) - 1 FROM folder_stat WHERE mailbox_id = :mailbox) x)
-- define: high_folder = SELECT f.folder_id, greatest(max(m.uid), 0) AS uid, greatest(max(m.cn), max(m.read_cn), (SELECT max(t.cn) FROM tombstone t WHERE t.mailbox_id = :mailbox AND t.folder_id = f.folder_id), 0) AS cn FROM folder f LEFT JOIN message m ON m.mailbox_id = f.mailbox_id AND m.folder_id = f.folder_id WHERE f.mailbox_id = :mailbox GROUP BY f.folder_id
-- define: reachable = WITH RECURSIVE reachable AS (SELECT folder_id FROM folder WHERE mailbox_id = :mailbox AND role = 1 UNION SELECT f.folder_id FROM reachable r JOIN folder f ON f.mailbox_id = :mailbox AND f.parent_id = r.folder_id)
-- define: lost_items = SELECT folder_id, max(uid) AS uid, greatest(max(cn), max(read_cn)) AS cn FROM message m WHERE m.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = :mailbox AND f.folder_id = m.folder_id) GROUP BY folder_id

-- Counters of the mailbox that lag behind, floors that are ahead.

-- name: check_mailbox_counters
-- in: mailbox int8
-- out: first int8, second int8
SELECT b.last_cn, b.next_object_id FROM mailbox b WHERE b.mailbox_id = :mailbox AND (b.last_cn < {high_cn} OR b.last_cn < {high_tree_cn}
    OR b.hierarchy_cn < {high_tree_cn} OR b.hierarchy_cn > b.last_cn OR b.next_object_id <= {high_id}
    OR b.hierarchy_floor > b.last_cn OR b.event_floor > b.last_cn);

-- name: repair_mailbox_counters
-- in: mailbox int8
WITH high AS (SELECT greatest(last_cn, {high_cn}, {high_tree_cn}) AS cn FROM mailbox WHERE mailbox_id = :mailbox)
UPDATE mailbox b SET last_cn = high.cn, hierarchy_cn = greatest(least(b.hierarchy_cn, high.cn), {high_tree_cn}),
    next_object_id = greatest(b.next_object_id, {high_id} + 1), hierarchy_floor = least(b.hierarchy_floor, high.cn),
    event_floor = least(b.event_floor, high.cn)
FROM high WHERE b.mailbox_id = :mailbox;

-- name: check_folder_marks
-- in: mailbox int8
-- out: first int8, second int8
SELECT s.folder_id, s.uid_next FROM folder_stat s JOIN ({high_folder}) h ON h.folder_id = s.folder_id
    JOIN mailbox b ON b.mailbox_id = s.mailbox_id
WHERE s.mailbox_id = :mailbox AND (s.uid_next <= h.uid OR s.content_cn < h.cn OR s.content_cn > b.last_cn OR s.floor_cn > b.last_cn);

-- name: repair_folder_marks
-- in: mailbox int8
UPDATE folder_stat s SET uid_next = greatest(s.uid_next, h.uid + 1), content_cn = least(greatest(s.content_cn, h.cn), b.last_cn),
    floor_cn = least(s.floor_cn, b.last_cn)
FROM ({high_folder}) h, mailbox b WHERE s.mailbox_id = :mailbox AND h.folder_id = s.folder_id AND b.mailbox_id = :mailbox;

-- Folders.

-- name: check_lost_items
-- in: mailbox int8
-- out: first int8, second int8
SELECT l.folder_id, l.uid FROM ({lost_items}) l;

-- name: repair_lost_items
-- in: mailbox int8
WITH lost AS (SELECT l.*, row_number() OVER (ORDER BY folder_id) AS n FROM ({lost_items}) l),
    bumped AS (UPDATE mailbox SET last_cn = last_cn + (SELECT count(*) FROM lost), hierarchy_cn = last_cn + (SELECT count(*) FROM lost)
        WHERE mailbox_id = :mailbox AND EXISTS (SELECT 1 FROM lost) RETURNING last_cn - (SELECT count(*) FROM lost) AS base, owner_guid),
    parent AS (SELECT folder_id FROM folder WHERE mailbox_id = :mailbox AND role IN (1, 2) ORDER BY role DESC LIMIT 1),
    made AS (INSERT INTO folder (mailbox_id, folder_id, parent_id, name, name_folded, container_class, cn, created_cn, uid_validity, created, modified)
        SELECT :mailbox, l.folder_id, p.folder_id, 'Recovered items ' || l.folder_id, 'recovered items ' || l.folder_id, 'IPF.Note',
            b.base + l.n, b.base + l.n, extract(epoch FROM now())::bigint, {filetime_now}, {filetime_now}
        FROM lost l CROSS JOIN bumped b CROSS JOIN parent p),
    rights AS (INSERT INTO acl (mailbox_id, folder_id, kind, principal, display_name, rights)
        SELECT a.mailbox_id, l.folder_id, a.kind, a.principal, a.display_name, a.rights
        FROM lost l CROSS JOIN parent p JOIN acl a ON a.mailbox_id = :mailbox AND a.folder_id = p.folder_id ON CONFLICT DO NOTHING)
INSERT INTO folder_stat (mailbox_id, folder_id, uid_next, content_cn) SELECT :mailbox, folder_id, uid + 1, cn FROM lost ON CONFLICT DO NOTHING;

-- name: check_unreachable_folders
-- in: mailbox int8
-- out: first int8, second int8
{reachable} SELECT folder_id, parent_id FROM folder WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM reachable)
    AND EXISTS (SELECT 1 FROM folder WHERE mailbox_id = :mailbox AND role = 1);

-- One folder a call, those without a parent before those in a ring: what is below comes along.
-- name: repair_unreachable_folder
-- in: mailbox int8
-- out: folder int8
{reachable}, parent AS (SELECT folder_id FROM folder WHERE mailbox_id = :mailbox AND role = 2 AND folder_id IN (SELECT folder_id FROM reachable)),
    chosen AS (SELECT f.folder_id FROM folder f WHERE f.mailbox_id = :mailbox AND f.folder_id NOT IN (SELECT folder_id FROM reachable)
            AND EXISTS (SELECT 1 FROM parent)
        ORDER BY EXISTS (SELECT 1 FROM folder p WHERE p.mailbox_id = :mailbox AND p.folder_id = f.parent_id), f.folder_id LIMIT 1),
    bumped AS (UPDATE mailbox SET last_cn = last_cn + 1, hierarchy_cn = last_cn + 1 WHERE mailbox_id = :mailbox AND EXISTS (SELECT 1 FROM chosen)
        RETURNING last_cn)
UPDATE folder f SET parent_id = p.folder_id, cn = b.last_cn, name = f.name || ' (' || f.folder_id || ')',
    name_folded = f.name_folded || ' (' || f.folder_id || ')', modified = {filetime_now}
FROM chosen c, parent p, bumped b WHERE f.mailbox_id = :mailbox AND f.folder_id = c.folder_id RETURNING f.folder_id;

-- name: check_folders_without_counters
-- in: mailbox int8
-- out: first int8, second int8
SELECT h.folder_id, h.uid FROM ({high_folder}) h WHERE NOT EXISTS (SELECT 1 FROM folder_stat s WHERE s.mailbox_id = :mailbox AND s.folder_id = h.folder_id);

-- name: repair_folders_without_counters
-- in: mailbox int8
INSERT INTO folder_stat (mailbox_id, folder_id, uid_next, content_cn) SELECT :mailbox, h.folder_id, h.uid + 1, h.cn FROM ({high_folder}) h
ON CONFLICT DO NOTHING;

-- name: check_special_folders
-- in: mailbox int8, roles int4[]
-- out: first int8, second int8
SELECT u.role::bigint, 0::bigint FROM unnest(:roles) AS u (role) WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = :mailbox AND f.role = u.role);

-- Items.

-- name: check_item_state
-- in: mailbox int8
-- out: first int8, second int8
SELECT m.message_id, m.folder_id FROM message m JOIN folder f ON f.mailbox_id = m.mailbox_id AND f.folder_id = m.folder_id
WHERE m.mailbox_id = :mailbox AND (m.state = 1) <> (f.role BETWEEN 36 AND 39);

-- name: repair_item_state
-- in: mailbox int8
UPDATE message m SET state = (f.role BETWEEN 36 AND 39)::int, deleted_at = CASE WHEN f.role BETWEEN 36 AND 39 THEN {filetime_now} ELSE 0 END
FROM folder f WHERE m.mailbox_id = :mailbox AND f.mailbox_id = m.mailbox_id AND f.folder_id = m.folder_id
    AND (m.state = 1) <> (f.role BETWEEN 36 AND 39);

-- name: check_item_mime
-- in: mailbox int8
-- out: first int8, second int8
SELECT message_id, folder_id FROM message WHERE mailbox_id = :mailbox AND mime_content AND mime_blob = 0;

-- name: check_index_rows
-- in: mailbox int8
-- out: first int8, second int8
SELECT o.message_id, o.kind FROM (
    SELECT message_id, 1::bigint AS kind FROM message_text WHERE mailbox_id = :mailbox
    UNION SELECT message_id, 2 FROM user_read_state WHERE mailbox_id = :mailbox UNION SELECT message_id, 3 FROM search_hit WHERE mailbox_id = :mailbox
    UNION SELECT message_id, 4 FROM cal_index WHERE mailbox_id = :mailbox UNION SELECT message_id, 5 FROM contact_index WHERE mailbox_id = :mailbox
    UNION SELECT message_id, 6 FROM reminder WHERE mailbox_id = :mailbox) o
WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = o.message_id);

-- name: repair_index_rows
-- in: mailbox int8
WITH t1 AS (DELETE FROM message_text x WHERE x.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = x.message_id)),
    t2 AS (DELETE FROM user_read_state x WHERE x.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = x.message_id)),
    t3 AS (DELETE FROM search_hit x WHERE x.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = x.message_id)),
    t4 AS (DELETE FROM cal_index x WHERE x.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = x.message_id)),
    t5 AS (DELETE FROM contact_index x WHERE x.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = x.message_id))
DELETE FROM reminder x WHERE x.mailbox_id = :mailbox AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = x.message_id);

-- Rows of folders that are gone.

-- name: check_folder_rows
-- in: mailbox int8
-- out: first int8, second int8
SELECT o.folder_id, o.kind FROM (
    SELECT folder_id, 1::bigint AS kind FROM acl WHERE mailbox_id = :mailbox UNION SELECT folder_id, 2 FROM rule WHERE mailbox_id = :mailbox
    UNION SELECT folder_id, 3 FROM receive_folder WHERE mailbox_id = :mailbox UNION SELECT folder_id, 4 FROM user_config WHERE mailbox_id = :mailbox
    UNION SELECT folder_id, 5 FROM search_folder WHERE mailbox_id = :mailbox UNION SELECT folder_id, 6 FROM search_scope WHERE mailbox_id = :mailbox
    UNION SELECT folder_id, 7 FROM search_hit WHERE mailbox_id = :mailbox UNION SELECT folder_id, 8 FROM folder_stat WHERE mailbox_id = :mailbox
    UNION SELECT folder_id, 9 FROM tombstone WHERE mailbox_id = :mailbox) o
WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = :mailbox AND f.folder_id = o.folder_id);

-- name: repair_folder_rows
-- in: mailbox int8
WITH live AS (SELECT folder_id FROM folder WHERE mailbox_id = :mailbox),
    t1 AS (DELETE FROM acl WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t2 AS (DELETE FROM rule WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t3 AS (DELETE FROM receive_folder WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t4 AS (DELETE FROM user_config WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t5 AS (DELETE FROM search_folder WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t6 AS (DELETE FROM search_scope WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t7 AS (DELETE FROM search_hit WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live)),
    t8 AS (DELETE FROM folder_stat WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live))
DELETE FROM tombstone WHERE mailbox_id = :mailbox AND folder_id NOT IN (SELECT folder_id FROM live);

-- Tombstones: none at or below the floor, none for an item that is there.

-- name: check_tombstones
-- in: mailbox int8
-- out: first int8, second int8
SELECT t.message_id, t.folder_id FROM tombstone t JOIN folder_stat s ON s.mailbox_id = t.mailbox_id AND s.folder_id = t.folder_id
WHERE t.mailbox_id = :mailbox AND (t.cn <= s.floor_cn OR EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox
    AND m.message_id = t.message_id AND m.folder_id = t.folder_id));

-- name: repair_tombstones
-- in: mailbox int8
DELETE FROM tombstone t USING folder_stat s WHERE t.mailbox_id = :mailbox AND s.mailbox_id = t.mailbox_id AND s.folder_id = t.folder_id
    AND (t.cn <= s.floor_cn OR EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = t.message_id AND m.folder_id = t.folder_id));

-- Content.

-- name: check_attachments_page
-- in: mailbox int8, item int8, number int4, limit int8
-- out: item int8, number int4, content int2, props bytea, data bytea
SELECT message_id, number, content, props, data FROM attachment
WHERE mailbox_id = :mailbox AND (message_id, number) > (:item, :number) ORDER BY message_id, number LIMIT :limit;

-- name: check_folder_props
-- in: mailbox int8
-- out: folder int8, props bytea
SELECT folder_id, props FROM folder WHERE mailbox_id = :mailbox AND props IS NOT NULL;

-- name: check_bodies_page
-- in: mailbox int8, after int8, limit int8
-- out: item int8, props bytea, recipients bytea, value_blobs int8[]
SELECT message_id, props, recipients, value_blobs FROM message_body WHERE mailbox_id = :mailbox AND message_id > :after ORDER BY message_id LIMIT :limit;

-- Shared tables.

-- name: check_mailbox_rows
-- out: first int8, second int8
SELECT o.mailbox_id, count(*) FROM (SELECT mailbox_id FROM message UNION ALL SELECT mailbox_id FROM folder UNION ALL SELECT mailbox_id FROM message_body
    UNION ALL SELECT mailbox_id FROM attachment) o
WHERE NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.mailbox_id = o.mailbox_id) GROUP BY o.mailbox_id;

-- name: check_blob_chunks
-- out: first int8, second int8
SELECT b.blob_id, count(c.seq) FROM blob b LEFT JOIN blob_chunk c ON c.blob_id = b.blob_id WHERE b.hash IS NOT NULL
GROUP BY b.blob_id, b.chunks, b.stored, b.size
HAVING count(c.seq) <> b.chunks OR b.chunks <> greatest(1, (b.size + 262143) / 262144) OR coalesce(max(c.seq), -1) <> b.chunks - 1
    OR coalesce(sum(octet_length(c.data)), 0) <> b.stored;

-- name: check_lost_chunks
-- out: first int8, second int8
SELECT c.blob_id, count(*) FROM blob_chunk c WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob_id = c.blob_id)
    AND c.blob_id NOT IN (SELECT blob_id FROM ({blob_users}) u) GROUP BY c.blob_id;

-- name: repair_lost_chunks
DELETE FROM blob_chunk c WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob_id = c.blob_id)
    AND c.blob_id NOT IN (SELECT blob_id FROM ({blob_users}) u);

-- name: check_finished_queue
-- out: first int8, second int8
SELECT q.queue_id, count(*) FROM queue q JOIN queue_recipient r ON r.queue_id = q.queue_id GROUP BY q.queue_id
HAVING count(*) FILTER (WHERE r.state = 0) = 0;

-- name: repair_finished_queue
WITH finished AS (SELECT q.queue_id FROM queue q JOIN queue_recipient r ON r.queue_id = q.queue_id GROUP BY q.queue_id
        HAVING count(*) FILTER (WHERE r.state = 0) = 0),
    recipients AS (DELETE FROM queue_recipient WHERE queue_id IN (SELECT queue_id FROM finished))
DELETE FROM queue WHERE queue_id IN (SELECT queue_id FROM finished);
