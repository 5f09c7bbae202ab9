/* The sync function against a model: after any mix of changes, a client that follows the log knows exactly what the folder holds. */
#include "fixture.h"

#include <stdlib.h>

#include "bourse/base/clock.h"
#include "bourse/groupware/find.h"
#include "bourse/groupware/subscribe.h"
#include "bourse/groupware/sync.h"
#include "bourse/model/properties.h"

enum { KNOWN_MOST = 4096, STEPS = 400, SEEDS = 5, FULL = 300 };

/* The long form: BOURSE_SYNC_STEPS=10000 BOURSE_SYNC_SEEDS=20. */
static unsigned count_of(const char *name, unsigned usual)
{
    const char *text = getenv(name);
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : usual;
}

/* What a client has of a folder. */
struct client {
    struct sync_position position;
    struct {
        int64_t item;
        bool is_read;
        char subject[40];
    } known[KNOWN_MOST];
    size_t count;
};

static size_t place_of(const struct client *client, int64_t item)
{
    for (size_t i = 0; i < client->count; i++)
        if (client->known[i].item == item)
            return i;
    return client->count;
}

static void remember(struct client *client, const struct sync_change *change)
{
    size_t at = place_of(client, change->id.item);
    if (change->item == NULL)
        return; /* vanished meanwhile: its deletion follows */
    if (change->kind == SYNC_CREATE)
        assert_int_equal(at, client->count); /* nothing is told twice as new */
    assert_true(at < KNOWN_MOST);
    client->known[at].item = change->id.item;
    client->known[at].is_read = change->item->is_read;
    snprintf(client->known[at].subject, sizeof client->known[at].subject, "%s", bag_string(change->item->message->props, PROP_SUBJECT, ""));
    client->count += at == client->count;
}

static void forget(struct client *client, int64_t item)
{
    size_t at = place_of(client, item);
    if (at < client->count)
        client->known[at] = client->known[--client->count];
}

static void take_page(struct client *client, const struct sync_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct sync_change *change = &page->changes[i];
        if (change->kind == SYNC_DELETE)
            forget(client, change->id.item);
        else if (change->kind != SYNC_READ_STATE)
            remember(client, change);
        else if (place_of(client, change->id.item) < client->count)
            client->known[place_of(client, change->id.item)].is_read = change->is_read;
    }
    client->position = page->position;
}

/* The position goes through its text form each time, as it does over the wire. */
static void sync_once(struct fixture *f, struct session *session, struct client *client, size_t limit, bool *last)
{
    TALLOC_CTX *mem = talloc_new(f->mem);
    struct sync_options options = { .limit = limit };
    struct sync_page *page = NULL;
    struct sync_position from;
    OK(sync_position_parse(sync_position_text(mem, &client->position), &from));
    OK(sync_items(mem, session, &from, &options, &page));
    take_page(client, page);
    *last = page->includes_last;
    talloc_free(mem);
}

static void compare(struct fixture *f, struct session *session, const struct object_id *folder, struct client *client)
{
    struct item **items = NULL;
    for (bool last = false; !last;)
        sync_once(f, session, client, 512, &last);
    size_t count = fixture_list(f, session, folder, &items);
    assert_int_equal(count, client->count);
    for (size_t i = 0; i < count; i++) {
        size_t at = place_of(client, items[i]->id.item);
        assert_true(at < client->count);
        assert_int_equal(client->known[at].is_read, items[i]->is_read);
        assert_string_equal(client->known[at].subject, bag_string(items[i]->message->props, PROP_SUBJECT, ""));
    }
}

static void create(struct fixture *f, struct session *session, const struct object_id *folder, unsigned number)
{
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    OK(bag_set_string(message->props, PROP_SUBJECT, talloc_asprintf(f->mem, "item %u", number)));
    OK(item_create(f->mem, session, folder, message, &options, &item));
}

static struct object_id random_item(struct fixture *f, struct session *session, const struct object_id *folder, bool *is_full)
{
    struct item **items = NULL;
    size_t count = fixture_list(f, session, folder, &items);
    *is_full = count >= FULL;
    return count > 0 ? items[(size_t)rand() % count]->id : (struct object_id){ 0 };
}

static void random_step(struct fixture *f, struct session *session, const struct object_id *folder, const struct object_id *other, unsigned step)
{
    int choice = rand() % 10;
    bool is_full = false;
    struct object_id id = random_item(f, session, choice == 9 ? other : folder, &is_full), new_id;
    enum status status = STATUS_OK;
    struct item *item = NULL;
    if (choice < 4 && is_full)
        choice = 7;
    if (choice < 4 || id.item == 0) {
        create(f, session, folder, step);
    } else if (choice == 4) {
        struct bag *set = bag_new(f->mem);
        struct item_change change = { .set = set };
        OK(bag_set_string(set, PROP_SUBJECT, talloc_asprintf(f->mem, "changed %u", step)));
        OK(item_update(f->mem, session, &id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item));
    } else if (choice == 5 || choice == 6) {
        OK(item_mark_read(session, &id, 1, rand() % 2 == 0, &status));
    } else if (choice == 7) {
        static const enum delete_mode modes[] = { DELETE_HARD, DELETE_SOFT, DELETE_MOVE_TO_DELETED };
        OK(item_delete(session, &id, 1, modes[rand() % 3], &status));
    } else {
        OK(item_move(session, &id, 1, choice == 8 ? other : folder, &new_id, &status));
    }
}

static void client_converges_from_any_history(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id top = fixture_folder(alice, FOLDER_ROLE_IPM_SUBTREE);
    unsigned seeds = count_of("BOURSE_SYNC_SEEDS", SEEDS), steps = count_of("BOURSE_SYNC_STEPS", STEPS);
    for (unsigned seed = 1; seed <= seeds; seed++) {
        TALLOC_CTX *outer = f->mem;
        f->mem = talloc_new(outer);
        struct folder *folder = NULL, *other = NULL;
        OK(folder_create(f->mem, alice, &top, talloc_asprintf(f->mem, "sync %u", seed), NULL, NULL, &folder));
        OK(folder_create(f->mem, alice, &top, talloc_asprintf(f->mem, "sync %u other", seed), NULL, NULL, &other));
        struct client *client = talloc_zero(f->mem, struct client);
        client->position.mailbox = folder->id.mailbox;
        client->position.folder = folder->id.folder;
        srand(seed);
        for (unsigned step = 0; step < steps; step++) {
            TALLOC_CTX *step_outer = f->mem;
            bool last = false;
            f->mem = talloc_new(step_outer);
            random_step(f, alice, &folder->id, &other->id, step);
            if (rand() % 7 == 0)
                sync_once(f, alice, client, (size_t)(1 + rand() % 20), &last);
            if (rand() % 40 == 0)
                compare(f, alice, &folder->id, client);
            talloc_free(f->mem);
            f->mem = step_outer;
        }
        compare(f, alice, &folder->id, client);
        if (steps > STEPS)
            print_message("seed %u: %u steps, %zu items, the same on both sides\n", seed, steps, client->count);
        talloc_free(f->mem);
        f->mem = outer;
    }
}

static void foreign_and_cut_states_are_refused(void **state)
{
    struct fixture *f = *state;
    struct sync_position position;
    static const char *const bad[] = { "x", "AAAA", "not base64!", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(sync_position_parse(bad[i], &position), STATUS_INVALID_SYNC_STATE);
    char *good = sync_position_text(f->mem, &(struct sync_position){ .folder = 5, .uid = 7, .change_number = 9 });
    OK(sync_position_parse(good, &position));
    assert_int_equal(position.change_number, 9);
    good[3] = good[3] == 'A' ? 'B' : 'A';
    assert_int_equal(sync_position_parse(good, &position), STATUS_INVALID_SYNC_STATE);
    OK(sync_position_parse("", &position));
    assert_int_equal(position.folder, 0);
}

static void hierarchy_tells_new_renamed_and_deleted_folders(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    struct object_id top = fixture_folder(bob, FOLDER_ROLE_IPM_SUBTREE);
    struct sync_position from = { .mailbox = session_mailbox(bob) };
    struct sync_page *page = NULL;
    struct folder *folder = NULL;
    OK(sync_folders(f->mem, bob, &from, 0, 512, &page));
    assert_true(page->count > 10);
    assert_true(page->includes_last);
    from = page->position;
    OK(folder_create(f->mem, bob, &top, "told", NULL, NULL, &folder));
    OK(sync_folders(f->mem, bob, &from, 0, 512, &page));
    assert_int_equal(page->count, 1);
    assert_int_equal(page->changes[0].kind, SYNC_CREATE);
    assert_string_equal(page->changes[0].folder->display_name, "told");
    from = page->position;
    struct bag *name = bag_new(f->mem);
    OK(bag_set_string(name, PROP_DISPLAY_NAME, "told again"));
    OK(folder_update(f->mem, bob, &folder->id, 0, name, NULL, 0, &folder));
    OK(sync_folders(f->mem, bob, &from, 0, 512, &page));
    assert_int_equal(page->count, 1);
    assert_int_equal(page->changes[0].kind, SYNC_UPDATE);
    from = page->position;
    OK(folder_delete(bob, &folder->id, DELETE_HARD));
    OK(sync_folders(f->mem, bob, &from, 0, 512, &page));
    assert_int_equal(page->count, 1);
    assert_int_equal(page->changes[0].kind, SYNC_DELETE);
    assert_int_equal(page->changes[0].id.folder, folder->id.folder);
    OK(sync_folders(f->mem, bob, &page->position, 0, 512, &page));
    assert_int_equal(page->count, 0);
}

static void subscription_tells_what_happened_once(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol"), *bob = fixture_session(f, "bob");
    struct object_id inbox = fixture_folder(carol, FOLDER_ROLE_INBOX);
    struct subscription_options options = { .folders = &inbox, .folder_count = 1, .kinds = EVENT_KIND_NEW_MAIL | EVENT_KIND_CREATED,
                                            .timeout_minutes = 10 };
    char *id = NULL, *watermark = NULL, *next = NULL;
    struct event *events = NULL;
    size_t count = 0;
    bool more = false;
    OK(subscription_create(f->mem, carol, &options, &id, &watermark));
    fixture_deliver(f, "a@partner.test", "carol@example.test", "an event", "x");
    OK(subscription_events(f->mem, carol, id, watermark, 0, &events, &count, &next, &more));
    assert_int_equal(count, 2);
    assert_int_equal(events[0].kind, EVENT_KIND_NEW_MAIL);
    assert_int_equal(events[1].kind, EVENT_KIND_CREATED);
    assert_int_equal(events[0].parent.folder, inbox.folder);
    assert_false(more);
    OK(subscription_events(f->mem, carol, id, next, 0, &events, &count, &next, &more));
    assert_int_equal(count, 0);
    assert_int_equal(subscription_events(f->mem, bob, id, NULL, 0, &events, &count, &next, &more), STATUS_SUBSCRIPTION_NOT_FOUND);
    assert_int_equal(subscription_events(f->mem, carol, id, "zz", 0, &events, &count, &next, &more), STATUS_INVALID_WATERMARK);
    OK(subscription_delete(carol, id));
    assert_int_equal(subscription_delete(carol, id), STATUS_SUBSCRIPTION_NOT_FOUND);
    assert_int_equal(subscription_create(f->mem, bob, &options, &id, &watermark), STATUS_FOLDER_NOT_FOUND);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        T(client_converges_from_any_history), T(foreign_and_cut_states_are_refused), T(hierarchy_tells_new_renamed_and_deleted_folders),
        T(subscription_tells_what_happened_once),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
