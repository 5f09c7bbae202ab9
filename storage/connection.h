/* One PostgreSQL connection in pipeline mode, with prepared statements (private to storage).
 *
 * Statements are queued by connection_send, sent and answered by connection_run: one round trip for all that was queued. A statement is
 * prepared on its first use, in the same round trip. Belongs to one thread at a time. */
#ifndef BOURSE_STORAGE_CONNECTION_H
#define BOURSE_STORAGE_CONNECTION_H

#include <libpq-fe.h>
#include <talloc.h>

#include "bourse/base/status.h"
#include "statements.h"

struct connection;

/* The rows of one statement; texts and arrays read from it live as long as it does. */
struct result {
    PGresult *pg;
    int row_count;
    int64_t affected;
};

struct connection_settings {
    const char *conninfo;
    int64_t statement_timeout_ms; /* 0: statements and locks wait as long as it takes */
};

enum status connection_open(TALLOC_CTX *mem, const struct connection_settings *settings, struct connection **out) MUST_CHECK;

/* Queues a statement; `in` is its struct sql_<name>_in (NULL when it has no parameters). */
enum status connection_send(struct connection *connection, enum statement statement, const void *in) MUST_CHECK;
/* Queues a statement that is declared with "each:"; `in` is the first of `count` structs. */
enum status connection_send_rows(struct connection *connection, enum statement statement, const void *in, size_t count) MUST_CHECK;
/* Queues composed text with typed parameters (list.c): `count` values of `columns`, offsets into `in`. */
enum status connection_send_text(struct connection *connection, const char *text, const struct column *columns, int count,
                                 const void *in) MUST_CHECK;
/* Sends all queued statements and reads their answers. results[i] (or NULL) gets the i-th one's, on `mem`; `count` must be the number
 * queued. On failure the status of the first failing statement; no result is given. */
enum status connection_run(struct connection *connection, TALLOC_CTX *mem, struct result **results, size_t count) MUST_CHECK;
/* Sends what is queued without waiting; the answers are dropped before the next use. */
void connection_run_later(struct connection *connection);
size_t connection_queued(const struct connection *connection);
/* True once the server or the network broke it: it can only be freed. */
bool connection_is_broken(const struct connection *connection);
/* Reads away answers of connection_run_later; false: broken or a statement failed. */
bool connection_drain(struct connection *connection);
PGconn *connection_pg(struct connection *connection);
/* SQLSTATE of the last failure, "" when there was none. */
const char *connection_sqlstate(const struct connection *connection);
/* Name of the constraint that the last failure broke, "". */
const char *connection_constraint(const struct connection *connection);

/* Row `row` into the statement's struct sql_<name>_out. */
void result_read(const struct result *result, int row, enum statement statement, void *out);
void result_read_columns(const struct result *result, int row, const struct column *columns, int count, void *out);

/* Sugar: queue a statement with its parameters by name. */
#define SQL_SEND(connection, name, ...) \
    connection_send((connection), STATEMENT_##name, &(const struct sql_##name##_in){ __VA_ARGS__ })
/* One statement, one round trip. */
#define SQL_RUN(connection, mem, result, name, ...) \
    connection_call((connection), (mem), (result), STATEMENT_##name, &(const struct sql_##name##_in){ __VA_ARGS__ })
enum status connection_call(struct connection *connection, TALLOC_CTX *mem, struct result **result, enum statement statement,
                            const void *in) MUST_CHECK;

#endif
