/* The facts that a device tells are packed: version, count, texts. */
#include "device_row.h"

#include "bourse/base/text.h"
#include "bourse/base/wire.h"

enum { FACTS_VERSION = 1, FACTS_CAP = 16 * 1024 };

static enum status unpack_facts(TALLOC_CTX *mem, struct slice packed, struct device *out)
{
    struct wire in = wire_over(packed);
    for (size_t i = 0; i < DEVICE_FACT_COUNT; i++)
        out->facts[i] = "";
    if (packed.length == 0)
        return STATUS_OK;
    uint8_t version = wire_u8(&in), count = wire_u8(&in);
    for (size_t i = 0; i < count; i++) {
        struct slice text = wire_bytes(&in, wire_u16(&in));
        const char *copy = i < DEVICE_FACT_COUNT ? slice_text(mem, text) : "";
        if (wire_status(&in) != STATUS_OK || copy == NULL)
            return status_fail(STATUS_CORRUPT, "facts of device %s", out->id);
        if (i < DEVICE_FACT_COUNT)
            out->facts[i] = copy;
    }
    out->has_facts = true;
    return version == FACTS_VERSION && wire_finish(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_CORRUPT, "facts of device %s", out->id);
}

static enum status pack_facts(TALLOC_CTX *mem, const struct device *device, struct slice *out)
{
    struct buffer *packed = buffer_new(mem, FACTS_CAP);
    *out = slice_of(NULL, 0);
    if (!device->has_facts)
        return STATUS_OK;
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "device");
    buffer_append_byte(packed, FACTS_VERSION);
    buffer_append_byte(packed, DEVICE_FACT_COUNT);
    for (size_t i = 0; i < DEVICE_FACT_COUNT; i++) {
        struct slice text = utf8_prefix(slice_of_text(device->facts[i]), 1024);
        buffer_append_u16(packed, (uint16_t)text.length);
        buffer_append_slice(packed, text);
    }
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
