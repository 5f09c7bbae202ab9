/* A statement that is put together at run time: text with typed parameters (private to storage). Used by search and lists.
 *
 * Texts are constants of this folder and SQL of columns.def; what comes from outside goes into parameters only. */
#ifndef BOURSE_STORAGE_SEARCH_STATEMENT_H
#define BOURSE_STORAGE_SEARCH_STATEMENT_H

#include "bourse/base/buffer.h"
#include "encode.h"
#include "transaction_private.h"

/* Room for parameters that conditions may take; the rest of the statement has the others. */
#define SEARCH_CONDITION_PARAMETERS (PARAMETERS_MAX - 24)

union search_parameter {
    int64_t number;
    const char *text;
    struct slice bytes;
    struct sql_int8s numbers;
};

struct search_statement {
    struct buffer *text;
    struct column columns[PARAMETERS_MAX];
    union search_parameter values[PARAMETERS_MAX]; /* what they point at must live until the statement is sent */
    int count;
};

/* NULL when out of memory. */
struct search_statement *search_statement_new(TALLOC_CTX *mem);
/* Constant text. */
void search_add(struct search_statement *statement, const char *text);
/* Append "$n" and its value. */
void search_add_number(struct search_statement *statement, int64_t number);
void search_add_text(struct search_statement *statement, const char *text);
void search_add_bytes(struct search_statement *statement, struct slice bytes);
void search_add_numbers(struct search_statement *statement, const int64_t *numbers, size_t count);
/* Sends it in the transaction; rows are read with result_read_columns. STATUS_TOO_COMPLEX when it has too many parameters or is too long. */
enum status search_statement_run(TALLOC_CTX *mem, struct transaction *tx, const struct search_statement *statement, struct result **out) MUST_CHECK;

#endif
