/* A heap of deadlines: the earliest is found at once, any can be taken out. Inside long_poll.c; the caller locks. */
#ifndef BOURSE_HTTP_DEADLINES_H
#define BOURSE_HTTP_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
    int64_t at_us;
    size_t index; /* place in the heap + 1; 0: not in it */
};

struct deadlines {
    struct deadline **heap;
    size_t count, size;
};

/* Room for `count` at a time, so that adding cannot fail. False when out of memory. */
bool deadlines_reserve(struct deadlines *deadlines, size_t count);
void deadlines_add(struct deadlines *deadlines, struct deadline *deadline);
void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline);
/* NULL when there is none. */
struct deadline *deadlines_first(const struct deadlines *deadlines);
void deadlines_free(struct deadlines *deadlines);

#endif
