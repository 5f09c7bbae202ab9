/* The category list's XML: anything in, and what is read can be written and read again unless its names are not allowed. */
#include "bourse/groupware/categories.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct category_list *list = NULL, *again = NULL;
    struct buffer *xml = buffer_new(mem, 1 << 24);
    if (categories_parse(mem, slice_of(data, size), &list) == STATUS_OK && categories_write(list, xml) == STATUS_OK &&
        (categories_parse(mem, buffer_slice(xml), &again) != STATUS_OK || again->count != list->count))
        __builtin_trap();
    status_chain_clear();
    talloc_free(mem);
    return 0;
}
