/* Private: comparing and finding text as tables and restrictions do. ASCII text is compared in place; other text
 * is folded first. */
#ifndef MODEL_TEXT_MATCH_H
#define MODEL_TEXT_MATCH_H

#include "bourse/base/slice.h"

/* Order without case: -1, 0, 1. */
int text_match_compare(struct slice a, struct slice b);
/* Whether `text` equals, holds or begins with `wanted` by the levels of `fuzzy` (enum fuzzy). Out of memory is no
 * match. */
bool text_match(struct slice text, struct slice wanted, uint32_t fuzzy);

#endif
