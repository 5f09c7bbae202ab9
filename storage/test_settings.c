/* Configurations, subscriptions, named properties, rules, answered senders. */
#include "fixture.h"

#include "bourse/base/text.h"
#include "bourse/storage/settings.h"

/* ---- configurations ---- */

static void configurations_are_set_replaced_and_removed(void **state)
{
    struct fixture *f = *state;
    struct slice value;
    struct transaction *tx = fixture_write(f);
    OK(user_config_set(tx, f->mailbox, f->inbox, "Colours", slice_of("a\0b", 3)));
    OK(user_config_set(tx, f->mailbox, f->inbox, "colours", slice_of_text("other")));
    OK(user_config_get(f->mem, tx, f->mailbox, f->inbox, "Colours", &value));
    assert_memory_equal(value.data, "a\0b", 3);
    OK(user_config_set(tx, f->mailbox, f->inbox, "Colours", slice_of_text("new")));
    fixture_commit(tx);
    tx = fixture_write(f);
    OK(user_config_get(f->mem, tx, f->mailbox, f->inbox, "Colours", &value));
    assert_int_equal(value.length, 3);
    assert_memory_equal(value.data, "new", 3);
    OK(user_config_set(tx, f->mailbox, f->inbox, "Colours", slice_of("", 0)));
    assert_int_equal(user_config_get(f->mem, tx, f->mailbox, f->inbox, "Colours", &value), STATUS_NOT_FOUND);
    OK(user_config_get(f->mem, tx, f->mailbox, f->inbox, "colours", &value));
    assert_int_equal(user_config_get(f->mem, tx, f->mailbox + 1, f->inbox, "colours", &value), STATUS_NOT_FOUND);
    fixture_commit(tx);
}

static enum status set_config(struct fixture *f, int64_t folder, const char *name, struct slice value)
{
    struct transaction *tx = fixture_write(f);
    enum status status = user_config_set(tx, f->mailbox, folder, name, value);
    talloc_free(tx);
    return status;
}

static void wrong_configurations_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t large = 5 * 1024 * 1024;
    assert_int_equal(set_config(f, 999999, "x", slice_of_text("y")), STATUS_FOLDER_NOT_FOUND);
    assert_int_equal(set_config(f, f->inbox, "", slice_of_text("y")), STATUS_INVALID_ARGUMENT);
    assert_int_equal(set_config(f, f->inbox, "\xff", slice_of_text("y")), STATUS_INVALID_ARGUMENT);
    assert_int_equal(set_config(f, f->inbox, "x", slice_of(talloc_zero_size(f->mem, large), large)), STATUS_LIMIT_EXCEEDED);
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE); /* without the lock */
    assert_int_equal(user_config_set(tx, f->mailbox, f->inbox, "x", slice_of_text("y")), STATUS_INTERNAL);
    talloc_free(tx);
}

/* ---- subscriptions ---- */

static void subscriptions_come_back_until_they_expire(void **state)
{
    struct fixture *f = *state;
    struct store_subscription back, some = { .id = guid_new(), .mailbox = f->mailbox, .owner = f->owner, .kinds = 0x1E, .folders = &f->inbox,
                                             .folder_count = 1, .watermark = 5, .expires = clock_now() + INSTANT_PER_HOUR, .timeout_minutes = 30 };
    struct store_subscription all = { .id = guid_new(), .mailbox = f->mailbox, .expires = clock_now() - 1, .is_streaming = true };
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_subscription_add(tx, &some));
    OK(store_subscription_add(tx, &all));
    OK(store_subscription_get(f->mem, tx, some.id, &back));
    assert_true(guid_equal(back.owner, f->owner) && guid_equal(back.id, some.id));
    assert_int_equal(back.mailbox, f->mailbox);
    assert_int_equal(back.kinds, 0x1E);
    assert_int_equal(back.folder_count, 1);
    assert_int_equal(back.folders[0], f->inbox);
    assert_int_equal(back.watermark, 5);
    assert_int_equal(back.expires, some.expires);
    assert_int_equal(back.timeout_minutes, 30);
    assert_false(back.is_streaming);
    assert_int_equal(store_subscription_get(f->mem, tx, all.id, &back), STATUS_EXPIRED_SUBSCRIPTION);
    OK(store_subscription_touch(tx, all.id, 77, clock_now() + INSTANT_PER_HOUR));
    OK(store_subscription_get(f->mem, tx, all.id, &back));
    assert_null(back.folders);
    assert_true(back.is_streaming);
    assert_int_equal(back.watermark, 77);
    OK(store_subscription_remove(tx, some.id));
    assert_int_equal(store_subscription_remove(tx, some.id), STATUS_SUBSCRIPTION_NOT_FOUND);
    assert_int_equal(store_subscription_get(f->mem, tx, some.id, &back), STATUS_SUBSCRIPTION_NOT_FOUND);
    assert_int_equal(store_subscription_touch(tx, some.id, 1, 1), STATUS_SUBSCRIPTION_NOT_FOUND);
    fixture_commit(tx);
}

/* ---- named properties ---- */

static struct guid set_of(const char *name)
{
    struct guid set;
    assert_true(property_set_guid(name, &set));
    return set;
}

static void get_ids(struct fixture *f, const struct property_name *names, size_t count, bool create, uint16_t *out)
{
    struct transaction *tx = fixture_write(f);
    OK(named_props_get_ids(tx, f->mailbox, names, count, create, out));
    fixture_commit(tx);
}

static void names_get_ids_that_stay(void **state)
{
    struct fixture *f = *state;
    struct guid custom = guid_new(), headers = set_of("PS_INTERNET_HEADERS");
    struct property_name names[] = {
        { .set = custom, .is_string = true, .name = "Project" }, { .set = custom, .lid = 7 }, { .set = custom, .is_string = true, .name = "project" },
        { .set = custom, .is_string = true, .name = "Project" }, { .set = headers, .is_string = true, .name = "X-Bourse-Test" },
        { .set = headers, .is_string = true, .name = "x-bourse-TEST" }, { .set = set_of("PSETID_Appointment"), .lid = 0x8208 },
    };
    uint16_t ids[7], again[7];
    get_ids(f, names, 7, false, ids);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(ids[i], 0);
    assert_int_equal(ids[6], prop_id((prop_tag)PROP_LID_LOCATION));
    get_ids(f, names, 7, true, ids);
    assert_int_equal(ids[0], PROP_FIRST_CUSTOM_ID);
    assert_true(ids[1] > ids[0] && ids[2] > ids[1]); /* in the order of the request, each once */
    assert_int_equal(ids[3], ids[0]);
    assert_int_equal(ids[5], ids[4]);
    assert_int_equal(ids[6], prop_id((prop_tag)PROP_LID_LOCATION));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM named_prop WHERE mailbox_id = %lld", (long long)f->mailbox), 4);
    get_ids(f, names, 7, true, again);
    assert_memory_equal(ids, again, sizeof ids);
    struct property_name back[4];
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(named_props_get_names(f->mem, tx, f->mailbox, (uint16_t[]){ ids[2], 0xE000, ids[1], ids[6] }, 4, back));
    talloc_free(tx);
    assert_true(guid_equal(back[0].set, custom) && back[0].is_string);
    assert_string_equal(back[0].name, "project");
    assert_true(guid_is_zero(back[1].set));
    assert_true(!back[2].is_string && back[2].lid == 7);
    assert_int_equal(back[3].lid, 0x8208);
}

static void names_are_limited_and_checked(void **state)
{
    struct fixture *f = *state;
    struct property_name fits = { .set = guid_new(), .lid = 1 }, last = { .set = fits.set, .lid = 2 }, bad = { .set = fits.set, .is_string = true, .name = "" };
    uint16_t id;
    fixture_execute(f, "INSERT INTO named_prop SELECT %lld, 36864 + n, gen_random_uuid(), false, n, '' FROM generate_series(0, 24574) n", (long long)f->mailbox);
    get_ids(f, &fits, 1, true, &id);
    assert_int_equal(id, 0x9000 + 24575);
    struct transaction *tx = fixture_write(f);
    assert_int_equal(named_props_get_ids(tx, f->mailbox, &last, 1, true, &id), STATUS_LIMIT_EXCEEDED);
    talloc_free(tx);
    tx = fixture_write(f);
    assert_int_equal(named_props_get_ids(tx, f->mailbox, &bad, 1, true, &id), STATUS_INVALID_ARGUMENT);
    talloc_free(tx);
}

/* ---- rules ---- */

static void rules_are_kept_in_order(void **state)
{
    struct fixture *f = *state;
    struct stored_rule late = { .sequence = 20, .state = 1, .name = "late", .provider = "RuleOrganizer", .condition = slice_of("c", 1), .actions = slice_of("aa", 2) };
    struct stored_rule early = { .sequence = 10, .state = 0x11, .name = "early", .extra = slice_of("e\0e", 3) };
    struct stored_rule *list = NULL;
    size_t count = 0;
    struct transaction *tx = fixture_write(f);
    OK(store_rule_save(tx, f->mailbox, f->inbox, &late, &late.id));
    OK(store_rule_save(tx, f->mailbox, f->inbox, &early, &early.id));
    fixture_commit(tx);
    assert_true(late.id != 0 && early.id != 0 && late.id != early.id);
    tx = fixture_write(f);
    OK(store_rule_list(f->mem, tx, f->mailbox, f->inbox, &list, &count));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].name, "early");
    assert_int_equal(list[0].state, 0x11);
    assert_int_equal(list[0].extra.length, 3);
    assert_string_equal(list[1].provider, "RuleOrganizer");
    assert_int_equal(list[1].actions.length, 2);
    early.sequence = 30;
    OK(store_rule_save(tx, f->mailbox, f->inbox, &early, NULL));
    OK(store_rule_list(f->mem, tx, f->mailbox, f->inbox, &list, &count));
    assert_int_equal(count, 2);
    assert_string_equal(list[1].name, "early");
    OK(store_rule_delete(tx, f->mailbox, f->inbox, late.id));
    OK(store_rule_list(f->mem, tx, f->mailbox, f->inbox, &list, &count));
    assert_int_equal(count, 1);
    assert_int_equal(store_rule_delete(tx, f->mailbox, f->inbox, late.id), STATUS_NOT_FOUND);
    talloc_free(tx);
}

static void rules_of_nothing_are_refused(void **state)
{
    struct fixture *f = *state;
    struct stored_rule rule = { .name = "x" };
    struct transaction *tx = fixture_write(f);
    assert_int_equal(store_rule_save(tx, f->mailbox, 999999, &rule, &rule.id), STATUS_FOLDER_NOT_FOUND);
    talloc_free(tx);
    tx = fixture_write(f);
    rule.id = 424242;
    assert_int_equal(store_rule_save(tx, f->mailbox, f->inbox, &rule, NULL), STATUS_NOT_FOUND);
    talloc_free(tx);
}

/* ---- answered senders ---- */

static bool is_first(struct fixture *f, const char *sender, instant since)
{
    bool first = false;
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_autoreply_seen(tx, f->mailbox, sender, since, &first));
    fixture_commit(tx);
    return first;
}

static void a_sender_is_answered_once_a_period(void **state)
{
    struct fixture *f = *state;
    clock_test_freeze(clock_now());
    instant start = clock_now();
    assert_true(is_first(f, "Bob@example.test", start));
    assert_false(is_first(f, "bob@EXAMPLE.test", start));
    assert_true(is_first(f, "carol@example.test", start));
    clock_test_advance(7 * INSTANT_PER_DAY);
    assert_false(is_first(f, "bob@example.test", start));
    assert_true(is_first(f, "bob@example.test", clock_now() - 6 * INSTANT_PER_DAY));
    assert_false(is_first(f, "bob@example.test", clock_now() - 6 * INSTANT_PER_DAY));
    struct transaction *tx = fixture_write(f);
    OK(store_autoreply_reset(tx, f->mailbox));
    fixture_commit(tx);
    assert_true(is_first(f, "bob@example.test", start));
    clock_test_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(configurations_are_set_replaced_and_removed, fixture_mailbox),
        cmocka_unit_test_setup(wrong_configurations_are_refused, fixture_mailbox),
        cmocka_unit_test_setup(subscriptions_come_back_until_they_expire, fixture_mailbox),
        cmocka_unit_test_setup(names_get_ids_that_stay, fixture_mailbox),
        cmocka_unit_test_setup(names_are_limited_and_checked, fixture_mailbox),
        cmocka_unit_test_setup(rules_are_kept_in_order, fixture_mailbox),
        cmocka_unit_test_setup(rules_of_nothing_are_refused, fixture_mailbox),
        cmocka_unit_test_setup(a_sender_is_answered_once_a_period, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
