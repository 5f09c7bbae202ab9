/* Subscriptions: rows of the store; events are read from the mailbox's event log. */
#include "bourse/base/memory.h"
#include "bourse/groupware/subscribe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bourse/storage/events.h"
#include "bourse/storage/settings.h"
#include "folder_view.h"
#include "locate.h"

enum { STREAMING_MINUTES = 30, EVENTS_PER_READ = 500 };

/* Store events that make up one kind that clients subscribe to [MS-OXWSNTIF] 2.2.5.1. A new mail is also a created item. */
static const struct {
    enum event_kind kind;
    enum store_event_kind stored;
} kind_map[] = {
    { EVENT_KIND_NEW_MAIL, STORE_EVENT_NEW_MAIL },       { EVENT_KIND_CREATED, STORE_EVENT_NEW_MAIL },
    { EVENT_KIND_CREATED, STORE_EVENT_CREATED },         { EVENT_KIND_MODIFIED, STORE_EVENT_MODIFIED },
    { EVENT_KIND_MODIFIED, STORE_EVENT_READ_CHANGED },   { EVENT_KIND_DELETED, STORE_EVENT_DELETED },
    { EVENT_KIND_MOVED, STORE_EVENT_MOVED },             { EVENT_KIND_COPIED, STORE_EVENT_COPIED },
    { EVENT_KIND_CREATED, STORE_EVENT_FOLDER_CREATED },  { EVENT_KIND_MODIFIED, STORE_EVENT_FOLDER_MODIFIED },
    { EVENT_KIND_DELETED, STORE_EVENT_FOLDER_DELETED },  { EVENT_KIND_MOVED, STORE_EVENT_FOLDER_MOVED },
};

/* The row keeps the clients' kinds: the store only carries the number. */
static bool is_wanted(unsigned kinds, size_t map_index, enum store_event_kind stored)
{
    return kind_map[map_index].stored == stored && (kinds & kind_map[map_index].kind) != 0;
}

static enum status watermark_parse(const char *text, int64_t *out)
{
    char *end = NULL;
    unsigned long long number = strtoull(text, &end, 16);
    if (strlen(text) != 16 || *end != '\0' || number > OBJECT_ID_MAX)
        return status_fail(STATUS_INVALID_WATERMARK, "watermark of %zu characters", strlen(text));
    *out = (int64_t)number;
    return STATUS_OK;
}

static char *watermark_text(TALLOC_CTX *mem, int64_t position)
{
    return talloc_asprintf(mem, "%016" PRIx64, (uint64_t)position);
}

static enum status check_folders(struct transaction *tx, struct session *session, const struct mailbox_key *key,
                                 const struct subscription_options *options, int64_t *folders)
{
    for (size_t i = 0; i < options->folder_count; i++) {
        folders[i] = options->folders[i].folder;
        if (!guid_equal(options->folders[i].mailbox, options->folders[0].mailbox))
            return status_fail(STATUS_INVALID_ARGUMENT, "a subscription is for one mailbox");
        TRY(access_need_in(tx, session, key, folders[i], RIGHT_READ_ANY));
    }
    if (options->folder_count > 0)
        return STATUS_OK;
    /* No folder has the number 0: only owners and delegates with full access have rights there. */
    return access_need_in(tx, session, key, 0, RIGHT_READ_ANY);
}

static enum status start_watermark(struct transaction *tx, TALLOC_CTX *mem, const struct mailbox_key *key, const char *given, int64_t *out)
{
    struct store_mailbox mailbox;
    TRY(store_mailbox_get(mem, tx, key->id, &mailbox));
    *out = mailbox.last_cn;
    if (given == NULL || given[0] == '\0')
        return STATUS_OK;
    TRY(watermark_parse(given, out));
    if (*out < mailbox.event_floor || *out > mailbox.last_cn)
        return status_fail(STATUS_INVALID_WATERMARK, "watermark %" PRId64 " outside %" PRId64 "..%" PRId64, *out, mailbox.event_floor, mailbox.last_cn);
    return STATUS_OK;
}

static enum status add_row(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key,
                           const struct subscription_options *options, struct store_subscription *row)
{
    int64_t *folders = array_new(mem, int64_t, options->folder_count + 1);
    int64_t minutes = options->streaming ? STREAMING_MINUTES : options->timeout_minutes;
    if (folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "subscription");
    TRY(check_folders(tx, session, key, options, folders));
    *row = (struct store_subscription){
        .id = guid_new(), .mailbox = key->id, .owner = session->entry->guid, .kinds = options->kinds,
        .folders = options->all_folders ? NULL : folders, .folder_count = options->all_folders ? 0 : options->folder_count,
        .expires = clock_now() + minutes * INSTANT_PER_MINUTE, .timeout_minutes = (int32_t)minutes, .is_streaming = options->streaming,
    };
    TRY(start_watermark(tx, mem, key, options->watermark, &row->watermark));
    TRY(store_subscription_add(tx, row));
    return transaction_commit(tx);
}

enum status subscription_create(TALLOC_CTX *mem, struct session *session, const struct subscription_options *options, char **id,
                                char **watermark)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct store_subscription row;
    char text[GUID_TEXT_SIZE];
    struct guid mailbox = options->folder_count > 0 ? options->folders[0].mailbox : options->mailbox;
    if (!options->all_folders && options->folder_count == 0)
        return status_fail(STATUS_INVALID_ARGUMENT, "a subscription needs folders");
    TRY(folder_begin(mem, session, mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = add_row(mem, tx, session, &key, options, &row);
    talloc_free(tx);
    TRY(status);
    *id = talloc_strdup(mem, guid_format(row.id, text));
    *watermark = watermark_text(mem, row.watermark);
    return *id != NULL && *watermark != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "subscription");
}

/* The row, if it is this session's own. */
static enum status own_row(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const char *id, struct store_subscription *row)
{
    struct guid guid;
    if (guid_parse(id, &guid) != STATUS_OK)
        return status_fail(STATUS_SUBSCRIPTION_NOT_FOUND, "subscription id of %zu characters", strlen(id));
    TRY(store_subscription_get(mem, tx, guid, row));
    if (!guid_equal(row->owner, session->entry->guid))
        return status_fail(STATUS_SUBSCRIPTION_NOT_FOUND, "somebody else's subscription");
    return STATUS_OK;
}

static struct object_id object_of(const struct mailbox_key *key, int64_t folder, int64_t item)
{
    return (struct object_id){ .kind = item != 0 ? OBJECT_ITEM : OBJECT_FOLDER, .mailbox = key->guid, .folder = folder, .item = item };
}

static struct event event_of(const struct mailbox_key *key, enum event_kind kind, const struct store_event *from)
{
    bool is_folder = from->kind >= STORE_EVENT_FOLDER_CREATED;
    struct event event = { .kind = kind, .position = from->cn, .when = from->when, .is_folder = is_folder, .unread_count = from->unread };
    event.id = object_of(key, from->folder, is_folder ? 0 : from->item);
    event.parent = object_of(key, is_folder ? from->parent : from->folder, 0);
    if (kind == EVENT_KIND_MOVED || kind == EVENT_KIND_COPIED) {
        event.old_id = object_of(key, is_folder ? from->folder : from->old_folder, is_folder ? 0 : from->old_item);
        event.old_parent = object_of(key, from->old_folder, 0);
    }
    return event;
}

static enum status convert_events(TALLOC_CTX *mem, const struct mailbox_key *key, const struct store_subscription *row,
                                  const struct store_event *stored, size_t stored_count, struct event **events, size_t *count)
{
    *count = 0;
    *events = array_new(mem, struct event, 2 * stored_count + 1);
    if (*events == NULL)
        return status_fail(STATUS_NO_MEMORY, "events");
    for (size_t i = 0; i < stored_count; i++)
        for (size_t k = 0; k < ARRAY_LENGTH(kind_map); k++)
            if (is_wanted(row->kinds, k, stored[i].kind))
                (*events)[(*count)++] = event_of(key, kind_map[k].kind, &stored[i]);
    return STATUS_OK;
}

struct events_answer {
    struct event *events;
    size_t count;
    int64_t next;
    bool more;
};

static enum status events_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const char *id, const char *watermark, size_t limit,
                             const struct mailbox_key *key, struct events_answer *out)
{
    struct store_subscription row;
    struct store_event *stored = NULL;
    size_t stored_count = 0;
    TRY(own_row(mem, tx, session, id, &row));
    int64_t since = row.watermark;
    if (watermark != NULL && watermark[0] != '\0')
        TRY(watermark_parse(watermark, &since));
    TRY(events_read(mem, tx, key->id, since, row.folders, row.folder_count, limit, &stored, &stored_count, &out->more, &out->next));
    TRY(convert_events(mem, key, &row, stored, stored_count, &out->events, &out->count));
    TRY(store_subscription_touch(tx, row.id, out->next, clock_now() + row.timeout_minutes * INSTANT_PER_MINUTE));
    return transaction_commit(tx);
}

enum status subscription_events(TALLOC_CTX *mem, struct session *session, const char *id, const char *watermark, size_t limit,
                                struct event **events, size_t *count, char **next, bool *more)
{
    struct guid mailbox;
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct events_answer answer = { 0 };
    TRY(subscription_mailbox(session, id, &mailbox));
    TRY(folder_begin(mem, session, mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = events_in(mem, tx, session, id, watermark, limit == 0 || limit > EVENTS_PER_READ ? EVENTS_PER_READ : limit, &key, &answer);
    talloc_free(tx);
    TRY(status);
    *events = answer.events;
    *count = answer.count;
    *more = answer.more;
    *next = watermark_text(mem, answer.next);
    return *next != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "events");
}

enum status subscription_delete(struct session *session, const char *id)
{
    struct transaction *tx = NULL;
    struct store_subscription row;
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = transaction_begin(mem, session->groupware->store, TRANSACTION_WRITE, &tx);
    if (status == STATUS_OK)
        status = own_row(mem, tx, session, id, &row);
    if (status == STATUS_OK)
        status = store_subscription_remove(tx, row.id);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(mem);
    return status;
}

enum status subscription_mailbox(struct session *session, const char *id, struct guid *mailbox)
{
    struct transaction *tx = NULL;
    struct store_subscription row;
    struct mailbox_key key;
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx);
    if (status == STATUS_OK)
        status = own_row(mem, tx, session, id, &row);
    talloc_free(tx);
    if (status == STATUS_OK)
        status = locate_by_id(mem, session->groupware, row.mailbox, &key);
    if (status == STATUS_OK)
        *mailbox = key.guid;
    talloc_free(mem);
    return status;
}
