-- What a device may and was told; sync keys with the answers that they were given out in. See docs/activesync.md.

ALTER TABLE eas_device ADD COLUMN IF NOT EXISTS access smallint NOT NULL DEFAULT 0;
ALTER TABLE eas_device ADD COLUMN IF NOT EXISTS wipe smallint NOT NULL DEFAULT 0;
ALTER TABLE eas_device ADD COLUMN IF NOT EXISTS wipe_account_only boolean NOT NULL DEFAULT false;
ALTER TABLE eas_device ADD COLUMN IF NOT EXISTS offered_policy_key bigint NOT NULL DEFAULT 0;
ALTER TABLE eas_device ADD COLUMN IF NOT EXISTS policy_hash bigint NOT NULL DEFAULT 0;
ALTER TABLE eas_device DROP COLUMN IF EXISTS status;
ALTER TABLE eas_sync ADD COLUMN IF NOT EXISTS request_hash bytea;
CREATE INDEX IF NOT EXISTS eas_client_op_created ON eas_client_op USING brin (created);
