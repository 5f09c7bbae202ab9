-- Small per-mailbox records.

-- name: user_config_read
-- in: mailbox int8, folder int8, name text
-- out: value bytea
SELECT value FROM user_config WHERE mailbox_id = :mailbox AND folder_id = :folder AND name = :name;

-- name: user_config_put
-- in: mailbox int8, folder int8, name text, value bytea
INSERT INTO user_config (mailbox_id, folder_id, name, value) VALUES (:mailbox, :folder, :name, :value)
ON CONFLICT (mailbox_id, folder_id, name) DO UPDATE SET value = excluded.value;

-- name: user_config_remove
-- in: mailbox int8, folder int8, name text
DELETE FROM user_config WHERE mailbox_id = :mailbox AND folder_id = :folder AND name = :name;

-- name: subscription_insert
-- in: mailbox int8, id uuid, owner uuid, kinds int8, folders int8[], all_folders bool, is_streaming bool, watermark int8, expires int8, timeout_minutes int4
INSERT INTO ews_subscription (mailbox_id, subscription_id, owner_guid, kinds, folders, all_folders, is_streaming, watermark, expires, timeout_minutes)
VALUES (:mailbox, :id, :owner, :kinds, :folders, :all_folders, :is_streaming, :watermark, :expires, :timeout_minutes);

-- name: subscription_read
-- in: id uuid
-- out: mailbox int8, owner uuid, kinds int8, folders int8[], all_folders bool, is_streaming bool, watermark int8, expires int8, timeout_minutes int4
SELECT mailbox_id, owner_guid, kinds, folders, all_folders, is_streaming, watermark, expires, timeout_minutes
FROM ews_subscription WHERE subscription_id = :id;

-- name: subscription_update
-- in: id uuid, watermark int8, expires int8
UPDATE ews_subscription SET watermark = :watermark, expires = :expires WHERE subscription_id = :id;

-- name: subscription_delete
-- in: id uuid
DELETE FROM ews_subscription WHERE subscription_id = :id;

-- name: subscription_sweep
-- in: before int8
DELETE FROM ews_subscription WHERE expires < :before;

-- name: named_props_by_name
-- in: mailbox int8, sets uuid[], is_string bool[], lids int8[], names text[]
-- out: number int8, id int4
SELECT u.number, p.prop_id FROM unnest(:sets, :is_string, :lids, :names) WITH ORDINALITY AS u (set_guid, is_string, lid, name, number)
    JOIN named_prop p ON p.mailbox_id = :mailbox AND p.set_guid = u.set_guid AND p.is_string = u.is_string AND p.lid = u.lid AND p.name = u.name;

-- name: named_prop_highest
-- in: mailbox int8, first int4
-- out: id int4
SELECT coalesce(max(prop_id), :first - 1) FROM named_prop WHERE mailbox_id = :mailbox;

-- name: named_prop_insert
-- in: mailbox int8, id int4, set uuid, is_string bool, lid int8, name text
INSERT INTO named_prop (mailbox_id, prop_id, set_guid, is_string, lid, name) VALUES (:mailbox, :id, :set, :is_string, :lid, :name);

-- name: named_props_by_id
-- in: mailbox int8, ids int4[]
-- out: id int4, set uuid, is_string bool, lid int8, name text
SELECT prop_id, set_guid, is_string, lid, name FROM named_prop WHERE mailbox_id = :mailbox AND prop_id = ANY(:ids);

-- name: rules_read
-- in: mailbox int8, folder int8
-- out: id int8, sequence int4, state int8, name text, provider text, condition bytea, actions bytea, extra bytea
SELECT rule_id, sequence, state, name, provider, condition, actions, extra FROM rule
WHERE mailbox_id = :mailbox AND folder_id = :folder ORDER BY sequence, rule_id;

-- name: rule_put
-- in: mailbox int8, folder int8, id int8, sequence int4, state int8, name text, provider text, condition bytea, actions bytea, extra bytea
INSERT INTO rule (mailbox_id, folder_id, rule_id, sequence, state, name, provider, condition, actions, extra)
VALUES (:mailbox, :folder, :id, :sequence, :state, :name, :provider, :condition, :actions, :extra)
ON CONFLICT (mailbox_id, folder_id, rule_id) DO UPDATE SET sequence = excluded.sequence, state = excluded.state, name = excluded.name,
    provider = excluded.provider, condition = excluded.condition, actions = excluded.actions, extra = excluded.extra;

-- name: rule_remove
-- in: mailbox int8, folder int8, id int8
DELETE FROM rule WHERE mailbox_id = :mailbox AND folder_id = :folder AND rule_id = :id;

-- name: autoreply_note
-- in: mailbox int8, sender text, since int8, now int8
-- out: sender text
INSERT INTO autoreply_seen (mailbox_id, sender, seen) VALUES (:mailbox, :sender, :now)
ON CONFLICT (mailbox_id, sender) DO UPDATE SET seen = excluded.seen WHERE autoreply_seen.seen < :since RETURNING sender;

-- name: autoreply_forget
-- in: mailbox int8
DELETE FROM autoreply_seen WHERE mailbox_id = :mailbox;
