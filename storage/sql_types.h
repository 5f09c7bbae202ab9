/* C types of SQL parameters and result columns, for the generated statement structs. */
#ifndef BOURSE_STORAGE_SQL_TYPES_H
#define BOURSE_STORAGE_SQL_TYPES_H

#include "bourse/base/guid.h"
#include "bourse/base/slice.h"

/* An array parameter; its memory is the caller's. As a result column its memory is the result's. */
struct sql_bools { const bool *items; size_t count; };
struct sql_int4s { const int32_t *items; size_t count; };
struct sql_int8s { const int64_t *items; size_t count; };
struct sql_texts { const char *const *items; size_t count; };
struct sql_byteas { const struct slice *items; size_t count; };
struct sql_uuids { const struct guid *items; size_t count; };

enum column_type {
    COLUMN_BOOL, COLUMN_INT2, COLUMN_INT4, COLUMN_INT8, COLUMN_TEXT, COLUMN_BYTEA, COLUMN_UUID,
    COLUMN_BOOLS, COLUMN_INT4S, COLUMN_INT8S, COLUMN_TEXTS, COLUMN_BYTEAS, COLUMN_UUIDS,
};

/* One member of a statement's struct. A text or bytea parameter whose pointer is NULL is SQL NULL; a NULL result gives a zero
 * number, a NULL text pointer or an empty slice. */
struct column {
    enum column_type type;
    unsigned oid;
    size_t offset;
};

struct statement_row {
    const char *name;
    const char *text;
    const struct column *in;
    int in_count;
    const struct column *out;
    int out_count;
    size_t each; /* 0, or the statement takes many structs of this size */
};

extern const struct statement_row statement_table[];
extern const char *const fragment_table[];

#endif
