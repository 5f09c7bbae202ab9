/* Devices, sync keys with the answers of repeated requests, client ids. */
#include "fixture.h"

#include "bourse/base/buffer.h"
#include "bourse/storage/device.h"
#include "bourse/storage/sweep.h"

static struct store_device some_device(struct fixture *f, const char *id)
{
    return (struct store_device){ .id = id, .type = "iPhone", .user_agent = "Apple-iPhone/1", .owner = f->owner, .policy_key = 0xFFFFFFF0u, .first_seen = 5,
                                  .last_seen = 6, .access = 1, .info = slice_of_text("facts") };
}

static void put(struct fixture *f, const struct store_device *device)
{
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_device_put(tx, f->mailbox, device));
    fixture_commit(tx);
}

static void devices_are_kept_and_changed(void **state)
{
    struct fixture *f = *state;
    struct store_device device = some_device(f, "one"), back, *list = NULL;
    size_t count = 0;
    put(f, &device);
    device.wipe = 2;
    device.wipe_account_only = true;
    device.first_seen = 100; /* stays as it was at first */
    put(f, &device);
    device.id = "two";
    put(f, &device);
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_device_get(f->mem, tx, f->mailbox, "one", &back));
    assert_int_equal(back.policy_key, 0xFFFFFFF0u);
    assert_true(back.wipe == 2 && back.wipe_account_only && back.access == 1 && back.first_seen == 5 && back.last_seen == 6);
    assert_true(slice_equal(back.info, slice_of_text("facts")) && guid_equal(back.owner, f->owner));
    assert_int_equal(store_device_get(f->mem, tx, f->mailbox, "ONE", &back), STATUS_NOT_FOUND);
    talloc_free(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_device_list(f->mem, tx, f->mailbox, &list, &count));
    assert_int_equal(count, 2);
    assert_string_equal(list[1].id, "two");
    talloc_free(tx);
}

static enum status advance(struct fixture *f, uint32_t expected, const struct store_device_sync *next)
{
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    enum status status = store_device_sync_put(tx, f->mailbox, "one", 7, expected, next);
    if (status == STATUS_OK)
        fixture_commit(tx);
    else
        talloc_free(tx);
    return status;
}

/* Of two requests with the same key only one moves the collection on. */
static void keys_move_once(void **state)
{
    struct fixture *f = *state;
    struct store_device_sync first = { .key = 1, .state = slice_of_text("s1") }, back;
    struct store_device_sync second = { .key = 2, .state = slice_of_text("s2"), .base_key = 1, .base_state = slice_of_text("s1"),
                                        .answer = slice_of_text("answer"), .request_hash = slice_of_text("hash") };
    assert_int_equal(advance(f, 1, &second), STATUS_CONFLICT);
    OK(advance(f, 0, &first));
    assert_int_equal(advance(f, 0, &first), STATUS_CONFLICT);
    OK(advance(f, 1, &second));
    assert_int_equal(advance(f, 1, &second), STATUS_CONFLICT);
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_device_sync_get(f->mem, tx, f->mailbox, "one", 7, &back));
    assert_true(back.key == 2 && back.base_key == 1 && slice_equal(back.state, slice_of_text("s2")) && slice_equal(back.base_state, slice_of_text("s1")) &&
                slice_equal(back.answer, slice_of_text("answer")) && slice_equal(back.request_hash, slice_of_text("hash")));
    OK(store_device_sync_get(f->mem, tx, f->mailbox, "one", 8, &back));
    assert_int_equal(back.key, 0);
    talloc_free(tx);
}

static void removing_takes_all_of_a_device(void **state)
{
    struct fixture *f = *state;
    struct store_device device = some_device(f, "one");
    struct store_device_sync back;
    int64_t item = 0;
    put(f, &device);
    OK(advance(f, 0, &(struct store_device_sync){ .key = 1, .state = slice_of_text("s") }));
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_client_id_put(tx, f->mailbox, "one", "c1", 42));
    OK(store_client_id_get(tx, f->mailbox, "one", "c1", &item));
    assert_int_equal(item, 42);
    OK(store_device_remove(tx, f->mailbox, "one"));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_device_sync_get(f->mem, tx, f->mailbox, "one", 7, &back));
    assert_int_equal(back.key, 0);
    OK(store_client_id_get(tx, f->mailbox, "one", "c1", &item));
    assert_int_equal(item, 0);
    talloc_free(tx);
    tx = fixture_begin(f, TRANSACTION_WRITE);
    assert_int_equal(store_device_remove(tx, f->mailbox, "one"), STATUS_NOT_FOUND);
    talloc_free(tx);
}

static void old_client_ids_are_swept(void **state)
{
    struct fixture *f = *state;
    struct sweep_result result;
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_client_id_put(tx, f->mailbox, "one", "old", 1));
    OK(store_client_id_put(tx, f->mailbox, "one", "new", 2));
    fixture_commit(tx);
    fixture_execute(f, "UPDATE eas_client_op SET created = created - 13000000000000 WHERE client_id = 'old' AND mailbox_id = %lld", (long long)f->mailbox);
    OK(sweep_run(f->store, &(struct sweep_options){ 0 }, &result));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM eas_client_op WHERE mailbox_id = %lld", (long long)f->mailbox), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(devices_are_kept_and_changed, fixture_mailbox), cmocka_unit_test_setup(keys_move_once, fixture_mailbox),
        cmocka_unit_test_setup(removing_takes_all_of_a_device, fixture_mailbox), cmocka_unit_test_setup(old_client_ids_are_swept, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
