/* Migrations: killed at any step they go on; the hot statements use their indexes; a newer database is refused. */
#include <signal.h>

#include "bourse/storage/schema.h"
#include "fixture.h"
#include "statements.h"

static int nothing(void **state)
{
    struct fixture *f = *state;
    talloc_free(f->mem);
    f->mem = talloc_new(f);
    status_chain_clear();
    return 0;
}

static int open_without_schema(void **state)
{
    struct fixture *f = talloc_zero(NULL, struct fixture);
    const char *conninfo = getenv("BOURSE_TEST_PGCONN");
    if (conninfo == NULL)
        return -1;
    f->admin = PQconnectdb(conninfo);
    OK(store_open(f, &(struct store_options){ .connection = conninfo, .connections = 2 }, &f->store));
    *state = f;
    return 0;
}

static void count_step(const char *migration, int32_t step, int32_t steps, void *data)
{
    assert_non_null(migration);
    assert_in_range(step, 1, steps);
    (*(int *)data)++;
}

static void a_migration_killed_at_any_statement_goes_on(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_health(f->store), STATUS_CONFIGURATION);
    int failures = 0, steps = 0, all = 0;
    for (uint64_t n = 5; n < 400; n += 7) { /* each try dies a little later; every step commits with its record */
        store_fail_statement(n % 29 + 4);
        enum status status = schema_apply(f->store, count_step, &steps);
        store_fail_statement(0);
        if (status == STATUS_OK)
            break;
        assert_int_equal(status_info(status)->fault, FAULT_TEMPORARY);
        failures++;
    }
    OK(schema_apply(f->store, NULL, NULL));
    assert_true(failures > 3);
    OK(store_health(f->store));
    OK(schema_apply(f->store, count_step, &all));
    assert_int_equal(all, 0);
    struct schema_migration *list = NULL;
    size_t count = 0;
    OK(schema_show(f->mem, f->store, &list, &count));
    assert_int_equal(count, schema_version());
    for (size_t i = 0; i < count; i++)
        assert_true(list[i].steps_done == list[i].steps && list[i].applied != 0);
}

static void a_newer_database_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_execute(f, "INSERT INTO schema_migration VALUES (999, '999_future', 1, 1, 0)");
    assert_int_equal(schema_apply(f->store, NULL, NULL), STATUS_CONFIGURATION);
    assert_int_equal(store_health(f->store), STATUS_CONFIGURATION);
    fixture_execute(f, "DELETE FROM schema_migration WHERE number = 999");
}

static const char *type_name(unsigned oid)
{
    return oid == 20 ? "int8" : oid == 16 ? "bool" : oid == 1016 ? "int8[]" : oid == 25 ? "text" : "int4";
}

/* The plan that a prepared statement of this layer has for every parameter. */
static void expect_index(struct fixture *f, const char *index, enum statement statement, const char *arguments)
{
    const struct statement_row *row = &statement_table[statement];
    char *types = talloc_strdup(f->mem, "");
    for (int i = 0; i < row->in_count; i++)
        types = talloc_asprintf_append(types, "%s%s", i > 0 ? ", " : "", type_name(row->in[i].oid));
    fixture_execute(f, "PREPARE plan (%s) AS %s", types, row->text);
    PGresult *result = PQexec(f->admin, talloc_asprintf(f->mem, "EXPLAIN EXECUTE plan (%s)", arguments));
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    bool found = false;
    for (int i = 0; i < PQntuples(result); i++) {
        found = found || strstr(PQgetvalue(result, i, 0), index) != NULL;
        assert_null(strstr(PQgetvalue(result, i, 0), "Seq Scan on message"));
    }
    if (!found)
        for (int i = 0; i < PQntuples(result); i++)
            print_message("%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
    fixture_execute(f, "DEALLOCATE plan");
    assert_true(found);
}

static void hot_statements_use_their_indexes(void **state)
{
    struct fixture *f = *state;
    fixture_execute(f, "INSERT INTO message (mailbox_id, message_id, folder_id, cn, read_cn, uid, size, delivered, submitted, modified, created, "
                       "message_id_hash, flags, icon_index, importance, sensitivity, flag_status, fai, is_read, has_attachments, mime_mirrors, "
                       "mime_content, mime_signed, conversation, message_class, subject, normalized_subject, from_name, from_address, from_smtp, "
                       "display_to, display_cc, internet_message_id, categories) SELECT 1 + i %% 5, i, 5 + i %% 7, i, i + i %% 2, i, 100, i, i, i, i, i, 0, 0, 1, 0, 0, "
                       "false, i %% 2 = 0, false, true, true, false, int8send(i), 'IPM.Note', 's', 's', 'n', 'a', 'a', 't', '', '<id>', '{}' "
                       "FROM generate_series(1, 20000) i");
    fixture_execute(f, "ANALYZE message");
    fixture_execute(f, "SET plan_cache_mode = force_generic_plan");
    expect_index(f, "message_sync", STATEMENT_changes_content, "2, 6, 19960, 30000, true, false, 512");
    expect_index(f, "tombstone_pkey", STATEMENT_changes_content, "2, 6, 19960, 30000, true, false, 512");
    expect_index(f, "message_read", STATEMENT_changes_read_state, "2, 6, 19960, 19960, 30000, 0, true, false, 512");
    expect_index(f, "message_uid", STATEMENT_changes_created, "2, 6, 19960, true, false, 512");
    expect_index(f, "message_uid", STATEMENT_changes_first_pass, "2, 6, 19960, true, false, 512");
    expect_index(f, "message_date", STATEMENT_list_newest, "2, 6, false, 0, 50");
    expect_index(f, "(ROW(delivered, message_id) <", STATEMENT_list_newest_after, "2, 6, false, 500, 500, 0, 50");
    expect_index(f, "message_pkey", STATEMENT_rows_read, "2, '{7,8,9}'");
    expect_index(f, "message_body_pkey", STATEMENT_bodies_read, "2, '{7,8,9}'");
    expect_index(f, "message_internet_id", STATEMENT_rows_by_internet_id, "2, 77, '<id>', 5");
    expect_index(f, "event_pkey", STATEMENT_event_page, "2, 5, true, '{}', 100");
    fixture_execute(f, "TRUNCATE message");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_migration_killed_at_any_statement_goes_on, nothing),
        cmocka_unit_test_setup(a_newer_database_is_refused, nothing),
        cmocka_unit_test_setup(hot_statements_use_their_indexes, nothing),
    };
    return cmocka_run_group_tests(tests, open_without_schema, fixture_close);
}
