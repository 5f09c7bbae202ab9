/* Unicode case folding. ICU knows the characters; nothing else of base uses it. */
#include <unicode/uchar.h>

#include "code_point.h"

char *text_fold(TALLOC_CTX *mem, struct slice utf8)
{
    struct buffer *out = buffer_new(mem, SIZE_MAX / 4);
    if (out == NULL)
        return NULL;
    for (size_t at = 0; at < utf8.length;) {
        size_t step;
        uint32_t code_point;
        code_point_next(slice_part(utf8, at, utf8.length), &step, &code_point);
        code_point_append(out, (uint32_t)u_foldCase((UChar32)code_point, U_FOLD_CASE_DEFAULT));
        at += step;
    }
    return code_points_to_text(mem, out);
}
