/* Private: property values inside restrictions, as ROP buffers and extended rules have them [MS-OXCDATA] 2.11. */
#ifndef MODEL_RESTRICTION_VALUES_H
#define MODEL_RESTRICTION_VALUES_H

#include "bourse/model/value.h"

/* TaggedPropertyValue [MS-OXCDATA] 2.11.4 */
void tagged_value_pack(struct buffer *out, const struct value *value, bool wide_counts);
/* All content is copied onto `mem`. Fails the cursor; types that no restriction may hold are
 * STATUS_INVALID_RESTRICTION. */
void tagged_value_unpack(TALLOC_CTX *mem, struct wire *in, bool wide_counts, struct value *out);

#endif
