-- What free/busy needs of a series beside its range, so that it reads no bodies. NULL: look into the properties (rows of older versions, very large patterns).
-- See docs/storage.md.

ALTER TABLE cal_index ADD COLUMN IF NOT EXISTS series bytea;
