/* Private: the inside of a bag, shared by bag.c and bag_pack.c. */
#ifndef MODEL_BAG_PRIVATE_H
#define MODEL_BAG_PRIVATE_H

#include "bourse/model/bag.h"

struct bag_entry {
    struct value value; /* first, so that &entry->value is the entry */
    void *owned;        /* talloc chunk of its content; NULL when inline or inside the packed copy */
};

struct bag {
    struct bag_entry *entries; /* ordered by property id */
    size_t count;
    size_t capacity;
};

/* A bag with room for `capacity` values and a memory pool that also holds `content_size` bytes in `chunks` pieces. */
struct bag *bag_new_sized(TALLOC_CTX *mem, size_t capacity, size_t content_size, size_t chunks);

#endif
