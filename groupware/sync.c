/* The one sync function, over the store's change log. */
#include "bourse/base/memory.h"
#include "bourse/groupware/sync.h"

#include "bourse/storage/changes.h"
#include "folder_view.h"
#include "item_view.h"

static bool is_ignored(const struct sync_options *options, const struct guid *mailbox, int64_t item)
{
    for (size_t i = 0; i < options->ignore_count; i++)
        if (options->ignore[i].item == item && guid_equal(options->ignore[i].mailbox, *mailbox))
            return true;
    return false;
}

static const enum sync_kind kinds[] = {
    [CHANGE_CREATE] = SYNC_CREATE, [CHANGE_UPDATE] = SYNC_UPDATE, [CHANGE_READ] = SYNC_READ_STATE, [CHANGE_DELETE] = SYNC_DELETE,
};

static struct sync_change change_of(const struct mailbox_key *key, int64_t folder, const struct change *from)
{
    return (struct sync_change){
        .kind = kinds[from->kind],
        .id = { .kind = OBJECT_ITEM, .mailbox = key->guid, .folder = folder, .item = from->item },
        .number = from->cn,
        .is_read = from->is_read,
    };
}

/* One load for all that were created or changed. What vanished since the log was read stays without item. */
static enum status load_changed(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, unsigned parts,
                                struct sync_page *page)
{
    int64_t *ids = array_new(mem, int64_t, page->count + 1);
    size_t *places = array_new(mem, size_t, page->count + 1);
    enum status *statuses = array_new(mem, enum status, page->count + 1);
    struct item **items = array_new(mem, struct item *, page->count + 1);
    size_t count = 0;
    if (ids == NULL || places == NULL || statuses == NULL || items == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync");
    for (size_t i = 0; i < page->count; i++) {
        if (page->changes[i].kind != SYNC_CREATE && page->changes[i].kind != SYNC_UPDATE)
            continue;
        ids[count] = page->changes[i].id.item;
        places[count++] = i;
    }
    if (count == 0)
        return STATUS_OK;
    TRY(items_load_in(mem, tx, session, key, ids, count, parts, items, statuses));
    for (size_t i = 0; i < count; i++)
        page->changes[places[i]].item = items[i];
    return STATUS_OK;
}

static enum status sync_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key,
                           const struct sync_position *from, const struct sync_options *options, struct sync_page *page)
{
    struct changes changes = { 0 };
    struct store_position position = { .uid = from->uid, .first_uid = from->first_uid, .cn = from->change_number,
                                       .read_cn = from->read_change_number };
    TRY(access_need_in(tx, session, key, from->folder, RIGHT_READ_ANY));
    TRY(changes_read(mem, tx, key->id, from->folder, options->associated ? LIST_BOTH : LIST_ITEMS, &position, options->limit, &changes));
    page->changes = array_new(mem, struct sync_change, changes.count + 1);
    if (page->changes == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync");
    for (size_t i = 0; i < changes.count; i++)
        if (!is_ignored(options, &key->guid, changes.list[i].item))
            page->changes[page->count++] = change_of(key, from->folder, &changes.list[i]);
    page->includes_last = !changes.more;
    page->position = (struct sync_position){ .mailbox = key->guid, .folder = from->folder, .uid = changes.position.uid,
                                             .first_uid = changes.position.first_uid, .change_number = changes.position.cn,
                                             .read_change_number = changes.position.read_cn };
    return load_changed(mem, tx, session, key, options->parts, page);
}

enum status sync_items(TALLOC_CTX *mem, struct session *session, const struct sync_position *from, const struct sync_options *options,
                       struct sync_page **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    *out = talloc_zero(mem, struct sync_page);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync");
    TRY(folder_begin(mem, session, from->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = sync_in(mem, tx, session, &key, from, options, *out);
    talloc_free(tx);
    return status;
}
