/* Restriction -> SQL on the columns of table message (alias m), and the evaluation of what SQL cannot say (private to storage; used by
 * search and by lists).
 *
 * The SQL is always necessary: each item that matches satisfies it. When is_exact, it is sufficient too. Else the rows that SQL gives
 * are candidates and go through search_evaluate. Texts compare without case, which SQL does for ASCII only: a column with other
 * characters is a candidate. */
#ifndef BOURSE_STORAGE_SEARCH_COMPILE_H
#define BOURSE_STORAGE_SEARCH_COMPILE_H

#include "bourse/storage/message.h"
#include "search_statement.h"

struct search_condition {
    bool is_exact;  /* nothing to evaluate */
    unsigned parts; /* enum message_part that evaluating needs; 0: the row's columns are enough */
};

/* Appends " AND (...)", or nothing when SQL cannot narrow it down (or `restriction` is NULL: exact). STATUS_INVALID_RESTRICTION,
 * STATUS_TOO_COMPLEX as restriction_check. */
enum status search_compile(struct search_statement *statement, const struct restriction *restriction, struct search_condition *out) MUST_CHECK;

/* matches[i]: whether the item of rows[i] matches. Any count; works in portions. What it loads is freed before it returns. */
enum status search_evaluate(struct transaction *tx, int64_t mailbox, const struct restriction *restriction, unsigned parts,
                            const struct item_row *rows, size_t count, bool *matches) MUST_CHECK;

/* Whether a list can be sorted by it: a property in a column. */
bool search_can_sort(prop_tag tag);
/* Appends " ORDER BY ..." with the item id as the last key. sort_count 0: delivered, newest first. `reverse`: the other way round.
 * Texts sort without case, by bytes. STATUS_INVALID_ARGUMENT for a property that search_can_sort refuses or more than 4. */
enum status search_order(struct search_statement *statement, const struct list_sort *sort, size_t sort_count, bool reverse) MUST_CHECK;

#endif
