/* Properties that are columns <-> rows (private to storage). */
#ifndef BOURSE_STORAGE_COLUMNS_H
#define BOURSE_STORAGE_COLUMNS_H

#include "bourse/storage/message.h"
#include "statements.h"

enum column_kind { COLUMN_NUMBER, COLUMN_STRING, COLUMN_BINARY, COLUMN_BOOLEAN };

/* SQL of the column that holds the property; NULL when it is in the bag. */
const char *column_of_property(prop_tag tag, enum column_kind *kind);
bool property_is_in_column(prop_tag tag);
/* Fills what comes from properties; texts stay in the bag. */
enum status columns_from_bag(TALLOC_CTX *mem, const struct bag *bag, struct sql_message_insert_in *row) MUST_CHECK;
void row_from_sql(const struct sql_rows_read_out *sql, struct item_row *row);
/* 0 for an empty id. */
int64_t internet_id_hash(const char *message_id);

#endif
