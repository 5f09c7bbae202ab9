/* Search over folders: restriction -> SQL on columns and full text, the rest by model's evaluator. */
#ifndef BOURSE_STORAGE_SEARCH_H
#define BOURSE_STORAGE_SEARCH_H

#include "bourse/storage/message.h"

struct search_query {
    const int64_t *folders; /* folder_count 0: all that users see (not Recoverable Items) */
    size_t folder_count;
    int64_t found_by;       /* a search folder: only what it has found, in whichever folders; 0: no matter */
    const int64_t *items;   /* only these; NULL: no matter */
    size_t item_count;
    enum list_content content;
    const struct restriction *restriction; /* or NULL */
    const char *words;      /* full text over subject, addresses, body and attachment names: all words, prefixes with "*"; NULL: none */
    const struct list_sort *sort;
    size_t sort_count;
    size_t offset;
    size_t limit;           /* at most 1,000 */
    bool with_props;
};

/* As store_message_list, over many folders; `total` is -1. STATUS_TOO_COMPLEX when more than 100,000 candidates would have to be evaluated. */
enum status search_run(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct search_query *query, struct list_page *out) MUST_CHECK;

/* Full text is filled in the background: takes up to `limit` items that have no row yet. *done: how many. Own transactions. */
enum status search_index_slice(struct store *store, size_t limit, size_t *done) MUST_CHECK;

#endif
