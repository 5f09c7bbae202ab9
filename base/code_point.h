/* Private to base: single characters of UTF-8 text. */
#ifndef BOURSE_BASE_CODE_POINT_H
#define BOURSE_BASE_CODE_POINT_H

#include "bourse/base/text.h"

/* The first character of `text` (not empty): its length in bytes and its code point. False for an ill-formed sequence; then `step` covers its
 * longest ill-formed part (Unicode 15.0 3.9, "maximal subpart") and the code point is U+FFFD. */
bool code_point_next(struct slice text, size_t *step, uint32_t *code_point);
/* Number of ASCII bytes from `from` (not above the length) on: most text is a run of them, and runs are fast. */
size_t ascii_run(struct slice text, size_t from);
/* Appends the UTF-8 form of a scalar value. */
void code_point_append(struct buffer *out, uint32_t code_point);
/* The text collected in `out` moved to `mem`; frees `out`. NULL when memory was out. */
char *code_points_to_text(TALLOC_CTX *mem, struct buffer *out);

#endif
