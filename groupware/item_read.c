/* Reading items, their MIME and their attachments. */
#include "bourse/base/memory.h"
#include "bourse/mime/export.h"
#include "bourse/model/properties.h"
#include "bourse/storage/blob.h"
#include "folder_view.h"
#include "item_view.h"
#include "item_whole.h"
#include "occurrence.h"

enum { MIME_CAP = 256 * 1024 * 1024 };

enum status item_get(TALLOC_CTX *mem, struct session *session, const struct object_id *id, unsigned parts, struct item **out)
{
    enum status status = STATUS_OK;
    TRY(item_get_many(mem, session, id, 1, parts, out, &status));
    return status;
}

/* Occurrences and plain items in a row. */
static enum status get_kind(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, const struct object_id *ids,
                            size_t count, unsigned parts, struct item **out, enum status *statuses)
{
    if (ids[0].occurrence != 0)
        return occurrences_load_in(mem, tx, session, key, ids, count, parts, out, statuses);
    int64_t *items = array_new(mem, int64_t, count);
    if (items == NULL)
        return status_fail(STATUS_NO_MEMORY, "item ids");
    for (size_t i = 0; i < count; i++)
        items[i] = ids[i].item;
    return items_load_in(mem, tx, session, key, items, count, parts, out, statuses);
}

/* All ids from `first` on that are of the same mailbox, taken in one transaction. */
static enum status get_run(TALLOC_CTX *mem, struct session *session, const struct object_id *ids, size_t count, unsigned parts,
                           struct item **out, enum status *statuses)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    enum status status = STATUS_OK;
    TRY(folder_begin(mem, session, ids[0].mailbox, TRANSACTION_READ, &key, &tx));
    for (size_t first = 0, run; first < count && status == STATUS_OK; first += run) {
        for (run = 1; first + run < count && (ids[first].occurrence != 0) == (ids[first + run].occurrence != 0);)
            run++;
        status = get_kind(mem, tx, session, &key, ids + first, run, parts, out + first, statuses + first);
    }
    talloc_free(tx);
    return status;
}

enum status item_get_many(TALLOC_CTX *mem, struct session *session, const struct object_id *ids, size_t count, unsigned parts,
                          struct item **out, enum status *statuses)
{
    for (size_t first = 0; first < count;) {
        size_t run = 1;
        while (first + run < count && guid_equal(ids[first].mailbox, ids[first + run].mailbox))
            run++;
        enum status status = get_run(mem, session, ids + first, run, parts, out + first, statuses + first);
        if (status == STATUS_MAILBOX_NOT_FOUND)
            status = STATUS_ITEM_NOT_FOUND;
        for (size_t i = first; status != STATUS_OK && i < first + run; i++) {
            out[i] = NULL;
            statuses[i] = status;
        }
        if (status_info(status)->fault == FAULT_TEMPORARY || status_info(status)->fault == FAULT_SERVER)
            return status;
        first += run;
    }
    return STATUS_OK;
}

struct blob_source {
    struct transaction *tx;
    TALLOC_CTX *mem;
};

static enum status read_blob(int64_t blob, uint64_t offset, void *out, size_t size, size_t *got, void *data)
{
    struct blob_source *source = data;
    struct slice part = { 0 };
    TRY(blob_read_part(source->mem, source->tx, blob, offset, size, &part));
    memcpy(out, part.data, part.length);
    *got = part.length;
    talloc_free((void *)part.data);
    return STATUS_OK;
}

/* [store.md rule 8] the original while it says the same as the properties; signed mail always; else generated. */
static enum status mime_of_message(TALLOC_CTX *mem, struct transaction *tx, const struct message *message, unsigned flags, struct slice *out)
{
    if (message->mime.bytes.length > 0 && (message->mime.mirrors || message->mime.is_signed)) {
        *out = message->mime.bytes;
        return STATUS_OK;
    }
    struct blob_source source = { .tx = tx, .mem = mem };
    struct mime_export_options options = { .flags = flags, .read_blob = read_blob, .read_data = &source };
    return mime_export_bytes(mem, message, &options, MIME_CAP, out);
}

/* One occurrence has no original; a series is shown without the messages of its exceptions. */
static enum status message_to_export(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, const struct object_id *id, struct message *master,
                                     struct message **out)
{
    *out = master;
    if (id->occurrence == 0) {
        occurrence_hide_exceptions(master);
        return STATUS_OK;
    }
    TRY(occurrence_load_exceptions(mem, tx, master));
    if (master->mime.has_content)
        TRY(message_fill_bodies(master));
    enum status status = exception_read(mem, master, local_of_minutes(id->occurrence), out);
    if (status == STATUS_NOT_FOUND)
        return status_add(STATUS_OCCURRENCE_NOT_FOUND, "item %lld is no series", (long long)id->item);
    TRY(status);
    return occurrence_load_attachments(mem, tx, key, id->item, master, *out);
}

enum status item_mime(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct slice *out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct loaded_message loaded;
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = item_whole_in(mem, tx, session, &key, id->item, RIGHT_READ_ANY, 0, &loaded);
    struct message *message = NULL;
    if (status == STATUS_OK)
        status = message_to_export(mem, tx, &key, id, loaded.message, &message);
    if (status == STATUS_OK)
        status = mime_of_message(mem, tx, message, MIME_EXPORT_KEEP_BCC, out);
    talloc_free(tx);
    return status;
}

static struct attachment *find_attachment(struct message *message, int32_t number)
{
    for (size_t i = 0; i < message->attachment_count; i++)
        if (message->attachments[i].number == number)
            return &message->attachments[i];
    return NULL;
}

/* Attachments within embedded messages are numbered by import: in order, from 0. */
static enum status walk_path(TALLOC_CTX *mem, struct message *message, const struct object_id *id, struct attachment **out)
{
    for (size_t depth = 0; depth < id->attachment_depth; depth++) {
        struct attachment *attachment = find_attachment(message, id->attachments[depth]);
        if (attachment == NULL)
            return status_fail(STATUS_ATTACHMENT_NOT_FOUND, "attachment %d at depth %zu", (int)id->attachments[depth], depth);
        *out = attachment;
        if (depth + 1 == id->attachment_depth)
            return STATUS_OK;
        TRY(message_attachment_content(mem, message, attachment));
        if (attachment->embedded == NULL)
            return status_fail(STATUS_ATTACHMENT_NOT_FOUND, "attachment %d is no message", (int)attachment->number);
        message = attachment->embedded;
    }
    return status_fail(STATUS_INVALID_ID, "id without attachment");
}

static enum status load_content(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, const struct object_id *id,
                                struct message *message, struct attachment *attachment)
{
    if (attachment->content == ATTACHMENT_STORED && id->attachment_depth == 1)
        return store_attachment_load(mem, tx, key->id, id->item, attachment->number, attachment);
    if (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL && !message->mime.has_content)
        return store_attachment_load(mem, tx, key->id, id->item, attachment->number, attachment);
    return message_attachment_content(mem, message, attachment);
}

static enum status attachment_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key,
                                 const struct object_id *id, bool with_content, struct attachment **out)
{
    struct loaded_message loaded;
    TRY(item_whole_in(mem, tx, session, key, id->item, RIGHT_READ_ANY, 0, &loaded));
    struct message *message = loaded.message;
    if (id->occurrence != 0) {
        TRY(occurrence_load_exceptions(mem, tx, loaded.message));
        TRY(exception_read(mem, loaded.message, local_of_minutes(id->occurrence), &message));
        if (id->attachment_depth > 1)
            TRY(occurrence_load_attachments(mem, tx, key, id->item, loaded.message, message));
    }
    TRY(walk_path(mem, message, id, out));
    if (with_content)
        TRY(load_content(mem, tx, key, id, loaded.message, *out));
    if (with_content && (*out)->embedded != NULL)
        TRY(message_fill_bodies((*out)->embedded));
    return STATUS_OK;
}

enum status attachment_get(TALLOC_CTX *mem, struct session *session, const struct object_id *id, bool with_content, struct attachment **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = attachment_in(mem, tx, session, &key, id, with_content, out);
    talloc_free(tx);
    return status;
}
