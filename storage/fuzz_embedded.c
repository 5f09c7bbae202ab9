/* Any bytes: unpack refuses them or gives a message that packs again. */
#include <stdlib.h>

#include "bourse/base/buffer.h"
#include "embedded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = NULL, *again = NULL;
    if (embedded_unpack(mem, slice_of(data, size), &message) == STATUS_OK) {
        struct buffer *out = buffer_new(mem, EMBEDDED_MAX);
        if (embedded_pack(message, out) != STATUS_OK || embedded_unpack(mem, buffer_slice(out), &again) != STATUS_OK ||
            again->recipient_count != message->recipient_count || again->attachment_count != message->attachment_count)
            abort();
    }
    talloc_free(mem);
    return 0;
}
