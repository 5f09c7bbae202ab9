#include "deadlines.h"

#include <stdlib.h>

bool deadlines_reserve(struct deadlines *deadlines, size_t count)
{
    if (count <= deadlines->size)
        return true;
    size_t size = count < 64 ? 64 : 2 * count;
    struct deadline **grown = realloc(deadlines->heap, size * sizeof(struct deadline *));
    if (grown == NULL)
        return false;
    deadlines->heap = grown;
    deadlines->size = size;
    return true;
}

static void put(struct deadlines *deadlines, size_t at, struct deadline *deadline)
{
    deadlines->heap[at] = deadline;
    deadline->index = at + 1;
}

/* Moves the entry at `at` up or down until the order holds. */
static void settle(struct deadlines *deadlines, size_t at)
{
    struct deadline *moving = deadlines->heap[at];
    while (at > 0 && deadlines->heap[(at - 1) / 2]->at_us > moving->at_us) {
        put(deadlines, at, deadlines->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < deadlines->count && deadlines->heap[child + 1]->at_us < deadlines->heap[child]->at_us)
            child++;
        if (child >= deadlines->count || deadlines->heap[child]->at_us >= moving->at_us)
            break;
        put(deadlines, at, deadlines->heap[child]);
        at = child;
    }
    put(deadlines, at, moving);
}

void deadlines_add(struct deadlines *deadlines, struct deadline *deadline)
{
    put(deadlines, deadlines->count++, deadline);
    settle(deadlines, deadlines->count - 1);
}

void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline)
{
    if (deadline->index == 0)
        return;
    size_t at = deadline->index - 1;
    struct deadline *last = deadlines->heap[--deadlines->count];
    deadline->index = 0;
    if (last == deadline)
        return;
    put(deadlines, at, last);
    settle(deadlines, at);
}

struct deadline *deadlines_first(const struct deadlines *deadlines)
{
    return deadlines->count > 0 ? deadlines->heap[0] : NULL;
}

void deadlines_free(struct deadlines *deadlines)
{
    free(deadlines->heap);
    *deadlines = (struct deadlines){ 0 };
}
