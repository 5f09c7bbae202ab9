-- Rules and answers that delivery must know of, and how far search folders have come. See docs/storage.md and docs/groupware.md.

-- 0: nothing to do at delivery; else a number that changes with the mailbox's rules and out-of-office settings. On the row that each delivery locks.
ALTER TABLE mailbox ADD COLUMN IF NOT EXISTS automation bigint NOT NULL DEFAULT 0;

-- Position in the mailbox's change log up to which search_hit is right.
ALTER TABLE search_folder ADD COLUMN IF NOT EXISTS cn bigint NOT NULL DEFAULT 0;
