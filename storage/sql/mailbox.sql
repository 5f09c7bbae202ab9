-- Mailboxes.

-- name: mailbox_insert
-- in: guid uuid, replica_guid uuid, owner_guid uuid, kind int2, label text, created int8
-- out: mailbox int8
INSERT INTO mailbox (guid, replica_guid, owner_guid, kind, label, created) VALUES (:guid, :replica_guid, :owner_guid, :kind, :label, :created)
ON CONFLICT (owner_guid) WHERE condition <> 2 DO NOTHING RETURNING mailbox_id;

-- name: mailbox_read
-- in: mailbox int8
-- out: mailbox int8, guid uuid, replica_guid uuid, owner_guid uuid, kind int2, condition int2, label text, last_cn int8, hierarchy_cn int8, event_floor int8, next_object_id int8, size int8, recoverable_size int8, item_count int8, warning_quota int8, send_quota int8, receive_quota int8, created int8, quota_warned int8, automation int8
SELECT mailbox_id, guid, replica_guid, owner_guid, kind, condition, label, last_cn, hierarchy_cn, event_floor, next_object_id, size,
    recoverable_size, item_count, warning_quota, send_quota, receive_quota, created, quota_warned, automation
FROM mailbox WHERE mailbox_id = :mailbox AND condition <> 2;

-- name: mailbox_id_of_guid
-- in: guid uuid
-- out: mailbox int8
SELECT mailbox_id FROM mailbox WHERE guid = :guid AND condition <> 2;

-- name: mailbox_id_of_owner
-- in: owner uuid
-- out: mailbox int8
SELECT mailbox_id FROM mailbox WHERE owner_guid = :owner AND condition <> 2;

-- name: mailbox_page
-- in: after int8, limit int8
-- out: mailbox int8, guid uuid, replica_guid uuid, owner_guid uuid, kind int2, condition int2, label text, last_cn int8, hierarchy_cn int8, event_floor int8, next_object_id int8, size int8, recoverable_size int8, item_count int8, warning_quota int8, send_quota int8, receive_quota int8, created int8, quota_warned int8, automation int8
SELECT mailbox_id, guid, replica_guid, owner_guid, kind, condition, label, last_cn, hierarchy_cn, event_floor, next_object_id, size,
    recoverable_size, item_count, warning_quota, send_quota, receive_quota, created, quota_warned, automation
FROM mailbox WHERE mailbox_id > :after AND condition <> 2 ORDER BY mailbox_id LIMIT :limit;

-- name: mailbox_set_condition
-- in: mailbox int8, condition int2
UPDATE mailbox SET condition = :condition WHERE mailbox_id = :mailbox;

-- name: mailbox_set_quotas
-- in: mailbox int8, warning int8, send int8, receive int8
UPDATE mailbox SET warning_quota = :warning, send_quota = :send, receive_quota = :receive WHERE mailbox_id = :mailbox;

-- name: mailbox_set_quota_warned
-- in: mailbox int8, at int8
UPDATE mailbox SET quota_warned = :at WHERE mailbox_id = :mailbox;

-- name: id_range_add
-- in: mailbox int8, first int8, last int8, created int8
INSERT INTO id_range (mailbox_id, first_id, last_id, created) VALUES (:mailbox, :first, :last, :created);

-- name: id_range_find
-- in: mailbox int8, id int8
-- out: first int8
SELECT first_id FROM id_range WHERE mailbox_id = :mailbox AND first_id <= :id AND last_id >= :id;

-- name: mailbox_set_automation
-- in: mailbox int8, automation int8
UPDATE mailbox SET automation = :automation WHERE mailbox_id = :mailbox;
