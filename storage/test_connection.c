/* Pooled connections over restarts of the server. */
#include "bourse/storage/store.h"
#include "fixture.h"

static void end_all_sessions(struct fixture *f)
{
    fixture_execute(f, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

static void a_connection_that_died_while_idle_is_replaced(void **state)
{
    struct fixture *f = *state;
    OK(store_health(f->store)); /* leaves an idle connection in the pool */
    end_all_sessions(f);
    OK(store_health(f->store));
    fixture_item(f, f->inbox, "after the restart");
    fixture_check(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_connection_that_died_while_idle_is_replaced, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
