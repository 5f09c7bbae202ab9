/* Housekeeping with the test clock: what is due goes, what is not stays, and floors tell readers what they missed. */
#include "fixture.h"

#include "bourse/base/hash.h"
#include "bourse/storage/blob.h"
#include "bourse/storage/changes.h"
#include "bourse/storage/events.h"
#include "bourse/storage/settings.h"
#include "bourse/storage/sweep.h"

#define MAILBOX(f) ((long long)(f)->mailbox)

static struct sweep_result sweep(struct fixture *f, size_t slice)
{
    struct sweep_result result;
    OK(sweep_run(f->store, &(struct sweep_options){ .slice = slice }, &result));
    return result;
}

/* A pass that takes what other tests left, so that the figures of the next one are this test's. */
static int quiet_mailbox(void **state)
{
    fixture_mailbox(state);
    struct fixture *f = *state;
    clock_test_freeze(clock_now());
    clock_test_advance(200 * INSTANT_PER_DAY);
    sweep(f, 0);
    clock_test_advance(INSTANT_PER_HOUR);
    sweep(f, 0);
    return 0;
}

static int release_clock(void **state)
{
    (void)state;
    clock_test_release();
    return 0;
}

static struct blob_ref write_blob(struct fixture *f, unsigned number)
{
    char text[9000];
    struct blob_ref ref;
    memset(text, 'a', sizeof text);
    snprintf(text, 60, "%u %llu", number, (unsigned long long)random_u64());
    OK(blob_write(f->store, slice_of(text, sizeof text), &ref));
    return ref;
}

static bool has_blob(struct fixture *f, int64_t blob)
{
    int64_t rows = fixture_number(f, "SELECT count(*) FROM blob WHERE blob_id = %lld", (long long)blob);
    int64_t chunks = fixture_number(f, "SELECT count(*) FROM blob_chunk WHERE blob_id = %lld", (long long)blob);
    assert_int_equal(rows, chunks);
    return rows == 1;
}

static void blobs_go_when_their_lease_is_over(void **state)
{
    struct fixture *f = *state;
    struct blob_ref orphans[3], used = write_blob(f, 1);
    for (unsigned i = 0; i < 3; i++)
        orphans[i] = write_blob(f, 10 + i);
    fixture_execute(f, "UPDATE blob SET refs = 1 WHERE blob_id = %lld", (long long)used.id);
    clock_test_advance(59 * INSTANT_PER_MINUTE);
    assert_int_equal(sweep(f, 0).blobs, 0);
    assert_true(has_blob(f, orphans[0].id));
    struct blob_writer *writer = NULL; /* somebody begins to write, nothing refers to it yet */
    OK(blob_writer_open(f->mem, f->store, &writer));
    char *chunk = talloc_zero_size(f->mem, BLOB_CHUNK);
    OK(blob_writer_append(writer, slice_of(chunk, BLOB_CHUNK)));
    clock_test_advance(2 * INSTANT_PER_MINUTE);
    struct sweep_result result = sweep(f, 2); /* slices smaller than the work */
    assert_int_equal(result.blobs, 3);
    assert_true(result.blob_bytes > 0);
    for (unsigned i = 0; i < 3; i++)
        assert_false(has_blob(f, orphans[i].id));
    assert_true(has_blob(f, used.id));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM blob_lease WHERE blob_id = %lld", (long long)used.id), 0);
    clock_test_advance(61 * INSTANT_PER_MINUTE);
    assert_int_equal(sweep(f, 0).blobs, 1); /* the unfinished one */
    fixture_execute(f, "DELETE FROM blob_chunk WHERE blob_id = %lld", (long long)used.id);
    fixture_execute(f, "DELETE FROM blob WHERE blob_id = %lld", (long long)used.id);
}

/* A blob whose row is locked (a delivery that takes a reference or renews the lease) is passed over. */
static void a_blob_in_use_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct blob_ref blob = write_blob(f, 1);
    clock_test_advance(2 * INSTANT_PER_HOUR);
    fixture_execute(f, "BEGIN; UPDATE blob SET refs = refs WHERE blob_id = %lld", (long long)blob.id);
    assert_int_equal(sweep(f, 0).blobs, 0);
    fixture_execute(f, "COMMIT");
    fixture_execute(f, "BEGIN; SELECT 1 FROM blob WHERE blob_id = %lld FOR KEY SHARE", (long long)blob.id);
    assert_int_equal(sweep(f, 0).blobs, 0);
    fixture_execute(f, "COMMIT");
    assert_true(has_blob(f, blob.id));
    assert_int_equal(sweep(f, 0).blobs, 1);
    assert_false(has_blob(f, blob.id));
}

/* The lease runs out while the accept transaction is under way: it has seen the blob, so the blob must stay. */
static void a_blob_of_an_open_transaction_stays(void **state)
{
    struct fixture *f = *state;
    struct message_created created;
    struct loaded_message loaded;
    struct prepared_message *prepared = fixture_prepared(f, talloc_asprintf(f->mem, "slow %llu", (unsigned long long)random_u64()), 100000);
    clock_test_advance(2 * INSTANT_PER_HOUR);
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    struct store_folder folder;
    OK(store_folder_get(f->mem, tx, f->mailbox, f->inbox, &folder)); /* sends what is queued */
    assert_int_equal(sweep(f, 0).blobs, 0);
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_WHOLE | MESSAGE_MIME_BYTES, &loaded));
    assert_true(loaded.message->mime.bytes.length >= 100000);
    talloc_free(tx);
    sweep(f, 0);
    fixture_check(f);
}

static void content_of_a_deleted_item_goes_later(void **state)
{
    struct fixture *f = *state;
    struct message *message = fixture_message(f, "large", 0);
    struct prepared_message *prepared = NULL;
    struct message_created created;
    OK(bag_set_bytes(message->props, (prop_tag)PROP_HTML, slice_of(talloc_zero_size(f->mem, 10000), 10000)));
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    int64_t blob = fixture_number(f, "SELECT value_blobs[1] FROM message_body WHERE mailbox_id = %lld AND message_id = %lld", MAILBOX(f), (long long)created.item);
    clock_test_advance(2 * INSTANT_PER_HOUR);
    sweep(f, 0);
    assert_true(has_blob(f, blob));
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &created.item, 1, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    assert_int_equal(sweep(f, 0).blobs, 0); /* readers of an older snapshot */
    clock_test_advance(11 * INSTANT_PER_MINUTE);
    assert_int_equal(sweep(f, 0).blobs, 1);
    assert_false(has_blob(f, blob));
}

static void recoverable_items_are_purged_after_two_weeks(void **state)
{
    struct fixture *f = *state;
    int64_t items[5];
    for (size_t i = 0; i < 5; i++)
        items[i] = fixture_item(f, f->inbox, "gone").item;
    struct transaction *tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, items, 3, STORE_DELETE_SOFT, NULL, NULL));
    fixture_commit(tx);
    clock_test_advance(10 * INSTANT_PER_DAY);
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, items + 3, 1, STORE_DELETE_SOFT, NULL, NULL));
    fixture_commit(tx);
    assert_int_equal(sweep(f, 0).items, 0);
    clock_test_advance(5 * INSTANT_PER_DAY);
    fixture_execute(f, "UPDATE mailbox SET condition = 1 WHERE mailbox_id = %lld", MAILBOX(f));
    assert_int_equal(sweep(f, 2).items, 0); /* frozen: left alone */
    fixture_execute(f, "UPDATE mailbox SET condition = 0 WHERE mailbox_id = %lld", MAILBOX(f));
    assert_int_equal(sweep(f, 2).items, 3);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE mailbox_id = %lld AND state = 1", MAILBOX(f)), 1);
    assert_int_equal(fixture_folder(f, f->inbox).live, 1);
    fixture_check(f);
}

/* Clients that were away longer than tombstones live start anew; others do not. */
static void tombstones_go_and_the_floor_rises(void **state)
{
    struct fixture *f = *state;
    struct store_position before, between;
    struct changes changes;
    int64_t items[7], folder = 0;
    for (size_t i = 0; i < 7; i++)
        items[i] = fixture_item(f, f->inbox, "item").item;
    struct transaction *tx = fixture_write(f);
    OK(store_folder_create(tx, f->mailbox, fixture_role(f, STORE_ROLE_IPM_SUBTREE), "Old", NULL, NULL, &folder));
    OK(changes_head(tx, f->mailbox, f->inbox, &before));
    fixture_commit(tx);
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, items, 5, STORE_DELETE_HARD, NULL, NULL));
    OK(store_folder_delete(tx, f->mailbox, folder));
    fixture_commit(tx);
    clock_test_advance(60 * INSTANT_PER_DAY);
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, items + 5, 1, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_BOTH, &before, 100, &changes));
    assert_int_equal(changes.count, 6);
    between = before;
    between.cn = changes.list[4].cn;
    talloc_free(tx);
    assert_int_equal(sweep(f, 0).tombstones, 0);
    clock_test_advance(31 * INSTANT_PER_DAY);
    assert_true(sweep(f, 2).tombstones >= 6); /* five items and one folder here */
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM tombstone WHERE mailbox_id = %lld", MAILBOX(f)), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM folder_tombstone WHERE mailbox_id = %lld", MAILBOX(f)), 0);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_BOTH, &between, 100, &changes));
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_BOTH, &before, 100, &changes), STATUS_INVALID_SYNC_STATE);
    talloc_free(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    struct folder_change *tree = NULL;
    size_t count = 0;
    bool more = false;
    int64_t until = 0;
    assert_int_equal(changes_hierarchy(f->mem, tx, f->mailbox, 1, 100, &tree, &count, &more, &until), STATUS_INVALID_SYNC_STATE);
    talloc_free(tx);
    fixture_check(f);
}

static void events_go_after_a_day(void **state)
{
    struct fixture *f = *state;
    struct store_event *events = NULL;
    size_t count = 0;
    bool more = false;
    int64_t until = 0;
    int64_t old = fixture_item(f, f->inbox, "yesterday").cn;
    clock_test_advance(INSTANT_PER_DAY - INSTANT_PER_HOUR);
    int64_t recent = fixture_item(f, f->inbox, "today").cn;
    assert_int_equal(sweep(f, 1).events, 0);
    clock_test_advance(2 * INSTANT_PER_HOUR);
    assert_true(sweep(f, 1).events >= 1);
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(events_read(f->mem, tx, f->mailbox, old, NULL, 0, 100, &events, &count, &more, &until));
    assert_int_equal(count, 1);
    assert_int_equal(events[0].cn, recent);
    assert_int_equal(events_read(f->mem, tx, f->mailbox, old - 1, NULL, 0, 100, &events, &count, &more, &until), STATUS_INVALID_WATERMARK);
    talloc_free(tx);
}

static void expired_rows_go(void **state)
{
    struct fixture *f = *state;
    struct store_subscription subscription = { .id = guid_new(), .mailbox = f->mailbox, .owner = f->owner, .kinds = 2,
                                               .expires = clock_now() + INSTANT_PER_HOUR, .timeout_minutes = 60 };
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_subscription_add(tx, &subscription));
    fixture_commit(tx);
    for (int i = 0; i < 5; i++)
        fixture_execute(f, "INSERT INTO inflow (key, keep_until) VALUES (gen_random_uuid(), %lld)", (long long)(clock_now() + INSTANT_PER_HOUR));
    struct sweep_result result = sweep(f, 2);
    assert_int_equal(result.inflow, 0);
    assert_int_equal(result.subscriptions, 0);
    clock_test_advance(2 * INSTANT_PER_HOUR);
    result = sweep(f, 2);
    assert_int_equal(result.inflow, 5);
    assert_int_equal(result.subscriptions, 1);
}

static void a_deleted_mailbox_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct transaction *tx = NULL;
    for (int i = 0; i < 7; i++)
        fixture_item(f, f->inbox, "item");
    struct prepared_message *prepared = fixture_prepared(f, talloc_asprintf(f->mem, "mime %llu", (unsigned long long)random_u64()), 100000);
    tx = fixture_write(f);
    struct message_created created;
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    OK(user_config_set(tx, f->mailbox, f->inbox, "colours", slice_of_text("blue")));
    fixture_commit(tx);
    int64_t blob = fixture_number(f, "SELECT mime_blob FROM message WHERE mailbox_id = %lld AND message_id = %lld", MAILBOX(f), (long long)created.item);
    sweep(f, 0);
    int64_t kept = fixture_new_mailbox(f);
    tx = fixture_write(f);
    OK(store_mailbox_delete(tx, f->mailbox));
    fixture_commit(tx);
    struct sweep_result result = sweep(f, 3);
    assert_int_equal(result.mailboxes, 1);
    assert_int_equal(result.items, 8);
    int64_t rows = fixture_number(f, "SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %%I WHERE mailbox_id = %lld', table_name), "
                                  "false, true, '')))[1]::text::int) FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'mailbox_id'", MAILBOX(f));
    assert_int_equal(rows, 0);
    assert_int_equal(fixture_number(f, "SELECT refs FROM blob WHERE blob_id = %lld", (long long)blob), 0);
    clock_test_advance(2 * INSTANT_PER_HOUR);
    sweep(f, 0);
    assert_false(has_blob(f, blob));
    f->mailbox = kept;
    fixture_check(f);
}

static void full_text_is_filled(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++)
        fixture_item(f, f->inbox, "words");
    assert_int_equal(sweep(f, 2).indexed, 5);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message_text WHERE mailbox_id = %lld", MAILBOX(f)), 5);
    assert_int_equal(sweep(f, 2).indexed, 0);
}

/* Another process at work: this one returns at once. */
static void one_sweeps_at_a_time(void **state)
{
    struct fixture *f = *state;
    fixture_execute(f, "INSERT INTO inflow (key, keep_until) VALUES (gen_random_uuid(), 1)");
    fixture_execute(f, "SELECT pg_advisory_lock(4712)");
    assert_int_equal(sweep(f, 0).inflow, 0);
    fixture_execute(f, "SELECT pg_advisory_unlock(4712)");
    assert_int_equal(sweep(f, 0).inflow, 1);
}

#define SWEEP_TEST(name) cmocka_unit_test_setup_teardown(name, quiet_mailbox, release_clock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SWEEP_TEST(blobs_go_when_their_lease_is_over), SWEEP_TEST(a_blob_in_use_is_passed_over), SWEEP_TEST(a_blob_of_an_open_transaction_stays),
        SWEEP_TEST(content_of_a_deleted_item_goes_later),
        SWEEP_TEST(recoverable_items_are_purged_after_two_weeks), SWEEP_TEST(tombstones_go_and_the_floor_rises), SWEEP_TEST(events_go_after_a_day),
        SWEEP_TEST(expired_rows_go), SWEEP_TEST(a_deleted_mailbox_leaves_nothing), SWEEP_TEST(full_text_is_filled), SWEEP_TEST(one_sweeps_at_a_time),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
