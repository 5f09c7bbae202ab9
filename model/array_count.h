/* Private: a size_t as talloc's array functions want it. A count too large for them becomes one that they refuse. */
#ifndef MODEL_ARRAY_COUNT_H
#define MODEL_ARRAY_COUNT_H

#include <limits.h>
#include <stddef.h>

static inline unsigned array_count(size_t count)
{
    return count < UINT_MAX ? (unsigned)count : UINT_MAX;
}

#endif
