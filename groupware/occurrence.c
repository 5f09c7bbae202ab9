#include "occurrence.h"

#include "bourse/base/memory.h"
#include "bourse/calendar/global_id.h"
#include "bourse/model/properties.h"
#include "folder_view.h"
#include "item_view.h"
#include "item_whole.h"
#include "private_item.h"

unsigned occurrence_store_parts(unsigned parts)
{
    return item_store_parts(parts) | MESSAGE_BAG | MESSAGE_VALUES | MESSAGE_ATTACHMENTS;
}

enum status occurrence_load_exceptions(TALLOC_CTX *mem, struct transaction *tx, struct message *master)
{
    size_t count = 0;
    struct attachment **list = array_new(mem, struct attachment *, master->attachment_count + 1);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "exceptions");
    for (size_t i = 0; i < master->attachment_count; i++)
        if (exception_is_attachment(&master->attachments[i]))
            list[count++] = &master->attachments[i];
    return count > 0 ? store_attachments_load_embedded(mem, tx, list, count) : STATUS_OK;
}

void occurrence_hide_exceptions(struct message *message)
{
    size_t kept = 0;
    for (size_t i = 0; i < message->attachment_count; i++)
        if (!exception_is_attachment(&message->attachments[i]))
            message->attachments[kept++] = message->attachments[i];
    message->attachment_count = kept;
}

static bool has_visible_attachments(const struct message *message)
{
    for (size_t i = 0; i < message->attachment_count; i++)
        if (!bag_bool(message->attachments[i].props, PROP_ATTACHMENT_HIDDEN, false))
            return true;
    return false;
}

/* A pattern that cannot be read has no occurrences to show. */
static bool is_exception(TALLOC_CTX *mem, const struct message *master, int32_t occurrence)
{
    struct recurrence *pattern = NULL;
    bool found = false;
    if (series_pattern(mem, master->props, &pattern) != STATUS_OK)
        return false;
    for (size_t i = 0; i < pattern->exception_count && !found; i++)
        found = local_minutes(pattern->exceptions[i].original_start) == occurrence;
    talloc_free(pattern);
    return found;
}

enum status occurrence_item(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct loaded_message *master, int32_t occurrence, unsigned parts,
                            uint32_t rights, struct item **out)
{
    struct loaded_message loaded = { .row = master->row, .body_text = "" };
    TRY(exception_read(mem, master->message, local_of_minutes(occurrence), &loaded.message));
    bool has_attachments = has_visible_attachments(loaded.message);
    TRY(bag_set_bool(loaded.message->props, PROP_HAS_ATTACHMENTS, has_attachments));
    if ((parts & ITEM_ATTACHMENTS) == 0)
        loaded.message->attachment_count = 0;
    TRY(item_of_message(mem, mailbox, &loaded, parts, rights, out));
    (*out)->id.occurrence = occurrence;
    (*out)->is_exception = is_exception(mem, master->message, occurrence);
    (*out)->has_attachments = has_attachments;
    return STATUS_OK;
}

/* ---- many ---- */

/* Masters of a list of ids, each once. */
struct masters {
    int64_t *items;
    size_t count;
    struct loaded_message *loaded;
    enum status *statuses;
    uint32_t *rights;
};

static enum status distinct_masters(TALLOC_CTX *mem, const struct object_id *ids, size_t count, struct masters *out)
{
    *out = (struct masters){ array_new(mem, int64_t, count + 1), 0, array_new(mem, struct loaded_message, count + 1), array_new(mem, enum status, count + 1),
                             array_new(mem, uint32_t, count + 1) };
    if (out->items == NULL || out->loaded == NULL || out->statuses == NULL || out->rights == NULL)
        return status_fail(STATUS_NO_MEMORY, "series");
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < out->count && out->items[at] != ids[i].item)
            at++;
        if (at == out->count)
            out->items[out->count++] = ids[i].item;
    }
    return STATUS_OK;
}

/* What an occurrence shows of its text and attachments may still be a part of the series' original. */
static enum status ready_master(TALLOC_CTX *mem, struct transaction *tx, unsigned parts, struct message *master)
{
    TRY(occurrence_load_exceptions(mem, tx, master));
    if ((parts & ITEM_BODIES) != 0 && master->mime.has_content)
        TRY(message_fill_bodies(master));
    return STATUS_OK;
}

static enum status load_masters(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, unsigned parts,
                                struct masters *masters)
{
    TRY(store_message_load_many(mem, tx, mailbox->id, masters->items, masters->count, occurrence_store_parts(parts), masters->loaded));
    for (size_t i = 0; i < masters->count; i++) {
        struct loaded_message *loaded = &masters->loaded[i];
        masters->statuses[i] = STATUS_ITEM_NOT_FOUND;
        if (loaded->message == NULL)
            continue;
        TRY(access_in(tx, session, mailbox, loaded->row.folder, &masters->rights[i]));
        enum status status = access_item(session, masters->rights[i], RIGHT_READ_ANY, 0, bag_bytes(loaded->message->props, ITEM_CREATOR));
        masters->statuses[i] = status == STATUS_FOLDER_NOT_FOUND ? STATUS_ITEM_NOT_FOUND : status;
        if (status == STATUS_OK)
            TRY(ready_master(mem, tx, parts, loaded->message));
    }
    return STATUS_OK;
}

static enum status occurrence_of(TALLOC_CTX *mem, const struct mailbox_key *mailbox, struct session *session, const struct masters *masters,
                                 const struct object_id *id, unsigned parts, struct item **out)
{
    size_t at = 0;
    while (masters->items[at] != id->item)
        at++;
    TRY(masters->statuses[at]);
    enum status status = occurrence_item(mem, mailbox, &masters->loaded[at], id->occurrence, parts, masters->rights[at], out);
    if (status == STATUS_NOT_FOUND)
        return status_fail(STATUS_OCCURRENCE_NOT_FOUND, "item %lld is no series", (long long)id->item);
    TRY(status);
    return private_item_conceal(session, mailbox, *out);
}

enum status occurrences_load_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const struct object_id *ids,
                                size_t count, unsigned parts, struct item **out, enum status *statuses)
{
    struct masters masters;
    TRY(distinct_masters(mem, ids, count, &masters));
    TRY(load_masters(mem, tx, session, mailbox, parts, &masters));
    for (size_t i = 0; i < count; i++) {
        out[i] = NULL;
        statuses[i] = occurrence_of(mem, mailbox, session, &masters, &ids[i], parts, &out[i]);
        if (statuses[i] != STATUS_OK)
            out[i] = NULL;
    }
    return STATUS_OK;
}

/* ---- contents and copies ---- */

enum status occurrence_load_attachments(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, int64_t item, const struct message *master,
                                        struct message *occurrence)
{
    for (size_t i = 0; i < occurrence->attachment_count; i++) {
        struct attachment *attachment = &occurrence->attachments[i], stored;
        bool is_apart = attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL && attachment->stored.blob != 0;
        if (attachment->content == ATTACHMENT_STORED || is_apart) {
            TRY(store_attachment_load(mem, tx, key->id, item, attachment->number, &stored));
            attachment->bytes = stored.bytes;
            attachment->embedded = stored.embedded;
            attachment->content = stored.embedded != NULL ? ATTACHMENT_EMBEDDED : ATTACHMENT_BYTES;
            attachment->stored.blob = 0;
        } else if (attachment->content == ATTACHMENT_IN_MIME || (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL)) {
            TRY(message_attachment_content(mem, master, attachment));
            attachment->content = attachment->embedded != NULL ? ATTACHMENT_EMBEDDED : ATTACHMENT_BYTES;
            attachment->part = 0;
        }
    }
    return STATUS_OK;
}

static enum status read_whole(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct message **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct loaded_message loaded;
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = item_whole_in(mem, tx, session, &key, id->item, RIGHT_READ_ANY, 0, &loaded);
    if (status == STATUS_OK)
        status = ready_master(mem, tx, ITEM_ALL, loaded.message);
    if (status == STATUS_OK)
        status = exception_read(mem, loaded.message, local_of_minutes(id->occurrence), out);
    if (status == STATUS_OK)
        status = occurrence_load_attachments(mem, tx, &key, id->item, loaded.message, *out);
    talloc_free(tx);
    return status == STATUS_NOT_FOUND ? status_add(STATUS_OCCURRENCE_NOT_FOUND, "copy of an occurrence") : status;
}

/* The copy is a meeting of its own. */
static enum status make_single(struct message *message)
{
    static const prop_tag series_only[] = { PROP_IS_EXCEPTION, PROP_LID_EXCEPTION_REPLACE_TIME, PROP_RECURRING, PROP_IS_RECURRING, PROP_ICON_INDEX, ITEM_CREATOR };
    for (size_t i = 0; i < ARRAY_LENGTH(series_only); i++)
        bag_remove(message->props, series_only[i]);
    for (size_t i = 0; i < message->attachment_count; i++)
        message->attachments[i].number = -1;
    struct slice id = global_id_new(message, clock_now());
    if (id.length == 0)
        return status_fail(STATUS_NO_MEMORY, "global object id");
    TRY(bag_set_bytes(message->props, PROP_GLOBAL_OBJECT_ID, id));
    return bag_set_bytes(message->props, PROP_CLEAN_GLOBAL_OBJECT_ID, id);
}

enum status occurrence_copy(struct session *session, const struct object_id *id, const struct object_id *folder, struct object_id *new_id)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct message *message = NULL;
    struct item *item = NULL;
    enum status status = mem != NULL ? read_whole(mem, session, id, &message) : status_fail(STATUS_NO_MEMORY, "copy");
    if (status == STATUS_OK)
        status = make_single(message);
    if (status == STATUS_OK)
        status = item_create(mem, session, folder, message, &(struct item_create_options){ .is_read = true }, &item);
    if (status == STATUS_OK && new_id != NULL)
        *new_id = item->id;
    talloc_free(mem);
    return status;
}
