/* Items: save, load, change, move, copy, delete; counters, tombstones and blobs stay exact. */
#include "fixture.h"

static void a_mailbox_has_all_special_folders(void **state)
{
    struct fixture *f = *state;
    struct store_folder *list = NULL;
    size_t count = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    struct store_folder root;
    OK(store_folder_by_role(f->mem, tx, f->mailbox, STORE_ROLE_ROOT, &root));
    OK(store_folder_list(f->mem, tx, f->mailbox, root.id, STORE_ALL_BELOW, &list, &count));
    talloc_free(tx);
    size_t roles = 0;
#define FOLDER_ROLE(name, number, ...) roles++;
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
    assert_int_equal(count, roles - 1);
    assert_int_equal(root.parent, root.id);
    struct store_folder inbox = fixture_folder(f, f->inbox);
    assert_string_equal(inbox.name, "Inbox");
    assert_string_equal(inbox.container_class, "IPF.Note");
    fixture_check(f);
}

static void an_item_comes_back_as_it_was_saved(void **state)
{
    struct fixture *f = *state;
    struct message_created created = fixture_item(f, f->inbox, "first");
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    struct loaded_message loaded;
    OK(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_WHOLE, &loaded));
    assert_string_equal(loaded.row.subject, "first");
    assert_string_equal(bag_string(loaded.message->props, (prop_tag)PROP_SUBJECT, ""), "first");
    assert_string_equal(bag_string(loaded.message->props, (prop_tag)PROP_INTERNET_REFERENCES, ""), "<a@example.test> <b@example.test>");
    assert_string_equal(bag_string(loaded.message->props, (prop_tag)PROP_BODY, ""), "Hello,\r\n\r\nthis is the body.");
    assert_string_equal(loaded.row.preview, "Hello, this is the body.");
    assert_int_equal(loaded.message->recipient_count, 1);
    assert_string_equal(loaded.message->recipients[0].address, "bob@example.test");
    assert_int_equal(loaded.row.cn, created.cn);
    struct store_folder inbox = fixture_folder(f, f->inbox);
    assert_int_equal(inbox.live, 1);
    assert_int_equal(inbox.unread, 1);
    struct item_row *rows = NULL;
    size_t count = 0;
    OK(store_message_find_by_message_id(f->mem, tx, f->mailbox, "<first@example.test>", 10, &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].item, created.item);
    talloc_free(tx);
    fixture_check(f);
}

static void large_values_and_attachments_become_blobs(void **state)
{
    struct fixture *f = *state;
    struct message *message = fixture_message(f, "large", 0);
    char *body = talloc_zero_size(f->mem, 300001);
    memset(body, 'x', 300000);
    OK(bag_set_string(message->props, (prop_tag)PROP_BODY, body));
    struct attachment *small = message_add_attachment(message);
    small->number = -1;
    small->content = ATTACHMENT_BYTES;
    small->bytes = slice_of_text("small");
    small->size = 5;
    struct attachment *large = message_add_attachment(message);
    large->number = -1;
    large->content = ATTACHMENT_BYTES;
    large->bytes = slice_of(body, 300000);
    large->size = 300000;
    struct message *inner = fixture_message(f, "inner", 0);
    struct attachment *embedded = message_add_attachment(message);
    embedded->number = -1;
    embedded->content = ATTACHMENT_EMBEDDED;
    embedded->embedded = inner;
    struct prepared_message *prepared = NULL;
    struct message_created created;
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ .is_read = true }, &created));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    struct loaded_message loaded;
    OK(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_WHOLE, &loaded));
    assert_int_equal(strlen(bag_string(loaded.message->props, (prop_tag)PROP_BODY, "")), 300000);
    assert_int_equal(loaded.message->attachment_count, 3);
    assert_int_equal(loaded.message->attachments[0].content, ATTACHMENT_BYTES);
    assert_int_equal(loaded.message->attachments[1].content, ATTACHMENT_STORED);
    struct attachment out;
    OK(store_attachment_load(f->mem, tx, f->mailbox, created.item, 1, &out));
    assert_int_equal(out.bytes.length, 300000);
    OK(store_attachment_load(f->mem, tx, f->mailbox, created.item, 2, &out));
    assert_non_null(out.embedded);
    assert_string_equal(bag_string(out.embedded->props, (prop_tag)PROP_SUBJECT, ""), "inner");
    assert_int_equal(store_attachment_load(f->mem, tx, f->mailbox, created.item, 9, &out), STATUS_ATTACHMENT_NOT_FOUND);
    talloc_free(tx);
    /* body and attachment have the same content: one blob, two references */
    assert_int_equal(fixture_number(f, "SELECT refs FROM blob WHERE size = 300000"), 2);
    fixture_check(f);
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &created.item, 1, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    assert_int_equal(fixture_number(f, "SELECT refs FROM blob WHERE size = 300000"), 0);
    fixture_check(f);
}

/* An embedded message whose content lies in a blob survives a change of something else, which did not load it. */
static void large_embedded_messages_survive_a_change(void **state)
{
    struct fixture *f = *state;
    char text[20001];
    memset(text, 'y', 20000);
    text[20000] = '\0';
    struct message *message = fixture_message(f, "outer", 0), *inner = fixture_message(f, "inner", 0);
    OK(bag_set_string(inner->props, (prop_tag)PROP_BODY, text));
    struct attachment *embedded = message_add_attachment(message);
    embedded->number = -1;
    embedded->content = ATTACHMENT_EMBEDDED;
    embedded->embedded = inner;
    struct prepared_message *prepared = NULL;
    struct message_created created;
    struct loaded_message loaded;
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_WHOLE, &loaded));
    talloc_free(tx);
    assert_null(loaded.message->attachments[0].embedded);
    OK(bag_set_string(loaded.message->props, (prop_tag)PROP_SUBJECT, "outer two"));
    OK(store_message_prepare(f->mem, f->store, loaded.message, &prepared));
    tx = fixture_write(f);
    OK(store_message_replace(tx, f->mailbox, created.item, prepared, 0, NULL));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_WHOLE, &loaded));
    struct attachment *attachment = &loaded.message->attachments[0];
    uint64_t before = store_statement_count();
    OK(store_attachments_load_embedded(f->mem, tx, &attachment, 1));
    assert_int_equal(store_statement_count() - before, 1);
    talloc_free(tx);
    assert_int_equal(attachment->content, ATTACHMENT_EMBEDDED);
    assert_string_equal(bag_string(attachment->embedded->props, (prop_tag)PROP_SUBJECT, ""), "inner");
    assert_int_equal(strlen(bag_string(attachment->embedded->props, (prop_tag)PROP_BODY, "")), 20000);
    fixture_check(f);
}

static void a_change_needs_the_change_number_it_is_based_on(void **state)
{
    struct fixture *f = *state;
    struct message_created created = fixture_item(f, f->inbox, "draft");
    struct prepared_message *prepared = fixture_prepared(f, "draft two", 9000);
    int64_t cn = 0;
    struct transaction *tx = fixture_write(f);
    OK(store_message_replace(tx, f->mailbox, created.item, prepared, created.cn, &cn));
    fixture_commit(tx);
    assert_true(cn > created.cn);
    tx = fixture_write(f);
    assert_int_equal(store_message_replace(tx, f->mailbox, created.item, prepared, created.cn, &cn), STATUS_CONFLICT);
    talloc_free(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    struct loaded_message loaded;
    OK(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_WHOLE | MESSAGE_MIME_BYTES, &loaded));
    assert_string_equal(loaded.row.subject, "draft two");
    assert_true(loaded.message->mime.bytes.length >= 9000);
    assert_true(loaded.message->mime.has_content);
    assert_null(bag_get(loaded.message->props, (prop_tag)PROP_BODY));
    assert_string_equal(loaded.body_text, "Hello,\r\n\r\nthis is the body.");
    talloc_free(tx);
    fixture_check(f);
}

static void reading_moves_the_read_change_number_only(void **state)
{
    struct fixture *f = *state;
    int64_t items[3];
    for (size_t i = 0; i < 3; i++)
        items[i] = fixture_item(f, f->inbox, "unread").item;
    size_t changed = 0;
    struct transaction *tx = fixture_write(f);
    OK(store_message_set_read(tx, f->mailbox, items, 2, true, &changed));
    fixture_commit(tx);
    assert_int_equal(changed, 2);
    assert_int_equal(fixture_folder(f, f->inbox).unread, 1);
    struct item_row rows[3];
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_rows_get(f->mem, tx, f->mailbox, items, 3, false, rows));
    talloc_free(tx);
    assert_true(rows[0].is_read && rows[0].read_cn > rows[0].cn);
    assert_false(rows[2].is_read);
    tx = fixture_write(f);
    OK(store_message_set_read(tx, f->mailbox, items, 2, true, &changed));
    fixture_commit(tx);
    assert_int_equal(changed, 0);
    bool left = true;
    tx = fixture_write(f);
    OK(store_message_set_read_all(tx, f->mailbox, f->inbox, true, &left));
    fixture_commit(tx);
    assert_false(left);
    assert_int_equal(fixture_folder(f, f->inbox).unread, 0);
    fixture_check(f);
}

static void a_move_makes_a_new_id_and_a_tombstone(void **state)
{
    struct fixture *f = *state;
    int64_t drafts = fixture_role(f, STORE_ROLE_DRAFTS);
    struct message_created created = fixture_item(f, f->inbox, "moved");
    struct message_moved moved;
    struct transaction *tx = fixture_write(f);
    int64_t wrong = created.cn + 1;
    assert_int_equal(store_message_move(tx, f->mailbox, &created.item, &wrong, 1, drafts, &moved), STATUS_CONFLICT);
    talloc_free(tx);
    tx = fixture_write(f);
    OK(store_message_move(tx, f->mailbox, &created.item, NULL, 1, drafts, &moved));
    fixture_commit(tx);
    assert_true(moved.item != created.item);
    struct loaded_message loaded;
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_message_load(f->mem, tx, f->mailbox, moved.item, MESSAGE_WHOLE, &loaded));
    assert_int_equal(loaded.row.folder, drafts);
    assert_int_equal(loaded.message->recipient_count, 1);
    assert_int_equal(store_message_load(f->mem, tx, f->mailbox, created.item, MESSAGE_BAG, &loaded), STATUS_ITEM_NOT_FOUND);
    talloc_free(tx);
    assert_int_equal(fixture_number(f, "SELECT new_message FROM tombstone WHERE mailbox_id = %lld AND message_id = %lld",
                                    (long long)f->mailbox, (long long)created.item), moved.item);
    assert_int_equal(fixture_folder(f, f->inbox).live, 0);
    assert_int_equal(fixture_folder(f, drafts).live, 1);
    fixture_check(f);
}

static void a_copy_shares_content_also_in_another_mailbox(void **state)
{
    struct fixture *f = *state;
    int64_t first = f->mailbox, first_inbox = f->inbox;
    struct prepared_message *prepared = fixture_prepared(f, "shared content", 100000);
    struct message_created created;
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, first, first_inbox, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    int64_t second = fixture_new_mailbox(f);
    struct message_moved copied;
    tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_mailbox_lock(tx, first, NULL));
    OK(store_mailbox_lock(tx, second, NULL));
    OK(store_message_copy_to(tx, first, &created.item, 1, second, first_inbox, &copied));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    struct loaded_message loaded;
    OK(store_message_load(f->mem, tx, second, copied.item, MESSAGE_WHOLE | MESSAGE_MIME_BYTES, &loaded));
    assert_true(loaded.message->mime.bytes.length >= 100000);
    assert_int_equal(fixture_number(f, "SELECT refs FROM blob WHERE blob_id = %lld", (long long)loaded.row.mime_blob), 2);
    talloc_free(tx);
    fixture_check(f);
    f->mailbox = second;
    fixture_check(f);
}

static void soft_deletion_goes_to_recoverable_items_and_then_away(void **state)
{
    struct fixture *f = *state;
    int64_t deletions = fixture_role(f, STORE_ROLE_RECOVERABLE_DELETIONS);
    struct message_created created = fixture_item(f, f->inbox, "deleted");
    struct message_moved moved;
    size_t deleted = 0;
    struct transaction *tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &created.item, 1, STORE_DELETE_SOFT, &moved, &deleted));
    fixture_commit(tx);
    assert_int_equal(deleted, 1);
    struct item_row row;
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_rows_get(f->mem, tx, f->mailbox, &moved.item, 1, false, &row));
    struct store_mailbox mailbox;
    OK(store_mailbox_get(f->mem, tx, f->mailbox, &mailbox));
    talloc_free(tx);
    assert_int_equal(row.folder, deletions);
    assert_true(row.is_soft_deleted);
    assert_int_equal(row.deleted_from, f->inbox);
    assert_int_equal(mailbox.size, 0);
    assert_true(mailbox.recoverable_size > 0);
    fixture_check(f);
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &moved.item, 1, STORE_DELETE_SOFT, NULL, &deleted));
    fixture_commit(tx);
    assert_int_equal(deleted, 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE mailbox_id = %lld", (long long)f->mailbox), 0);
    fixture_check(f);
}

static void folders_are_made_changed_moved_and_deleted_with_all_below(void **state)
{
    struct fixture *f = *state;
    int64_t a = 0, b = 0, c = 0;
    struct transaction *tx = fixture_write(f);
    OK(store_folder_create(tx, f->mailbox, f->inbox, "Projects", NULL, NULL, &a));
    OK(store_folder_create(tx, f->mailbox, a, "Bourse", "IPF.Note", NULL, &b));
    fixture_commit(tx);
    tx = fixture_write(f);
    assert_int_equal(store_folder_create(tx, f->mailbox, f->inbox, "PROJECTS", NULL, NULL, &c), STATUS_FOLDER_EXISTS);
    talloc_free(tx);
    tx = fixture_write(f);
    assert_int_equal(store_folder_move(tx, f->mailbox, a, b, NULL), STATUS_MOVE_INTO_ITSELF);
    talloc_free(tx);
    tx = fixture_write(f);
    assert_int_equal(store_folder_delete(tx, f->mailbox, f->inbox), STATUS_DISTINGUISHED_FOLDER);
    talloc_free(tx);
    tx = fixture_write(f);
    assert_int_equal(store_folder_delete(tx, f->mailbox, a), STATUS_CONFLICT);
    talloc_free(tx);
    int64_t cn = 0;
    tx = fixture_write(f);
    OK(store_folder_update(tx, f->mailbox, b, &(struct store_folder_update){ .name = "Renamed" }, &cn));
    fixture_commit(tx);
    assert_string_equal(fixture_folder(f, b).name, "Renamed");
    tx = fixture_write(f);
    assert_int_equal(store_folder_update(tx, f->mailbox, b, &(struct store_folder_update){ .name = "x", .expected_cn = cn - 1 }, NULL), STATUS_CONFLICT);
    talloc_free(tx);
    fixture_item(f, b, "inside");
    OK(store_folder_delete_tree(f->store, f->mailbox, a, STORE_DELETE_HARD));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM folder_tombstone WHERE mailbox_id = %lld", (long long)f->mailbox), 2);
    fixture_check(f);
}

static void reserved_ids_are_checked(void **state)
{
    struct fixture *f = *state;
    int64_t first = 0;
    struct message_created created;
    struct prepared_message *prepared = fixture_prepared(f, "offline", 0);
    struct transaction *tx = fixture_write(f);
    OK(store_mailbox_reserve_ids(tx, f->mailbox, 100, &first));
    fixture_commit(tx);
    tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ .reserved_item = first + 5 }, &created));
    fixture_commit(tx);
    assert_int_equal(created.item, first + 5);
    tx = fixture_write(f);
    assert_int_equal(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ .reserved_item = first + 500 }, &created),
                     STATUS_INVALID_ARGUMENT);
    talloc_free(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_mailbox_has_all_special_folders, fixture_mailbox),
        cmocka_unit_test_setup(an_item_comes_back_as_it_was_saved, fixture_mailbox),
        cmocka_unit_test_setup(large_values_and_attachments_become_blobs, fixture_mailbox),
        cmocka_unit_test_setup(large_embedded_messages_survive_a_change, fixture_mailbox),
        cmocka_unit_test_setup(a_change_needs_the_change_number_it_is_based_on, fixture_mailbox),
        cmocka_unit_test_setup(reading_moves_the_read_change_number_only, fixture_mailbox),
        cmocka_unit_test_setup(a_move_makes_a_new_id_and_a_tombstone, fixture_mailbox),
        cmocka_unit_test_setup(a_copy_shares_content_also_in_another_mailbox, fixture_mailbox),
        cmocka_unit_test_setup(soft_deletion_goes_to_recoverable_items_and_then_away, fixture_mailbox),
        cmocka_unit_test_setup(folders_are_made_changed_moved_and_deleted_with_all_below, fixture_mailbox),
        cmocka_unit_test_setup(reserved_ids_are_checked, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
