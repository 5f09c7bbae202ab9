-- Small records of a mailbox: configurations, subscriptions, named properties, rules, out-of-office answers.

-- name: user_config_read
-- in: mailbox int8, folder int8, name text
-- out: value bytea
SELECT value FROM user_config WHERE mailbox_id = :mailbox AND folder_id = :folder AND name = :name;

-- name: user_config_put
-- in: mailbox int8, folder int8, name text, value bytea
-- out: folder int8
INSERT INTO user_config (mailbox_id, folder_id, name, value)
SELECT mailbox_id, folder_id, :name, :value FROM folder WHERE mailbox_id = :mailbox AND folder_id = :folder
ON CONFLICT (mailbox_id, folder_id, name) DO UPDATE SET value = excluded.value RETURNING folder_id;

-- name: user_config_remove
-- in: mailbox int8, folder int8, name text
DELETE FROM user_config WHERE mailbox_id = :mailbox AND folder_id = :folder AND name = :name;

-- name: subscription_insert
-- in: id uuid, mailbox int8, owner uuid, kinds int8, folders int8[], all_folders bool, is_streaming bool, watermark int8, expires int8, timeout_minutes int4
INSERT INTO ews_subscription (subscription_id, mailbox_id, owner_guid, kinds, folders, all_folders, is_streaming, watermark, expires, timeout_minutes)
VALUES (:id, :mailbox, :owner, :kinds, :folders, :all_folders, :is_streaming, :watermark, :expires, :timeout_minutes);

-- name: subscription_read
-- in: id uuid
-- out: id uuid, mailbox int8, owner uuid, kinds int8, folders int8[], all_folders bool, is_streaming bool, watermark int8, expires int8, timeout_minutes int4
SELECT subscription_id, mailbox_id, owner_guid, kinds, folders, all_folders, is_streaming, watermark, expires, timeout_minutes
FROM ews_subscription WHERE subscription_id = :id;

-- name: subscription_touch
-- in: id uuid, watermark int8, expires int8
-- out: mailbox int8
UPDATE ews_subscription SET watermark = :watermark, expires = :expires WHERE subscription_id = :id RETURNING mailbox_id;

-- name: subscription_remove
-- in: id uuid
-- out: mailbox int8
DELETE FROM ews_subscription WHERE subscription_id = :id RETURNING mailbox_id;

-- name: named_props_by_name
-- in: mailbox int8, set uuid[], is_string bool[], lid int8[], name text[]
-- out: position int8, prop_id int4
SELECT u.position, p.prop_id FROM unnest(:set, :is_string, :lid, :name) WITH ORDINALITY AS u (set_guid, is_string, lid, name, position)
    JOIN named_prop p ON p.mailbox_id = :mailbox AND p.set_guid = u.set_guid AND p.is_string = u.is_string AND p.lid = u.lid AND p.name = u.name;

-- name: named_props_add
-- in: mailbox int8, first int4, most int4, set uuid[], is_string bool[], lid int8[], name text[]
-- out: position int8
WITH wanted AS (
    SELECT set_guid, is_string, lid, name, min(position) AS position
    FROM unnest(:set, :is_string, :lid, :name) WITH ORDINALITY AS u (set_guid, is_string, lid, name, position)
    WHERE NOT EXISTS (SELECT 1 FROM named_prop p WHERE p.mailbox_id = :mailbox AND p.set_guid = u.set_guid AND p.is_string = u.is_string
        AND p.lid = u.lid AND p.name = u.name)
    GROUP BY set_guid, is_string, lid, name
), numbered AS (
    SELECT w.*, (SELECT coalesce(max(p.prop_id), :first - 1) FROM named_prop p WHERE p.mailbox_id = :mailbox)
        + row_number() OVER (ORDER BY w.position) AS prop_id FROM wanted w
), added AS (
    INSERT INTO named_prop (mailbox_id, prop_id, set_guid, is_string, lid, name)
    SELECT :mailbox, prop_id, set_guid, is_string, lid, name FROM numbered WHERE prop_id < :first + :most
)
SELECT position FROM numbered WHERE prop_id >= :first + :most;

-- name: named_props_by_id
-- in: mailbox int8, prop_ids int4[]
-- out: prop_id int4, set uuid, is_string bool, lid int8, name text
SELECT prop_id, set_guid, is_string, lid, name FROM named_prop WHERE mailbox_id = :mailbox AND prop_id = ANY(:prop_ids);

-- name: rules_read
-- in: mailbox int8, folder int8
-- out: id int8, sequence int4, state int8, name text, provider text, condition bytea, actions bytea, extra bytea
SELECT rule_id, sequence, state, name, provider, condition, actions, extra FROM rule
WHERE mailbox_id = :mailbox AND folder_id = :folder ORDER BY sequence, rule_id;

-- name: rule_insert
-- in: mailbox int8, folder int8, id int8, sequence int4, state int8, name text, provider text, condition bytea, actions bytea, extra bytea
-- out: id int8
INSERT INTO rule (mailbox_id, folder_id, rule_id, sequence, state, name, provider, condition, actions, extra)
SELECT mailbox_id, folder_id, :id, :sequence, :state, :name, :provider, :condition, :actions, :extra
FROM folder WHERE mailbox_id = :mailbox AND folder_id = :folder RETURNING rule_id;

-- name: rule_update
-- in: mailbox int8, folder int8, id int8, sequence int4, state int8, name text, provider text, condition bytea, actions bytea, extra bytea
-- out: id int8
UPDATE rule SET sequence = :sequence, state = :state, name = :name, provider = :provider, condition = :condition, actions = :actions, extra = :extra
WHERE mailbox_id = :mailbox AND folder_id = :folder AND rule_id = :id RETURNING rule_id;

-- name: rule_remove
-- in: mailbox int8, folder int8, id int8
-- out: id int8
DELETE FROM rule WHERE mailbox_id = :mailbox AND folder_id = :folder AND rule_id = :id RETURNING rule_id;

-- name: autoreply_note
-- in: mailbox int8, sender text, seen int8, since int8
-- out: mailbox int8
INSERT INTO autoreply_seen (mailbox_id, sender, seen) VALUES (:mailbox, :sender, :seen)
ON CONFLICT (mailbox_id, sender) DO UPDATE SET seen = excluded.seen WHERE autoreply_seen.seen < :since RETURNING mailbox_id;

-- name: autoreply_reset
-- in: mailbox int8
DELETE FROM autoreply_seen WHERE mailbox_id = :mailbox;
