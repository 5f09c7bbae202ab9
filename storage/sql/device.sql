-- Devices that sync over ActiveSync, their sync keys, and the client ids of what they added.

-- name: device_read
-- in: mailbox int8, device text
-- out: device text, owner uuid, type text, user_agent text, policy_key int8, offered_policy_key int8, policy_hash int8, access int2, wipe int2, wipe_account_only bool, first_seen int8, last_seen int8, info bytea
SELECT device_id, owner_guid, device_type, user_agent, policy_key, offered_policy_key, policy_hash, access, wipe, wipe_account_only, first_seen, last_seen, info
FROM eas_device WHERE mailbox_id = :mailbox AND device_id = :device;

-- name: device_list
-- in: mailbox int8
-- out: device text, owner uuid, type text, user_agent text, policy_key int8, offered_policy_key int8, policy_hash int8, access int2, wipe int2, wipe_account_only bool, first_seen int8, last_seen int8, info bytea
SELECT device_id, owner_guid, device_type, user_agent, policy_key, offered_policy_key, policy_hash, access, wipe, wipe_account_only, first_seen, last_seen, info
FROM eas_device WHERE mailbox_id = :mailbox ORDER BY device_id;

-- name: device_put
-- in: mailbox int8, device text, owner uuid, type text, user_agent text, policy_key int8, offered_policy_key int8, policy_hash int8, access int2, wipe int2, wipe_account_only bool, first_seen int8, last_seen int8, info bytea
INSERT INTO eas_device (mailbox_id, device_id, owner_guid, device_type, user_agent, policy_key, offered_policy_key, policy_hash, access, wipe, wipe_account_only,
    first_seen, last_seen, info)
VALUES (:mailbox, :device, :owner, :type, :user_agent, :policy_key, :offered_policy_key, :policy_hash, :access, :wipe, :wipe_account_only, :first_seen, :last_seen, :info)
ON CONFLICT (mailbox_id, device_id) DO UPDATE SET owner_guid = excluded.owner_guid, device_type = excluded.device_type, user_agent = excluded.user_agent,
    policy_key = excluded.policy_key, offered_policy_key = excluded.offered_policy_key, policy_hash = excluded.policy_hash, access = excluded.access,
    wipe = excluded.wipe, wipe_account_only = excluded.wipe_account_only, last_seen = excluded.last_seen, info = excluded.info;

-- name: device_remove
-- in: mailbox int8, device text
-- out: device text
WITH keys AS (DELETE FROM eas_sync WHERE mailbox_id = :mailbox AND device_id = :device),
     ids AS (DELETE FROM eas_client_op WHERE mailbox_id = :mailbox AND device_id = :device)
DELETE FROM eas_device WHERE mailbox_id = :mailbox AND device_id = :device RETURNING device_id;

-- name: device_sync_read
-- in: mailbox int8, device text, folder int8
-- out: current_key int8, previous_key int8, current_state bytea, previous_state bytea, previous_answer bytea, request_hash bytea
SELECT current_key, previous_key, current_state, previous_state, previous_answer, request_hash
FROM eas_sync WHERE mailbox_id = :mailbox AND device_id = :device AND folder_id = :folder;

-- name: device_sync_list
-- in: mailbox int8, device text
-- out: folder int8, current_key int8, state_bytes int4, modified int8
SELECT folder_id, current_key, length(current_state), modified FROM eas_sync WHERE mailbox_id = :mailbox AND device_id = :device ORDER BY folder_id;

-- What is current becomes previous. Nothing comes back when another request of the device was faster (its current key is another).
-- name: device_sync_advance
-- in: mailbox int8, device text, folder int8, expected int8, key int8, state bytea, base_key int8, base_state bytea, answer bytea, request_hash bytea, now int8
-- out: key int8
INSERT INTO eas_sync AS s (mailbox_id, device_id, folder_id, current_key, previous_key, current_state, previous_state, previous_answer, request_hash, modified)
SELECT :mailbox, :device, :folder, :key, :base_key, :state, :base_state, :answer, :request_hash, :now WHERE :expected = 0
    OR EXISTS (SELECT 1 FROM eas_sync WHERE mailbox_id = :mailbox AND device_id = :device AND folder_id = :folder)
ON CONFLICT (mailbox_id, device_id, folder_id) DO UPDATE SET current_key = excluded.current_key, previous_key = excluded.previous_key,
    current_state = excluded.current_state, previous_state = excluded.previous_state, previous_answer = excluded.previous_answer,
    request_hash = excluded.request_hash, modified = excluded.modified
WHERE s.current_key = :expected RETURNING current_key;

-- name: device_sync_forget
-- in: mailbox int8, device text, folder int8, all bool
DELETE FROM eas_sync WHERE mailbox_id = :mailbox AND device_id = :device AND (:all OR folder_id = :folder);

-- name: device_client_id_read
-- in: mailbox int8, device text, client_id text
-- out: message int8
SELECT message_id FROM eas_client_op WHERE mailbox_id = :mailbox AND device_id = :device AND client_id = :client_id;

-- name: device_client_id_put
-- in: mailbox int8, device text, client_id text, message int8, now int8
INSERT INTO eas_client_op (mailbox_id, device_id, client_id, message_id, created) VALUES (:mailbox, :device, :client_id, :message, :now)
ON CONFLICT (mailbox_id, device_id, client_id) DO UPDATE SET message_id = excluded.message_id, created = excluded.created;
