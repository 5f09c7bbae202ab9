/* The input as text of each id and as bytes of each binary id; what parses must be made again as it was. */
#include <stdlib.h>

#include "bourse/model/ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_texts(TALLOC_CTX *mem, struct slice input)
{
    char *text = slice_text(mem, input);
    struct object_id id;
    int64_t number;
    if (text == NULL)
        return;
    if (object_id_parse(text, &id) == STATUS_OK && strcmp(object_id_text(mem, &id), text) != 0)
        abort();
    if (change_key_parse(text, &number) == STATUS_OK && (number < 0 || number > OBJECT_ID_MAX))
        abort();
}

static void try_bytes(TALLOC_CTX *mem, struct slice input)
{
    struct object_id id;
    struct guid replica = { { 0 } };
    int64_t counter;
    struct slice merged;
    enum pcl_order order;
    struct buffer *out = buffer_new(mem, 1000);
    if (entry_id_parse(input, &id, &replica) == STATUS_OK) {
        entry_id_append(out, &id, replica);
        if (id.kind != OBJECT_MAILBOX && !slice_equal(slice_part(input, 4, 100), slice_part(buffer_slice(out), 4, 100)))
            abort();
    }
    if (xid_parse(input, &replica, &counter) == STATUS_OK && counter > OBJECT_ID_MAX)
        abort();
    if (pcl_merge(mem, input, replica, 1, &merged) == STATUS_OK &&
        (pcl_compare(merged, input, &order) != STATUS_OK || order == PCL_OLDER || order == PCL_CONFLICT))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    try_texts(mem, slice_of(data, size));
    try_bytes(mem, slice_of(data, size));
    talloc_free(mem);
    return 0;
}
