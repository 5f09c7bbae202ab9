/* RTF as text, as HTML, compressed and back, and as a compressed stream. */
#include "bourse/mime/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice rtf = { 0 }, packed, out, in = slice_of(data, size);
    (void)!mime_rtf_decompress(mem, in, 1 << 20, &rtf);
    (void)!mime_html_from_rtf(mem, in, 1 << 20, &out);
    (void)!mime_text_from_rtf(mem, in, 1 << 20, &out);
    (void)!mime_html_from_rtf(mem, rtf, 1 << 20, &out);
    if (mime_rtf_compress(mem, in, &packed) != STATUS_OK || mime_rtf_decompress(mem, packed, size, &rtf) != STATUS_OK || !slice_equal(rtf, in))
        __builtin_trap();
    talloc_free(mem);
    return 0;
}
