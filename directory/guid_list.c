#include "guid_list.h"

#include "bourse/base/wire.h"
#include "lookup.h"

#define GUIDS_MOST 1000000
#define LIST_VERSION 1

void guid_list_remember(struct directory *directory, const char *key, const struct guid *guids, size_t count)
{
    struct buffer *packed = buffer_new(NULL, 16 + count * sizeof *guids);
    if (packed == NULL)
        return;
    buffer_append_byte(packed, LIST_VERSION);
    buffer_append_varint(packed, count);
    for (size_t i = 0; i < count; i++)
        buffer_append(packed, guids[i].bytes, sizeof guids[i].bytes);
    if (buffer_status(packed) == STATUS_OK)
        cache_put(directory->entries, key, NULL, 0, buffer_slice(packed), clock_now());
    talloc_free(packed);
}

bool guid_list_recall(TALLOC_CTX *mem, struct directory *directory, const char *key, int64_t ticks, struct guid **out, size_t *count)
{
    struct slice packed;
    if (!lookup_cached(mem, directory, key, ticks, &packed))
        return false;
    struct wire wire = wire_over(packed);
    if (wire_u8(&wire) != LIST_VERSION)
        return false;
    uint64_t wanted = wire_varint(&wire);
    if (wanted > GUIDS_MOST || !wire_check_count(&wire, wanted, sizeof **out))
        return false;
    *out = talloc_array(mem, struct guid, (unsigned)wanted + 1);
    for (*count = 0; *out != NULL && *count < wanted; ++*count)
        (*out)[*count] = wire_guid(&wire);
    return *out != NULL && wire_finish(&wire) == STATUS_OK;
}
