-- Session, schema and transaction control.

-- name: session_setup
-- in: statement_timeout text, lock_timeout text
-- out: ignored text
SELECT set_config('statement_timeout', :statement_timeout, false) || set_config('lock_timeout', :lock_timeout, false)
    || set_config('idle_in_transaction_session_timeout', '60000', false) || set_config('jit', 'off', false)
    || set_config('synchronous_commit', 'on', false) || set_config('default_transaction_isolation', 'read committed', false);

-- name: transaction_read
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: transaction_write
BEGIN ISOLATION LEVEL READ COMMITTED;

-- name: transaction_end
COMMIT;

-- name: transaction_undo
ROLLBACK;


-- name: schema_table
CREATE TABLE IF NOT EXISTS schema_migration (number integer PRIMARY KEY, name text NOT NULL, steps integer NOT NULL, steps_done integer NOT NULL, applied bigint NOT NULL DEFAULT 0);

-- name: schema_lock
-- out: ignored text
SELECT pg_advisory_lock(4711)::text;

-- name: schema_list
-- out: number int4, name text, steps int4, steps_done int4, applied int8
SELECT number, name, steps, steps_done, applied FROM schema_migration ORDER BY number;

-- name: schema_note
-- in: number int4, name text, steps int4, done int4, applied int8
INSERT INTO schema_migration (number, name, steps, steps_done, applied) VALUES (:number, :name, :steps, :done, :applied)
ON CONFLICT (number) DO UPDATE SET steps_done = excluded.steps_done, steps = excluded.steps, applied = excluded.applied;

-- name: schema_version
-- out: version int4, unfinished int8
SELECT coalesce(max(number), 0), count(*) FILTER (WHERE steps_done < steps) FROM schema_migration;

-- name: sweep_lock
-- out: got bool
SELECT pg_try_advisory_lock(4712);

-- name: sweep_unlock
-- out: ignored text
SELECT pg_advisory_unlock(4712)::text;
