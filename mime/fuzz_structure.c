/* Packed structures (a damaged store row) read against unrelated bytes; and report bodies. */
#include "bourse/mime/report.h"
#include "bourse/mime/structure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mime_init();
    TALLOC_CTX *mem = talloc_new(NULL);
    struct mime_structure *structure = NULL;
    struct mime_bodies bodies;
    struct delivery_report delivery;
    struct read_report read;
    struct slice out, in = slice_of(data, size);
    if (mime_structure_unpack(mem, in, &structure) == STATUS_OK && structure->message_size < 1 << 20) {
        struct slice original = slice_of(talloc_zero_size(mem, (size_t)structure->message_size + 1), (size_t)structure->message_size);
        for (uint32_t i = 0; i < structure->count && i < 50; i++)
            (void)!mime_part_decode(mem, original, structure, i, 1 << 20, &out);
        static const struct mime_limits limits = { .body_bytes = 1 << 20 };
        (void)!mime_read_bodies(mem, original, structure, &limits, MIME_WANT_TEXT | MIME_WANT_HTML | MIME_WANT_RTF, &bodies);
    }
    (void)!mime_parse_delivery_status(mem, in, &delivery);
    (void)!mime_parse_disposition(mem, in, &read);
    talloc_free(mem);
    return 0;
}
