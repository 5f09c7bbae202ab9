/* Each call with its n-th SQL statement failing, for n = 1, 2 ... until the call gets through: a failure is temporary, leaves nothing behind (or, when
 * the commit was under way, perhaps all), keeps the store sound, and the repeated call works [promises 3-5]. Statements of the calling thread only:
 * those of the shared commit, which is all that deliver_accept writes with, are failed in storage/test_delivery.c. */
#include "outbox_fixture.h"

#include <stdio.h>

#include "bourse/groupware/access.h"
#include "bourse/groupware/calendar.h"
#include "bourse/groupware/find.h"
#include "bourse/groupware/submit.h"
#include "bourse/groupware/subscribe.h"
#include "bourse/groupware/sync.h"
#include "bourse/model/properties.h"
#include "bourse/storage/check.h"
#include "session_state.h"

enum { STATEMENTS_MOST = 120 };

/* What a call works on; made anew for each n. */
struct stage {
    struct fixture *f;
    struct session *alice;
    struct object_id from, to, inner; /* folders of alice; `inner` lies in `from` */
    struct item *item;                /* in `from`, with one attachment */
    struct object_id attachment;
    char subject[40];
};

struct call {
    const char *name;
    enum status (*run)(struct stage *stage);
    /* What the call brings about: 0 nothing yet, 1 all of it, anything else is half a thing. NULL: it only reads. */
    int (*done)(struct stage *stage);
};

static int count_in(struct stage *stage, const struct object_id *folder)
{
    struct item **items = NULL;
    return (int)fixture_list(stage->f, stage->alice, folder, &items);
}

static int count_subject(struct stage *stage, struct session *session, enum folder_role role)
{
    struct item **items = NULL;
    struct object_id folder = fixture_folder(session, role);
    size_t count = fixture_list(stage->f, session, &folder, &items);
    int found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(bag_string(items[i]->message->props, PROP_SUBJECT, ""), stage->subject) == 0;
    return found;
}

static struct message *draft(struct stage *stage, const char *to)
{
    struct message *message = message_new(stage->f->mem);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    OK(bag_set_string(message->props, PROP_SUBJECT, stage->subject));
    OK(bag_set_string(message->props, PROP_BODY, "text"));
    if (to != NULL) {
        struct recipient recipient = { RECIPIENT_TO, to, "SMTP", to, to, NULL };
        assert_non_null(message_add_recipient(message, &recipient));
    }
    return message;
}

static struct attachment file(struct stage *stage)
{
    struct attachment attachment = { .props = bag_new(stage->f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of_text("bytes"), .number = -1 };
    OK(bag_set_string(attachment.props, PROP_ATTACH_LONG_FILENAME, "a.txt"));
    return attachment;
}

static struct object_id make_folder(struct stage *stage, const struct object_id *parent, const char *kind, int number)
{
    struct folder *folder = NULL;
    OK(folder_create(stage->f->mem, stage->alice, parent, talloc_asprintf(stage->f->mem, "%s %d", kind, number), NULL, NULL, &folder));
    return folder->id;
}

static void set_stage(struct stage *stage, struct fixture *f)
{
    static int number;
    struct item_create_options options = { 0 };
    struct item *changed = NULL;
    *stage = (struct stage){ .f = f, .alice = fixture_session(f, "alice") };
    snprintf(stage->subject, sizeof stage->subject, "failing %d", ++number);
    struct object_id top = fixture_folder(stage->alice, FOLDER_ROLE_IPM_SUBTREE);
    stage->from = make_folder(stage, &top, "from", number);
    stage->to = make_folder(stage, &top, "to", number);
    stage->inner = make_folder(stage, &stage->from, "inner", number);
    OK(item_create(f->mem, stage->alice, &stage->from, draft(stage, "bob@example.test"), &options, &stage->item));
    struct attachment attachment = file(stage);
    OK(attachment_create(f->mem, stage->alice, &stage->item->id, &attachment, 1, &stage->attachment, &changed));
}

/* ---- the calls ---- */

static enum status run_item_create(struct stage *stage)
{
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    struct message *message = draft(stage, NULL);
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
    return count_in(stage, &stage->to);
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
    return 1 - count_in(stage, &stage->from);
}

static int item_in_deleted_items(struct stage *stage)
{
    int there = count_subject(stage, stage->alice, FOLDER_ROLE_DELETED_ITEMS);
    return there + count_in(stage, &stage->from) == 1 ? there : 2;
}

static enum status run_item_move(struct stage *stage)
{
    struct object_id id;
    enum status one = STATUS_OK, status = item_move(stage->alice, &stage->item->id, 1, &stage->to, &id, &one);
    return status != STATUS_OK ? status : one;
}

static int item_is_moved(struct stage *stage)
{
    int there = count_in(stage, &stage->to);
    return there + count_in(stage, &stage->from) == 1 ? there : 2;
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
    struct attachment attachment = file(stage);
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
    return submit_message(stage->alice, draft(stage, "bob@example.test"), &options, &copy);
}

static int sent_and_arrived(struct stage *stage)
{
    int sent = count_subject(stage, stage->alice, FOLDER_ROLE_SENT_ITEMS);
    return sent == count_subject(stage, fixture_session(stage->f, "bob"), FOLDER_ROLE_INBOX) ? sent : 2;
}

/* A meeting with its request and the copy of that. */
static enum status run_calendar_create(struct stage *stage)
{
    struct meeting_options options = { .notice = MEETING_SEND_TO_ALL, .save_copy = true };
    struct message *message = draft(stage, "bob@example.test");
    struct item *item = NULL;
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, clock_now() + INSTANT_PER_DAY));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, clock_now() + INSTANT_PER_DAY + INSTANT_PER_HOUR));
    return calendar_create(stage->f->mem, stage->alice, &stage->to, message, &options, &item);
}

static int meeting_sent_and_arrived(struct stage *stage)
{
    outbox_pump(stage->f);
    int made = count_in(stage, &stage->to);
    return made == sent_and_arrived(stage) && made == count_subject(stage, fixture_session(stage->f, "bob"), FOLDER_ROLE_CALENDAR) ? made : 2;
}

static enum status run_submit_item(struct stage *stage)
{
    struct submit_options options = { .save_copy = true };
    return submit_item(stage->alice, &stage->item->id, 0, &options);
}

/* The draft goes in a transaction after the one that sends: its retry key keeps a repeated call from sending again. */
static int arrived_once(struct stage *stage)
{
    return count_subject(stage, fixture_session(stage->f, "bob"), FOLDER_ROLE_INBOX);
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
    { "item_create", run_item_create, one_in_to },
    { "item_create_from_mime", run_item_create_from_mime, one_in_to },
    { "item_update", run_item_update, item_is_changed },
    { "item_mark_read", run_item_mark_read, item_is_read },
    { "item_delete hard", run_item_delete_hard, none_in_from },
    { "item_delete", run_item_delete, item_in_deleted_items },
    { "item_move", run_item_move, item_is_moved },
    { "item_copy", run_item_copy, one_in_to },
    { "attachment_create", run_attachment_create, second_attachment },
    { "attachment_delete", run_attachment_delete, no_attachment },
    { "submit_message", run_submit_message, sent_and_arrived },
    { "submit_item", run_submit_item, arrived_once },
    { "calendar_create", run_calendar_create, meeting_sent_and_arrived },
    { "folder_create", run_folder_create, child_in_to },
    { "folder_update", run_folder_update, folder_is_renamed },
    { "folder_move", run_folder_move, folder_is_moved },
    { "folder_delete", run_folder_delete, child_of_from_is_gone },
    { "folder_delete hard", run_folder_delete_hard, child_of_from_is_gone },
    { "folder_empty", run_folder_empty, none_in_from },
    { "folder_mark_read", run_folder_mark_read, item_is_read },
    { "permissions_set", run_permissions_set, permissions_are_set },
    { "subscription_create", run_subscription_create, NULL },
    { "sync_items", run_sync_items, NULL },
    { "sync_folders", run_sync_folders, NULL },
    { "item_find", run_item_find, NULL },
    { "item_get, item_mime", run_item_get, NULL },
    { "folder_find", run_folder_find, NULL },
};

/* ---- the rounds ---- */

static void fail_on_finding(const struct check_finding *finding, void *data)
{
    fail_msg("%s: %s: %s", (const char *)data, finding->kind, finding->detail);
}

static void check_store(struct stage *stage, const char *what)
{
    struct check_result result;
    struct store *store = stage->f->groupware->store;
    struct session *sessions[] = { stage->alice, fixture_session(stage->f, "bob") };
    for (size_t i = 0; i < 2; i++)
        OK(check_mailbox(store, sessions[i]->own.id, false, false, fail_on_finding, (void *)what, &result));
    OK(check_shared(store, false, false, fail_on_finding, (void *)what, &result));
}

/* After a failure: nothing or, if that cannot be known, all; then the repeated call works and brings it about once. */
static void after_failure(const struct call *call, struct stage *stage, uint64_t n, enum status status)
{
    char what[80];
    snprintf(what, sizeof what, "%s with statement %d failing", call->name, (int)n);
    if (status_info(status)->fault != FAULT_TEMPORARY)
        fail_msg("%s: %s", what, status_info(status)->name);
    int done = call->done != NULL ? call->done(stage) : 0;
    if (done != 0 && !(done == 1 && status == STATUS_COMMIT_UNKNOWN))
        fail_msg("%s: %s, and done is %d", what, status_info(status)->name, done);
    check_store(stage, what);
    if (call->done == NULL || done == 0) {
        status_chain_clear();
        fixture_ok(call->run(stage), what, "repeated", 0);
    }
    if (call->done != NULL)
        assert_int_equal(call->done(stage), 1);
}

static void fail_each_statement(struct fixture *f, const struct call *call)
{
    for (uint64_t n = 1; n < STATEMENTS_MOST; n++) {
        TALLOC_CTX *all = f->mem;
        struct stage stage;
        f->mem = talloc_new(all);
        set_stage(&stage, f);
        status_chain_clear();
        uint64_t before = store_statement_count();
        store_fail_statement(n);
        enum status status = call->run(&stage);
        store_fail_statement(0);
        bool is_past = store_statement_count() - before < n; /* else a call that got through has tried again by itself */
        if (status != STATUS_OK)
            after_failure(call, &stage, n, status);
        else if (call->done != NULL)
            assert_int_equal(call->done(&stage), 1);
        if (is_past) {
            OK(status);
            check_store(&stage, call->name);
            assert_true(n > 1); /* a call that asks nothing of the store proves nothing */
            print_message("%s: %d statements\n", call->name, (int)n - 1);
        }
        talloc_free(f->mem);
        f->mem = all;
        if (is_past)
            return;
    }
    fail_msg("%s: still failing", call->name);
}

static void each_statement_of_each_call_may_fail(void **state)
{
    const char *only = getenv("BOURSE_TEST_ONLY");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (only == NULL || strstr(calls[i].name, only) != NULL)
            fail_each_statement(*state, &calls[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(each_statement_of_each_call_may_fail, fixture_test, fixture_test_end) };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
