/* Conditions on one property as SQL (private to search_compile.c). */
#ifndef BOURSE_STORAGE_SEARCH_LEAF_H
#define BOURSE_STORAGE_SEARCH_LEAF_H

#include "bourse/model/restriction.h"
#include "search_statement.h"

enum search_reach {
    REACH_EXACT,     /* the text says the same as the evaluator */
    REACH_NECESSARY, /* the evaluator may refuse some of what the text lets through */
    REACH_UNKNOWN,   /* nothing was appended */
};

/* Appends a condition that holds whenever the evaluator gives `wanted` for `node` (CONTENT, PROPERTY, BITMASK, EXIST). */
enum search_reach search_leaf(struct search_statement *statement, const struct restriction *node, bool wanted);

#endif
