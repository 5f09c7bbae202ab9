#include "keys.h"

static bool parse_key(const char *text, uint32_t *out)
{
    uint64_t value = 0;
    size_t length = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)value;
    return length > 0;
}

enum status eas_key_read(struct eas_call *call, const char *text, int64_t collection, struct eas_key *out)
{
    *out = (struct eas_key){ .kind = EAS_KEY_UNKNOWN, .collection = collection };
    TRY(device_collection_get(call->mem, call->session, call->query.device_id, collection, &out->known));
    if (!parse_key(text, &out->number))
        return STATUS_OK;
    if (out->number == 0) {
        out->kind = EAS_KEY_FIRST;
    } else if (out->number == out->known.key) {
        out->kind = EAS_KEY_CURRENT;
        out->base = out->known.state;
    } else if (out->number == out->known.base_key) {
        out->kind = EAS_KEY_REPEATED;
        out->base = out->known.base_state;
    }
    return STATUS_OK;
}

uint32_t eas_key_next(const struct eas_key *key)
{
    return key->known.key == UINT32_MAX ? 1 : key->known.key + 1;
}

enum status eas_key_save(struct eas_call *call, const struct eas_key *key, struct slice state, struct slice request_hash, struct slice answer)
{
    struct device_collection next = { .key = eas_key_next(key), .state = state, .base_key = key->number, .base_state = key->base,
                                      .request_hash = request_hash, .answer = answer };
    return device_collection_put(call->session, call->query.device_id, key->collection, key->known.key, &next);
}
