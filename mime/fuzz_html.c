/* HTML -> text, -> RTF; text -> HTML; both as any charset. */
#include "bourse/mime/body.h"

#include "bourse/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice utf8, text, out;
    char *preview = NULL;
    if (mime_html_to_utf8(mem, slice_of(data, size), NULL, 1 << 20, &utf8) != STATUS_OK || !utf8_is_valid(utf8))
        __builtin_trap();
    if (mime_text_from_html(mem, utf8, 4096, &text) != STATUS_OK || text.length > 4098 || !utf8_is_valid(text))
        __builtin_trap();
    (void)!mime_html_from_text(mem, utf8, 1 << 20, &out);
    (void)!mime_text_unflow(mem, utf8, true, 1 << 20, &out);
    (void)!mime_text_flow(mem, utf8, 1 << 20, &out);
    (void)!mime_rtf_from_html(mem, utf8, 4 << 20, &out);
    (void)!mime_preview(mem, text, &preview);
    talloc_free(mem);
    return 0;
}
