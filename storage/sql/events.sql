-- Events and wake-ups.

-- name: event_position
-- in: mailbox int8
-- out: last_cn int8, floor int8
SELECT last_cn, event_floor FROM mailbox WHERE mailbox_id = :mailbox AND condition <> 2;

-- name: event_page
-- in: mailbox int8, since int8, all bool, folders int8[], limit int8
-- out: cn int8, kind int2, folder int8, item int8, parent int8, old_folder int8, old_item int8, unread int8, created int8
SELECT cn, kind, folder_id, item_id, parent_id, old_folder, old_item, unread, created FROM event
WHERE mailbox_id = :mailbox AND cn > :since AND (:all OR folder_id = ANY(:folders) OR old_folder = ANY(:folders) OR parent_id = ANY(:folders))
ORDER BY cn LIMIT :limit;

-- name: wakeup_listen
LISTEN bourse_changes;

-- name: wakeup_send
-- in: payload text
-- out: ignored text
SELECT pg_notify('bourse_changes', :payload)::text;
