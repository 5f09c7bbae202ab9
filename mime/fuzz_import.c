/* Any bytes: both imports, the bodies on demand, the export of what came in. */
#include "bourse/mime/export.h"
#include "bourse/mime/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mime_limits limits = { .depth = 20, .parts = 200, .body_bytes = 1 << 20, .attachment_bytes = 1 << 20, .body_prefix = 200 };
    mime_init();
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = NULL;
    struct mime_structure *structure = NULL;
    struct mime_bodies bodies;
    struct slice out;
    if (mime_import(mem, slice_of(data, size), &limits, MIME_IMPORT_DELIVERY, &message) != STATUS_OK ||
        mime_structure_unpack(mem, message->mime.structure, &structure) != STATUS_OK ||
        mime_read_bodies(mem, message->mime.bytes, structure, &limits, MIME_WANT_TEXT | MIME_WANT_HTML, &bodies) != STATUS_OK)
        __builtin_trap(); /* nothing from outside may be refused */
    for (uint32_t i = 0; i < structure->count; i++)
        if (mime_part_decode(mem, message->mime.bytes, structure, i, SIZE_MAX / 4, &out) != STATUS_OK)
            __builtin_trap();
    if (mime_import(mem, slice_of(data, size), &limits, 0, &message) != STATUS_OK)
        __builtin_trap();
    (void)!mime_export_bytes(mem, message, NULL, 16 << 20, &out);
    talloc_free(mem);
    return 0;
}
