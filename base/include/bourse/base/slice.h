/* A view of bytes that somebody else owns. Not terminated; may hold NUL bytes. Passed by value. */
#ifndef BOURSE_BASE_SLICE_H
#define BOURSE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

struct slice {
    const uint8_t *data; /* may be NULL when length is 0 */
    size_t length;       /* bytes */
};

static inline struct slice slice_of(const void *data, size_t length)
{
    return (struct slice){ .data = (const uint8_t *)data, .length = length };
}

/* NULL gives an empty slice. */
static inline struct slice slice_of_text(const char *text)
{
    return slice_of(text, text != NULL ? strlen(text) : 0);
}

bool slice_equal(struct slice a, struct slice b);
/* ASCII letters compare without case; all other bytes exactly. */
bool slice_equal_ascii_nocase(struct slice a, struct slice b);
/* -1, 0, 1 by bytes, then length. */
int slice_compare(struct slice a, struct slice b);
/* The part from `from` (clamped) of at most `length` bytes. */
struct slice slice_part(struct slice whole, size_t from, size_t length);
/* Without leading and trailing ASCII blanks, tabs, CR and LF. */
struct slice slice_trim(struct slice text);
/* Index of the first such byte, or -1. */
ptrdiff_t slice_find_byte(struct slice whole, uint8_t byte);
/* Splits at the first `byte`: *head gets what is before, *rest what follows. False (and *head = whole) if it is not there. */
bool slice_split(struct slice whole, uint8_t byte, struct slice *head, struct slice *rest);
/* Copies onto `mem`; the text form adds a NUL and refuses (returns NULL) embedded NULs. NULL when out of memory. */
struct slice slice_copy(TALLOC_CTX *mem, struct slice from);
char *slice_text(TALLOC_CTX *mem, struct slice from);

#endif
