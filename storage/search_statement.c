#include "search_statement.h"

#define TEXT_MAX ((size_t)256 * 1024)

struct search_statement *search_statement_new(TALLOC_CTX *mem)
{
    struct search_statement *statement = talloc_zero(mem, struct search_statement);
    if (statement == NULL)
        return NULL;
    statement->text = buffer_new(statement, TEXT_MAX);
    if (statement->text == NULL)
        TALLOC_FREE(statement);
    return statement;
}

void search_add(struct search_statement *statement, const char *text)
{
    buffer_append_text(statement->text, text);
}

/* The count goes on above the room, so that search_statement_run sees it. */
static void add(struct search_statement *statement, enum column_type type, unsigned oid, union search_parameter value)
{
    int at = statement->count++;
    if (at >= PARAMETERS_MAX)
        return;
    statement->values[at] = value;
    statement->columns[at] = (struct column){ type, oid, offsetof(struct search_statement, values) + (size_t)at * sizeof value };
    buffer_printf(statement->text, "$%d", at + 1);
}

void search_add_number(struct search_statement *statement, int64_t number)
{
    add(statement, COLUMN_INT8, 20, (union search_parameter){ .number = number });
}

void search_add_text(struct search_statement *statement, const char *text)
{
    add(statement, COLUMN_TEXT, 25, (union search_parameter){ .text = text });
}

void search_add_bytes(struct search_statement *statement, struct slice bytes)
{
    if (bytes.data == NULL)
        bytes = slice_of("", 0); /* not NULL of SQL */
    add(statement, COLUMN_BYTEA, 17, (union search_parameter){ .bytes = bytes });
}

void search_add_numbers(struct search_statement *statement, const int64_t *numbers, size_t count)
{
    add(statement, COLUMN_INT8S, 1016, (union search_parameter){ .numbers = { numbers, count } });
}

enum status search_statement_run(TALLOC_CTX *mem, struct transaction *tx, const struct search_statement *statement, struct result **out)
{
    if (statement->count > PARAMETERS_MAX || buffer_status(statement->text) != STATUS_OK)
        return status_fail(STATUS_TOO_COMPLEX, "statement with %d parameters, %zu bytes", statement->count, buffer_length(statement->text));
    TRY(tx_send_text(tx, buffer_text(statement->text), statement->columns, statement->count, statement));
    return tx_run(tx, mem, out, 1);
}
