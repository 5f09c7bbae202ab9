/* Saving new items and changing old ones. */
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "folder_view.h"
#include "item_also.h"
#include "item_change.h"
#include "item_defaults.h"
#include "item_derive.h"
#include "item_view.h"
#include "item_whole.h"
#include "meeting_import.h"
#include "occurrence.h"
#include "quota.h"

enum { CHANGE_ATTEMPTS = 5 };

/* The saved item as the writing transaction sees it: read before the commit, so that a failure leaves nothing behind, and without asking for the
 * right to read, which who may only add items does not have. */
static enum status read_back(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t item,
                             int32_t occurrence, unsigned parts, struct item **out)
{
    struct loaded_message loaded;
    uint32_t rights = 0;
    TRY(store_message_load(mem, tx, key->id, item, occurrence != 0 ? occurrence_store_parts(parts) : item_store_parts(parts), &loaded));
    TRY(access_in(tx, session, key, loaded.row.folder, &rights));
    if (occurrence != 0) {
        TRY(occurrence_load_exceptions(mem, tx, loaded.message));
        return occurrence_item(mem, key, &loaded, occurrence, parts, rights, out);
    }
    TRY(item_of_message(mem, key, &loaded, parts, rights, out));
    occurrence_hide_exceptions((*out)->message);
    return STATUS_OK;
}

/* What comes into being beside a new item. */
struct new_extras {
    struct derive_context derived;
    uint64_t size;
    const struct item_also *also; /* or NULL */
    TALLOC_CTX *mem;              /* of what it prepares */
};

static enum status create_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                             const struct prepared_message *prepared, const struct new_extras *extras, const struct item_create_options *options,
                             struct item **out)
{
    struct store_mailbox mailbox;
    struct message_created created;
    struct message_place place = { .is_fai = options->is_associated, .is_read = options->is_read || options->is_draft };
    TRY(access_need_in(tx, session, key, folder, RIGHT_CREATE));
    TRY(store_mailbox_lock(tx, key->id, &mailbox));
    TRY(quota_check_save(session->groupware, &mailbox, prepared_message_size(prepared) + extras->size));
    TRY(store_message_create(tx, key->id, folder, prepared, &place, &created));
    TRY(derive_write(tx, key, folder, &extras->derived));
    if (extras->also != NULL)
        TRY(extras->also->write(extras->mem, tx, key, created.item, extras->also->data));
    TRY(read_back(mem, tx, session, key, created.item, 0, 0, out));
    return transaction_commit(tx);
}

static enum status save_new(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, struct message *message,
                            const struct item_create_options *options, const struct item_also *also, struct item **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct prepared_message *prepared = NULL;
    struct new_extras extras = { .derived = { .is_new = true, .session = session, .mailbox = &key, .folder = folder->folder }, .also = also, .mem = message };
    TRY(session_locate(session, folder->mailbox, &key));
    TRY(item_fill_defaults(message, session, &key));
    if (!options->is_associated)
        TRY(item_derive(message, &extras.derived));
    int32_t flags = bag_int32(message->props, PROP_MESSAGE_FLAGS, 0);
    TRY(bag_set_int32(message->props, PROP_MESSAGE_FLAGS, options->is_draft ? flags | 0x8 : flags & ~0x8)); /* mfUnsent [MS-OXCMSG] 2.2.1.6 */
    TRY(store_check_space(session->groupware->store));
    if (also != NULL)
        TRY(also->prepare(message, &key, NULL, message, also->data));
    TRY(message_keep_prefix(message));
    TRY(store_message_prepare(message, session->groupware->store, message, &prepared));
    TRY(derive_prepare(message, session->groupware->store, &extras.derived, &extras.size));
    TRY(folder_begin(mem, session, folder->mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = create_in(mem, tx, session, &key, folder->folder, prepared, &extras, options, out);
    talloc_free(tx);
    return status;
}

enum status item_create_also(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct message *message,
                             const struct item_create_options *options, const struct item_also *also, struct item **out)
{
    struct message *copy = message_copy(mem, message);
    if (copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    if (options->mime.length > 0)
        copy->mime.bytes = options->mime;
    enum status status = save_new(mem, session, folder, copy, options, also, out);
    talloc_free(copy);
    return status;
}

enum status item_create(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct message *message,
                        const struct item_create_options *options, struct item **out)
{
    return item_create_also(mem, session, folder, message, options, NULL, out);
}

enum status item_create_from_mime(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, struct slice mime,
                                  const struct bag *overrides, const struct item_create_options *options, struct item **out)
{
    struct message *message = NULL;
    if (mime.length == 0)
        return status_fail(STATUS_INVALID_MIME, "empty MIME content");
    TRY(mime_import(mem, mime, &mime_limits_default, MIME_IMPORT_DELIVERY, &message));
    TRY(meeting_import(message));
    if (overrides != NULL && bag_count(overrides) > 0) {
        struct item_change change = { .set = overrides };
        TRY(item_change_apply(message, &change));
    }
    if (!bag_has(message->props, PROP_MESSAGE_DELIVERY_TIME))
        TRY(bag_set_time(message->props, PROP_MESSAGE_DELIVERY_TIME, bag_time(message->props, PROP_CLIENT_SUBMIT_TIME, clock_now())));
    enum status status = save_new(mem, session, folder, message, options, NULL, out);
    talloc_free(message);
    return status;
}

struct change_work {
    struct session *session;
    const struct object_id *id;
    int64_t expected_change;
    enum conflict_resolution resolution;
    const struct item_change *change;
    unsigned parts; /* of *out */
    struct item **out; /* NULL: not wanted */
    struct derive_context derived;
    const struct item_also *also; /* or NULL */
    bool *deletes_occurrence;     /* instead of a change; out: it is the only one, and nothing is written */
};

/* The change, and what follows from it. */
static enum status apply_and_derive(TALLOC_CTX *mem, struct change_work *work, const struct mailbox_key *key, struct loaded_message *loaded)
{
    work->derived = (struct derive_context){ .change = work->change, .session = work->session, .mailbox = key, .folder = loaded->row.folder };
    if (!item_change_has_content(work->change) || loaded->row.is_fai)
        return item_change_apply(loaded->message, work->change);
    work->derived.before = bag_copy(mem, loaded->message->props);
    if (work->derived.before == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    TRY(item_change_apply(loaded->message, work->change));
    return item_derive(loaded->message, &work->derived);
}

static enum status apply_change(TALLOC_CTX *mem, struct change_work *work, const struct mailbox_key *key, struct loaded_message *loaded)
{
    const struct item_also *also = work->also;
    struct message *before = also != NULL ? message_copy(mem, loaded->message) : NULL;
    if (also != NULL && before == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    TRY(apply_and_derive(mem, work, key, loaded));
    return also != NULL ? also->prepare(mem, key, before, loaded->message, also->data) : STATUS_OK;
}

static enum status change_occurrence(TALLOC_CTX *mem, struct change_work *work, const struct mailbox_key *key, struct loaded_message *master,
                                     struct message *occurrence)
{
    struct derive_context derived = { .change = work->change, .session = work->session, .mailbox = key, .folder = master->row.folder };
    struct message *before = message_copy(mem, occurrence);
    if (before == NULL)
        return status_fail(STATUS_NO_MEMORY, "occurrence");
    derived.before = before->props;
    TRY(item_change_apply(occurrence, work->change));
    TRY(item_derive(occurrence, &derived));
    if (work->also != NULL)
        TRY(work->also->prepare(mem, key, before, occurrence, work->also->data));
    return exception_put(master->message, local_of_minutes(work->id->occurrence), occurrence);
}

/* A change of one occurrence is a change of its series; what is derived for the master follows from that alone. */
static enum status apply_to_occurrence(TALLOC_CTX *mem, struct change_work *work, const struct mailbox_key *key, struct loaded_message *master,
                                       struct message *occurrence)
{
    static const struct item_change nothing = { 0 };
    work->derived = (struct derive_context){ .session = work->session, .mailbox = key, .folder = master->row.folder, .change = &nothing,
                                             .before = bag_copy(mem, master->message->props) };
    if (work->derived.before == NULL)
        return status_fail(STATUS_NO_MEMORY, "series");
    if (work->deletes_occurrence == NULL)
        TRY(change_occurrence(mem, work, key, master, occurrence));
    else
        TRY(exception_delete(master->message, local_of_minutes(work->id->occurrence), work->deletes_occurrence));
    if (work->deletes_occurrence != NULL && work->also != NULL)
        TRY(work->also->prepare(mem, key, occurrence, NULL, work->also->data));
    if (work->deletes_occurrence != NULL && *work->deletes_occurrence)
        return STATUS_OK;
    master->message->mime.mirrors = false; /* the original does not know of it */
    return item_derive(master->message, &work->derived);
}

static bool changes_attachments(const struct item_change *change)
{
    return change != NULL && (change->add_attachment_count > 0 || change->remove_attachment_count > 0);
}

/* The occurrence as it is, or NULL for a plain item. */
static enum status read_occurrence(TALLOC_CTX *mem, struct transaction *tx, const struct change_work *work, const struct mailbox_key *key,
                                   struct loaded_message *master, struct message **out)
{
    *out = NULL;
    bool has_content = work->change == NULL || item_change_has_content(work->change);
    if (work->id->occurrence == 0 || !has_content)
        return STATUS_OK;
    TRY(occurrence_load_exceptions(mem, tx, master->message));
    if (master->message->mime.has_content)
        TRY(message_materialise(mem, master->message));
    enum status status = exception_read(mem, master->message, local_of_minutes(work->id->occurrence), out);
    if (status == STATUS_NOT_FOUND)
        return status_add(STATUS_OCCURRENCE_NOT_FOUND, "item %lld is no series", (long long)work->id->item);
    TRY(status);
    return changes_attachments(work->change) ? occurrence_load_attachments(mem, tx, key, work->id->item, master->message, *out) : STATUS_OK;
}

/* Reads the newest version, checks the client's change key against it, and applies the change in memory. */
static enum status read_and_change(TALLOC_CTX *mem, struct change_work *work, struct mailbox_key *key, struct loaded_message *loaded)
{
    struct transaction *tx = NULL;
    TRY(folder_begin(mem, work->session, work->id->mailbox, TRANSACTION_READ, key, &tx));
    struct message *occurrence = NULL;
    enum status status = item_whole_in(mem, tx, work->session, key, work->id->item, RIGHT_EDIT_ANY, RIGHT_EDIT_OWN, loaded);
    if (status == STATUS_OK)
        status = read_occurrence(mem, tx, work, key, loaded, &occurrence);
    talloc_free(tx);
    TRY(status);
    if (work->expected_change != 0 && loaded->row.cn > work->expected_change && work->resolution == CONFLICT_NEVER_OVERWRITE)
        return status_fail(STATUS_CONFLICT, "item %lld has change %lld, client saw %lld", (long long)work->id->item, (long long)loaded->row.cn,
                           (long long)work->expected_change);
    return occurrence != NULL ? apply_to_occurrence(mem, work, key, loaded, occurrence) : apply_change(mem, work, key, loaded);
}

/* What lists and search know of a body that stays in its MIME must not be lost by a change of something else. */
static enum status prepare_change(TALLOC_CTX *mem, struct groupware *groupware, const struct loaded_message *loaded,
                                  struct prepared_message **prepared)
{
    struct message *message = loaded->message;
    TRY(message_keep_prefix(message));
    if (message->mime.has_content && !bag_has(message->props, PROP_BODY) && loaded->body_text != NULL)
        TRY(bag_set_string(message->props, PROP_BODY, loaded->body_text));
    return store_message_prepare(mem, groupware->store, message, prepared);
}

static enum status write_change(TALLOC_CTX *out, TALLOC_CTX *mem, struct change_work *work, const struct mailbox_key *key,
                                const struct loaded_message *loaded)
{
    struct groupware *groupware = work->session->groupware;
    struct prepared_message *prepared = NULL;
    struct transaction *tx = NULL;
    struct store_mailbox mailbox;
    const struct value *read = work->change != NULL && work->change->set != NULL ? bag_get(work->change->set, PROP_READ) : NULL;
    bool content = work->change == NULL || item_change_has_content(work->change);
    uint64_t more = 0;
    if (content)
        TRY(prepare_change(mem, groupware, loaded, &prepared));
    TRY(derive_prepare(mem, groupware->store, &work->derived, &more));
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_mailbox_lock(tx, key->id, &mailbox);
    more += content && prepared_message_size(prepared) > loaded->row.size ? prepared_message_size(prepared) - loaded->row.size : 0;
    if (status == STATUS_OK && more > 0)
        status = quota_check_save(groupware, &mailbox, more);
    if (status == STATUS_OK && content)
        status = store_message_replace(tx, key->id, work->id->item, prepared, loaded->row.cn, NULL);
    if (status == STATUS_OK && content)
        status = derive_write(tx, key, loaded->row.folder, &work->derived);
    if (status == STATUS_OK && read != NULL)
        status = store_message_set_read(tx, key->id, &work->id->item, 1, read->boolean, NULL);
    if (status == STATUS_OK && work->also != NULL)
        status = work->also->write(mem, tx, key, work->id->item, work->also->data);
    if (status == STATUS_OK && work->out != NULL)
        status = read_back(out, tx, work->session, key, work->id->item, work->id->occurrence, work->parts, work->out);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

/* A change by somebody else between reading and writing: read again, unless the client wants to decide itself. */
static enum status change_item(TALLOC_CTX *mem, struct change_work *work)
{
    struct mailbox_key key = { 0 };
    enum status status = STATUS_CONFLICT;
    TRY(store_check_space(work->session->groupware->store));
    for (int attempt = 0; attempt < CHANGE_ATTEMPTS && (status == STATUS_CONFLICT || status == STATUS_RETRY); attempt++) {
        TALLOC_CTX *step = talloc_new(mem);
        struct loaded_message loaded;
        status = read_and_change(step, work, &key, &loaded);
        bool is_final = status != STATUS_OK || (work->deletes_occurrence != NULL && *work->deletes_occurrence);
        if (!is_final)
            status = write_change(mem, step, work, &key, &loaded);
        talloc_free(step);
        if (is_final)
            return status;
    }
    return status;
}

enum status occurrence_delete(struct session *session, const struct object_id *id, int64_t expected_change, const struct item_also *also, bool *is_last)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct change_work work = { .session = session, .id = id, .expected_change = expected_change, .also = also, .deletes_occurrence = is_last };
    enum status status = mem != NULL ? change_item(mem, &work) : status_fail(STATUS_NO_MEMORY, "occurrence");
    talloc_free(mem);
    return status;
}

enum status item_update_also(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change,
                             enum conflict_resolution resolution, const struct item_change *change, const struct item_also *also, struct item **out)
{
    struct change_work work = { .session = session, .id = id, .expected_change = expected_change, .resolution = resolution, .change = change,
                                .out = out, .also = also };
    return change_item(mem, &work);
}

enum status item_update(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change,
                        enum conflict_resolution resolution, const struct item_change *change, struct item **out)
{
    return item_update_also(mem, session, id, expected_change, resolution, change, NULL, out);
}

/* Numbers rise, and the writing transaction read the item back: the last ones are those that it added. */
static enum status numbers_of_new(const struct item *after, size_t count, struct object_id *out_ids)
{
    size_t all = after->message->attachment_count;
    if (all < count)
        return status_fail(STATUS_INTERNAL, "%zu attachments after adding %zu", all, count);
    for (size_t i = 0; i < count; i++) {
        out_ids[i] = after->id;
        out_ids[i].kind = OBJECT_ATTACHMENT;
        out_ids[i].attachment_depth = 1;
        out_ids[i].attachments[0] = after->message->attachments[all - count + i].number;
    }
    return STATUS_OK;
}

enum status attachment_create(TALLOC_CTX *mem, struct session *session, const struct object_id *item_id, const struct attachment *attachments,
                              size_t count, struct object_id *out_ids, struct item **item)
{
    struct item_change change = { .add_attachments = attachments, .add_attachment_count = count };
    struct change_work work = { .session = session, .id = item_id, .resolution = CONFLICT_ALWAYS_OVERWRITE, .change = &change,
                                .parts = ITEM_ATTACHMENTS, .out = item };
    if (item_id->attachment_depth > 0)
        return status_fail(STATUS_NOT_SUPPORTED, "attachments of attachments cannot be added");
    TRY(change_item(mem, &work));
    return numbers_of_new(*item, count, out_ids);
}

enum status attachment_delete(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct item **item)
{
    struct object_id owner = *id;
    owner.kind = OBJECT_ITEM;
    owner.attachment_depth = 0;
    if (id->attachment_depth != 1)
        return status_fail(STATUS_NOT_SUPPORTED, "attachments of attachments cannot be deleted");
    struct item *before = NULL;
    struct item_change change = { .remove_attachments = &id->attachments[0], .remove_attachment_count = 1 };
    TRY(item_get(mem, session, &owner, ITEM_ATTACHMENTS, &before));
    bool found = false;
    for (size_t i = 0; i < before->message->attachment_count; i++)
        found = found || before->message->attachments[i].number == id->attachments[0];
    if (!found)
        return status_fail(STATUS_ATTACHMENT_NOT_FOUND, "attachment %d", (int)id->attachments[0]);
    return item_update(mem, session, &owner, 0, CONFLICT_ALWAYS_OVERWRITE, &change, item);
}
