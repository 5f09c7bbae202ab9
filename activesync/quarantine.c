#include "quarantine.h"

#include "bourse/groupware/folder.h"
#include "bourse/http/long_poll.h"

/* No collection of the store ever has this key. */
#define QUARANTINE_KEY "2147483647"

enum { ANSWER_OK = 1, INBOX_TYPE = 2, PING_EXPIRED = 1 };

static enum status write_tree(struct eas_call *call)
{
    struct object_id inbox = { 0 };
    const char *key = wbxml_child_text(call->mem, call->body, FolderHierarchy_SyncKey);
    bool is_first = key == NULL || strcmp(key, QUARANTINE_KEY) != 0;
    TRY(folder_id_of_role(call->session, (struct guid){ { 0 } }, FOLDER_ROLE_INBOX, &inbox));
    wbxml_start(call->out, FolderHierarchy_FolderSync);
    wbxml_element_int(call->out, FolderHierarchy_Status, ANSWER_OK);
    wbxml_element(call->out, FolderHierarchy_SyncKey, QUARANTINE_KEY);
    wbxml_start(call->out, FolderHierarchy_Changes);
    wbxml_element_int(call->out, FolderHierarchy_Count, is_first);
    if (is_first) {
        wbxml_start(call->out, FolderHierarchy_Add);
        wbxml_element_int(call->out, FolderHierarchy_ServerId, inbox.folder);
        wbxml_element_int(call->out, FolderHierarchy_ParentId, 0);
        wbxml_element(call->out, FolderHierarchy_DisplayName, "Inbox");
        wbxml_element_int(call->out, FolderHierarchy_Type, INBOX_TYPE);
        wbxml_end(call->out);
    }
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

static void write_collection(struct eas_call *call, const struct wbxml_node *collection)
{
    wbxml_start(call->out, AirSync_Collection);
    wbxml_element(call->out, AirSync_SyncKey, QUARANTINE_KEY);
    wbxml_element(call->out, AirSync_CollectionId, wbxml_child_text(call->mem, collection, AirSync_CollectionId));
    wbxml_element_int(call->out, AirSync_Status, ANSWER_OK);
    wbxml_end(call->out);
}

static void write_collections(struct eas_call *call)
{
    const struct wbxml_node *collections = wbxml_child(call->body, AirSync_Collections);
    wbxml_start(call->out, AirSync_Sync);
    wbxml_start(call->out, AirSync_Collections);
    for (const struct wbxml_node *node = wbxml_child(collections, AirSync_Collection); node != NULL; node = wbxml_next(node, AirSync_Collection))
        write_collection(call, node);
    wbxml_end(call->out);
    wbxml_end(call->out);
}

static bool is_primed(struct eas_call *call)
{
    const struct wbxml_node *collections = wbxml_child(call->body, AirSync_Collections);
    for (const struct wbxml_node *node = wbxml_child(collections, AirSync_Collection); node != NULL; node = wbxml_next(node, AirSync_Collection)) {
        const char *key = wbxml_child_text(call->mem, node, AirSync_SyncKey);
        if (key == NULL || strcmp(key, QUARANTINE_KEY) != 0)
            return false;
    }
    return true;
}

/* ---- waiting: as long as the device wanted, so that it does not ask all the time ---- */

static enum status woken(struct http_request *http, enum http_wake_reason reason, void *data)
{
    struct eas_call *call = data;
    (void)http;
    if (reason == HTTP_WAKE_HANG_UP)
        return STATUS_OK;
    if (call->out != NULL && !call->is_empty) {
        wbxml_start(call->out, Ping_Ping);
        wbxml_element_int(call->out, Ping_Status, PING_EXPIRED);
        wbxml_end(call->out);
    }
    eas_send(call);
    return STATUS_OK;
}

static enum status wait_for(struct eas_call *call, int64_t seconds)
{
    int64_t least = config_seconds(call->config, CONFIG_activesync_heartbeat_least), most = config_seconds(call->config, CONFIG_activesync_heartbeat_most);
    seconds = seconds < least ? least : seconds > most ? most : seconds;
    call->is_waiting = true;
    return http_wait(call->request, clock_monotonic_us() + seconds * 1000000, woken, call);
}

static enum status answer_sync(struct eas_call *call)
{
    int64_t minutes = 0, seconds = 0;
    if (!is_primed(call)) {
        write_collections(call);
        return STATUS_OK;
    }
    call->is_empty = true;
    if (wbxml_child_number(call->body, AirSync_Wait, 1, 59, &minutes))
        return wait_for(call, minutes * 60);
    if (wbxml_child_number(call->body, AirSync_HeartbeatInterval, 1, 3540, &seconds))
        return wait_for(call, seconds);
    return STATUS_OK;
}

static enum status answer_ping(struct eas_call *call)
{
    int64_t seconds = 0;
    if (!wbxml_child_number(call->body, Ping_HeartbeatInterval, 1, INT32_MAX, &seconds))
        seconds = config_seconds(call->config, CONFIG_activesync_heartbeat_most);
    return wait_for(call, seconds);
}

enum status eas_quarantine(struct eas_call *call)
{
    static const struct {
        eas_tag root;
        enum status (*answer)(struct eas_call *call);
    } rows[] = { { FolderHierarchy_FolderSync, write_tree }, { AirSync_Sync, answer_sync }, { Ping_Ping, answer_ping } };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (call->command->root == rows[i].root)
            return rows[i].answer(call);
    if (call->version < V14_0)
        call->http_status = 403;
    return eas_fail(call, EAS_DEVICE_IS_BLOCKED_FOR_THIS_USER, "device %s is quarantined", call->query.device_id);
}
