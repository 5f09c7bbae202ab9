/* The outgoing queue: leases, results, expiry of leases, administration. */
#include "bourse/storage/blob.h"
#include "bourse/storage/queue.h"
#include "fixture.h"

#define MINUTE_US INT64_C(60000000)

static int64_t add(struct fixture *f, const char *destination, size_t recipients)
{
    struct store_queue_recipient_new list[4];
    struct blob_ref blob;
    int64_t id = 0;
    for (size_t i = 0; i < recipients; i++)
        list[i] = (struct store_queue_recipient_new){ .address = talloc_asprintf(f->mem, "user%zu@%s", i, destination), .destination = destination };
    struct store_queue_entry_new entry = { .sender = "alice@example.test", .origin = "test", .expires = clock_now() + INSTANT_PER_DAY,
                                           .recipients = list, .recipient_count = recipients };
    OK(blob_write(f->store, slice_of_text("Subject: queued\r\n\r\nbody\r\n"), &blob));
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_add(tx, &entry, blob.id, &id));
    fixture_commit(tx);
    return id;
}

static struct store_queue_entry *lease(struct fixture *f, const char *destination, const char *worker)
{
    struct store_queue_entry *entry = NULL;
    OK(store_queue_lease(f->mem, f->store, destination, worker, 100, MINUTE_US, &entry));
    return entry;
}

static void record(struct fixture *f, int64_t id, const char *worker, int64_t recipient, enum store_outcome outcome, instant next)
{
    struct store_queue_result result = { .recipient = recipient, .outcome = outcome, .next_attempt = next, .reply = "451 later", .status = "4.0.0", .host = "mx.test" };
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_record(tx, id, worker, &result, 1));
    fixture_commit(tx);
}

static void two_workers_never_get_the_same_recipients(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "lease.test", 2);
    struct store_queue_entry *first = lease(f, "lease.test", "one");
    assert_non_null(first);
    assert_int_equal(first->id, id);
    assert_int_equal(first->recipient_count, 2);
    assert_null(lease(f, "lease.test", "two"));
    OK(store_queue_return(f->store, id, "one"));
    assert_non_null(lease(f, "lease.test", "two"));
    assert_int_equal(store_queue_renew(f->store, id, "one", MINUTE_US), STATUS_CONFLICT);
    OK(store_queue_renew(f->store, id, "two", MINUTE_US));
}

static void a_lease_that_ran_out_is_due_again(void **state)
{
    struct fixture *f = *state;
    add(f, "dead.test", 1);
    assert_non_null(lease(f, "dead.test", "dies"));
    clock_test_freeze(clock_now() + 2 * INSTANT_PER_MINUTE);
    assert_non_null(lease(f, "dead.test", "second"));
    clock_test_release();
}

static void an_entry_goes_when_nobody_waits_any_more(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "done.test", 2);
    struct store_queue_entry *entry = lease(f, "done.test", "w"), shown;
    record(f, id, "w", entry->recipients[0].id, OUTCOME_DELIVERED, 0);
    record(f, id, "w", entry->recipients[1].id, OUTCOME_DEFERRED, clock_now() + INSTANT_PER_HOUR);
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_queue_show(f->mem, tx, id, &shown));
    assert_int_equal(shown.recipients[0].state, QUEUE_DELIVERED);
    assert_int_equal(shown.recipients[1].attempts, 1);
    assert_string_equal(shown.recipients[1].last_reply, "451 later");
    talloc_free(tx);
    assert_null(lease(f, "done.test", "w"));
    size_t changed = 0;
    tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_retry(tx, id, NULL, &changed));
    fixture_commit(tx);
    assert_int_equal(changed, 1);
    int64_t refs = fixture_number(f, "SELECT refs FROM blob b JOIN queue q ON q.mime_blob = b.blob_id WHERE q.queue_id = %lld", (long long)id);
    int64_t blob = shown.mime_blob;
    entry = lease(f, "done.test", "w");
    record(f, id, "w", entry->recipients[0].id, OUTCOME_FAILED, 0);
    tx = fixture_begin(f, TRANSACTION_READ);
    assert_int_equal(store_queue_show(f->mem, tx, id, &shown), STATUS_NOT_FOUND);
    talloc_free(tx);
    assert_int_equal(fixture_number(f, "SELECT refs FROM blob WHERE blob_id = %lld", (long long)blob), refs - 1);
}

static void held_entries_wait_and_deleted_ones_are_gone(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "held.test", 1);
    size_t changed = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_hold(tx, id, true, &changed));
    fixture_commit(tx);
    assert_int_equal(changed, 1);
    assert_null(lease(f, "held.test", "w"));
    struct store_queue_statistics statistics;
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_queue_statistics(tx, &statistics));
    talloc_free(tx);
    assert_true(statistics.held >= 1 && statistics.entries >= 1);
    tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_hold(tx, id, false, &changed));
    fixture_commit(tx);
    struct store_queue_destination *due = NULL;
    size_t count = 0;
    bool found = false;
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_queue_due_destinations(f->mem, tx, 100, &due, &count));
    talloc_free(tx);
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(due[i].destination, "held.test") == 0;
    assert_true(found);
    tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_delete(tx, id));
    fixture_commit(tx);
    assert_null(lease(f, "held.test", "w"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_workers_never_get_the_same_recipients, fixture_mailbox),
        cmocka_unit_test_setup(a_lease_that_ran_out_is_due_again, fixture_mailbox),
        cmocka_unit_test_setup(an_entry_goes_when_nobody_waits_any_more, fixture_mailbox),
        cmocka_unit_test_setup(held_entries_wait_and_deleted_ones_are_gone, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
