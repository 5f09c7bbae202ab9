/* Any bytes: unpack refuses them or gives a bag that packs to something equal. */
#include <stdlib.h>

#include "bourse/model/bag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct bag *bag, *again;
    char line[300];
    if (bag_unpack(mem, slice_of(data, size), &bag) == STATUS_OK) {
        struct buffer *out = buffer_new(mem, size * 16 + 64);
        for (size_t i = 0; i < bag_count(bag); i++)
            value_describe(bag_at(bag, i), line, sizeof line);
        if (bag_pack(bag, out) != STATUS_OK || bag_unpack(mem, buffer_slice(out), &again) != STATUS_OK ||
            !bag_equal(bag, again))
            abort();
        if (bag_copy(mem, bag) == NULL)
            abort();
    }
    talloc_free(mem);
    return 0;
}
