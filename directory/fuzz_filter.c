/* Escaping: whatever the value, the filter is well-formed, has one comparison, and gives the value back. And the filter parser on raw bytes. */
#include <stdlib.h>

#include "filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct slice value;
    size_t count;
};

static void take(const struct filter_item *item, void *data)
{
    struct seen *seen = data;
    seen->value = item->value;
    seen->count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *filter = buffer_new(mem, FILTER_SIZE_MOST);
    struct slice input = slice_of(data, size), back;
    struct seen seen = { .count = 0 };
    filter_parse(input, take, &seen);
    filter_equal(filter, "mail", input);
    seen.count = 0;
    if (buffer_status(filter) == STATUS_OK) {
        if (!filter_parse(buffer_slice(filter), take, &seen) || seen.count != 1)
            abort();
        if (filter_unescape(mem, seen.value, &back) != STATUS_OK || !slice_equal(back, input))
            abort();
    }
    talloc_free(mem);
    return 0;
}
