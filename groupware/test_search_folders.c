/* Search folders: right after every kind of change, at a cost that follows the changes, closed to others. */
#include "outbox_fixture.h"

#include "bourse/groupware/access.h"
#include "bourse/groupware/find.h"
#include "bourse/groupware/search_folder.h"
#include "bourse/model/properties.h"
#include "bourse/storage/store.h"

static struct restriction *subject_has(struct fixture *f, const char *text)
{
    struct restriction *node = restriction_new(f->mem, RESTRICT_CONTENT);
    node->tag = PROP_SUBJECT;
    node->fuzzy = FUZZY_SUBSTRING | FUZZY_IGNORE_CASE;
    node->value = value_string(PROP_SUBJECT, text);
    return node;
}

static struct object_id make(struct fixture *f, struct session *session, const char *name, const struct search_folder *criteria)
{
    struct object_id root = fixture_folder(session, FOLDER_ROLE_SEARCH_ROOT);
    struct folder *folder = NULL;
    OK(search_folder_create(f->mem, session, &root, name, "IPF.Note", criteria, &folder));
    assert_true(folder->is_search);
    return folder->id;
}

static size_t shown(struct fixture *f, struct session *session, const struct object_id *folder, struct item ***items)
{
    struct folder *row = NULL;
    struct item **list = NULL;
    size_t count = fixture_list(f, session, folder, &list);
    OK(folder_get(f->mem, session, folder, &row));
    assert_int_equal(row->total_count, count);
    if (items != NULL)
        *items = list;
    return count;
}

static void it_follows_every_change(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id inbox = fixture_folder(alice, FOLDER_ROLE_INBOX), drafts = fixture_folder(alice, FOLDER_ROLE_DRAFTS), moved;
    struct search_folder criteria = { .restriction = subject_has(f, "invoice"), .scopes = &inbox, .scope_count = 1 };
    struct item **items = NULL, *changed = NULL;
    enum status status = STATUS_OK;
    outbox_deliver(f, "a@partner.test", "alice@example.test", "Invoice 1", "", "x");
    outbox_deliver(f, "a@partner.test", "alice@example.test", "letter", "", "x");
    struct object_id found = make(f, alice, "Invoices", &criteria);
    assert_int_equal(shown(f, alice, &found, NULL), 1);
    outbox_deliver(f, "a@partner.test", "alice@example.test", "INVOICE 2", "", "x");
    assert_int_equal(shown(f, alice, &found, &items), 2);
    assert_int_equal(items[0]->id.folder, inbox.folder); /* items stay where they are */
    struct object_id second = items[0]->id;
    struct bag *set = bag_new(f->mem);
    OK(bag_set_string(set, PROP_SUBJECT, "paid"));
    OK(item_update(f->mem, alice, &second, 0, CONFLICT_ALWAYS_OVERWRITE, &(struct item_change){ .set = set }, &changed)); /* no longer matches */
    assert_int_equal(shown(f, alice, &found, &items), 1);
    OK(bag_set_string(set, PROP_SUBJECT, "the invoice"));
    OK(item_update(f->mem, alice, &second, 0, CONFLICT_ALWAYS_OVERWRITE, &(struct item_change){ .set = set }, &changed));
    assert_int_equal(shown(f, alice, &found, &items), 2);
    OK(item_move(alice, &second, 1, &drafts, &moved, &status)); /* out of the scope */
    assert_int_equal(shown(f, alice, &found, NULL), 1);
    OK(item_move(alice, &moved, 1, &inbox, &second, &status));
    assert_int_equal(shown(f, alice, &found, NULL), 2);
    OK(item_delete(alice, &second, 1, DELETE_SOFT, &status));
    assert_int_equal(shown(f, alice, &found, NULL), 1);
}

static void unread_count_and_restricted_find(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct search_folder criteria = { .is_deep = true, .restriction = subject_has(f, "invoice") };
    struct object_id found = make(f, alice, "All invoices", &criteria);
    struct item **items = NULL;
    struct folder *row = NULL;
    struct item_page *page = NULL;
    enum status status = STATUS_OK;
    outbox_deliver(f, "a@partner.test", "alice@example.test", "Invoice three", "", "x");
    size_t count = shown(f, alice, &found, &items);
    assert_true(count >= 2);
    OK(item_mark_read(alice, &items[0]->id, 1, true, &status));
    OK(folder_get(f->mem, alice, &found, &row));
    assert_int_equal(row->unread_count, count - 1);
    struct find_query query = { .restriction = subject_has(f, "three") };
    OK(item_find(f->mem, alice, &found, &query, &page));
    assert_int_equal(page->count, 1);
    query = (struct find_query){ .limit = 1 };
    OK(item_find(f->mem, alice, &found, &query, &page));
    assert_int_equal(page->total, count);
    assert_false(page->includes_last);
}

static void criteria_can_be_read_and_changed(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    struct object_id inbox = fixture_folder(bob, FOLDER_ROLE_INBOX), to_do = fixture_folder(bob, FOLDER_ROLE_TO_DO);
    struct search_folder criteria = { .is_deep = true, .restriction = subject_has(f, "one"), .scopes = &inbox, .scope_count = 1 }, *got = NULL;
    struct object_id found = make(f, bob, "Ones", &criteria);
    outbox_deliver(f, "a@partner.test", "bob@example.test", "one", "", "x");
    outbox_deliver(f, "a@partner.test", "bob@example.test", "two", "", "x");
    assert_int_equal(shown(f, bob, &found, NULL), 1);
    OK(search_folder_get(f->mem, bob, &found, &got));
    assert_true(got->is_deep);
    assert_int_equal(got->scope_count, 1);
    assert_int_equal(got->scopes[0].folder, inbox.folder);
    assert_int_equal(got->restriction->kind, RESTRICT_CONTENT);
    criteria.restriction = NULL;
    OK(search_folder_set(bob, &found, &criteria));
    assert_int_equal(shown(f, bob, &found, NULL), 2);
    assert_int_equal(search_folder_set(bob, &to_do, &criteria), STATUS_DISTINGUISHED_FOLDER);
    assert_int_equal(search_folder_set(bob, &inbox, &criteria), STATUS_DISTINGUISHED_FOLDER);
    inbox.folder = 999999;
    assert_int_equal(search_folder_set(bob, &found, &criteria), STATUS_FOLDER_NOT_FOUND);
}

static struct item *make_item(struct fixture *f, struct session *session, enum folder_role role, const char *class, const char *subject, struct bag *props)
{
    struct object_id folder = fixture_folder(session, role);
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    OK(bag_merge(message->props, props));
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, class));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(item_create(f->mem, session, &folder, message, &options, &item));
    return item;
}

static void those_of_the_mailbox_show_flags_tasks_and_reminders(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    struct object_id to_do = fixture_folder(carol, FOLDER_ROLE_TO_DO), reminders = fixture_folder(carol, FOLDER_ROLE_REMINDERS),
                     people = fixture_folder(carol, FOLDER_ROLE_MY_CONTACTS);
    struct bag *none = bag_new(f->mem), *flagged = bag_new(f->mem), *reminded = bag_new(f->mem), *done = bag_new(f->mem);
    enum status status = STATUS_OK;
    OK(bag_set_int32(flagged, PROP_FLAG_STATUS, 2));
    OK(bag_set_bool(reminded, PROP_REMINDER_SET, true));
    OK(bag_set_time(reminded, PROP_REMINDER_SIGNAL_TIME, clock_now() + INSTANT_PER_HOUR));
    OK(bag_set_bool(done, PROP_TASK_COMPLETE, true));
    OK(bag_set_int32(done, PROP_TASK_STATUS, 2));
    assert_int_equal(shown(f, carol, &to_do, NULL), 0);
    make_item(f, carol, FOLDER_ROLE_INBOX, "IPM.Note", "plain", none);
    make_item(f, carol, FOLDER_ROLE_INBOX, "IPM.Note", "flagged", flagged);
    struct item *task = make_item(f, carol, FOLDER_ROLE_TASKS, "IPM.Task", "open", none);
    make_item(f, carol, FOLDER_ROLE_TASKS, "IPM.Task", "done", done);
    make_item(f, carol, FOLDER_ROLE_INBOX, "IPM.Note", "reminded", reminded);
    make_item(f, carol, FOLDER_ROLE_CONTACTS, "IPM.Contact", "somebody", none);
    make_item(f, carol, FOLDER_ROLE_DELETED_ITEMS, "IPM.Note", "flagged and deleted", flagged);
    assert_int_equal(shown(f, carol, &to_do, NULL), 2);
    assert_int_equal(shown(f, carol, &reminders, NULL), 1);
    assert_int_equal(shown(f, carol, &people, NULL), 1);
    OK(item_delete(carol, &task->id, 1, DELETE_MOVE_TO_DELETED, &status));
    assert_int_equal(shown(f, carol, &to_do, NULL), 1);
}

static uint64_t statements_of_a_look(struct fixture *f, struct session *session, const struct object_id *folder)
{
    struct folder *row = NULL;
    uint64_t before = store_statement_count();
    OK(folder_get(f->mem, session, folder, &row));
    return store_statement_count() - before;
}

/* Looking again costs the same however much the folder shows, and an unchanged mailbox costs least. */
static void cost_follows_what_changed(void **state)
{
    struct fixture *f = *state;
    struct session *dave = fixture_session(f, "dave");
    struct search_folder criteria = { .is_deep = true, .restriction = subject_has(f, "many") };
    struct object_id found = make(f, dave, "Many", &criteria);
    struct bag *none = bag_new(f->mem);
    make_item(f, dave, FOLDER_ROLE_INBOX, "IPM.Note", "many 0", none);
    statements_of_a_look(f, dave, &found);
    make_item(f, dave, FOLDER_ROLE_INBOX, "IPM.Note", "many 1", none);
    uint64_t few = statements_of_a_look(f, dave, &found);
    for (int i = 2; i < 60; i++)
        make_item(f, dave, FOLDER_ROLE_INBOX, "IPM.Note", talloc_asprintf(f->mem, "many %d", i), none);
    uint64_t many = statements_of_a_look(f, dave, &found);
    assert_int_equal(few, many);
    assert_true(statements_of_a_look(f, dave, &found) < few);
    assert_int_equal(shown(f, dave, &found, NULL), 60);
}

static void others_do_not_look_through_it(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct search_folder criteria = { .is_deep = true }, *got = NULL;
    struct object_id found = make(f, alice, "Everything", &criteria), root = fixture_folder(alice, FOLDER_ROLE_SEARCH_ROOT);
    struct permission all = { .kind = PERMISSION_PERSON, .person = session_principal(bob), .rights = 0x7FB };
    struct find_query query = { 0 };
    struct item_page *page = NULL;
    struct folder *folder = NULL;
    OK(permissions_set(alice, &found, &all, 1));
    OK(permissions_set(alice, &root, &all, 1));
    assert_true(shown(f, alice, &found, NULL) > 0);
    assert_int_equal(item_find(f->mem, bob, &found, &query, &page), STATUS_ACCESS_DENIED);
    assert_int_equal(search_folder_set(bob, &found, &criteria), STATUS_ACCESS_DENIED);
    assert_int_equal(search_folder_get(f->mem, bob, &found, &got), STATUS_ACCESS_DENIED);
    assert_int_equal(search_folder_create(f->mem, bob, &root, "Spy", "IPF.Note", &criteria, &folder), STATUS_ACCESS_DENIED);
    OK(folder_get(f->mem, bob, &found, &folder));
    assert_int_equal(folder->total_count, 0);
}

/* It shows items of other folders: nothing is put into it, and what is deleted through it is deleted where it lies. */
static void it_takes_no_items_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct session *dave = fixture_session(f, "dave");
    struct search_folder criteria = { .is_deep = true, .restriction = subject_has(f, "guest") };
    struct object_id found = make(f, dave, "Guests", &criteria), other, inbox = fixture_folder(dave, FOLDER_ROLE_INBOX);
    struct bag *none = bag_new(f->mem);
    struct item *item = make_item(f, dave, FOLDER_ROLE_INBOX, "IPM.Note", "guest", none), *created = NULL, **items = NULL;
    struct message *message = message_new(f->mem);
    enum status status = STATUS_OK;
    OK(bag_set_string(message->props, PROP_SUBJECT, "guest two"));
    assert_int_equal(item_create(f->mem, dave, &found, message, &(struct item_create_options){ 0 }, &created), STATUS_NOT_SUPPORTED);
    enum status whole = item_move(dave, &item->id, 1, &found, &other, &status);
    assert_int_equal(whole != STATUS_OK ? whole : status, STATUS_NOT_SUPPORTED);
    whole = item_copy(dave, &item->id, 1, &found, &other, &status);
    assert_int_equal(whole != STATUS_OK ? whole : status, STATUS_NOT_SUPPORTED);
    assert_int_equal(shown(f, dave, &found, &items), 1);
    assert_int_equal(items[0]->id.folder, inbox.folder);
    OK(item_delete(dave, &items[0]->id, 1, DELETE_HARD, &status));
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(shown(f, dave, &found, NULL), 0);
    assert_int_equal(item_get(f->mem, dave, &item->id, 0, &created), STATUS_ITEM_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        TEST(it_follows_every_change), TEST(unread_count_and_restricted_find), TEST(criteria_can_be_read_and_changed),
        TEST(those_of_the_mailbox_show_flags_tasks_and_reminders), TEST(cost_follows_what_changed), TEST(others_do_not_look_through_it),
        TEST(it_takes_no_items_of_its_own),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
