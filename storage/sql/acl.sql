-- Permissions and delegates.

-- name: acl_read
-- in: mailbox int8, folder int8
-- out: kind int2, principal uuid, display_name text, rights int8
SELECT kind, principal, display_name, rights FROM acl WHERE mailbox_id = :mailbox AND folder_id = :folder ORDER BY kind, display_name, principal;

-- name: acl_clear
-- in: mailbox int8, folder int8
DELETE FROM acl WHERE mailbox_id = :mailbox AND folder_id = :folder;

-- name: acl_add
-- in: mailbox int8, folder int8, kind int4[], principal uuid[], display_name text[], rights int8[]
INSERT INTO acl (mailbox_id, folder_id, kind, principal, display_name, rights)
SELECT :mailbox, :folder, u.kind, u.principal, u.display_name, u.rights
FROM unnest(:kind, :principal, :display_name, :rights) AS u (kind, principal, display_name, rights);

-- name: acl_effective
-- in: mailbox int8, folder int8, all bool, own uuid, principals uuid[], signed_in bool
-- out: folder int8, rights int8
SELECT f.folder_id, coalesce(
    (SELECT a.rights FROM acl a WHERE a.mailbox_id = :mailbox AND a.folder_id = f.folder_id AND a.kind = 2 AND a.principal = :own),
    (SELECT bit_or(a.rights) FROM acl a WHERE a.mailbox_id = :mailbox AND a.folder_id = f.folder_id AND a.kind = 2 AND a.principal = ANY(:principals)),
    (SELECT a.rights FROM acl a WHERE a.mailbox_id = :mailbox AND a.folder_id = f.folder_id AND a.kind = CASE WHEN :signed_in THEN 0 ELSE 1 END), 0)
FROM folder f WHERE f.mailbox_id = :mailbox AND (:all OR f.folder_id = :folder) ORDER BY f.folder_id;

-- name: delegates_read
-- in: mailbox int8
-- out: principal uuid, display_name text, flags int4
SELECT principal, display_name, flags FROM delegate WHERE mailbox_id = :mailbox ORDER BY display_name, principal;

-- name: delegate_put
-- in: mailbox int8, principal uuid, display_name text, flags int4
INSERT INTO delegate (mailbox_id, principal, display_name, flags) VALUES (:mailbox, :principal, :display_name, :flags)
ON CONFLICT (mailbox_id, principal) DO UPDATE SET display_name = excluded.display_name, flags = excluded.flags;

-- name: delegate_remove
-- in: mailbox int8, principal uuid
DELETE FROM delegate WHERE mailbox_id = :mailbox AND principal = :principal;

-- name: delegate_flags
-- in: mailbox int8, principals uuid[]
-- out: flags int4
SELECT coalesce(bit_or(flags), 0) FROM delegate WHERE mailbox_id = :mailbox AND principal = ANY(:principals);
