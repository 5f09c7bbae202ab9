/* The master list of categories: its XML, defaults at first use, who may see and change it. */
#include "fixture.h"

#include "bourse/groupware/access.h"
#include "bourse/groupware/categories.h"
#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"

static void xml_is_read_as_outlook_writes_it(void **state)
{
    struct fixture *f = *state;
    struct category_list *list = NULL;
    static const char xml[] = "\xEF\xBB\xBF<?xml version=\"1.0\"?>\r\n<!-- <category name='no'/> --><categories default='Red &amp; blue' lastSavedSession=\"5\" "
                              "lastSavedTime=\"2026-01-02T03:04:05.000\" xmlns=\"CategoryList.xsd\">\n"
                              "<category name=\"A&#x20AC;&lt;&#252;\" color=\"7\" keyboardShortcut=\"2\" usageCount=\"9\" lastTimeUsed=\"2026-01-02T03:04:05.000\" "
                              "lastSessionUsed=\"4\" guid=\"{D7D3A9F8-450B-101B-98DA-00AA003F1305}\" renameOnFirstUse=\"1\" other=\"?\"/>"
                              "<category name=\"plain\" color=\"99\"></category></categories>";
    OK(categories_parse(f->mem, slice_of(xml, sizeof xml - 1), &list));
    assert_string_equal(list->default_name, "Red & blue");
    assert_int_equal(list->saved_session, 5);
    assert_int_equal(list->count, 2);
    assert_string_equal(list->categories[0].name, "A\xE2\x82\xAC<\xC3\xBC");
    assert_int_equal(list->categories[0].colour, 7);
    assert_int_equal(list->categories[0].shortcut, 2);
    assert_int_equal(list->categories[0].usage_count, 9);
    assert_true(list->categories[0].rename_on_first_use);
    assert_false(guid_is_zero(list->categories[0].id));
    assert_int_equal(list->categories[1].colour, -1); /* there is no colour 99 */
    struct buffer *out = buffer_new(f->mem, 65536);
    struct category_list *again = NULL;
    OK(categories_write(list, out));
    OK(categories_parse(f->mem, buffer_slice(out), &again));
    assert_int_equal(again->count, 2);
    assert_string_equal(again->categories[0].name, list->categories[0].name);
    assert_int_equal(again->categories[0].last_used, list->categories[0].last_used);
}

static void bad_xml_is_refused(void **state)
{
    struct fixture *f = *state;
    struct category_list *list = NULL;
    static const char *const bad[] = {
        "", "text", "<other/>", "<categories", "<categories default=x/>", "<categories default=\"&bomb;\"/>", "<!DOCTYPE categories><categories/>",
        "<categories default=\"a<b\"/>", "<categories default=\"&#0;\"/>", "<categories><category name=\"a\"", "<categories default=\"\xFF\"/>",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(categories_parse(f->mem, slice_of_text(bad[i]), &list), STATUS_MALFORMED);
}

static void impossible_lists_are_not_written(void **state)
{
    struct fixture *f = *state;
    struct category rows[2] = { { .name = "one" }, { .name = "two" } };
    struct category_list list = { .default_name = "", .categories = rows, .count = 2 };
    struct buffer *out = buffer_new(f->mem, 65536);
    OK(categories_write(&list, out));
    static const struct category bad[] = { { .name = "" }, { .name = "a,b" }, { .name = "a;b" }, { .name = "ONE" }, { .name = "x", .colour = 25 },
                                           { .name = "x", .colour = -2 }, { .name = "x", .shortcut = 12 }, { .name = "x\n" } };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        rows[1] = bad[i];
        assert_int_equal(categories_write(&list, out), STATUS_INVALID_ARGUMENT);
    }
}

static void mailbox_begins_with_the_default_colours(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct category_list *list = NULL;
    struct guid mine = { { 0 } };
    OK(categories_get(f->mem, alice, mine, &list));
    assert_int_equal(list->count, 6);
    assert_int_equal(list->saved, 0);
    struct category more[7];
    for (size_t i = 0; i < 6; i++)
        more[i] = list->categories[i];
    more[6] = (struct category){ .name = "Travel", .colour = 12 };
    struct category_list wanted = { .default_name = "Travel", .categories = more, .count = 7 };
    for (int i = 0; i < 2; i++)
        OK(categories_set(alice, mine, &wanted));
    OK(categories_get(f->mem, alice, mine, &list));
    assert_int_equal(list->count, 7);
    assert_string_equal(list->categories[6].name, "Travel");
    assert_false(guid_is_zero(list->categories[6].id));
    assert_string_equal(list->default_name, "Travel");
    struct object_id calendar = fixture_folder(alice, FOLDER_ROLE_CALENDAR);
    struct find_query query = { .associated = true };
    struct item_page *page = NULL;
    OK(item_find(f->mem, alice, &calendar, &query, &page));
    assert_int_equal(page->count, 1); /* changed, not added a second time */
    assert_string_equal(bag_string(page->items[0]->message->props, PROP_MESSAGE_CLASS, ""), "IPM.Configuration.CategoryList");
    assert_int_not_equal(categories_get(f->mem, bob, session_mailbox(alice), &list), STATUS_OK);
    assert_int_not_equal(categories_set(bob, session_mailbox(alice), &wanted), STATUS_OK);
    struct permission reader = { .person = session_principal(bob), .kind = PERMISSION_PERSON, .display_name = "Bob", .rights = RIGHT_READ_ANY | RIGHT_FOLDER_VISIBLE };
    OK(permissions_set(alice, &calendar, &reader, 1));
    OK(categories_get(f->mem, bob, session_mailbox(alice), &list));
    assert_int_equal(list->count, 7);
    assert_int_equal(categories_set(bob, session_mailbox(alice), &wanted), STATUS_ACCESS_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(xml_is_read_as_outlook_writes_it, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(bad_xml_is_refused, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(impossible_lists_are_not_written, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(mailbox_begins_with_the_default_colours, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
