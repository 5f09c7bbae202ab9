-- Search folders.

-- name: search_folder_put
-- in: mailbox int8, folder int8, flags int4, restriction bytea
-- out: folder int8
WITH changed AS (UPDATE folder SET is_search = true WHERE mailbox_id = :mailbox AND folder_id = :folder RETURNING folder_id),
    hits AS (DELETE FROM search_hit WHERE mailbox_id = :mailbox AND folder_id = :folder),
    scopes AS (DELETE FROM search_scope WHERE mailbox_id = :mailbox AND folder_id = :folder)
INSERT INTO search_folder (mailbox_id, folder_id, flags, state, restriction, cn) SELECT :mailbox, folder_id, :flags, 0, :restriction, 0 FROM changed
ON CONFLICT (mailbox_id, folder_id) DO UPDATE SET flags = excluded.flags, state = 0, restriction = excluded.restriction, cn = 0 RETURNING folder_id;

-- name: search_scopes_add
-- in: mailbox int8, folder int8, scopes int8[]
INSERT INTO search_scope (mailbox_id, folder_id, scope_folder) SELECT :mailbox, :folder, u.scope FROM unnest(:scopes) AS u (scope) ON CONFLICT DO NOTHING;

-- name: search_folder_read
-- in: mailbox int8, folder int8
-- out: flags int4, restriction bytea, cn int8
SELECT flags, restriction, cn FROM search_folder WHERE mailbox_id = :mailbox AND folder_id = :folder;

-- name: search_folder_lock
-- in: mailbox int8, folder int8
-- out: flags int4, restriction bytea, cn int8
SELECT flags, restriction, cn FROM search_folder WHERE mailbox_id = :mailbox AND folder_id = :folder FOR NO KEY UPDATE;

-- name: search_scopes_read
-- in: mailbox int8, folder int8
-- out: scope int8
SELECT scope_folder FROM search_scope WHERE mailbox_id = :mailbox AND folder_id = :folder ORDER BY scope_folder;

-- Folders in the scope (all that users see when there is none), with those below when deep, without the trees of the roles to skip.
-- name: search_folder_scope
-- in: mailbox int8, folder int8, deep bool, root_role int2, skip int4[]
-- out: folder int8
WITH RECURSIVE named AS (SELECT scope_folder FROM search_scope WHERE mailbox_id = :mailbox AND folder_id = :folder),
    below AS (
        SELECT f.folder_id, f.is_search FROM folder f WHERE f.mailbox_id = :mailbox AND f.role <> ALL(:skip)
            AND (f.folder_id IN (SELECT scope_folder FROM named) OR (NOT EXISTS (SELECT 1 FROM named) AND f.role = :root_role))
        UNION
        SELECT f.folder_id, f.is_search FROM below b JOIN folder f ON f.mailbox_id = :mailbox AND f.parent_id = b.folder_id
            WHERE (:deep OR NOT EXISTS (SELECT 1 FROM named)) AND f.role <> ALL(:skip)
    )
SELECT folder_id FROM below WHERE NOT is_search;

-- name: search_hits_clear
-- in: mailbox int8, folder int8
DELETE FROM search_hit WHERE mailbox_id = :mailbox AND folder_id = :folder;

-- name: search_hits_remove
-- in: mailbox int8, folder int8, items int8[]
DELETE FROM search_hit WHERE mailbox_id = :mailbox AND folder_id = :folder AND message_id = ANY(:items);

-- The rows are locked against a deletion at the same time, which could not see the hit that it has to take away.
-- name: search_hits_add
-- in: mailbox int8, folder int8, items int8[], cn int8
INSERT INTO search_hit (mailbox_id, folder_id, message_id, cn)
SELECT m.mailbox_id, :folder, m.message_id, :cn FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = ANY(:items) FOR KEY SHARE
ON CONFLICT DO NOTHING;

-- name: search_folder_at
-- in: mailbox int8, folder int8, cn int8
UPDATE search_folder SET cn = :cn WHERE mailbox_id = :mailbox AND folder_id = :folder;

-- name: search_hits_count
-- in: mailbox int8, folder int8
-- out: items int8, unread int8
SELECT count(*), count(*) FILTER (WHERE NOT m.is_read) FROM search_hit h JOIN message m ON m.mailbox_id = h.mailbox_id AND m.message_id = h.message_id
WHERE h.mailbox_id = :mailbox AND h.folder_id = :folder;
