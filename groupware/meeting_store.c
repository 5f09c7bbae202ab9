#include "meeting_store.h"

#include "bourse/base/memory.h"
#include "bourse/calendar/global_id.h"
#include "bourse/groupware/folder.h"
#include "bourse/model/properties.h"
#include "bourse/storage/calendar.h"
#include "item_defaults.h"
#include "item_derive.h"
#include "item_view.h"

enum { FOUND_MAX = 500 };

enum status meeting_make_whole(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct message *message)
{
    TRY(message_materialise(mem, message));
    for (size_t i = 0; i < message->attachment_count; i++) {
        struct attachment *attachment = &message->attachments[i];
        if (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL)
            TRY(store_attachment_load(mem, tx, mailbox, item, attachment->number, attachment));
    }
    return STATUS_OK;
}

enum status meeting_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct loaded_message *out)
{
    TRY(store_message_load(mem, tx, mailbox, item, MESSAGE_WHOLE | MESSAGE_MIME_BYTES, out));
    return meeting_make_whole(mem, tx, mailbox, item, out->message);
}

/* ---- finding ---- */

static bool is_in_calendar(const struct found_item *found)
{
    return found->folder != (int64_t)FOLDER_ROLE_DELETED_ITEMS;
}

static bool has_clean_id(const struct message *message, struct slice clean)
{
    return slice_equal(bag_bytes(message->props, PROP_CLEAN_GLOBAL_OBJECT_ID), clean);
}

static bool has_date(const struct message *message)
{
    struct civil_date date;
    return global_id_date(bag_bytes(message->props, PROP_GLOBAL_OBJECT_ID), &date);
}

/* The same id to the day beats the series, the series beats the occurrence of another day. */
static int rank(const struct message *message, struct slice id, bool wants_series)
{
    if (slice_equal(bag_bytes(message->props, PROP_GLOBAL_OBJECT_ID), id))
        return 3;
    return !has_date(message) ? 2 : wants_series ? 1 : 0;
}

enum status meeting_find(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct bag *message, int64_t *out_item, struct loaded_message *out)
{
    struct slice id = bag_bytes(message, PROP_GLOBAL_OBJECT_ID), clean = bag_bytes(message, PROP_CLEAN_GLOBAL_OBJECT_ID);
    struct found_item *found = NULL;
    size_t count = 0;
    int best = 0;
    struct civil_date date;
    *out_item = 0;
    if (clean.length == 0)
        clean = global_id_clean(mem, id);
    if (clean.length == 0)
        return STATUS_OK;
    TRY(store_calendar_by_global_id(mem, tx, mailbox, clean, FOUND_MAX, &found, &count));
    for (size_t i = 0; i < count; i++) {
        struct loaded_message loaded;
        if (!is_in_calendar(&found[i]))
            continue;
        TRY(meeting_load(mem, tx, mailbox, found[i].item, &loaded));
        int how = has_clean_id(loaded.message, clean) ? rank(loaded.message, id, !global_id_date(id, &date)) : 0;
        if (how <= best)
            continue;
        best = how;
        *out_item = found[i].item;
        *out = loaded;
    }
    return STATUS_OK;
}

enum status meeting_find_lone(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct slice clean_id, int64_t except, int64_t **out, size_t *count)
{
    struct found_item *found = NULL;
    size_t found_count = 0;
    *count = 0;
    TRY(store_calendar_by_global_id(mem, tx, mailbox, clean_id, FOUND_MAX, &found, &found_count));
    *out = array_new(mem, int64_t, found_count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "occurrences");
    for (size_t i = 0; i < found_count; i++) {
        struct loaded_message loaded;
        if (found[i].item == except || !is_in_calendar(&found[i]))
            continue;
        TRY(store_message_load(mem, tx, mailbox, found[i].item, MESSAGE_BAG, &loaded));
        if (has_clean_id(loaded.message, clean_id) && has_date(loaded.message))
            (*out)[(*count)++] = found[i].item;
    }
    return STATUS_OK;
}

/* ---- saving ---- */

static enum status fill(struct message *message)
{
    TRY(item_derive_subject(message));
    return item_derive_display(message);
}

enum status meeting_store_new(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct message *message, int64_t *item)
{
    struct prepared_message *prepared = NULL;
    struct message_created created;
    struct message_place place = { .is_read = true };
    struct derive_context derived = { .is_new = true, .folder = folder };
    TRY(item_fill_defaults(message, NULL, NULL));
    TRY(item_derive(message, &derived));
    TRY(message_keep_prefix(message));
    TRY(store_message_prepare_in(mem, tx, message, &prepared));
    TRY(store_message_create(tx, mailbox, folder, prepared, &place, &created));
    *item = created.item;
    return STATUS_OK;
}

enum status meeting_store_changed(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct loaded_message *loaded)
{
    struct prepared_message *prepared = NULL;
    struct message *message = loaded->message;
    struct derive_context derived = { .folder = loaded->row.folder };
    TRY(fill(message));
    TRY(item_derive(message, &derived));
    TRY(message_keep_prefix(message));
    if (message->mime.has_content && !bag_has(message->props, PROP_BODY) && loaded->body_text != NULL)
        TRY(bag_set_string(message->props, PROP_BODY, loaded->body_text));
    TRY(store_message_prepare_in(mem, tx, message, &prepared));
    return store_message_replace(tx, mailbox, item, prepared, 0, NULL);
}
