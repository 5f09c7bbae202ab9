/* Lists by page, sort key and restriction; permissions; the number of statements does not grow with the page. */
#include "bourse/storage/acl.h"
#include "bourse/model/rights.h"
#include "fixture.h"

#define ITEMS 12

static void fill(struct fixture *f, int64_t items[ITEMS])
{
    struct transaction *tx = fixture_write(f);
    for (int i = 0; i < ITEMS; i++) {
        struct message_created created;
        char subject[20];
        snprintf(subject, sizeof subject, "subject %02d", (i * 5) % ITEMS);
        struct message *message = fixture_message(f, subject, 0);
        OK(bag_set_int32(message->props, (prop_tag)PROP_IMPORTANCE, i % 3));
        struct prepared_message *prepared = NULL;
        OK(store_message_prepare(f->mem, f->store, message, &prepared));
        OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ .delivered = INSTANT_UNIX_EPOCH + i, .is_fai = i == 3 }, &created));
        items[i] = created.item;
    }
    fixture_commit(tx);
}

static struct list_page list(struct fixture *f, const struct list_query *query)
{
    struct list_page page;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_message_list(f->mem, tx, f->mailbox, query, &page));
    talloc_free(tx);
    return page;
}

static void pages_by_date_are_newest_first(void **state)
{
    struct fixture *f = *state;
    int64_t items[ITEMS];
    fill(f, items);
    struct list_page page = list(f, &(struct list_query){ .folder = f->inbox, .limit = 5, .count_total = true });
    assert_int_equal(page.count, 5);
    assert_int_equal(page.total, ITEMS - 1);
    assert_true(page.more);
    assert_int_equal(page.rows[0].item, items[ITEMS - 1]);
    struct list_page next = list(f, &(struct list_query){ .folder = f->inbox, .limit = 50, .after_item = page.rows[4].item });
    assert_int_equal(next.count, ITEMS - 1 - 5);
    assert_false(next.more);
    assert_int_equal(next.rows[0].item, items[ITEMS - 6]);
    struct list_page offset = list(f, &(struct list_query){ .folder = f->inbox, .limit = 50, .offset = 5, .with_props = true });
    assert_int_equal(offset.count, next.count);
    assert_int_equal(offset.rows[0].item, next.rows[0].item);
    assert_non_null(offset.rows[0].props);
    assert_string_equal(offset.rows[0].preview, "Hello, this is the body.");
    struct list_page end = list(f, &(struct list_query){ .folder = f->inbox, .limit = 2, .from_end = true });
    assert_int_equal(end.count, 2);
    assert_int_equal(end.rows[1].item, items[0]);
    struct list_page fai = list(f, &(struct list_query){ .folder = f->inbox, .limit = 50, .content = LIST_FAI });
    assert_int_equal(fai.count, 1);
    assert_int_equal(fai.rows[0].item, items[3]);
}

static void lists_are_sorted_and_filtered(void **state)
{
    struct fixture *f = *state;
    int64_t items[ITEMS];
    fill(f, items);
    struct list_sort by_subject = { .tag = (prop_tag)PROP_SUBJECT };
    struct list_page page = list(f, &(struct list_query){ .folder = f->inbox, .limit = 50, .sort = &by_subject, .sort_count = 1 });
    assert_int_equal(page.count, ITEMS - 1);
    for (size_t i = 1; i < page.count; i++)
        assert_true(strcmp(page.rows[i - 1].subject, page.rows[i].subject) < 0);
    struct restriction *high = restriction_new(f->mem, RESTRICT_PROPERTY);
    high->tag = (prop_tag)PROP_IMPORTANCE;
    high->relation = REL_EQUAL;
    high->value = value_int32((prop_tag)PROP_IMPORTANCE, 2);
    page = list(f, &(struct list_query){ .folder = f->inbox, .limit = 2, .restriction = high, .count_total = true });
    assert_int_equal(page.count, 2);
    assert_int_equal(page.total, 4);
    assert_true(page.more);
    for (size_t i = 0; i < page.count; i++)
        assert_int_equal(page.rows[i].importance, 2);
    struct restriction *references = restriction_new(f->mem, RESTRICT_EXIST); /* in the bag: evaluated */
    references->tag = (prop_tag)PROP_INTERNET_REFERENCES;
    struct restriction *both = restriction_new(f->mem, RESTRICT_AND);
    OK(restriction_add_child(both, high));
    OK(restriction_add_child(both, references));
    page = list(f, &(struct list_query){ .folder = f->inbox, .limit = 3, .restriction = both, .count_total = true });
    assert_int_equal(page.count, 3);
    assert_int_equal(page.total, 4);
    assert_true(page.more);
}

static void a_page_costs_the_same_number_of_statements_whatever_its_size(void **state)
{
    struct fixture *f = *state;
    int64_t items[ITEMS];
    uint64_t counts[2];
    fill(f, items);
    for (size_t round = 0; round < 2; round++) {
        struct loaded_message loaded[ITEMS];
        uint64_t before = store_statement_count();
        struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
        OK(store_message_load_many(f->mem, tx, f->mailbox, items, round == 0 ? 2 : ITEMS, MESSAGE_WHOLE, loaded));
        talloc_free(tx);
        counts[round] = store_statement_count() - before;
        for (size_t i = 0; i < (round == 0 ? 2 : ITEMS); i++)
            assert_int_equal(loaded[i].row.item, items[i]);
    }
    assert_int_equal(counts[0], counts[1]);
    assert_in_range(counts[0], 3, 6);
}

static uint32_t rights_of(struct fixture *f, const struct guid *principals, size_t count)
{
    uint32_t rights = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(acl_effective(tx, f->mailbox, f->inbox, principals, count, &rights));
    talloc_free(tx);
    return rights;
}

static void permissions_follow_own_then_groups_then_default(void **state)
{
    struct fixture *f = *state;
    struct guid user = guid_new(), group_a = guid_new(), group_b = guid_new(), stranger = guid_new();
    struct acl_entry entries[] = {
        { .kind = ACL_DEFAULT, .rights = RIGHT_FOLDER_VISIBLE },
        { .kind = ACL_ANONYMOUS, .rights = 0 },
        { .kind = ACL_PRINCIPAL, .principal = user, .display_name = "User", .rights = RIGHT_READ_ANY },
        { .kind = ACL_PRINCIPAL, .principal = group_a, .rights = RIGHT_CREATE },
        { .kind = ACL_PRINCIPAL, .principal = group_b, .rights = RIGHT_EDIT_ANY },
    };
    assert_int_equal(rights_of(f, &user, 1), 0); /* a new mailbox shows nothing to others */
    struct transaction *tx = fixture_write(f);
    OK(acl_set(tx, f->mailbox, f->inbox, entries, 5));
    fixture_commit(tx);
    struct guid with_groups[] = { user, group_a, group_b }, only_groups[] = { stranger, group_a, group_b };
    assert_int_equal(rights_of(f, with_groups, 3), RIGHT_READ_ANY);
    assert_int_equal(rights_of(f, only_groups, 3), RIGHT_CREATE | RIGHT_EDIT_ANY);
    assert_int_equal(rights_of(f, &stranger, 1), RIGHT_FOLDER_VISIBLE);
    assert_int_equal(rights_of(f, NULL, 0), 0);
    int64_t child = 0;
    tx = fixture_write(f);
    OK(store_folder_create(tx, f->mailbox, f->inbox, "Child", NULL, NULL, &child));
    fixture_commit(tx);
    struct acl_entry *list_out = NULL;
    size_t count = 0;
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(acl_get(f->mem, tx, f->mailbox, child, &list_out, &count));
    assert_int_equal(count, 5); /* inherited */
    struct folder_rights *all = NULL;
    OK(acl_effective_all(f->mem, tx, f->mailbox, &user, 1, &all, &count));
    assert_true(count > 40);
    talloc_free(tx);
    struct delegate delegate = { .principal = user, .display_name = "User", .flags = DELEGATE_SEND_ON_BEHALF };
    uint32_t flags = 0;
    tx = fixture_write(f);
    OK(delegate_set(tx, f->mailbox, &delegate));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(delegate_flags(tx, f->mailbox, with_groups, 3, &flags));
    talloc_free(tx);
    assert_int_equal(flags, DELEGATE_SEND_ON_BEHALF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pages_by_date_are_newest_first, fixture_mailbox),
        cmocka_unit_test_setup(lists_are_sorted_and_filtered, fixture_mailbox),
        cmocka_unit_test_setup(a_page_costs_the_same_number_of_statements_whatever_its_size, fixture_mailbox),
        cmocka_unit_test_setup(permissions_follow_own_then_groups_then_default, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
