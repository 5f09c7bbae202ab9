#include "bourse/storage/schema.h"

#include "bourse/base/log.h"
#include "array_count.h"
#include "migrations.h"
#include "store_private.h"

int32_t schema_version(void)
{
    return migration_table[migration_count - 1].number;
}

static enum status read_state(TALLOC_CTX *mem, struct connection *connection, struct schema_migration **out)
{
    struct schema_migration *list = talloc_zero_array(mem, struct schema_migration, array_count((size_t)migration_count));
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "migrations");
    for (int i = 0; i < migration_count; i++)
        list[i] = (struct schema_migration){ .number = migration_table[i].number, .name = migration_table[i].name,
                                             .steps = migration_table[i].step_count };
    struct result *result = NULL;
    TRY(connection_call(connection, NULL, NULL, STATEMENT_schema_table, NULL));
    TRY(connection_call(connection, mem, &result, STATEMENT_schema_list, NULL));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_schema_list_out row;
        result_read(result, i, STATEMENT_schema_list, &row);
        if (row.number > migration_count)
            return status_fail(STATUS_CONFIGURATION, "the database has migration %s, which this program does not know", row.name);
        list[row.number - 1].steps_done = row.steps_done;
        list[row.number - 1].applied = row.applied;
    }
    *out = list;
    return STATUS_OK;
}

enum status schema_show(TALLOC_CTX *mem, struct store *store, struct schema_migration **out, size_t *count)
{
    struct connection *connection = NULL;
    TRY(store_acquire(store, &connection));
    enum status status = read_state(mem, connection, out);
    store_release(store, connection);
    *count = (size_t)migration_count;
    return status;
}

/* A step and the note that it is done commit together. */
static enum status apply_step(struct connection *connection, const struct migration *migration, int step)
{
    bool is_last = step + 1 == migration->step_count;
    TRY(connection_send(connection, STATEMENT_transaction_write, NULL));
    TRY(connection_send_text(connection, migration->steps[step], NULL, 0, NULL));
    TRY(SQL_SEND(connection, schema_note, .number = migration->number, .name = migration->name, .steps = migration->step_count,
                 .done = step + 1, .applied = is_last ? clock_now() : 0));
    TRY(connection_send(connection, STATEMENT_transaction_end, NULL));
    enum status status = connection_run(connection, NULL, NULL, 0);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (!connection_is_broken(connection) && connection_send(connection, STATEMENT_transaction_undo, NULL) == STATUS_OK)
        connection_run_later(connection);
    return status_add(status, "migration %s, step %d", migration->name, step + 1);
}

static enum status apply_missing(struct connection *connection, TALLOC_CTX *mem,
                                 void (*progress)(const char *migration, int32_t step, int32_t steps, void *data), void *data)
{
    struct schema_migration *state = NULL;
    TRY(read_state(mem, connection, &state));
    for (int i = 0; i < migration_count; i++) {
        const struct migration *migration = &migration_table[i];
        for (int step = state[i].steps_done; step < migration->step_count; step++) {
            if (progress != NULL)
                progress(migration->name, step + 1, migration->step_count, data);
            TRY(apply_step(connection, migration, step));
        }
        if (state[i].steps_done < migration->step_count)
            log_event(EVENT_MIGRATION, "%s", migration->name);
    }
    return STATUS_OK;
}

enum status schema_apply(struct store *store, void (*progress)(const char *migration, int32_t step, int32_t steps, void *data), void *data)
{
    struct connection *connection = NULL;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = store_connect(mem, store, true, &connection); /* its own: the lock ends with the connection at the latest */
    if (status == STATUS_OK)
        status = connection_call(connection, NULL, NULL, STATEMENT_schema_lock, NULL);
    if (status == STATUS_OK)
        status = apply_missing(connection, mem, progress, data);
    talloc_free(mem);
    return status;
}
