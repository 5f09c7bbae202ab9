/* Any bytes: unpack refuses them or gives recipients that pack and unpack again. */
#include <stdlib.h>

#include "bourse/model/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient *recipients, *again;
    size_t count, count_again;
    if (recipients_unpack(mem, slice_of(data, size), &recipients, &count) == STATUS_OK) {
        struct buffer *out = buffer_new(mem, size * 16 + 64);
        if (recipients_pack(recipients, count, out) != STATUS_OK ||
            recipients_unpack(mem, buffer_slice(out), &again, &count_again) != STATUS_OK || count != count_again)
            abort();
    }
    talloc_free(mem);
    return 0;
}
