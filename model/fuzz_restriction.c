/* First byte: counts wide or narrow; the rest is a restriction, also matched against an object without properties. */
#include <stdlib.h>

#include "bourse/model/restriction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct wire in = wire_over(slice_of(data + 1, size - 1));
    struct restriction *restriction, *again;
    bool wide = (data[0] & 1) != 0;
    if (restriction_unpack(mem, &in, wide, &restriction) == STATUS_OK) {
        struct restriction_subject nothing = { 0 };
        restriction_matches(restriction, &nothing);
        struct buffer *out = buffer_new(mem, size * 4 + 64);
        if (restriction_pack(restriction, wide, out) == STATUS_OK) {
            struct wire back = wire_over(buffer_slice(out));
            if (restriction_unpack(mem, &back, wide, &again) != STATUS_OK || wire_finish(&back) != STATUS_OK)
                abort();
        }
    }
    talloc_free(mem);
    return 0;
}
