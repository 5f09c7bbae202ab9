/* The inside of struct directory, for the files of this folder. */
#ifndef BOURSE_DIRECTORY_DIRECTORY_PRIVATE_H
#define BOURSE_DIRECTORY_DIRECTORY_PRIVATE_H

#include "cache.h"
#include "entry.h"

struct sign_in_state;
struct browse_list;

struct directory {
    struct lock lock; /* DIRECTORY: settings, list, snapshot_... */
    struct settings *settings;
    struct browse_list *list; /* address_list.c; NULL until the first browse */
    uint64_t snapshot_version; /* of `entries` when the snapshot was last written or read; likewise: */
    size_t snapshot_count;
    int64_t snapshot_at_us;
    struct ldap_pool pool;
    struct cache *entries; /* "i:<guid>" and further keys -> packed entry; "g:", "m:" -> packed guid lists (group.c) */
    struct cache *absent;  /* keys that the directory does not know, for a short time */
    struct sign_in_state *sign_in;
};

/* The settings of now; settings_release when done. */
struct settings *directory_settings(struct directory *directory);

/* address_list.c */
void browse_list_free(struct browse_list *list);

#endif
