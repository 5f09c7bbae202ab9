/* Two and three writers in interesting orders: commit order is change-number order, so a reader that remembers the highest number
 * never misses a change. The negative control takes numbers from a sequence instead and does miss some. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "fixture.h"

#define WRITERS 3
#define EACH 40

struct writer {
    struct fixture *f;
    const struct prepared_message *prepared;
    int64_t folder;
    enum status worst;
};

static _Atomic int running;

static void *write_items(void *data)
{
    struct writer *writer = data;
    for (int i = 0; i < EACH && writer->worst == STATUS_OK; i++) {
        struct transaction *tx = NULL;
        struct message_created created;
        enum status status = transaction_begin(NULL, writer->f->store, TRANSACTION_WRITE, &tx);
        if (status == STATUS_OK)
            status = store_mailbox_lock(tx, writer->f->mailbox, NULL);
        if (status == STATUS_OK)
            status = store_message_create(tx, writer->f->mailbox, writer->folder, writer->prepared, &(struct message_place){ 0 }, &created);
        if (status == STATUS_OK)
            status = transaction_commit(tx);
        talloc_free(tx);
        writer->worst = status;
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Follows the highest number seen until the writers are through; how many rows it saw. */
static int64_t follow(struct fixture *f, const char *table, const char *condition)
{
    int64_t seen = 0, highest = 0;
    for (bool last = false;;) {
        int64_t top = fixture_number(f, "SELECT coalesce(max(cn), %lld) FROM %s WHERE %s AND cn > %lld", (long long)highest, table, condition,
                                     (long long)highest);
        seen += fixture_number(f, "SELECT count(*) FROM %s WHERE %s AND cn > %lld AND cn <= %lld", table, condition, (long long)highest, (long long)top);
        highest = top;
        if (last)
            return seen;
        last = atomic_load(&running) == 0;
    }
}

static void a_reader_of_concurrent_writers_misses_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    char condition[64];
    const struct prepared_message *prepared = fixture_prepared(f, "ordered", 2000);
    int64_t folders[WRITERS] = { f->inbox, fixture_role(f, STORE_ROLE_DRAFTS), f->inbox };
    atomic_store(&running, WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ .f = f, .prepared = prepared, .folder = folders[i] };
        pthread_create(&threads[i], NULL, write_items, &writers[i]);
    }
    snprintf(condition, sizeof condition, "mailbox_id = %lld", (long long)f->mailbox);
    int64_t seen = follow(f, "message", condition);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].worst, STATUS_OK);
    }
    assert_int_equal(seen, WRITERS * EACH);
    fixture_check(f);
}

/* The same with numbers from a sequence, in the order that loses: taken first, committed last. */
static void numbers_from_a_sequence_would_be_missed(void **state)
{
    struct fixture *f = *state;
    PGconn *slow = PQconnectdb(getenv("BOURSE_TEST_PGCONN"));
    fixture_execute(f, "CREATE SEQUENCE control_cn; CREATE TABLE control (cn int8)");
    PQclear(PQexec(slow, "BEGIN"));
    PQclear(PQexec(slow, "INSERT INTO control SELECT nextval('control_cn')"));
    fixture_execute(f, "INSERT INTO control SELECT nextval('control_cn')");
    int64_t highest = fixture_number(f, "SELECT max(cn) FROM control");
    PQclear(PQexec(slow, "COMMIT"));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM control WHERE cn > %lld", (long long)highest), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM control WHERE cn < %lld", (long long)highest), 1); /* never told */
    PQfinish(slow);
    fixture_execute(f, "DROP TABLE control; DROP SEQUENCE control_cn");
}

/* ---- step by step: the second writer waits for the first one's end ---- */

struct waiting {
    struct fixture *f;
    int64_t item;
    const struct prepared_message *prepared;
    int64_t expected_cn;
    enum status status;
    _Atomic bool done;
};

static void *replace_later(void *data)
{
    struct waiting *waiting = data;
    struct transaction *tx = NULL;
    int64_t cn = 0;
    waiting->status = transaction_begin(NULL, waiting->f->store, TRANSACTION_WRITE, &tx);
    if (waiting->status == STATUS_OK)
        waiting->status = store_mailbox_lock(tx, waiting->f->mailbox, NULL);
    if (waiting->status == STATUS_OK)
        waiting->status = store_message_replace(tx, waiting->f->mailbox, waiting->item, waiting->prepared, waiting->expected_cn, &cn);
    if (waiting->status == STATUS_OK)
        waiting->status = transaction_commit(tx);
    talloc_free(tx);
    atomic_store(&waiting->done, true);
    return NULL;
}

static enum status race(struct fixture *f, bool first_commits)
{
    struct message_created created = fixture_item(f, f->inbox, "raced");
    const struct prepared_message *prepared = fixture_prepared(f, "changed", 0);
    struct waiting waiting = { .f = f, .item = created.item, .prepared = prepared, .expected_cn = created.cn };
    pthread_t thread;
    struct transaction *tx = fixture_write(f);
    OK(store_message_replace(tx, f->mailbox, created.item, prepared, created.cn, NULL));
    pthread_create(&thread, NULL, replace_later, &waiting);
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    assert_false(atomic_load(&waiting.done));
    if (first_commits)
        OK(transaction_commit(tx));
    talloc_free(tx);
    pthread_join(thread, NULL);
    fixture_check(f);
    return waiting.status;
}

static void the_second_change_of_one_item_is_a_conflict(void **state)
{
    assert_int_equal(race(*state, true), STATUS_CONFLICT);
}

static void after_a_rollback_the_second_change_goes_through(void **state)
{
    assert_int_equal(race(*state, false), STATUS_OK);
}

static void mailboxes_are_locked_in_ascending_order_only(void **state)
{
    struct fixture *f = *state;
    int64_t other = fixture_new_mailbox(f);
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_mailbox_lock(tx, other, NULL));
    assert_int_equal(store_mailbox_lock(tx, f->mailbox, NULL), STATUS_INTERNAL);
    talloc_free(tx);
    struct message_created created;
    tx = fixture_begin(f, TRANSACTION_WRITE);
    assert_int_equal(store_message_create(tx, f->mailbox, f->inbox, fixture_prepared(f, "unlocked", 0), &(struct message_place){ 0 }, &created),
                     STATUS_INTERNAL);
    talloc_free(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reader_of_concurrent_writers_misses_nothing, fixture_mailbox),
        cmocka_unit_test_setup(numbers_from_a_sequence_would_be_missed, fixture_mailbox),
        cmocka_unit_test_setup(the_second_change_of_one_item_is_a_conflict, fixture_mailbox),
        cmocka_unit_test_setup(after_a_rollback_the_second_change_goes_through, fixture_mailbox),
        cmocka_unit_test_setup(mailboxes_are_locked_in_ascending_order_only, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
