-- Folders.

-- name: folder_insert
-- in: mailbox int8, folder int8, parent int8, role int2, is_search bool, name text, name_folded text, container_class text, cn int8, uid_validity int8, created int8, props bytea
INSERT INTO folder (mailbox_id, folder_id, parent_id, role, is_search, name, name_folded, container_class, cn, created_cn, uid_validity, created, modified, props)
VALUES (:mailbox, :folder, :parent, :role, :is_search, :name, :name_folded, :container_class, :cn, :cn, :uid_validity, :created, :created, :props);

-- name: folder_stat_insert
-- in: mailbox int8, folder int8
INSERT INTO folder_stat (mailbox_id, folder_id) VALUES (:mailbox, :folder);

-- name: folder_insert_many
-- in: mailbox int8, folder int8[], parent int8[], role int4[], is_search bool[], name text[], name_folded text[], container_class text[], cn int8[], uid_validity int8, created int8, props bytea[]
INSERT INTO folder (mailbox_id, folder_id, parent_id, role, is_search, name, name_folded, container_class, cn, created_cn, uid_validity, created, modified, props)
SELECT :mailbox, u.folder, u.parent, u.role, u.is_search, u.name, u.name_folded, u.container_class, u.cn, u.cn, :uid_validity, :created, :created,
    nullif(u.props, '')
FROM unnest(:folder, :parent, :role, :is_search, :name, :name_folded, :container_class, :cn, :props)
    AS u (folder, parent, role, is_search, name, name_folded, container_class, cn, props);

-- name: folder_stat_insert_many
-- in: mailbox int8, folder int8[]
INSERT INTO folder_stat (mailbox_id, folder_id) SELECT :mailbox, unnest(:folder);

-- name: acl_insert_many
-- in: mailbox int8, folder int8[], kind int4[], rights int8[]
INSERT INTO acl (mailbox_id, folder_id, kind, principal, display_name, rights)
SELECT :mailbox, u.folder, u.kind, '00000000-0000-0000-0000-000000000000', '', u.rights
FROM unnest(:folder, :kind, :rights) AS u (folder, kind, rights);

-- name: acl_inherit
-- in: mailbox int8, parent int8, folder int8
INSERT INTO acl (mailbox_id, folder_id, kind, principal, display_name, rights)
SELECT mailbox_id, :folder, kind, principal, display_name, rights FROM acl WHERE mailbox_id = :mailbox AND folder_id = :parent;

-- name: folder_read_many
-- in: mailbox int8, folders int8[]
-- out: folder int8, parent int8, role int2, is_search bool, name text, container_class text, cn int8, uid_validity int8, created int8, modified int8, props bytea, live int8, unread int8, fai int8, bytes int8, content_cn int8, floor_cn int8, uid_next int8, child_count int8
SELECT f.folder_id, f.parent_id, f.role, f.is_search, f.name, f.container_class, f.cn, f.uid_validity, f.created, f.modified, f.props,
    s.live, s.unread, s.fai, s.bytes, s.content_cn, s.floor_cn, s.uid_next,
    (SELECT count(*) FROM folder c WHERE c.mailbox_id = f.mailbox_id AND c.parent_id = f.folder_id AND c.folder_id <> f.folder_id)
FROM folder f JOIN folder_stat s ON s.mailbox_id = f.mailbox_id AND s.folder_id = f.folder_id
WHERE f.mailbox_id = :mailbox AND f.folder_id = ANY(:folders);

-- name: folder_id_of_role
-- in: mailbox int8, role int2
-- out: folder int8
SELECT folder_id FROM folder WHERE mailbox_id = :mailbox AND role = :role AND role <> 0;

-- name: folder_id_of_name
-- in: mailbox int8, parent int8, name_folded text
-- out: folder int8
SELECT folder_id FROM folder WHERE mailbox_id = :mailbox AND parent_id = :parent AND name_folded = :name_folded AND folder_id <> parent_id;

-- name: folder_children
-- in: mailbox int8, parent int8, limit_depth int4
-- out: folder int8, parent int8, role int2, is_search bool, name text, container_class text, cn int8, uid_validity int8, created int8, modified int8, props bytea, live int8, unread int8, fai int8, bytes int8, content_cn int8, floor_cn int8, uid_next int8, child_count int8
WITH RECURSIVE below AS (
    SELECT f.folder_id, ARRAY[f.name_folded] AS path, 1 AS depth FROM folder f
    WHERE f.mailbox_id = :mailbox AND f.parent_id = :parent AND f.folder_id <> f.parent_id
    UNION ALL
    SELECT f.folder_id, b.path || f.name_folded, b.depth + 1 FROM below b
        JOIN folder f ON f.mailbox_id = :mailbox AND f.parent_id = b.folder_id AND f.folder_id <> f.parent_id
    WHERE b.depth < :limit_depth
)
SELECT f.folder_id, f.parent_id, f.role, f.is_search, f.name, f.container_class, f.cn, f.uid_validity, f.created, f.modified, f.props,
    s.live, s.unread, s.fai, s.bytes, s.content_cn, s.floor_cn, s.uid_next,
    (SELECT count(*) FROM folder c WHERE c.mailbox_id = f.mailbox_id AND c.parent_id = f.folder_id AND c.folder_id <> f.folder_id)
FROM below b JOIN folder f ON f.mailbox_id = :mailbox AND f.folder_id = b.folder_id
    JOIN folder_stat s ON s.mailbox_id = f.mailbox_id AND s.folder_id = f.folder_id
ORDER BY b.path;

-- name: folder_change
-- in: mailbox int8, folder int8, parent int8, name text, name_folded text, container_class text, cn int8, modified int8, props bytea
UPDATE folder SET parent_id = :parent, name = :name, name_folded = :name_folded, container_class = :container_class, cn = :cn,
    modified = :modified, props = :props WHERE mailbox_id = :mailbox AND folder_id = :folder;

-- name: folder_touch
-- in: mailbox int8, folder int8, cn int8, modified int8
UPDATE folder SET cn = :cn, modified = :modified WHERE mailbox_id = :mailbox AND folder_id = :folder;

-- name: folder_is_below
-- in: mailbox int8, folder int8, ancestor int8
-- out: is_below bool
WITH RECURSIVE up AS (
    SELECT f.folder_id, f.parent_id FROM folder f WHERE f.mailbox_id = :mailbox AND f.folder_id = :folder
    UNION
    SELECT f.folder_id, f.parent_id FROM up u JOIN folder f ON f.mailbox_id = :mailbox AND f.folder_id = u.parent_id
)
SELECT EXISTS (SELECT 1 FROM up WHERE folder_id = :ancestor);

-- name: folder_has_items
-- in: mailbox int8, folder int8
-- out: has bool
SELECT EXISTS (SELECT 1 FROM message WHERE mailbox_id = :mailbox AND folder_id = :folder);

-- name: folder_remove
-- in: mailbox int8, folder int8, parent int8, cn int8, created int8
WITH gone AS (DELETE FROM folder WHERE mailbox_id = :mailbox AND folder_id = :folder RETURNING created_cn),
    stat AS (DELETE FROM folder_stat WHERE mailbox_id = :mailbox AND folder_id = :folder),
    rights AS (DELETE FROM acl WHERE mailbox_id = :mailbox AND folder_id = :folder),
    rules AS (DELETE FROM rule WHERE mailbox_id = :mailbox AND folder_id = :folder),
    receive AS (DELETE FROM receive_folder WHERE mailbox_id = :mailbox AND folder_id = :folder),
    config AS (DELETE FROM user_config WHERE mailbox_id = :mailbox AND folder_id = :folder),
    search AS (DELETE FROM search_folder WHERE mailbox_id = :mailbox AND folder_id = :folder),
    hits AS (DELETE FROM search_hit WHERE mailbox_id = :mailbox AND folder_id = :folder),
    scope AS (DELETE FROM search_scope WHERE mailbox_id = :mailbox AND folder_id = :folder),
    stones AS (DELETE FROM tombstone WHERE mailbox_id = :mailbox AND folder_id = :folder)
INSERT INTO folder_tombstone (mailbox_id, cn, folder_id, parent_id, created_cn, created)
SELECT :mailbox, :cn, :folder, :parent, created_cn, :created FROM gone;

-- name: folder_item_page
-- in: mailbox int8, folder int8, with_fai bool, limit int8
-- out: item int8
SELECT message_id FROM message WHERE mailbox_id = :mailbox AND folder_id = :folder AND (:with_fai OR NOT fai) ORDER BY uid LIMIT :limit;

-- name: receive_folder_find
-- in: mailbox int8, classes text[], inbox_role int2
-- out: folder int8
SELECT folder_id FROM (
    SELECT folder_id, length(message_class) AS matched FROM receive_folder WHERE mailbox_id = :mailbox AND message_class = ANY(:classes)
    UNION ALL
    SELECT folder_id, -1 FROM folder WHERE mailbox_id = :mailbox AND role = :inbox_role
) AS candidates ORDER BY matched DESC LIMIT 1;

-- name: receive_folder_put
-- in: mailbox int8, message_class text, folder int8, modified int8
INSERT INTO receive_folder (mailbox_id, message_class, folder_id, modified) VALUES (:mailbox, :message_class, :folder, :modified)
ON CONFLICT (mailbox_id, message_class) DO UPDATE SET folder_id = excluded.folder_id, modified = excluded.modified;

-- name: receive_folder_remove
-- in: mailbox int8, message_class text
DELETE FROM receive_folder WHERE mailbox_id = :mailbox AND message_class = :message_class;
