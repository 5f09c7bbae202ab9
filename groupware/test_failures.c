/* Each call with one of its SQL statements failing; see failing_fixture.h. Calendars: test_failures_calendar.c. */
#include "failing_fixture.h"

#include "bourse/groupware/access.h"
#include "bourse/groupware/find.h"
#include "bourse/groupware/submit.h"
#include "bourse/groupware/subscribe.h"
#include "bourse/groupware/sync.h"
#include "bourse/model/properties.h"

/* ---- the calls ---- */

static enum status run_item_create(struct stage *stage)
{
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    struct message *message = stage_draft(stage, NULL);
    return item_create(stage->f->mem, stage->alice, &stage->to, message, &options, &item);
}

static enum status run_item_create_from_mime(struct stage *stage)
{
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    struct slice mime = fixture_mail(stage->f->mem, "a@b.test", "alice@example.test", stage->subject, "body");
    return item_create_from_mime(stage->f->mem, stage->alice, &stage->to, mime, NULL, &options, &item);
}

static int one_in_to(struct stage *stage)
{
    return stage_count_in(stage, &stage->to);
}

static enum status run_item_update(struct stage *stage)
{
    struct bag *set = bag_new(stage->f->mem);
    struct item_change change = { .set = set };
    struct item *item = NULL;
    OK(bag_set_string(set, PROP_SUBJECT, "changed"));
    OK(bag_set_bool(set, PROP_READ, true));
    return item_update(stage->f->mem, stage->alice, &stage->item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item);
}

static struct item *item_now(struct stage *stage)
{
    struct item *item = NULL;
    OK(item_get(stage->f->mem, stage->alice, &stage->item->id, ITEM_ALL, &item));
    return item;
}

static int item_is_changed(struct stage *stage)
{
    struct item *item = item_now(stage);
    bool changed = strcmp(bag_string(item->message->props, PROP_SUBJECT, ""), "changed") == 0;
    return changed == item->is_read ? changed : 2;
}

static enum status run_item_mark_read(struct stage *stage)
{
    enum status one = STATUS_OK, status = item_mark_read(stage->alice, &stage->item->id, 1, true, &one);
    return status != STATUS_OK ? status : one;
}

static int item_is_read(struct stage *stage)
{
    return item_now(stage)->is_read;
}

static enum status delete_item(struct stage *stage, enum delete_mode mode)
{
    enum status one = STATUS_OK, status = item_delete(stage->alice, &stage->item->id, 1, mode, &one);
    return status != STATUS_OK ? status : one;
}

static enum status run_item_delete_hard(struct stage *stage)
{
    return delete_item(stage, DELETE_HARD);
}

static enum status run_item_delete(struct stage *stage)
{
    return delete_item(stage, DELETE_MOVE_TO_DELETED);
}

static int none_in_from(struct stage *stage)
{
    return 1 - stage_count_in(stage, &stage->from);
}

static int item_in_deleted_items(struct stage *stage)
{
    int there = stage_count_subject(stage, stage->alice, FOLDER_ROLE_DELETED_ITEMS);
    return there + stage_count_in(stage, &stage->from) == 1 ? there : 2;
}

static enum status run_item_move(struct stage *stage)
{
    struct object_id id;
    enum status one = STATUS_OK, status = item_move(stage->alice, &stage->item->id, 1, &stage->to, &id, &one);
    return status != STATUS_OK ? status : one;
}

static int item_is_moved(struct stage *stage)
{
    int there = stage_count_in(stage, &stage->to);
    return there + stage_count_in(stage, &stage->from) == 1 ? there : 2;
}

static enum status run_item_copy(struct stage *stage)
{
    struct object_id id;
    enum status one = STATUS_OK, status = item_copy(stage->alice, &stage->item->id, 1, &stage->to, &id, &one);
    return status != STATUS_OK ? status : one;
}

static enum status run_attachment_create(struct stage *stage)
{
    struct object_id id;
    struct item *item = NULL;
    struct attachment attachment = stage_file(stage);
    return attachment_create(stage->f->mem, stage->alice, &stage->item->id, &attachment, 1, &id, &item);
}

static int second_attachment(struct stage *stage)
{
    return (int)item_now(stage)->message->attachment_count - 1;
}

static enum status run_attachment_delete(struct stage *stage)
{
    struct item *item = NULL;
    return attachment_delete(stage->f->mem, stage->alice, &stage->attachment, &item);
}

static int no_attachment(struct stage *stage)
{
    return 1 - (int)item_now(stage)->message->attachment_count;
}

static enum status run_submit_message(struct stage *stage)
{
    struct submit_options options = { .save_copy = true };
    struct object_id copy;
    return submit_message(stage->alice, stage_draft(stage, "bob@example.test"), &options, &copy);
}

static int sent_and_arrived(struct stage *stage)
{
    int sent = stage_count_subject(stage, stage->alice, FOLDER_ROLE_SENT_ITEMS);
    return sent == stage_count_subject(stage, stage->bob, FOLDER_ROLE_INBOX) ? sent : 2;
}

static enum status run_submit_item(struct stage *stage)
{
    struct submit_options options = { .save_copy = true };
    return submit_item(stage->alice, &stage->item->id, 0, &options);
}

/* The draft goes in a transaction after the one that sends: its retry key keeps a repeated call from sending again. */
static int arrived_once(struct stage *stage)
{
    return stage_count_subject(stage, stage->bob, FOLDER_ROLE_INBOX);
}

static enum status run_folder_create(struct stage *stage)
{
    struct folder *folder = NULL;
    return folder_create(stage->f->mem, stage->alice, &stage->to, "new", NULL, NULL, &folder);
}

static int children_of(struct stage *stage, const struct object_id *id)
{
    struct folder *folder = NULL;
    OK(folder_get(stage->f->mem, stage->alice, id, &folder));
    return (int)folder->child_count;
}

static int child_in_to(struct stage *stage)
{
    return children_of(stage, &stage->to);
}

static enum status run_folder_update(struct stage *stage)
{
    struct bag *name = bag_new(stage->f->mem);
    struct folder *folder = NULL;
    OK(bag_set_string(name, PROP_DISPLAY_NAME, "renamed"));
    return folder_update(stage->f->mem, stage->alice, &stage->inner, 0, name, NULL, 0, &folder);
}

static int folder_is_renamed(struct stage *stage)
{
    struct folder *folder = NULL;
    OK(folder_get(stage->f->mem, stage->alice, &stage->inner, &folder));
    return strcmp(folder->display_name, "renamed") == 0;
}

static enum status run_folder_move(struct stage *stage)
{
    struct folder *folder = NULL;
    return folder_move(stage->f->mem, stage->alice, &stage->inner, &stage->to, &folder);
}

static int folder_is_moved(struct stage *stage)
{
    int there = children_of(stage, &stage->to);
    return there + children_of(stage, &stage->from) == 1 ? there : 2;
}

static enum status run_folder_delete(struct stage *stage)
{
    return folder_delete(stage->alice, &stage->inner, DELETE_MOVE_TO_DELETED);
}

static enum status run_folder_delete_hard(struct stage *stage)
{
    return folder_delete(stage->alice, &stage->inner, DELETE_HARD);
}

static int child_of_from_is_gone(struct stage *stage)
{
    return 1 - children_of(stage, &stage->from);
}

static enum status run_folder_empty(struct stage *stage)
{
    return folder_empty(stage->alice, &stage->from, DELETE_HARD, false);
}

static enum status run_folder_mark_read(struct stage *stage)
{
    return folder_mark_read(stage->alice, &stage->from, true, true);
}

static enum status run_permissions_set(struct stage *stage)
{
    struct permission entries[] = {
        { .kind = PERMISSION_DEFAULT, .display_name = "", .rights = RIGHT_FOLDER_VISIBLE },
        { .kind = PERMISSION_ANONYMOUS, .display_name = "", .rights = RIGHT_FOLDER_CONTACT },
    };
    return permissions_set(stage->alice, &stage->from, entries, 2);
}

static int permissions_are_set(struct stage *stage)
{
    struct permission *entries = NULL;
    size_t count = 0;
    uint32_t seen = 0;
    OK(permissions_get(stage->f->mem, stage->alice, &stage->from, &entries, &count));
    for (size_t i = 0; i < count; i++)
        seen |= entries[i].rights & (RIGHT_FOLDER_VISIBLE | RIGHT_FOLDER_CONTACT);
    return seen == 0 ? 0 : seen == (RIGHT_FOLDER_VISIBLE | RIGHT_FOLDER_CONTACT) ? 1 : 2;
}

static enum status run_subscription_create(struct stage *stage)
{
    struct subscription_options options = { .folders = &stage->from, .folder_count = 1, .kinds = EVENT_KIND_CREATED, .timeout_minutes = 5 };
    char *id = NULL, *watermark = NULL;
    return subscription_create(stage->f->mem, stage->alice, &options, &id, &watermark);
}

static enum status run_sync_items(struct stage *stage)
{
    struct sync_position position = { .mailbox = stage->from.mailbox, .folder = stage->from.folder };
    struct sync_options options = { .limit = 10, .parts = ITEM_ALL };
    struct sync_page *page = NULL;
    TRY(sync_items(stage->f->mem, stage->alice, &position, &options, &page));
    assert_int_equal(page->count, 1);
    assert_non_null(page->changes[0].item);
    return STATUS_OK;
}

static enum status run_sync_folders(struct stage *stage)
{
    struct sync_position position = { .mailbox = stage->from.mailbox };
    struct sync_page *page = NULL;
    TRY(sync_folders(stage->f->mem, stage->alice, &position, stage->from.folder, 100, &page));
    assert_int_equal(page->count, 1);
    return STATUS_OK;
}

static enum status run_item_find(struct stage *stage)
{
    struct find_query query = { .parts = ITEM_ALL };
    struct item_page *page = NULL;
    TRY(item_find(stage->f->mem, stage->alice, &stage->from, &query, &page));
    assert_int_equal(page->count, 1);
    return STATUS_OK;
}

static enum status run_item_get(struct stage *stage)
{
    struct item *item = NULL;
    struct slice mime = { 0 };
    TRY(item_get(stage->f->mem, stage->alice, &stage->item->id, ITEM_ALL, &item));
    assert_int_equal(item->message->attachment_count, 1);
    TRY(item_mime(stage->f->mem, stage->alice, &stage->item->id, &mime));
    assert_non_null(memmem(mime.data, mime.length, "Ynl0ZXM=", 8));
    return STATUS_OK;
}

static enum status run_folder_find(struct stage *stage)
{
    struct folder_query query = { .deep = true };
    struct folder_page *page = NULL;
    TRY(folder_find(stage->f->mem, stage->alice, &stage->from, &query, &page));
    assert_int_equal(page->count, 1);
    return STATUS_OK;
}

static const struct call calls[] = {
    { "item_create", run_item_create, one_in_to, NULL },
    { "item_create_from_mime", run_item_create_from_mime, one_in_to, NULL },
    { "item_update", run_item_update, item_is_changed, NULL },
    { "item_mark_read", run_item_mark_read, item_is_read, NULL },
    { "item_delete hard", run_item_delete_hard, none_in_from, NULL },
    { "item_delete", run_item_delete, item_in_deleted_items, NULL },
    { "item_move", run_item_move, item_is_moved, NULL },
    { "item_copy", run_item_copy, one_in_to, NULL },
    { "attachment_create", run_attachment_create, second_attachment, NULL },
    { "attachment_delete", run_attachment_delete, no_attachment, NULL },
    { "submit_message", run_submit_message, sent_and_arrived, NULL },
    { "submit_item", run_submit_item, arrived_once, NULL },
    { "folder_create", run_folder_create, child_in_to, NULL },
    { "folder_update", run_folder_update, folder_is_renamed, NULL },
    { "folder_move", run_folder_move, folder_is_moved, NULL },
    { "folder_delete", run_folder_delete, child_of_from_is_gone, NULL },
    { "folder_delete hard", run_folder_delete_hard, child_of_from_is_gone, NULL },
    { "folder_empty", run_folder_empty, none_in_from, NULL },
    { "folder_mark_read", run_folder_mark_read, item_is_read, NULL },
    { "permissions_set", run_permissions_set, permissions_are_set, NULL },
    { "subscription_create", run_subscription_create, NULL, NULL },
    { "sync_items", run_sync_items, NULL, NULL },
    { "sync_folders", run_sync_folders, NULL, NULL },
    { "item_find", run_item_find, NULL, NULL },
    { "item_get, item_mime", run_item_get, NULL, NULL },
    { "folder_find", run_folder_find, NULL, NULL },
};

static void calls_may_fail_at_any_statement(void **state)
{
    failing_statements(*state, calls, sizeof calls / sizeof calls[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(calls_may_fail_at_any_statement, fixture_test, fixture_test_end) };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
