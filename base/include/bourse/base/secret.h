/* A password or key that cannot be printed by accident: it has no text form but the one that is asked for by name, and its
 * memory is wiped when it is freed. */
#ifndef BOURSE_BASE_SECRET_H
#define BOURSE_BASE_SECRET_H

#include "bourse/base/slice.h"

struct secret; /* opaque, talloc */

/* Copies; the caller wipes its own copy (secret_wipe). NULL when out of memory. */
struct secret *secret_new(TALLOC_CTX *mem, struct slice value);
/* The bytes, NUL-terminated behind the last one. Do not copy, do not log. */
struct slice secret_reveal(const struct secret *secret);
bool secret_is_empty(const struct secret *secret);
void secret_wipe(void *data, size_t length);

#endif
