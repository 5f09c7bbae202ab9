#include "hierarchy.h"
#include "sync.h"

#include "bourse/base/hash.h"
#include "bourse/base/memory.h"

enum { KEPT_VERSION = 2, KEPT_CAP = 256 * 1024, WAIT_MINUTES_MOST = 59 };

static enum status read_collection(struct eas_call *call, const struct wbxml_node *node, struct eas_collection *out)
{
    int64_t window = SYNC_WINDOW_DEFAULT;
    *out = (struct eas_collection){
        .key_text = wbxml_child_text(call->mem, node, AirSync_SyncKey), .id_text = wbxml_child_text(call->mem, node, AirSync_CollectionId),
        .class_name = wbxml_child_text(call->mem, node, AirSync_Class), .deletes_as_moves = wbxml_child_bool(node, AirSync_DeletesAsMoves, true),
        .options = wbxml_child(node, AirSync_Options), .supported = wbxml_child(node, AirSync_Supported), .commands = wbxml_child(node, AirSync_Commands),
        .status = SYNC_STATUS_OK,
    };
    if (wbxml_child(node, AirSync_WindowSize) != NULL && !wbxml_child_number(node, AirSync_WindowSize, 0, 512, &window))
        return eas_fail(call, SYNC_STATUS_PROTOCOL, "window size");
    int64_t most = config_int(call->config, CONFIG_activesync_sync_window);
    out->window = (uint32_t)(window == 0 || window > most ? most : window);
    out->wants_changes = wbxml_child_bool(node, AirSync_GetChanges, true);
    if (!eas_folder_id_parse(out->id_text, &out->folder) || out->folder == 0) {
        out->folder = 0; /* answered as a collection that is not there */
        out->status = SYNC_STATUS_HIERARCHY;
    }
    return STATUS_OK;
}

static enum status read_wait(struct eas_call *call, struct eas_sync_request *out)
{
    int64_t minutes = 0, seconds = 0, least = config_seconds(call->config, CONFIG_activesync_heartbeat_least), most = config_seconds(call->config, CONFIG_activesync_heartbeat_most);
    bool has_wait = wbxml_child(call->body, AirSync_Wait) != NULL, has_heartbeat = wbxml_child(call->body, AirSync_HeartbeatInterval) != NULL;
    int64_t limit = has_wait ? most / 60 : most;
    if (!has_wait && !has_heartbeat)
        return STATUS_OK;
    if (has_wait && has_heartbeat)
        return eas_fail(call, SYNC_STATUS_PROTOCOL, "Wait and HeartbeatInterval");
    if (has_wait && wbxml_child_number(call->body, AirSync_Wait, 1, INT32_MAX, &minutes))
        seconds = minutes * 60;
    else if (has_heartbeat)
        (void)wbxml_child_number(call->body, AirSync_HeartbeatInterval, 1, INT32_MAX, &seconds);
    if (seconds >= least && seconds <= most && minutes <= WAIT_MINUTES_MOST) {
        out->wait_seconds = seconds;
        return STATUS_OK;
    }
    wbxml_start(call->out, AirSync_Sync);
    wbxml_element_int(call->out, AirSync_Status, SYNC_STATUS_WAIT_RANGE);
    wbxml_element_int(call->out, AirSync_Limit, seconds < least ? (has_wait ? (least + 59) / 60 : least) : limit);
    wbxml_end(call->out);
    out->is_refused = true;
    return STATUS_OK;
}

static enum status read_collections(struct eas_call *call, struct eas_sync_request *out)
{
    const struct wbxml_node *list = wbxml_child(call->body, AirSync_Collections);
    size_t count = wbxml_child_count(list);
    out->collections = array_new(call->mem, struct eas_collection, SYNC_COLLECTIONS_MOST + 1);
    if (out->collections == NULL)
        return status_fail(STATUS_NO_MEMORY, "collections");
    if (count > SYNC_COLLECTIONS_MOST) {
        wbxml_start(call->out, AirSync_Sync);
        wbxml_element_int(call->out, AirSync_Status, SYNC_STATUS_TOO_MANY);
        wbxml_element_int(call->out, AirSync_Limit, SYNC_COLLECTIONS_MOST);
        wbxml_end(call->out);
        out->is_refused = true;
        return STATUS_OK;
    }
    for (const struct wbxml_node *node = wbxml_child(list, AirSync_Collection); node != NULL; node = wbxml_next(node, AirSync_Collection))
        TRY(read_collection(call, node, &out->collections[out->count++]));
    return STATUS_OK;
}

/* ---- the last request: which folders, windows and how long to wait ---- */

enum status eas_sync_request_keep(struct eas_call *call, const struct eas_sync_request *request)
{
    struct buffer *packed = buffer_new(call->mem, KEPT_CAP);
    struct slice bytes = { 0 };
    struct eas_key key;
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "request");
    buffer_append_byte(packed, KEPT_VERSION);
    buffer_append_varint(packed, request->window);
    buffer_append_varint(packed, (uint64_t)request->wait_seconds);
    buffer_append_varint(packed, request->count);
    for (size_t i = 0; i < request->count; i++) {
        buffer_append_varint(packed, (uint64_t)request->collections[i].folder);
        buffer_append_varint(packed, request->collections[i].key.number);
        buffer_append_varint(packed, request->collections[i].window);
        buffer_append_byte(packed, (uint8_t)(request->collections[i].wants_changes | request->collections[i].deletes_as_moves << 1));
    }
    TRY(buffer_take(packed, call->mem, &bytes));
    TRY(eas_key_read(call, "0", SYNC_LAST_REQUEST, &key));
    if (slice_equal(key.known.state, bytes))
        return STATUS_OK;
    enum status status = eas_key_save(call, &key, bytes, slice_of(NULL, 0), slice_of(NULL, 0));
    return status == STATUS_CONFLICT ? STATUS_OK : status; /* a newer request of the device has said more */
}

static bool is_named(const struct eas_sync_request *request, int64_t folder)
{
    for (size_t i = 0; i < request->count; i++)
        if (request->collections[i].folder == folder)
            return true;
    return false;
}

/* A collection that only the last request named goes on with the key that it had there [MS-ASCMD] 2.2.3.131. */
static enum status add_kept(struct eas_call *call, struct eas_sync_request *out, struct wire *in)
{
    int64_t folder = (int64_t)wire_varint(in);
    uint32_t key = (uint32_t)wire_varint(in), window = (uint32_t)wire_varint(in);
    uint8_t flags = wire_u8(in);
    if (wire_status(in) != STATUS_OK || is_named(out, folder) || out->count >= SYNC_COLLECTIONS_MOST || folder == 0 || key == 0)
        return STATUS_OK;
    struct eas_collection *kept = &out->collections[out->count++];
    *kept = (struct eas_collection){ .key_text = talloc_asprintf(call->mem, "%u", key), .id_text = talloc_asprintf(call->mem, "%lld", (long long)folder),
                                     .folder = folder, .window = window, .wants_changes = (flags & 1) != 0, .deletes_as_moves = (flags & 2) != 0,
                                     .status = SYNC_STATUS_OK };
    return kept->key_text != NULL && kept->id_text != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "collections");
}

/* Empty body or Partial [MS-ASCMD] 2.2.1.21.1, 2.2.3.131. */
static enum status complete(struct eas_call *call, struct eas_sync_request *out)
{
    struct device_collection kept;
    TRY(device_collection_get(call->mem, call->session, call->query.device_id, SYNC_LAST_REQUEST, &kept));
    struct wire in = wire_over(kept.state);
    if (kept.key == 0 || wire_u8(&in) != KEPT_VERSION)
        return eas_fail(call, SYNC_STATUS_INCOMPLETE, "no request before this one");
    uint32_t window = (uint32_t)wire_varint(&in);
    int64_t wait = (int64_t)wire_varint(&in);
    uint64_t count = wire_varint(&in);
    out->window = out->window != 0 ? out->window : window;
    out->wait_seconds = out->wait_seconds != 0 ? out->wait_seconds : wait;
    for (uint64_t i = 0; i < count && wire_status(&in) == STATUS_OK; i++)
        TRY(add_kept(call, out, &in));
    return wire_finish(&in) == STATUS_OK ? STATUS_OK : eas_fail(call, SYNC_STATUS_INCOMPLETE, "kept request cannot be read");
}

enum status eas_sync_request_read(struct eas_call *call, struct eas_sync_request *out)
{
    int64_t window = 0;
    *out = (struct eas_sync_request){ 0 };
    struct hash256 hash = hash_sha256(http_body(call->request));
    out->hash = slice_copy(call->mem, slice_of(hash.bytes, sizeof hash.bytes));
    TRY(read_collections(call, out));
    if (call->body != NULL && wbxml_child_number(call->body, AirSync_WindowSize, 1, 512, &window))
        out->window = (uint32_t)window;
    if (call->body != NULL && !out->is_refused)
        TRY(read_wait(call, out));
    if (out->is_refused)
        return STATUS_OK;
    if (call->body == NULL || wbxml_child(call->body, AirSync_Partial) != NULL)
        TRY(complete(call, out));
    if (out->count == 0)
        return eas_fail(call, SYNC_STATUS_PROTOCOL, "no collections");
    out->window = out->window != 0 ? out->window : 512;
    return STATUS_OK;
}
