/* Any bytes: what is taken can be described and written again, and that reads the same. */
#include <stdlib.h>

#include "wbxml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct wbxml_node *root = NULL, *again = NULL;
    if (wbxml_parse(mem, slice_of(data, size), NULL, &root) == STATUS_OK && eas_tag_find(root->tag) != NULL) {
        struct buffer *text = buffer_new(mem, 16 << 20), *bytes = buffer_new(mem, 16 << 20);
        struct wbxml_writer *writer = wbxml_writer_new(mem, bytes, V16_1);
        wbxml_describe(root, text);
        wbxml_copy(writer, root);
        if (wbxml_finish(writer) == STATUS_OK && eas_tag_find(root->tag)->until == V16_1 && wbxml_parse(mem, buffer_slice(bytes), NULL, &again) != STATUS_OK)
            abort();
    }
    talloc_free(mem);
    return 0;
}
