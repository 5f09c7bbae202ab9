-- The change log. "+ 0" keeps the planner from ranges on those columns: only the number behind the position bounds what is read (test_schema.c).

-- name: changes_position
-- in: mailbox int8, folder int8
-- out: last_cn int8, floor_cn int8, uid_next int8
SELECT m.last_cn, s.floor_cn, s.uid_next FROM mailbox m JOIN folder_stat s ON s.mailbox_id = m.mailbox_id
WHERE m.mailbox_id = :mailbox AND m.condition <> 2 AND s.folder_id = :folder;

-- define: change_out = kind int4, item int8, uid int8, cn int8, is_read bool, fai bool, is_soft bool, new_folder int8, new_item int8

-- An item whose read_cn is still its cn was told with its read state when it was told at all, so it is in no index of read states.
-- name: changes_read_state
-- in: mailbox int8, folder int8, cn int8, read_cn int8, uid int8, first_uid int8, with_items bool, with_fai bool, limit int8
-- out: {change_out}
SELECT 2, message_id, uid, read_cn, is_read, fai, false, 0::bigint, 0::bigint FROM message
WHERE mailbox_id = :mailbox AND folder_id = :folder AND read_cn > :read_cn AND read_cn <> cn AND cn + 0 <= :cn AND uid + 0 <= :uid AND uid + 0 >= :first_uid
    AND CASE WHEN fai THEN :with_fai ELSE :with_items END ORDER BY read_cn LIMIT :limit;

-- name: changes_content
-- in: mailbox int8, folder int8, cn int8, uid int8, with_items bool, with_fai bool, limit int8
-- out: {change_out}
SELECT * FROM (
    (SELECT 1 AS kind, message_id, uid, cn AS at, is_read, fai, false AS is_soft, 0::bigint AS new_folder, 0::bigint AS new_item FROM message
        WHERE mailbox_id = :mailbox AND folder_id = :folder AND cn > :cn AND uid + 0 <= :uid AND CASE WHEN fai THEN :with_fai ELSE :with_items END
        ORDER BY cn LIMIT :limit)
    UNION ALL
    (SELECT 3, message_id, uid, cn, false, fai, is_soft, new_folder, new_message FROM tombstone
        WHERE mailbox_id = :mailbox AND folder_id = :folder AND cn > :cn AND uid + 0 <= :uid AND CASE WHEN fai THEN :with_fai ELSE :with_items END
        ORDER BY cn LIMIT :limit)) u
ORDER BY at LIMIT :limit;

-- name: changes_created
-- in: mailbox int8, folder int8, uid int8, with_items bool, with_fai bool, limit int8
-- out: {change_out}
SELECT 0, message_id, uid, cn, is_read, fai, false, 0::bigint, 0::bigint FROM message
WHERE mailbox_id = :mailbox AND folder_id = :folder AND uid > :uid AND CASE WHEN fai THEN :with_fai ELSE :with_items END
ORDER BY uid LIMIT :limit;

-- name: changes_first_pass
-- in: mailbox int8, folder int8, below int8, with_items bool, with_fai bool, limit int8
-- out: {change_out}
SELECT 0, message_id, uid, cn, is_read, fai, false, 0::bigint, 0::bigint FROM message
WHERE mailbox_id = :mailbox AND folder_id = :folder AND uid < :below AND CASE WHEN fai THEN :with_fai ELSE :with_items END
ORDER BY uid DESC LIMIT :limit;

-- name: hierarchy_position
-- in: mailbox int8
-- out: last_cn int8, floor int8
SELECT last_cn, hierarchy_floor FROM mailbox WHERE mailbox_id = :mailbox AND condition <> 2;

-- name: hierarchy_page
-- in: mailbox int8, since int8, limit int8
-- out: kind int4, folder int8, cn int8
SELECT * FROM (
    (SELECT CASE WHEN created_cn > :since THEN 0 ELSE 1 END AS kind, folder_id, cn FROM folder WHERE mailbox_id = :mailbox AND cn > :since ORDER BY cn LIMIT :limit)
    UNION ALL
    (SELECT 3, folder_id, cn FROM folder_tombstone WHERE mailbox_id = :mailbox AND cn > :since AND created_cn <= :since ORDER BY cn LIMIT :limit)) u
ORDER BY cn LIMIT :limit;
