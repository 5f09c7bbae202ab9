/* Each kind of defect is planted behind the store's back: the checker finds exactly it, repairs it when it says so, and a clean mailbox has none. */
#include "bourse/storage/check.h"
#include "fixture.h"

#include "bourse/base/hash.h"
#include "bourse/storage/blob.h"
#include "bourse/storage/search.h"

enum { REPAIRED = true, REPORTED = false };

struct plant {
    const char *kind;
    bool repairs;
    bool is_shared;
    const char *also;   /* another kind that follows from it, or NULL */
    const char *sql[3]; /* %1$lld mailbox, %2$lld inbox, %3$lld item, %4$lld blob, %5$lld own folder */
};

static const struct plant plants[] = {
    { "folder_counters", REPAIRED, false, NULL, { "UPDATE folder_stat SET unread = unread + 1 WHERE mailbox_id = %1$lld AND folder_id = %2$lld" } },
    { "folder_counters", REPAIRED, false, NULL, { "UPDATE folder_stat SET bytes = -1 WHERE mailbox_id = %1$lld AND folder_id = %2$lld" } },
    { "mailbox_size", REPAIRED, false, NULL, { "UPDATE mailbox SET recoverable_size = 9 WHERE mailbox_id = %1$lld" } },
    { "item_without_folder", REPAIRED, false, "mailbox_size", { "UPDATE message SET folder_id = 4242 WHERE mailbox_id = %1$lld AND message_id = %3$lld",
                                                            "UPDATE mailbox SET next_object_id = 5000 WHERE mailbox_id = %1$lld",
                                                            "UPDATE folder_stat SET live = live - 1, unread = unread - 1, bytes = bytes - (SELECT size FROM message WHERE mailbox_id = %1$lld"
                                                            " AND message_id = %3$lld) WHERE mailbox_id = %1$lld AND folder_id = %2$lld" } },
    { "folder_unreachable", REPAIRED, false, "folder_without_parent", { "UPDATE folder SET parent_id = 4242 WHERE mailbox_id = %1$lld AND folder_id = %5$lld" } },
    { "folder_unreachable", REPAIRED, false, NULL, { "UPDATE folder SET parent_id = folder_id WHERE mailbox_id = %1$lld AND folder_id = %5$lld" } },
    { "folder_without_counters", REPAIRED, false, NULL, { "DELETE FROM folder_stat WHERE mailbox_id = %1$lld AND folder_id = %5$lld" } },
    { "folder_rows", REPAIRED, false, NULL, { "INSERT INTO acl VALUES (%1$lld, 4242, 0, '00000000-0000-0000-0000-000000000000', '', 0)" } },
    { "folder_rows", REPAIRED, false, NULL, { "INSERT INTO folder_stat (mailbox_id, folder_id) VALUES (%1$lld, 4242)" } },
    { "index_rows", REPAIRED, false, NULL, { "INSERT INTO message_text VALUES (%1$lld, 4242, 'x')" } },
    { "index_rows", REPAIRED, false, NULL, { "INSERT INTO reminder VALUES (%1$lld, 4242, 1)" } },
    { "item_state", REPAIRED, false, NULL, { "UPDATE message SET state = 1 WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "change_number", REPAIRED, false, NULL, { "UPDATE mailbox SET last_cn = last_cn - 1, hierarchy_cn = least(hierarchy_cn, last_cn - 1) WHERE mailbox_id = %1$lld",
                                            "UPDATE folder_stat SET content_cn = content_cn - 1 WHERE mailbox_id = %1$lld AND folder_id = %2$lld",
                                            NULL } },
    { "change_number", REPAIRED, false, NULL, { "UPDATE mailbox SET next_object_id = 3 WHERE mailbox_id = %1$lld" } },
    { "change_number", REPAIRED, false, NULL, { "UPDATE mailbox SET event_floor = 99999 WHERE mailbox_id = %1$lld" } },
    { "change_number", REPAIRED, false, NULL, { "UPDATE folder_stat SET uid_next = 1 WHERE mailbox_id = %1$lld AND folder_id = %2$lld" } },
    { "change_number", REPAIRED, false, NULL, { "UPDATE folder_stat SET floor_cn = 99999 WHERE mailbox_id = %1$lld AND folder_id = %5$lld" } },
    { "tombstone", REPAIRED, false, NULL, { "INSERT INTO tombstone SELECT mailbox_id, folder_id, 1, message_id, 1, false, false, 0, 0, 0 FROM message WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "tombstone", REPAIRED, false, NULL, { "UPDATE folder_stat SET floor_cn = 2 WHERE mailbox_id = %1$lld AND folder_id = %2$lld",
                                        "INSERT INTO tombstone VALUES (%1$lld, %2$lld, 1, 1, 0, false, false, 0, 0, 0)" } },
    { "change_number", REPORTED, false, NULL, { "UPDATE message SET cn = (SELECT min(cn) FROM message WHERE mailbox_id = %1$lld) WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "item_without_body", REPORTED, false, NULL, { "DELETE FROM message_body WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "orphan_row", REPORTED, false, NULL, { "INSERT INTO attachment VALUES (%1$lld, 4242, 0, 0, 0, 0, 0, '', NULL)" } },
    { "item_without_mime", REPORTED, false, NULL, { "UPDATE message SET mime_content = true, mime_blob = 0 WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "properties_unreadable", REPORTED, false, NULL, { "UPDATE message_body SET props = '\\xffff' WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "properties_unreadable", REPORTED, false, NULL, { "UPDATE message_body SET recipients = '\\xffff' WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "attachment_unreadable", REPORTED, false, NULL, { "INSERT INTO attachment VALUES (%1$lld, %3$lld, 9, 0, 0, 0, 0, '\\x77', NULL)" } },
    { "attachment_unreadable", REPORTED, false, NULL, { "INSERT INTO attachment VALUES (%1$lld, %3$lld, 9, 3, 0, 0, 0, '', '\\x77')" } },
    { "folder_unreadable", REPORTED, false, NULL, { "UPDATE folder SET props = '\\x77' WHERE mailbox_id = %1$lld AND folder_id = %5$lld" } },
    { "special_folder", REPORTED, false, NULL, { "UPDATE folder SET role = 0 WHERE mailbox_id = %1$lld AND role = 13" } },
    { "value_references", REPORTED, false, NULL, { "UPDATE message_body SET value_blobs = '{}' WHERE mailbox_id = %1$lld AND message_id = %3$lld" } },
    { "blob_missing", REPORTED, false, "blob_unreadable", { "DELETE FROM blob_chunk WHERE blob_id = %4$lld" } },
    { "blob_unreadable", REPORTED, false, NULL, { "UPDATE blob_chunk SET data = '\\x01020304' WHERE blob_id = %4$lld" } },
    { "blob_hash", REPORTED, false, NULL, { "UPDATE blob_chunk SET data = set_byte(data, length(data) - 1, 255 - get_byte(data, length(data) - 1)) WHERE blob_id = %4$lld" } },
    { "blob_references", REPAIRED, true, NULL, { "UPDATE blob SET refs = refs + 1 WHERE blob_id = %4$lld" } },
    { "blob_references", REPAIRED, true, NULL, { "UPDATE blob SET refs = 0 WHERE blob_id = %4$lld" } },
    { "blob_without_lease", REPAIRED, true, NULL, { "INSERT INTO blob (size, stored, chunks, refs) VALUES (0, 0, 0, 0)" } },
    { "chunk_without_blob", REPAIRED, true, NULL, { "INSERT INTO blob_chunk VALUES (999999, 0, '\\x00')" } },
    { "queue_finished", REPAIRED, true, "blob_references", { "INSERT INTO queue (queue_id, sender, envelope_id, dsn_return, origin, trace_id, needs_smtputf8, needs_8bit, mime_blob, size, created, expires)"
        " VALUES (999999, '', '', '', '', '', false, false, %4$lld, 1, 1, 1)",
        "INSERT INTO queue_recipient (queue_id, recipient_id, state, next_attempt, address, destination, dsn_notify, dsn_orcpt) VALUES (999999, 1, 1, 0, 'a@b', 'b', '', '')" } },
    { "mailbox_rows", REPORTED, true, NULL, { "INSERT INTO folder (mailbox_id, folder_id, parent_id, name, name_folded, container_class, cn, created_cn, uid_validity, created, modified)"
        " VALUES (999999, 1, 1, '', '', '', 1, 1, 1, 1, 1)" } },
    { "blob_chunks", REPORTED, true, NULL, { "UPDATE blob SET chunks = 2 WHERE blob_id = %4$lld" } },
};

struct seen {
    const struct plant *plant;
    size_t expected, repaired;
    const char *other; /* a kind that nobody planted */
    char detail[300];
};

static void note(const struct check_finding *finding, void *data)
{
    struct seen *seen = data;
    if (strcmp(finding->kind, seen->plant->kind) == 0) {
        seen->expected++;
        seen->repaired += finding->repaired;
        return;
    }
    if (seen->plant->also != NULL && strcmp(finding->kind, seen->plant->also) == 0)
        return;
    seen->other = "other";
    snprintf(seen->detail, sizeof seen->detail, "%s: %s", finding->kind, finding->detail);
}

struct scene {
    int64_t item, blob, folder;
};

/* Items, one with large values; a folder of one's own; no trace of earlier plants in the shared tables. */
static void set_scene(struct fixture *f, struct scene *scene)
{
    struct message *message = fixture_message(f, "planted", 0);
    struct prepared_message *prepared = NULL;
    struct message_created created;
    uint8_t bytes[10000];
    random_bytes(bytes, sizeof bytes); /* stored as they are */
    fixture_item(f, f->inbox, "first");
    OK(bag_set_bytes(message->props, (prop_tag)PROP_HTML, slice_of(bytes, sizeof bytes)));
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_folder_create(tx, f->mailbox, f->inbox, "Own", NULL, NULL, &scene->folder));
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    scene->item = created.item;
    scene->blob = fixture_number(f, "SELECT value_blobs[1] FROM message_body WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)created.item);
}

static void plant(struct fixture *f, const struct scene *scene, const struct plant *plant)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
    for (size_t i = 0; i < ARRAY_LENGTH(plant->sql) && plant->sql[i] != NULL; i++)
        fixture_execute(f, "%s", talloc_asprintf(f->mem, plant->sql[i], (long long)f->mailbox, (long long)f->inbox, (long long)scene->item,
                                                 (long long)scene->blob, (long long)scene->folder));
#pragma GCC diagnostic pop
}

static struct seen look(struct fixture *f, const struct plant *plant, bool repair)
{
    struct seen seen = { .plant = plant };
    struct check_result result;
    OK(plant->is_shared ? check_shared(f->store, false, repair, note, &seen, &result)
                        : check_mailbox(f->store, f->mailbox, true, repair, note, &seen, &result));
    return seen;
}

static void find_one(struct fixture *f, size_t index)
{
    const struct plant *now = &plants[index];
    struct scene scene;
    set_scene(f, &scene);
    struct seen before = look(f, now, false);
    if (before.expected + (before.other != NULL) > 0)
        fail_msg("plant %zu (%s): there is a finding before it: %s", index, now->kind, before.detail);
    plant(f, &scene, now);
    struct seen seen = look(f, now, false);
    if (seen.expected == 0 || seen.other != NULL)
        fail_msg("plant %zu: %zu findings of %s; %s", index, seen.expected, now->kind, seen.detail);
    assert_int_equal(seen.repaired, 0);
    assert_int_equal(look(f, now, false).expected, seen.expected); /* looking changes nothing */
    seen = look(f, now, true);
    assert_int_equal(seen.repaired > 0, now->repairs);
    seen = look(f, now, false);
    if (now->repairs && (seen.expected > 0 || seen.other != NULL))
        fail_msg("plant %zu (%s): not repaired: %s", index, now->kind, seen.detail);
    if (!now->repairs)
        assert_true(seen.expected > 0);
}

/* Shared tables keep what cannot be repaired, so each plant has them to itself: it is taken away by hand. */
static void clean_up(struct fixture *f)
{
    fixture_execute(f, "DELETE FROM folder WHERE mailbox_id = 999999");
    fixture_execute(f, "UPDATE blob b SET chunks = (SELECT count(*) FROM blob_chunk c WHERE c.blob_id = b.blob_id),"
                       " stored = (SELECT coalesce(sum(length(data)), 0) FROM blob_chunk c WHERE c.blob_id = b.blob_id)");
    fixture_execute(f, "DELETE FROM blob WHERE chunks = 0 AND hash IS NOT NULL");
    fixture_execute(f, "UPDATE message_body SET value_blobs = '{}' WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob_id = value_blobs[1])");
    struct check_result result;
    OK(check_shared(f->store, false, true, NULL, NULL, &result));
}

static void every_defect_is_found(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(plants); i++) {
        fixture_mailbox(state);
        find_one(f, i);
        clean_up(f);
    }
}

/* What a repair brings back is usable: items of a lost folder can be listed, moved, and new ones get fresh numbers. */
static void repaired_mailboxes_work(void **state)
{
    struct fixture *f = *state;
    struct scene scene;
    struct check_result result;
    set_scene(f, &scene);
    fixture_execute(f, "UPDATE message SET folder_id = 4242 WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)scene.item);
    fixture_execute(f, "UPDATE mailbox SET last_cn = 3, next_object_id = 3, hierarchy_cn = 2 WHERE mailbox_id = %lld", (long long)f->mailbox);
    OK(check_mailbox(f->store, f->mailbox, true, true, NULL, NULL, &result));
    assert_true(result.repaired > 0);
    fixture_check(f);
    struct store_folder recovered = fixture_folder(f, 4242);
    assert_int_equal(recovered.live, 1);
    assert_int_equal(recovered.parent, fixture_role(f, STORE_ROLE_IPM_SUBTREE));
    struct message_moved moved;
    struct transaction *tx = fixture_write(f);
    OK(store_message_move(tx, f->mailbox, &scene.item, NULL, 1, f->inbox, &moved));
    OK(store_folder_delete(tx, f->mailbox, 4242));
    fixture_commit(tx);
    assert_true(fixture_item(f, f->inbox, "new").cn > moved.cn);
    fixture_check(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_defect_is_found, fixture_mailbox),
        cmocka_unit_test_setup(repaired_mailboxes_work, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
