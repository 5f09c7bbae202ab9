/* Arrays on talloc contexts with size_t counts. */
#ifndef BOURSE_BASE_MEMORY_H
#define BOURSE_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

/* `count` zeroed elements; not NULL for count 0. NULL when out of memory or when the size would overflow. */
#define array_new(mem, type, count) ((type *)array_allocate((mem), sizeof(type), (count)))
/* `array` (or NULL) with room for `count` elements; the content stays, what is new is not zeroed. */
#define array_resize(mem, array, type, count) ((type *)array_reallocate((mem), (array), sizeof(type), (count)))

static inline void *array_allocate(const void *mem, size_t each, size_t count)
{
    return count > SIZE_MAX / each ? NULL : talloc_zero_size(mem, count > 0 ? count * each : 1);
}

static inline void *array_reallocate(const void *mem, void *array, size_t each, size_t count)
{
    return count > SIZE_MAX / each ? NULL : talloc_realloc_size(mem, array, count > 0 ? count * each : 1);
}

#endif
