#include <stdlib.h>

#include "basic.h"
#include "bourse/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct basic_credentials credentials = { 0 };
    status_chain_clear();
    if (basic_parse(mem, slice_of(data, size), &credentials) == STATUS_OK &&
        !utf8_is_valid(slice_of_text(credentials.login)))
        abort();
    talloc_free(mem);
    return 0;
}
