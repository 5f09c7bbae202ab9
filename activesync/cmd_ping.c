/* Ping [MS-ASCMD] 2.2.1.13: answers when one of the folders has something that the device's state of it does not know. Holds no thread and no database connection while it waits. */
#include "bourse/base/memory.h"
#include "bourse/groupware/sync.h"
#include "bourse/http/long_poll.h"
#include "hierarchy.h"
#include "keys.h"
#include "ping_state.h"
#include "sync_state.h"

enum { PING_EXPIRED = 1, PING_CHANGES = 2, PING_INCOMPLETE = 3, PING_SYNTAX = 4, PING_INTERVAL = 5, PING_TOO_MANY = 6, PING_HIERARCHY = 7 };

struct waiting {
    struct eas_call *call;
    struct eas_ping ping;
    int64_t deadline_us;
};

/* A status with the limit that it is about. */
static void answer(struct eas_call *call, int status, eas_tag limit_tag, int64_t limit)
{
    wbxml_start(call->out, Ping_Ping);
    wbxml_element_int(call->out, Ping_Status, status);
    if (limit_tag != 0)
        wbxml_element_int(call->out, limit_tag, limit);
    wbxml_end(call->out);
}

/* ---- the request ---- */

static enum status read_folders(struct eas_call *call, const struct wbxml_node *folders, struct eas_ping *out)
{
    size_t count = wbxml_child_count(folders);
    out->folders = array_new(call->mem, int64_t, count + 1);
    out->count = 0;
    if (out->folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "ping");
    for (const struct wbxml_node *node = wbxml_child(folders, Ping_Folder); node != NULL; node = wbxml_next(node, Ping_Folder))
        if (!eas_folder_id_parse(wbxml_child_text(call->mem, node, Ping_Id), &out->folders[out->count++]))
            return eas_fail(call, PING_SYNTAX, "folder id");
    return STATUS_OK;
}

static enum status read_request(struct eas_call *call, struct eas_ping *out)
{
    TRY(eas_ping_kept(call, out));
    if (wbxml_child(call->body, Ping_HeartbeatInterval) != NULL && !wbxml_child_number(call->body, Ping_HeartbeatInterval, 0, INT32_MAX, &out->seconds))
        return eas_fail(call, PING_SYNTAX, "heartbeat");
    if (wbxml_child(call->body, Ping_Folders) != NULL)
        TRY(read_folders(call, wbxml_child(call->body, Ping_Folders), out));
    return STATUS_OK;
}

/* True when the request was answered with a limit. */
static bool is_refused(struct eas_call *call, const struct eas_ping *ping)
{
    int64_t least = config_seconds(call->config, CONFIG_activesync_heartbeat_least), most = config_seconds(call->config, CONFIG_activesync_heartbeat_most);
    int64_t folders = config_int(call->config, CONFIG_activesync_ping_folders);
    if (ping->count == 0 || ping->seconds == 0)
        answer(call, PING_INCOMPLETE, 0, 0);
    else if (ping->seconds < least || ping->seconds > most)
        answer(call, PING_INTERVAL, Ping_HeartbeatInterval, ping->seconds < least ? least : most);
    else if ((int64_t)ping->count > folders)
        answer(call, PING_TOO_MANY, Ping_MaxFolders, folders);
    else
        return false;
    return true;
}

/* ---- what is new ---- */

/* A folder that was never synced has something new: the device has to begin. */
static enum status has_changes(struct eas_call *call, TALLOC_CTX *mem, int64_t folder, bool *out)
{
    struct device_collection known;
    struct eas_sync_state *state = NULL;
    struct sync_options options = { .limit = EAS_OWN_CHANGES };
    struct sync_page *page = NULL;
    *out = true;
    TRY(device_collection_get(mem, call->session, call->query.device_id, folder, &known));
    if (known.key == 0 || eas_sync_state_unpack(mem, known.state, &state) != STATUS_OK)
        return STATUS_OK;
    options.limit = state->own_count + 1 < 512 ? state->own_count + 1 : 512;
    enum status status = sync_items(mem, call->session, &state->position, &options, &page);
    if (status == STATUS_INVALID_SYNC_STATE)
        return STATUS_OK; /* the Sync will say so */
    TRY(status);
    *out = !page->includes_last;
    for (size_t i = 0; i < page->count; i++)
        *out = *out || !eas_is_own_change(state, &page->changes[i]);
    return STATUS_OK;
}

static enum status look(struct waiting *waiting, bool *found)
{
    struct eas_call *call = waiting->call;
    *found = false;
    for (size_t i = 0; i < waiting->ping.count; i++) {
        TALLOC_CTX *mem = talloc_new(call->mem);
        bool is_new = false;
        enum status status = has_changes(call, mem, waiting->ping.folders[i], &is_new);
        talloc_free(mem);
        if (status == STATUS_FOLDER_NOT_FOUND || status == STATUS_ACCESS_DENIED) {
            TRY(eas_restart_answer(call));
            answer(call, PING_HIERARCHY, 0, 0);
            *found = true;
            return STATUS_OK;
        }
        TRY(status);
        if (!is_new)
            continue;
        if (!*found) {
            wbxml_start(call->out, Ping_Ping);
            wbxml_element_int(call->out, Ping_Status, PING_CHANGES);
            wbxml_start(call->out, Ping_Folders);
        }
        *found = true;
        wbxml_element_int(call->out, Ping_Folder, waiting->ping.folders[i]);
    }
    return STATUS_OK;
}

/* ---- waiting ---- */

static enum status woken(struct http_request *http, enum http_wake_reason reason, void *data);

static enum status wait_on(struct waiting *waiting)
{
    waiting->call->is_waiting = true;
    return http_wait(waiting->call->request, waiting->deadline_us, woken, waiting);
}

static enum status woken(struct http_request *http, enum http_wake_reason reason, void *data)
{
    struct waiting *waiting = data;
    struct eas_call *call = waiting->call;
    bool found = false;
    (void)http;
    if (reason == HTTP_WAKE_HANG_UP)
        return STATUS_OK;
    enum status status = look(waiting, &found);
    if (status != STATUS_OK) {
        eas_send_failure(call, status);
        return STATUS_OK;
    }
    if (!found && reason == HTTP_WAKE_EVENT && clock_monotonic_us() < waiting->deadline_us)
        return wait_on(waiting);
    if (!found)
        answer(call, PING_EXPIRED, 0, 0);
    eas_send(call);
    return STATUS_OK;
}

enum status cmd_ping(struct eas_call *call)
{
    struct guid mailbox = session_mailbox(call->session);
    struct waiting *waiting = talloc_zero(call->mem, struct waiting);
    bool found = false;
    if (waiting == NULL)
        return status_fail(STATUS_NO_MEMORY, "ping");
    waiting->call = call;
    TRY(read_request(call, &waiting->ping));
    if (is_refused(call, &waiting->ping))
        return STATUS_OK;
    TRY(eas_ping_keep(call, &waiting->ping));
    waiting->deadline_us = clock_monotonic_us() + waiting->ping.seconds * 1000000;
    TRY(http_watch(call->request, &mailbox, 1));
    TRY(look(waiting, &found));
    return found ? STATUS_OK : wait_on(waiting);
}
