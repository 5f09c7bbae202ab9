/* Unicode case folding. ICU knows the characters; nothing else of base uses it. */
#include <unicode/uchar.h>

#include "code_point.h"

static void append_lowered(struct buffer *out, struct slice ascii)
{
    uint8_t *room = ascii.length > 0 ? buffer_reserve(out, ascii.length) : NULL;
    for (size_t i = 0; room != NULL && i < ascii.length; i++) {
        uint8_t byte = ascii.data[i];
        room[i] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
    }
    buffer_commit(out, room != NULL ? ascii.length : 0);
}

char *text_fold(TALLOC_CTX *mem, struct slice utf8)
{
    struct buffer *out = buffer_new(mem, SIZE_MAX / 4);
    if (out == NULL)
        return NULL;
    for (size_t at = 0; at < utf8.length;) {
        size_t run = ascii_run(utf8, at);
        append_lowered(out, slice_part(utf8, at, run));
        at += run;
        if (at == utf8.length)
            break;
        size_t step;
        uint32_t code_point;
        code_point_next(slice_part(utf8, at, utf8.length), &step, &code_point);
        code_point_append(out, (uint32_t)u_foldCase((UChar32)code_point, U_FOLD_CASE_DEFAULT));
        at += step;
    }
    return code_points_to_text(mem, out);
}
