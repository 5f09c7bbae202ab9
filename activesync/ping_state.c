#include "ping_state.h"

#include "bourse/base/memory.h"
#include "bourse/base/wire.h"
#include "keys.h"

enum { KEPT_VERSION = 1, KEPT_CAP = 64 * 1024 };

enum status eas_ping_keep(struct eas_call *call, const struct eas_ping *ping)
{
    struct buffer *packed = buffer_new(call->mem, KEPT_CAP);
    struct slice bytes = { 0 };
    struct eas_key key;
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "ping");
    buffer_append_byte(packed, KEPT_VERSION);
    buffer_append_varint(packed, (uint64_t)ping->seconds);
    buffer_append_varint(packed, ping->count);
    for (size_t i = 0; i < ping->count; i++)
        buffer_append_varint(packed, (uint64_t)ping->folders[i]);
    TRY(buffer_take(packed, call->mem, &bytes));
    TRY(eas_key_read(call, "0", EAS_PING_REQUEST, &key));
    if (slice_equal(key.known.state, bytes))
        return STATUS_OK;
    enum status status = eas_key_save(call, &key, bytes, slice_of(NULL, 0), slice_of(NULL, 0));
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

enum status eas_ping_kept(struct eas_call *call, struct eas_ping *out)
{
    struct device_collection kept;
    *out = (struct eas_ping){ 0 };
    TRY(device_collection_get(call->mem, call->session, call->query.device_id, EAS_PING_REQUEST, &kept));
    struct wire in = wire_over(kept.state);
    if (kept.key == 0 || wire_u8(&in) != KEPT_VERSION)
        return STATUS_OK;
    out->seconds = (int64_t)wire_varint(&in);
    uint64_t count = wire_varint(&in);
    if (!wire_check_count(&in, count, 1))
        return STATUS_OK;
    out->folders = array_new(call->mem, int64_t, (size_t)count);
    if (out->folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "ping");
    for (; out->count < count; out->count++)
        out->folders[out->count] = (int64_t)wire_varint(&in);
    return STATUS_OK;
}
