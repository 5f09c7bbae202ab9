/* Items and folders through the rules: create, change, conflicts, move, copy, delete, attachments, rights. */
#include "fixture.h"

#include "bourse/groupware/access.h"
#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"
#include "bourse/storage/store.h"

static struct item *note(struct fixture *f, struct session *session, const struct object_id *folder, const char *subject)
{
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_BODY, "text"));
    OK(item_create(f->mem, session, folder, message, &options, &item));
    return item;
}

static struct object_id fresh_folder(struct fixture *f, struct session *session, const char *name)
{
    struct folder *folder = NULL;
    struct object_id top = fixture_folder(session, FOLDER_ROLE_IPM_SUBTREE);
    OK(folder_create(f->mem, session, &top, name, "IPF.Note", NULL, &folder));
    assert_int_equal(folder->rights & RIGHT_FOLDER_OWNER, RIGHT_FOLDER_OWNER);
    return folder->id;
}

static void folder_lives_its_life(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id a = fresh_folder(f, alice, "life"), inner;
    struct folder *folder = NULL;
    OK(folder_create(f->mem, alice, &a, "inner", NULL, NULL, &folder));
    inner = folder->id;
    assert_int_equal(folder_create(f->mem, alice, &a, "INNER", NULL, NULL, &folder), STATUS_FOLDER_EXISTS);
    struct bag *name = bag_new(f->mem);
    OK(bag_set_string(name, PROP_DISPLAY_NAME, "renamed"));
    OK(folder_update(f->mem, alice, &inner, 0, name, NULL, 0, &folder));
    assert_string_equal(folder->display_name, "renamed");
    assert_int_equal(folder_move(f->mem, alice, &a, &inner, &folder), STATUS_MOVE_INTO_ITSELF);
    struct object_id inbox = fixture_folder(alice, FOLDER_ROLE_INBOX);
    assert_int_equal(folder_delete(alice, &inbox, DELETE_HARD), STATUS_DISTINGUISHED_FOLDER);
    note(f, alice, &inner, "inside");
    OK(folder_copy(f->mem, alice, &inner, &inbox, &folder));
    assert_int_equal(folder->total_count, 0); /* as of its creation; the items followed */
    OK(folder_get(f->mem, alice, &folder->id, &folder));
    assert_int_equal(folder->total_count, 1);
    OK(folder_delete(alice, &a, DELETE_MOVE_TO_DELETED));
    OK(folder_get(f->mem, alice, &a, &folder));
    struct object_id deleted = fixture_folder(alice, FOLDER_ROLE_DELETED_ITEMS);
    assert_int_equal(folder->parent.folder, deleted.folder);
    OK(folder_delete(alice, &a, DELETE_HARD));
    assert_int_equal(folder_get(f->mem, alice, &inner, &folder), STATUS_FOLDER_NOT_FOUND);
}

static void change_is_checked_against_what_the_client_saw(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "conflicts");
    struct item *item = note(f, alice, &folder, "first"), *changed = NULL;
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    int64_t seen = item->change_number;
    OK(bag_set_string(set, PROP_SUBJECT, "RE: second"));
    OK(item_update(f->mem, alice, &item->id, seen, CONFLICT_NEVER_OVERWRITE, &change, &changed));
    assert_true(changed->change_number > seen);
    assert_string_equal(bag_string(changed->message->props, PROP_SUBJECT, ""), "RE: second");
    assert_int_equal(item_update(f->mem, alice, &item->id, seen, CONFLICT_NEVER_OVERWRITE, &change, &changed), STATUS_CONFLICT);
    OK(item_update(f->mem, alice, &item->id, seen, CONFLICT_AUTO_RESOLVE, &change, &changed));
    enum status status = STATUS_OK;
    OK(item_mark_read(alice, &item->id, 1, true, &status));
    OK(status);
    struct item *again = NULL;
    OK(item_get(f->mem, alice, &item->id, 0, &again));
    assert_true(again->is_read);
    assert_int_equal(again->change_number, changed->change_number); /* the read state is apart from the content */
}

static void moved_item_has_a_new_id(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id from = fresh_folder(f, alice, "move from"), to = fresh_folder(f, alice, "move to"), ids[2];
    struct item *item = note(f, alice, &from, "moves");
    enum status statuses[2];
    struct object_id both[2] = { item->id, item->id };
    both[1].item = 999999;
    OK(item_move(alice, both, 2, &to, ids, statuses));
    OK(statuses[0]);
    assert_int_equal(statuses[1], STATUS_ITEM_NOT_FOUND);
    assert_true(ids[0].item != item->id.item);
    struct item *there = NULL;
    OK(item_get(f->mem, alice, &ids[0], ITEM_ALL, &there));
    assert_string_equal(bag_string(there->message->props, PROP_BODY, ""), "text");
    assert_int_equal(item_get(f->mem, alice, &item->id, 0, &there), STATUS_ITEM_NOT_FOUND);
    OK(item_copy(alice, ids, 1, &from, ids + 1, statuses));
    OK(item_get(f->mem, alice, &ids[1], 0, &there));
    OK(item_delete(alice, ids, 1, DELETE_MOVE_TO_DELETED, statuses));
    assert_int_equal(item_get(f->mem, alice, &ids[0], 0, &there), STATUS_ITEM_NOT_FOUND);
}

static void attachments_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "attachments"), id = { 0 };
    struct item *item = note(f, alice, &folder, "with file");
    struct attachment file = { .props = bag_new(f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of_text("content of the file"), .number = -1 };
    OK(bag_set_string(file.props, PROP_ATTACH_LONG_FILENAME, "a.txt"));
    struct item *changed = NULL;
    OK(attachment_create(f->mem, alice, &item->id, &file, 1, &id, &changed));
    assert_true(changed->has_attachments);
    struct attachment *got = NULL;
    OK(attachment_get(f->mem, alice, &id, true, &got));
    assert_int_equal(got->bytes.length, 19);
    assert_memory_equal(got->bytes.data, "content of the file", 19);
    OK(attachment_delete(f->mem, alice, &id, &changed));
    assert_int_equal(attachment_get(f->mem, alice, &id, true, &got), STATUS_ATTACHMENT_NOT_FOUND);
}

static void attachment_of_received_mail_is_read_from_its_mime(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "mime");
    struct item_create_options options = { 0 };
    struct item *item = NULL, *whole = NULL, *changed = NULL;
    const char *mime = "From: a@b.test\r\nTo: alice@example.test\r\nSubject: file\r\nMIME-Version: 1.0\r\n"
                       "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nbody\r\n--x\r\n"
                       "Content-Type: application/octet-stream; name=f.bin\r\nContent-Transfer-Encoding: base64\r\n"
                       "Content-Disposition: attachment; filename=f.bin\r\n\r\naGVsbG8=\r\n--x--\r\n";
    OK(item_create_from_mime(f->mem, alice, &folder, slice_of_text(mime), NULL, &options, &item));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &whole));
    assert_int_equal(whole->message->attachment_count, 1);
    struct object_id id = item->id;
    id.kind = OBJECT_ATTACHMENT;
    id.attachment_depth = 1;
    id.attachments[0] = whole->message->attachments[0].number;
    struct attachment *got = NULL;
    OK(attachment_get(f->mem, alice, &id, true, &got));
    assert_int_equal(got->bytes.length, 5);
    assert_memory_equal(got->bytes.data, "hello", 5);
    struct slice original;
    OK(item_mime(f->mem, alice, &item->id, &original));
    assert_int_equal(original.length, strlen(mime));
    /* A flag leaves the original as it is; a new subject makes it untrue, and everything else stays. */
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    OK(bag_set_int32(set, PROP_FLAG_STATUS, 2));
    OK(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &changed));
    OK(item_mime(f->mem, alice, &item->id, &original));
    assert_int_equal(original.length, strlen(mime));
    OK(bag_set_string(set, PROP_SUBJECT, "renamed"));
    OK(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &changed));
    OK(item_mime(f->mem, alice, &item->id, &original));
    assert_non_null(memmem(original.data, original.length, "renamed", 7));
    assert_non_null(memmem(original.data, original.length, "aGVsbG8=", 8));
    assert_non_null(memmem(original.data, original.length, "body", 4));
}

static bool is_found(struct fixture *f, struct session *session, const struct object_id *folder, const char *words)
{
    struct item_page *page = NULL;
    struct find_query query = { .words = words, .parts = ITEM_PROPERTIES };
    OK(item_find(f->mem, session, folder, &query, &page));
    return page->count == 1;
}

static void changed_item_keeps_the_words_of_its_body(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "words");
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    const char *mime = "From: a@b.test\r\nSubject: s\r\n\r\nthe unmistakable word\r\n";
    OK(item_create_from_mime(f->mem, alice, &folder, slice_of_text(mime), NULL, &options, &item));
    assert_true(is_found(f, alice, &folder, "unmistakable"));
    struct bag *set = bag_new(f->mem), *body = bag_new(f->mem);
    struct item_change flag = { .set = set }, text = { .set = body };
    OK(bag_set_int32(set, PROP_FLAG_STATUS, 2));
    OK(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &flag, &item));
    assert_true(is_found(f, alice, &folder, "unmistakable"));
    OK(bag_set_bytes(body, PROP_HTML, slice_of_text("<p>another <b>text</b></p>")));
    OK(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &text, &item));
    assert_false(is_found(f, alice, &folder, "unmistakable"));
    assert_true(is_found(f, alice, &folder, "another"));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &item));
    assert_string_equal(item->preview, "another text");
}

static void strangers_see_nothing_until_they_are_let_in(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id folder = fresh_folder(f, alice, "shared"), top = fixture_folder(alice, FOLDER_ROLE_IPM_SUBTREE);
    struct item *item = note(f, alice, &folder, "private"), *seen = NULL;
    struct folder *found = NULL;
    struct item_page *page = NULL;
    struct find_query query = { 0 };
    enum status status = STATUS_OK;
    assert_int_equal(folder_get(f->mem, bob, &folder, &found), STATUS_FOLDER_NOT_FOUND);
    assert_int_equal(item_get(f->mem, bob, &item->id, ITEM_ALL, &seen), STATUS_ITEM_NOT_FOUND);
    assert_int_equal(item_find(f->mem, bob, &folder, &query, &page), STATUS_FOLDER_NOT_FOUND);
    assert_int_equal(folder_create(f->mem, bob, &top, "intruder", NULL, NULL, &found), STATUS_FOLDER_NOT_FOUND);
    OK(item_delete(bob, &item->id, 1, DELETE_HARD, &status));
    assert_int_not_equal(status, STATUS_OK);
    struct permission entries[] = {
        { .kind = PERMISSION_PERSON, .person = session_principal(bob), .display_name = "Bob", .rights = RIGHT_READ_ANY | RIGHT_FOLDER_VISIBLE },
    };
    OK(permissions_set(alice, &folder, entries, 1));
    assert_int_equal(permissions_set(bob, &folder, entries, 1), STATUS_ACCESS_DENIED);
    OK(item_get(f->mem, bob, &item->id, ITEM_ALL, &seen));
    OK(item_delete(bob, &item->id, 1, DELETE_HARD, &status));
    assert_int_equal(status, STATUS_ACCESS_DENIED);
    struct item_create_options options = { 0 };
    assert_int_equal(item_create(f->mem, bob, &folder, message_new(f->mem), &options, &seen), STATUS_ACCESS_DENIED);
    OK(item_mark_read(bob, &item->id, 1, true, &status));
    assert_int_equal(status, STATUS_ACCESS_DENIED); /* the read state is alice's */
    assert_int_equal(folder_mark_read(bob, &folder, true, true), STATUS_ACCESS_DENIED);
}

static void who_may_only_add_items_gets_them_saved(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id folder = fresh_folder(f, alice, "letter box");
    struct item *theirs = note(f, alice, &folder, "of alice"), *seen = NULL;
    const uint32_t rights[] = { RIGHT_CREATE | RIGHT_FOLDER_VISIBLE, RIGHT_CREATE };
    for (size_t i = 0; i < 2; i++) {
        struct permission entry = { .kind = PERMISSION_PERSON, .person = session_principal(bob), .display_name = "Bob", .rights = rights[i] };
        OK(permissions_set(alice, &folder, &entry, 1));
        struct item *item = note(f, bob, &folder, "of bob");
        OK(item_get(f->mem, alice, &item->id, 0, &seen));
        assert_int_equal(item_get(f->mem, bob, &item->id, 0, &seen), i == 0 ? STATUS_OK : STATUS_ITEM_NOT_FOUND);
        assert_int_not_equal(item_get(f->mem, bob, &theirs->id, 0, &seen), STATUS_OK);
    }
}

static void page_costs_the_same_whatever_its_length(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "many");
    struct find_query query = { .parts = ITEM_ALL };
    struct item_page *page = NULL;
    uint64_t costs[2];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < (round == 0 ? 1 : 20); i++)
            note(f, alice, &folder, "one of many");
        uint64_t before = store_statement_count();
        OK(item_find(f->mem, alice, &folder, &query, &page));
        costs[round] = store_statement_count() - before;
    }
    assert_int_equal(page->count, 21);
    assert_int_equal(costs[0], costs[1]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        T(folder_lives_its_life), T(change_is_checked_against_what_the_client_saw), T(moved_item_has_a_new_id), T(attachments_come_and_go),
        T(attachment_of_received_mail_is_read_from_its_mime), T(changed_item_keeps_the_words_of_its_body),
        T(strangers_see_nothing_until_they_are_let_in), T(who_may_only_add_items_gets_them_saved),
        T(page_costs_the_same_whatever_its_length),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
