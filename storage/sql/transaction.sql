-- The mailbox row lock, and what a transaction writes when it commits.

-- name: mailbox_lock
-- in: mailboxes int8[]
-- out: mailbox int8, guid uuid, replica_guid uuid, owner_guid uuid, kind int2, condition int2, label text, last_cn int8, hierarchy_cn int8, event_floor int8, next_object_id int8, size int8, recoverable_size int8, item_count int8, warning_quota int8, send_quota int8, receive_quota int8, created int8, quota_warned int8, automation int8
SELECT mailbox_id, guid, replica_guid, owner_guid, kind, condition, label, last_cn, hierarchy_cn, event_floor, next_object_id, size,
    recoverable_size, item_count, warning_quota, send_quota, receive_quota, created, quota_warned, automation
FROM mailbox WHERE mailbox_id = ANY(:mailboxes) AND condition <> 2 ORDER BY mailbox_id FOR NO KEY UPDATE;

-- name: mailbox_store
-- in: mailbox int8[], last_cn int8[], hierarchy_cn int8[], next_object_id int8[], size int8[], recoverable_size int8[], item_count int8[]
UPDATE mailbox m SET last_cn = u.last_cn, hierarchy_cn = u.hierarchy_cn, next_object_id = u.next_object_id,
    size = m.size + u.size, recoverable_size = m.recoverable_size + u.recoverable_size, item_count = m.item_count + u.item_count
FROM unnest(:mailbox, :last_cn, :hierarchy_cn, :next_object_id, :size, :recoverable_size, :item_count)
    AS u (mailbox, last_cn, hierarchy_cn, next_object_id, size, recoverable_size, item_count)
WHERE m.mailbox_id = u.mailbox;

-- name: folder_stat_load
-- in: mailbox int8[], folder int8[]
-- out: mailbox int8, folder int8, role int2, is_search bool, uid_next int8, block_next int8, block_end int8
SELECT f.mailbox_id, f.folder_id, f.role, f.is_search, s.uid_next, s.block_next, s.block_end
FROM unnest(:mailbox, :folder) AS u (mailbox, folder)
    JOIN folder f ON f.mailbox_id = u.mailbox AND f.folder_id = u.folder
    JOIN folder_stat s ON s.mailbox_id = f.mailbox_id AND s.folder_id = f.folder_id;

-- name: folder_stat_store
-- in: mailbox int8[], folder int8[], live int8[], unread int8[], fai int8[], bytes int8[], content_cn int8[], uid_next int8[], block_next int8[], block_end int8[]
UPDATE folder_stat s SET live = s.live + u.live, unread = s.unread + u.unread, fai = s.fai + u.fai, bytes = s.bytes + u.bytes,
    content_cn = greatest(s.content_cn, u.content_cn), uid_next = u.uid_next, block_next = u.block_next, block_end = u.block_end
FROM unnest(:mailbox, :folder, :live, :unread, :fai, :bytes, :content_cn, :uid_next, :block_next, :block_end)
    AS u (mailbox, folder, live, unread, fai, bytes, content_cn, uid_next, block_next, block_end)
WHERE s.mailbox_id = u.mailbox AND s.folder_id = u.folder;

-- name: event_add
-- in: mailbox int8[], cn int8[], kind int4[], folder int8[], item int8[], parent int8[], old_folder int8[], old_item int8[], created int8
INSERT INTO event (mailbox_id, cn, kind, folder_id, item_id, parent_id, old_folder, old_item, unread, created)
SELECT u.mailbox, u.cn, u.kind, u.folder, u.item, u.parent, u.old_folder, u.old_item, coalesce(s.unread, 0), :created
FROM unnest(:mailbox, :cn, :kind, :folder, :item, :parent, :old_folder, :old_item)
    AS u (mailbox, cn, kind, folder, item, parent, old_folder, old_item)
    LEFT JOIN folder_stat s ON s.mailbox_id = u.mailbox AND s.folder_id = u.folder;

-- name: blob_refs_add
-- in: blob int8[], delta int8[]
UPDATE blob b SET refs = b.refs + u.delta
FROM (SELECT x.blob, x.delta FROM unnest(:blob, :delta) AS x (blob, delta) ORDER BY x.blob) u WHERE b.blob_id = u.blob;

-- name: blob_lease_unreferenced
-- in: blob int8[], until int8
INSERT INTO blob_lease (blob_id, until)
SELECT blob_id, :until FROM blob WHERE blob_id = ANY(:blob) AND refs <= 0
ON CONFLICT (blob_id) DO UPDATE SET until = greatest(blob_lease.until, excluded.until);
