/* Listing and searching the items of folders. */
#ifndef BOURSE_GROUPWARE_FIND_H
#define BOURSE_GROUPWARE_FIND_H

#include "bourse/groupware/item.h"

struct sort_key {
    prop_tag tag;
    bool descending;
};

struct find_query {
    const struct restriction *restriction; /* NULL: all */
    const char *words;                     /* full text (already parsed from an AQS string), NULL: none */
    const struct sort_key *sort;           /* none: received, newest first */
    size_t sort_count;
    bool associated;                       /* hidden items instead of normal ones */
    bool soft_deleted;
    size_t offset;                         /* from the beginning, or from the end */
    bool from_end;
    size_t limit;                          /* capped by ews.find_page */
    unsigned parts;                        /* enum item_part of the results */
};

struct item_page {
    struct item **items;
    size_t count;
    size_t total;          /* items that match in all */
    bool includes_last;
    size_t next_offset;    /* IndexedPagingOffset for the next call */
};

/* Needs READ_ANY on the folder (own items only with less). Search folders give what they found. */
enum status item_find(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct find_query *query,
                      struct item_page **out) MUST_CHECK;

#endif
