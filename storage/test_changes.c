/* The change log: a client that follows it in pages of any size ends with what the folder holds, told exactly. */
#include "fixture.h"
#include "bourse/storage/changes.h"
#include "bourse/storage/events.h"

#define KNOWN_MAX 400

/* What a client believes; refuses answers that do not fit what it was told before. */
struct client {
    int64_t items[KNOWN_MAX];
    bool is_read[KNOWN_MAX];
    size_t count;
    struct store_position position;
};

static size_t find(const struct client *client, int64_t item)
{
    size_t i = 0;
    while (i < client->count && client->items[i] != item)
        i++;
    return i;
}

static void apply(struct client *client, const struct change *change, bool strict)
{
    size_t i = find(client, change->item);
    bool known = i < client->count;
    if (change->kind == CHANGE_CREATE) {
        assert_false(known);
        client->items[client->count] = change->item;
        client->is_read[client->count++] = change->is_read;
    } else if (change->kind == CHANGE_DELETE) {
        assert_true(known || !strict);
        if (known) {
            client->items[i] = client->items[--client->count];
            client->is_read[i] = client->is_read[client->count];
        }
    } else {
        assert_true(known || !strict);
        if (known)
            client->is_read[i] = change->is_read;
    }
}

/* One page; true when there is more. */
static bool sync_page(struct fixture *f, struct client *client, size_t limit, bool strict)
{
    struct changes changes;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_ITEMS, &client->position, limit, &changes));
    assert_true(changes.count <= limit);
    for (size_t i = 0; i < changes.count; i++)
        apply(client, &changes.list[i], strict);
    client->position = changes.position;
    talloc_free(tx);
    return changes.more;
}

static void sync_all(struct fixture *f, struct client *client, size_t limit)
{
    int rounds = 0;
    while (sync_page(f, client, limit, true))
        assert_true(++rounds < 1000);
}

static void compare(struct fixture *f, const struct client *client)
{
    assert_int_equal(fixture_folder(f, f->inbox).live, client->count);
    for (size_t i = 0; i < client->count; i++)
        assert_int_equal(fixture_number(f, "SELECT is_read::int FROM message WHERE mailbox_id = %lld AND folder_id = %lld AND message_id = %lld",
                                        (long long)f->mailbox, (long long)f->inbox, (long long)client->items[i]), client->is_read[i]);
}

static unsigned next(unsigned *random)
{
    return (*random = *random * 1103515245u + 12345u) >> 16;
}

static void random_step(struct fixture *f, unsigned *random, struct prepared_message *prepared)
{
    struct message_created created;
    int64_t item = fixture_number(f, "SELECT message_id FROM message WHERE mailbox_id = %lld AND folder_id = %lld ORDER BY hashint8(message_id + %u) LIMIT 1",
                                  (long long)f->mailbox, (long long)f->inbox, next(random) % 1000);
    unsigned what = item < 0 ? 0 : next(random) % 7;
    struct transaction *tx = fixture_write(f);
    if (what <= 2)
        OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    else if (what == 3)
        OK(store_message_set_read(tx, f->mailbox, &item, 1, next(random) % 2, NULL));
    else if (what == 4)
        OK(store_message_replace(tx, f->mailbox, item, prepared, 0, NULL));
    else
        OK(store_message_delete(tx, f->mailbox, &item, 1, what == 5 ? STORE_DELETE_SOFT : STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
}

static void clients_with_pages_of_any_size_converge(void **state)
{
    struct fixture *f = *state;
    unsigned random = 7;
    struct client clients[4] = { 0 };
    const size_t limits[] = { 1, 2, 3, 512 };
    struct prepared_message *prepared = fixture_prepared(f, "synced", 0);
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 5; i++)
            random_step(f, &random, prepared);
        for (size_t c = 0; c < 4; c++) {
            if (next(&random) % 3 == 0)
                sync_all(f, &clients[c], limits[c]);
            else
                sync_page(f, &clients[c], limits[c], false);
        }
    }
    for (size_t c = 0; c < 4; c++) {
        while (sync_page(f, &clients[c], limits[c], false))
            ;
        compare(f, &clients[c]);
    }
    fixture_check(f);
}

static void kinds_are_told_exactly(void **state)
{
    struct fixture *f = *state;
    struct client client = { 0 };
    int64_t items[4];
    for (size_t i = 0; i < 4; i++)
        items[i] = fixture_item(f, f->inbox, "exact").item;
    sync_all(f, &client, 3);
    assert_int_equal(client.count, 4);
    struct prepared_message *prepared = fixture_prepared(f, "changed", 0);
    struct transaction *tx = fixture_write(f);
    OK(store_message_set_read(tx, f->mailbox, &items[0], 1, true, NULL));
    OK(store_message_replace(tx, f->mailbox, items[1], prepared, 0, NULL));
    OK(store_message_delete(tx, f->mailbox, &items[2], 1, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    int64_t created = fixture_item(f, f->inbox, "new").item;
    int64_t vanished = fixture_item(f, f->inbox, "came and went").item;
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &vanished, 1, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    struct changes changes;
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_ITEMS, &client.position, 100, &changes));
    assert_int_equal(changes.count, 4);
    assert_int_equal(changes.list[0].kind, CHANGE_READ);
    assert_int_equal(changes.list[0].item, items[0]);
    assert_int_equal(changes.list[1].kind, CHANGE_UPDATE);
    assert_int_equal(changes.list[1].item, items[1]);
    assert_int_equal(changes.list[2].kind, CHANGE_DELETE);
    assert_int_equal(changes.list[2].item, items[2]);
    assert_int_equal(changes.list[3].kind, CHANGE_CREATE);
    assert_int_equal(changes.list[3].item, created);
    assert_false(changes.more);
    struct store_position after = changes.position;
    OK(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_ITEMS, &after, 100, &changes));
    assert_int_equal(changes.count, 0);
    size_t estimate = 0;
    OK(changes_estimate(tx, f->mailbox, f->inbox, LIST_ITEMS, &client.position, 100, &estimate));
    assert_int_equal(estimate, 4);
    talloc_free(tx);
}

static void positions_below_the_floor_or_ahead_are_refused(void **state)
{
    struct fixture *f = *state;
    struct client client = { 0 };
    fixture_item(f, f->inbox, "floor");
    sync_all(f, &client, 10);
    struct changes changes;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    struct store_position ahead = client.position;
    ahead.cn += 1000;
    assert_int_equal(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_ITEMS, &ahead, 10, &changes), STATUS_INVALID_SYNC_STATE);
    assert_int_equal(changes_read(f->mem, tx, f->mailbox, 424242, LIST_ITEMS, &client.position, 10, &changes), STATUS_FOLDER_NOT_FOUND);
    talloc_free(tx);
    fixture_execute(f, "UPDATE folder_stat SET floor_cn = %lld WHERE mailbox_id = %lld AND folder_id = %lld", (long long)client.position.cn + 1,
                    (long long)f->mailbox, (long long)f->inbox);
    tx = fixture_begin(f, TRANSACTION_READ);
    assert_int_equal(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_ITEMS, &client.position, 10, &changes), STATUS_INVALID_SYNC_STATE);
    struct store_position start = { 0 };
    OK(changes_read(f->mem, tx, f->mailbox, f->inbox, LIST_ITEMS, &start, 10, &changes));
    assert_int_equal(changes.count, 1);
    talloc_free(tx);
}

static void the_folder_tree_has_its_changes(void **state)
{
    struct fixture *f = *state;
    struct folder_change *list = NULL;
    size_t count = 0;
    bool more = false;
    int64_t until = 0, folder = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_hierarchy(f->mem, tx, f->mailbox, 0, 1000, &list, &count, &more, &until));
    assert_true(count > 40 && !more);
    talloc_free(tx);
    tx = fixture_write(f);
    OK(store_folder_create(tx, f->mailbox, f->inbox, "New", NULL, NULL, &folder));
    OK(store_folder_update(tx, f->mailbox, f->inbox, &(struct store_folder_update){ .container_class = "IPF.Note" }, NULL));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_hierarchy(f->mem, tx, f->mailbox, until, 1000, &list, &count, &more, &until));
    talloc_free(tx);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].kind, CHANGE_CREATE);
    assert_int_equal(list[0].folder, folder);
    assert_int_equal(list[1].kind, CHANGE_UPDATE);
    OK(store_folder_delete_tree(f->store, f->mailbox, folder, STORE_DELETE_HARD));
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(changes_hierarchy(f->mem, tx, f->mailbox, until, 1000, &list, &count, &more, &until));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].kind, CHANGE_DELETE);
    talloc_free(tx);
}

static void every_change_has_an_event(void **state)
{
    struct fixture *f = *state;
    struct store_event *events = NULL;
    size_t count = 0;
    bool more = false;
    int64_t until = 0, start = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(events_read(f->mem, tx, f->mailbox, 0, NULL, 0, 100, &events, &count, &more, &start));
    talloc_free(tx);
    int64_t drafts = fixture_role(f, STORE_ROLE_DRAFTS);
    struct message_created created = fixture_item(f, f->inbox, "event");
    struct message_moved moved;
    tx = fixture_write(f);
    OK(store_message_set_read(tx, f->mailbox, &created.item, 1, true, NULL));
    fixture_commit(tx);
    tx = fixture_write(f);
    OK(store_message_move(tx, f->mailbox, &created.item, NULL, 1, drafts, &moved));
    fixture_commit(tx);
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &moved.item, 1, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    tx = fixture_begin(f, TRANSACTION_READ);
    OK(events_read(f->mem, tx, f->mailbox, start, NULL, 0, 100, &events, &count, &more, &until));
    assert_int_equal(count, 4);
    assert_int_equal(events[0].kind, STORE_EVENT_CREATED);
    assert_int_equal(events[0].unread, 1);
    assert_int_equal(events[1].kind, STORE_EVENT_READ_CHANGED);
    assert_int_equal(events[1].unread, 0);
    assert_int_equal(events[2].kind, STORE_EVENT_MOVED);
    assert_int_equal(events[2].old_item, created.item);
    assert_int_equal(events[2].item, moved.item);
    assert_int_equal(events[3].kind, STORE_EVENT_DELETED);
    OK(events_read(f->mem, tx, f->mailbox, start, &f->inbox, 1, 2, &events, &count, &more, &until));
    assert_int_equal(count, 2);
    assert_true(more);
    assert_int_equal(events_read(f->mem, tx, f->mailbox, until + 1000, NULL, 0, 2, &events, &count, &more, &until), STATUS_INVALID_WATERMARK);
    talloc_free(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(kinds_are_told_exactly, fixture_mailbox),
        cmocka_unit_test_setup(clients_with_pages_of_any_size_converge, fixture_mailbox),
        cmocka_unit_test_setup(positions_below_the_floor_or_ahead_are_refused, fixture_mailbox),
        cmocka_unit_test_setup(the_folder_tree_has_its_changes, fixture_mailbox),
        cmocka_unit_test_setup(every_change_has_an_event, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
