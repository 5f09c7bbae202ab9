/* Cards from outside, and what was read written in both versions and read again: it must come out. */
#include <stdlib.h>

#include "bourse/calendar/vcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct vcard_export_options options = { .version = size % 2 == 0 ? VCARD_3 : VCARD_4 };
    struct vcard_result result, again;
    if (vcard_import(mem, slice_of(data, size), &result) == STATUS_OK) {
        for (size_t i = 0; i < result.count && i < 20; i++) {
            struct buffer *out = buffer_new(mem, 64u * 1024 * 1024);
            if (vcard_export(mem, result.entries[i].message, &options, out) == STATUS_OK && vcard_import(mem, buffer_slice(out), &again) == STATUS_MALFORMED &&
                !result.entries[i].is_group)
                abort();
        }
    }
    status_chain_clear();
    talloc_free(mem);
    return 0;
}
