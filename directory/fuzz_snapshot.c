/* Snapshot bytes behind a right checksum, and packed entries. */
#include "entry.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct cache *cache = cache_new(mem, 1000);
    struct recipient_entry *entry = NULL;
    struct buffer *bytes = buffer_new(mem, size + 100);
    struct hash256 identity = { { 0 } };
    if (entry_unpack(mem, slice_of(data, size), &entry) == STATUS_OK)
        talloc_free(entry);
    buffer_append(bytes, "BRSDIRCT", 8);
    buffer_append_u32(bytes, 1);
    buffer_append(bytes, identity.bytes, sizeof identity.bytes);
    buffer_append(bytes, data, size);
    struct hash256 sum = hash_sha256(buffer_slice(bytes));
    buffer_append(bytes, sum.bytes, sizeof sum.bytes);
    if (snapshot_parse(buffer_slice(bytes), identity, cache) != STATUS_OK && cache_count(cache) > 0)
        __builtin_trap(); /* whole or not at all */
    talloc_free(mem);
    return 0;
}
