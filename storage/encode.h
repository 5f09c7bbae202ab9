/* Binary parameters and results of libpq (private to storage). */
#ifndef BOURSE_STORAGE_ENCODE_H
#define BOURSE_STORAGE_ENCODE_H

#include <libpq-fe.h>
#include <talloc.h>

#include "sql_types.h"

#define PARAMETERS_MAX 64

/* Parameters as PQsendQueryPrepared takes them. */
struct parameters {
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX];
    int formats[PARAMETERS_MAX];
    unsigned oids[PARAMETERS_MAX];
};

/* Memory of encoded values is on `mem`. False when out of memory. */
bool parameters_encode(TALLOC_CTX *mem, const struct column *columns, int count, const void *in, struct parameters *out);
/* Each column of `rows` structs that lie `size` bytes apart as an array parameter; a member that is an array itself becomes its text. */
bool parameters_encode_rows(TALLOC_CTX *mem, const struct column *columns, int count, const void *in, size_t size, size_t rows,
                            struct parameters *out);
/* The binary form of a member that is no text, bytes or array; its length. */
int number_encode(enum column_type type, const void *field, uint8_t bytes[16]);
/* Decodes one field; arrays are allocated on `mem`. */
void field_decode(TALLOC_CTX *mem, const PGresult *pg, int row, int field, const struct column *column, void *out);

#endif
