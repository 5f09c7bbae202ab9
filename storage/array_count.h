/* talloc counts elements with an unsigned (private to storage). */
#ifndef BOURSE_STORAGE_ARRAY_COUNT_H
#define BOURSE_STORAGE_ARRAY_COUNT_H

#include <limits.h>
#include <stddef.h>

/* A count that does not fit becomes one that talloc refuses. */
static inline unsigned array_count(size_t count)
{
    return count < UINT_MAX ? (unsigned)count : UINT_MAX;
}

#endif
