/* TNEF streams. */
#include "tnef.h"

#include "bourse/mime/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mime_init();
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = NULL;
    (void)!tnef_import_message(mem, slice_of(data, size), &mime_limits_default, 0, &message);
    talloc_free(mem);
    return 0;
}
