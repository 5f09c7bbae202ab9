#include "query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct eas_query query;
    if (eas_query_parse_base64(mem, slice_of(data, size), &query) == STATUS_OK && (query.device_id == NULL || query.device_type == NULL))
        __builtin_trap();
    talloc_free(mem);
    return 0;
}
