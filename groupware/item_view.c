#include "item_view.h"

#include "bourse/base/memory.h"
#include "bourse/model/properties.h"
#include "occurrence.h"
#include "private_item.h"

unsigned item_store_parts(unsigned parts)
{
    unsigned wanted = 0;
    if (parts & ITEM_PROPERTIES)
        wanted |= MESSAGE_BAG;
    if (parts & ITEM_RECIPIENTS)
        wanted |= MESSAGE_RECIPIENTS;
    if (parts & ITEM_ATTACHMENTS)
        wanted |= MESSAGE_ATTACHMENTS;
    if (parts & ITEM_BODIES)
        wanted |= MESSAGE_BAG | MESSAGE_VALUES | MESSAGE_MIME_STRUCTURE | MESSAGE_MIME_BYTES;
    return wanted;
}

static void fill_from_row(struct item *item, const struct mailbox_key *mailbox, const struct item_row *row, uint32_t rights)
{
    item->id = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = mailbox->guid, .folder = row->folder, .item = row->item };
    item->change_number = row->cn;
    item->read_change_number = row->read_cn;
    item->uid = row->uid;
    item->is_read = row->is_read;
    item->is_associated = row->is_fai;
    item->is_draft = (row->message_flags & 0x8u) != 0; /* mfUnsent [MS-OXCMSG] 2.2.1.6 */
    item->is_soft_deleted = row->is_soft_deleted;
    item->has_attachments = row->has_attachments;
    item->size = row->size;
    item->created = row->created;
    item->modified = row->modified;
    item->received = row->delivered;
    item->sent = row->submitted;
    item->preview = row->preview != NULL ? row->preview : "";
    item->rights = rights;
}

enum status item_of_row(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct item_row *row, uint32_t rights, struct item **out)
{
    struct item *item = talloc_zero(mem, struct item);
    if (item == NULL || (item->message = message_new(item)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    fill_from_row(item, mailbox, row, rights);
    if (row->props != NULL)
        TRY(bag_merge(item->message->props, row->props));
    TRY(store_row_properties(row, item->message->props));
    *out = item;
    return STATUS_OK;
}

enum status item_of_message(TALLOC_CTX *mem, const struct mailbox_key *mailbox, struct loaded_message *loaded, unsigned parts, uint32_t rights,
                            struct item **out)
{
    struct item *item = talloc_zero(mem, struct item);
    if (item == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    fill_from_row(item, mailbox, &loaded->row, rights);
    item->message = loaded->message;
    if (parts & ITEM_BODIES)
        TRY(message_fill_bodies(item->message));
    *out = item;
    return STATUS_OK;
}

/* Items of a batch mostly lie in one folder: the rights of the folder before are kept. */
struct rights_memory {
    int64_t folder;
    uint32_t rights;
};

static enum status row_access(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const struct loaded_message *loaded,
                              struct rights_memory *memory)
{
    if (memory->folder != loaded->row.folder) {
        TRY(access_in(tx, session, mailbox, loaded->row.folder, &memory->rights));
        memory->folder = loaded->row.folder;
    }
    return access_item(session, memory->rights, RIGHT_READ_ANY, 0, bag_bytes(loaded->message->props, ITEM_CREATOR));
}

/* Whose item it is stands in the bag. */
static unsigned parts_to_load(const struct session *session, const struct mailbox_key *mailbox, unsigned parts)
{
    return item_store_parts(parts) | (session_owns(session, mailbox) ? 0 : MESSAGE_BAG);
}

static enum status view_loaded(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox,
                               struct loaded_message *loaded, size_t count, unsigned parts, struct item **out, enum status *statuses)
{
    struct rights_memory memory = { 0 };
    for (size_t i = 0; i < count; i++) {
        out[i] = NULL;
        statuses[i] = STATUS_ITEM_NOT_FOUND;
        if (loaded[i].message == NULL)
            continue;
        statuses[i] = row_access(tx, session, mailbox, &loaded[i], &memory);
        if (statuses[i] == STATUS_FOLDER_NOT_FOUND)
            statuses[i] = STATUS_ITEM_NOT_FOUND;
        if (statuses[i] == STATUS_OK)
            statuses[i] = item_of_message(mem, mailbox, &loaded[i], parts, memory.rights, &out[i]);
        if (statuses[i] != STATUS_OK)
            continue;
        occurrence_hide_exceptions(out[i]->message);
        TRY(private_item_conceal(session, mailbox, out[i]));
    }
    return STATUS_OK;
}

enum status items_load_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const int64_t *items,
                          size_t count, unsigned parts, struct item **out, enum status *statuses)
{
    struct loaded_message *loaded = array_new(mem, struct loaded_message, count + 1);
    if (loaded == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    TRY(store_message_load_many(mem, tx, mailbox->id, items, count, parts_to_load(session, mailbox, parts), loaded));
    return view_loaded(mem, tx, session, mailbox, loaded, count, parts, out, statuses);
}

enum status items_of_rows_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const struct item_row *rows,
                             size_t count, unsigned parts, struct item **out, enum status *statuses)
{
    struct loaded_message *loaded = array_new(mem, struct loaded_message, count + 1);
    if (loaded == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    TRY(store_message_load_rows(mem, tx, mailbox->id, rows, count, parts_to_load(session, mailbox, parts), loaded));
    return view_loaded(mem, tx, session, mailbox, loaded, count, parts, out, statuses);
}
