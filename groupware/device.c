#include "bourse/groupware/device.h"

#include <stdio.h>

#include "bourse/base/text.h"
#include "device_notice.h"
#include "device_row.h"
#include "locate.h"
#include "session_state.h"

enum { SEEN_MINUTES = 5, AGENT_MAX = 255 };

bool device_wants_wipe(const struct device *device)
{
    return device->wipe != WIPE_NONE && device->wipe != WIPE_DONE;
}

static enum device_access access_of_new(const struct config *config)
{
    const char *text = config_text(config, CONFIG_activesync_new_devices);
    return strcmp(text, "block") == 0 ? DEVICE_BLOCKED : strcmp(text, "quarantine") == 0 ? DEVICE_QUARANTINED : DEVICE_ALLOWED;
}

static enum status check_room(TALLOC_CTX *mem, struct transaction *tx, const struct session *session)
{
    struct store_device *devices = NULL;
    size_t count = 0;
    TRY(store_device_list(mem, tx, session->own.id, &devices, &count));
    if (count >= (size_t)config_int(session->groupware->config, CONFIG_activesync_devices_per_user))
        return status_fail(STATUS_LIMIT_EXCEEDED, "%zu devices", count);
    return STATUS_OK;
}

/* True in *changed when the row has to be written. */
static enum status read_or_make(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct device *seen, struct device *out, bool *changed)
{
    struct store_device row;
    enum status status = store_device_get(mem, tx, session->own.id, seen->id, &row);
    *changed = true;
    if (status == STATUS_NOT_FOUND) {
        status_chain_clear();
        TRY(check_room(mem, tx, session));
        *out = *seen;
        out->access = access_of_new(session->groupware->config);
        out->first_seen = out->last_seen = clock_now();
        return STATUS_OK;
    }
    TRY(status);
    TRY(device_of_row(mem, &row, out));
    *changed = out->last_seen + SEEN_MINUTES * INSTANT_PER_MINUTE < clock_now() || strcmp(out->user_agent, seen->user_agent) != 0 ||
               strcmp(out->type, seen->type) != 0;
    if (*changed)
        out->last_seen = clock_now();
    out->user_agent = seen->user_agent;
    out->type = seen->type;
    return STATUS_OK;
}

/* A request goes on with what it read at its beginning: what an admin ordered since stands. */
static void keep_orders(const struct store_device *stored, struct store_device *row)
{
    if (row->wipe != WIPE_DONE)
        row->access = stored->access;
    if (stored->wipe == WIPE_ASKED && row->wipe == WIPE_NONE) {
        row->wipe = stored->wipe;
        row->wipe_account_only = stored->wipe_account_only;
    }
}

static enum status write_row(struct transaction *tx, struct session *session, const struct device *device)
{
    struct store_device row, stored;
    TRY(row_of_device(tx, device, session->entry->guid, &row));
    enum status status = store_device_get(tx, tx, session->own.id, device->id, &stored);
    if (status == STATUS_NOT_FOUND)
        status_chain_clear();
    else
        TRY(status);
    if (status == STATUS_OK)
        keep_orders(&stored, &row);
    return store_device_put(tx, session->own.id, &row);
}

/* `notice`: mail about the device that goes out with the row; NULL: none. */
static enum status save(struct session *session, const struct device *device, const struct device_notice *notice)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = write_row(tx, session, device);
    if (status == STATUS_OK && notice != NULL)
        status = device_notice_put(tx, session, notice);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

/* Owner and admin hear of a device that may not sync yet. */
static enum status save_new(struct session *session, const struct device *device)
{
    struct device_notice notice;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = device_notice_prepare(mem, session, device, &notice);
    if (status == STATUS_OK)
        status = save(session, device, &notice);
    talloc_free(mem);
    return status;
}

enum status device_open(TALLOC_CTX *mem, struct session *session, const char *id, const char *type, const char *user_agent, struct device **out)
{
    struct transaction *tx = NULL;
    bool changed = false;
    struct device *device = talloc_zero(mem, struct device);
    const char *agent = device != NULL ? slice_text(device, utf8_prefix(slice_of_text(user_agent), AGENT_MAX)) : NULL;
    if (agent == NULL)
        return status_fail(STATUS_NO_MEMORY, "device");
    struct device seen = { .id = id, .type = type, .user_agent = agent, .last_failure = "" };
    for (size_t i = 0; i < DEVICE_FACT_COUNT; i++)
        seen.facts[i] = "";
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = read_or_make(device, tx, session, &seen, device, &changed);
    talloc_free(tx);
    if (status == STATUS_OK && changed)
        status = device->last_seen == device->first_seen && device->access != DEVICE_ALLOWED ? save_new(session, device) : save(session, device, NULL);
    *out = device;
    return status;
}

enum status device_save(struct session *session, const struct device *device)
{
    return save(session, device, NULL);
}

/* ---- admins ---- */

static enum status read_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct device **out, size_t *count)
{
    struct store_device *rows = NULL;
    TRY(store_device_list(mem, tx, mailbox, &rows, count));
    *out = talloc_zero_array(mem, struct device, (unsigned)*count + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "devices");
    for (size_t i = 0; i < *count; i++)
        TRY(device_of_row(mem, &rows[i], &(*out)[i]));
    return STATUS_OK;
}

enum status device_list(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, struct device **out, size_t *count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(locate_by_guid(mem, groupware, mailbox, &key));
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = read_list(mem, tx, key.id, out, count);
    talloc_free(tx);
    return status;
}

static enum status read_collections(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *id, struct device_collection_summary **out,
                                    size_t *count)
{
    struct store_device_collection *rows = NULL;
    TRY(store_device_sync_list(mem, tx, mailbox, id, &rows, count));
    *out = talloc_zero_array(mem, struct device_collection_summary, (unsigned)*count + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "collections");
    for (size_t i = 0; i < *count; i++)
        (*out)[i] = (struct device_collection_summary){ .folder = rows[i].folder, .key = rows[i].key, .state_bytes = rows[i].state_bytes,
                                                        .modified = rows[i].modified };
    return STATUS_OK;
}

enum status device_collections(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, const char *id, struct device_collection_summary **out,
                               size_t *count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(locate_by_guid(mem, groupware, mailbox, &key));
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = read_collections(mem, tx, key.id, id, out, count);
    talloc_free(tx);
    return status;
}

struct device_edit {
    void (*change)(struct device *device, void *data); /* NULL: remove */
    void *data;
};

static enum status edit_in(struct transaction *tx, int64_t mailbox, const char *id, const struct device_edit *edit)
{
    struct store_device row;
    struct device device;
    if (edit->change == NULL) {
        TRY(store_device_remove(tx, mailbox, id));
        return transaction_commit(tx);
    }
    TRY(store_device_get(tx, tx, mailbox, id, &row));
    TRY(device_of_row(tx, &row, &device));
    struct guid owner = row.owner;
    edit->change(&device, edit->data);
    TRY(row_of_device(tx, &device, owner, &row));
    TRY(store_device_put(tx, mailbox, &row));
    return transaction_commit(tx);
}

static enum status edit_device(struct groupware *groupware, struct guid mailbox, const char *id, const struct device_edit *edit)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct mailbox_key key;
    struct transaction *tx = NULL;
    enum status status = locate_by_guid(mem, groupware, mailbox, &key);
    if (status == STATUS_OK)
        status = transaction_begin(mem, groupware->store, TRANSACTION_WRITE, &tx);
    if (status == STATUS_OK)
        status = edit_in(tx, key.id, id, edit);
    talloc_free(mem);
    return status;
}

enum status device_change(struct groupware *groupware, struct guid mailbox, const char *id, void (*change)(struct device *device, void *data), void *data)
{
    return edit_device(groupware, mailbox, id, &(struct device_edit){ .change = change, .data = data });
}

struct failure {
    const char *text;
    char line[INSTANT_TEXT_SIZE + 1100];
};

static void set_failure(struct device *device, void *data)
{
    char now[INSTANT_TEXT_SIZE];
    struct failure *failure = data;
    snprintf(failure->line, sizeof failure->line, "%s %.1050s", instant_format(clock_now(), now), failure->text);
    device->last_failure = failure->line;
}

enum status device_note_failure(struct session *session, const char *id, const char *text)
{
    struct failure failure = { .text = text };
    return device_change(session->groupware, session->own.guid, id, set_failure, &failure);
}

enum status device_forget(struct groupware *groupware, struct guid mailbox, const char *id)
{
    return edit_device(groupware, mailbox, id, &(struct device_edit){ 0 });
}
