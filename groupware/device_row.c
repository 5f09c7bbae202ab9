/* The facts that a device tells are packed: version, count, texts. */
#include "device_row.h"

#include "bourse/base/text.h"
#include "bourse/base/wire.h"

enum { FACTS_VERSION = 2, FACTS_ONLY = 1 /* version without the last failure */, FACTS_CAP = 16 * 1024 };

/* Version, count of facts, the facts; from version 2 on whether the device told them, and the last failure. */
static const char *read_text(TALLOC_CTX *mem, struct wire *in)
{
    struct slice text = wire_bytes(in, wire_u16(in));
    const char *copy = wire_status(in) == STATUS_OK ? slice_text(mem, text) : NULL;
    if (copy == NULL)
        wire_fail(in, STATUS_CORRUPT);
    return copy != NULL ? copy : "";
}

static enum status unpack_facts(TALLOC_CTX *mem, struct slice packed, struct device *out)
{
    struct wire in = wire_over(packed);
    out->last_failure = "";
    for (size_t i = 0; i < DEVICE_FACT_COUNT; i++)
        out->facts[i] = "";
    if (packed.length == 0)
        return STATUS_OK;
    uint8_t version = wire_u8(&in), count = wire_u8(&in);
    for (size_t i = 0; i < count; i++) {
        const char *text = read_text(mem, &in);
        if (i < DEVICE_FACT_COUNT)
            out->facts[i] = text;
    }
    out->has_facts = version == FACTS_ONLY || wire_u8(&in) != 0;
    if (version != FACTS_ONLY)
        out->last_failure = read_text(mem, &in);
    return (version == FACTS_VERSION || version == FACTS_ONLY) && wire_finish(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_CORRUPT, "facts of device %s", out->id);
}

static void append_text(struct buffer *packed, const char *whole)
{
    struct slice text = utf8_prefix(slice_of_text(whole), 1024);
    buffer_append_u16(packed, (uint16_t)text.length);
    buffer_append_slice(packed, text);
}

static enum status pack_facts(TALLOC_CTX *mem, const struct device *device, struct slice *out)
{
    struct buffer *packed = buffer_new(mem, FACTS_CAP);
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "device");
    buffer_append_byte(packed, FACTS_VERSION);
    buffer_append_byte(packed, DEVICE_FACT_COUNT);
    for (size_t i = 0; i < DEVICE_FACT_COUNT; i++)
        append_text(packed, device->facts[i]);
    buffer_append_byte(packed, device->has_facts);
    append_text(packed, device->last_failure);
    return buffer_take(packed, mem, out);
}

enum status device_of_row(TALLOC_CTX *mem, const struct store_device *row, struct device *out)
{
    *out = (struct device){
        .id = row->id, .type = row->type, .user_agent = row->user_agent, .access = (enum device_access)row->access, .wipe = (enum device_wipe)row->wipe,
        .wipe_account_only = row->wipe_account_only, .policy_key = row->policy_key, .offered_policy_key = row->offered_policy_key,
        .policy_hash = row->policy_hash, .first_seen = row->first_seen, .last_seen = row->last_seen,
    };
    return unpack_facts(mem, row->info, out);
}

enum status row_of_device(TALLOC_CTX *mem, const struct device *device, struct guid owner, struct store_device *out)
{
    *out = (struct store_device){
        .id = device->id, .type = device->type, .user_agent = device->user_agent, .owner = owner, .policy_key = device->policy_key,
        .offered_policy_key = device->offered_policy_key, .policy_hash = device->policy_hash, .access = (int16_t)device->access, .wipe = (int16_t)device->wipe,
        .wipe_account_only = device->wipe_account_only, .first_seen = device->first_seen, .last_seen = device->last_seen,
    };
    return pack_facts(mem, device, &out->info);
}
