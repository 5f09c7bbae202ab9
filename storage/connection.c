#include "connection.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bourse/base/metrics.h"
#include "encode.h"
#include "sqlstate.h"
#include "store_private.h"

/* What the next answers of the pipeline belong to. */
enum expected { EXPECT_PREPARE, EXPECT_ROWS };

struct expectation {
    enum expected kind;
    int slot; /* statement number; STATEMENT_COUNT: composed text, not prepared */
};

#define EXPECTATIONS_MAX 2048
#define SCRATCH (16 * 1024) /* encoded parameters of most statements */

struct connection {
    PGconn *pg;
    bool broken;
    bool pending; /* sync sent by connection_run_later, answers not read */
    uint8_t prepared[STATEMENT_COUNT];
    struct expectation expected[EXPECTATIONS_MAX];
    size_t expected_count;
    size_t statements;
    TALLOC_CTX *scratch;
    char sqlstate[6];
    char constraint[64];
};

static __thread uint64_t statements_of_thread;
static __thread uint64_t fail_countdown;

uint64_t store_statement_count(void)
{
    return statements_of_thread;
}

void store_fail_statement(uint64_t n)
{
    fail_countdown = n;
}

static int connection_destroy(struct connection *connection)
{
    PQfinish(connection->pg);
    return 0;
}

static void ignore_notice(void *data, const PGresult *result)
{
    (void)data;
    (void)result;
}

static enum status configure(struct connection *connection, const struct connection_settings *settings)
{
    char timeout[32];
    snprintf(timeout, sizeof timeout, "%lld", (long long)settings->statement_timeout_ms);
    TRY(SQL_RUN(connection, NULL, NULL, session_setup, .statement_timeout = timeout,
                .lock_timeout = settings->statement_timeout_ms > 0 ? "10000" : "0"));
    return STATUS_OK;
}

enum status connection_open(TALLOC_CTX *mem, const struct connection_settings *settings, struct connection **out)
{
    struct connection *connection = talloc_zero(mem, struct connection);
    if (connection == NULL)
        return status_fail(STATUS_NO_MEMORY, "connection");
    connection->scratch = talloc_new(connection);
    const char *const keys[] = { "connect_timeout", "client_encoding", "application_name", "dbname", NULL };
    const char *const values[] = { "5", "UTF8", "bourse", settings->conninfo, NULL };
    connection->pg = PQconnectdbParams(keys, values, 1);
    talloc_set_destructor(connection, connection_destroy);
    if (PQstatus(connection->pg) != CONNECTION_OK) {
        enum status status = status_fail(STATUS_STORE_UNAVAILABLE, "connect: %s", PQerrorMessage(connection->pg));
        talloc_free(connection);
        return status;
    }
    PQsetNoticeReceiver(connection->pg, ignore_notice, NULL);
    PQenterPipelineMode(connection->pg);
    enum status status = configure(connection, settings);
    if (status != STATUS_OK) {
        talloc_free(connection);
        return status_add(status, "session setup");
    }
    *out = connection;
    return STATUS_OK;
}

static enum status broken(struct connection *connection, const char *what)
{
    connection->broken = true;
    return status_fail(STATUS_STORE_UNAVAILABLE, "%s: %s", what, PQerrorMessage(connection->pg));
}

static void expect(struct connection *connection, enum expected kind, int slot)
{
    connection->expected[connection->expected_count++] = (struct expectation){ kind, slot };
}

static enum status ready_to_send(struct connection *connection)
{
    if (connection->pending && !connection_drain(connection))
        return status_fail(STATUS_STORE_UNAVAILABLE, "connection broke while it was drained");
    if (connection->broken)
        return status_fail(STATUS_STORE_UNAVAILABLE, "connection is broken");
    if (connection->expected_count + 2 > EXPECTATIONS_MAX)
        return status_fail(STATUS_INTERNAL, "too many statements in one round trip");
    if (fail_countdown > 0 && --fail_countdown == 0)
        shutdown(PQsocket(connection->pg), SHUT_RDWR);
    statements_of_thread++;
    metric_add(METRIC_STORE_STATEMENTS, 1);
    return STATUS_OK;
}

static enum status send_prepared(struct connection *connection, enum statement statement, const struct parameters *parameters)
{
    const struct statement_row *row = &statement_table[statement];
    if (!connection->prepared[statement]) {
        if (PQsendPrepare(connection->pg, row->name, row->text, row->in_count, parameters->oids) != 1)
            return broken(connection, row->name);
        expect(connection, EXPECT_PREPARE, (int)statement);
        connection->prepared[statement] = 1;
    }
    if (PQsendQueryPrepared(connection->pg, row->name, row->in_count, parameters->values, parameters->lengths, parameters->formats,
                            1) != 1)
        return broken(connection, row->name);
    expect(connection, EXPECT_ROWS, (int)statement);
    connection->statements++;
    return STATUS_OK;
}

enum status connection_send_rows(struct connection *connection, enum statement statement, const void *in, size_t count)
{
    const struct statement_row *row = &statement_table[statement];
    struct parameters parameters;
    TRY(ready_to_send(connection));
    TALLOC_CTX *scratch = talloc_pool(connection->scratch, SCRATCH);
    bool encoded = scratch != NULL && (row->each > 0 ? parameters_encode_rows(scratch, row->in, row->in_count, in, row->each, count, &parameters)
                                                     : parameters_encode(scratch, row->in, row->in_count, in, &parameters));
    enum status status = encoded ? send_prepared(connection, statement, &parameters)
                                 : status_fail(STATUS_NO_MEMORY, "parameters of %s", row->name);
    talloc_free(scratch);
    return status;
}

enum status connection_send(struct connection *connection, enum statement statement, const void *in)
{
    return connection_send_rows(connection, statement, in, 1);
}

enum status connection_send_text(struct connection *connection, const char *text, const struct column *columns, int count,
                                 const void *in)
{
    struct parameters parameters;
    TRY(ready_to_send(connection));
    TALLOC_CTX *scratch = talloc_new(connection->scratch);
    if (scratch == NULL || !parameters_encode(scratch, columns, count, in, &parameters))
        return status_fail(STATUS_NO_MEMORY, "parameters of a composed statement");
    int sent = PQsendQueryParams(connection->pg, text, count, parameters.oids, parameters.values, parameters.lengths,
                                 parameters.formats, 1);
    talloc_free(scratch);
    if (sent != 1)
        return broken(connection, "composed statement");
    expect(connection, EXPECT_ROWS, STATEMENT_COUNT);
    connection->statements++;
    return STATUS_OK;
}

size_t connection_queued(const struct connection *connection)
{
    return connection->statements;
}

static void note_failure(struct connection *connection, const PGresult *pg)
{
    const char *state = PQresultErrorField(pg, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(pg, PG_DIAG_CONSTRAINT_NAME);
    snprintf(connection->sqlstate, sizeof connection->sqlstate, "%s", state != NULL ? state : "");
    snprintf(connection->constraint, sizeof connection->constraint, "%s", constraint != NULL ? constraint : "");
}

static const char *slot_name(int slot)
{
    return slot >= 0 && slot < STATEMENT_COUNT ? statement_table[slot].name : "composed statement";
}

/* One answer of the pipeline. A failed or skipped PREPARE leaves the slot unprepared. */
static enum status read_answer(struct connection *connection, struct expectation expected, PGresult **rows)
{
    PGresult *pg = PQgetResult(connection->pg);
    if (pg == NULL)
        return broken(connection, "no answer");
    ExecStatusType kind = PQresultStatus(pg);
    PGresult *end = PQgetResult(connection->pg); /* the NULL that ends this statement's results */
    PQclear(end);
    if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK) {
        *rows = pg;
        return STATUS_OK;
    }
    if (expected.kind == EXPECT_PREPARE)
        connection->prepared[expected.slot] = 0;
    enum status status = STATUS_RETRY; /* skipped because of an earlier failure, which the caller keeps */
    if (kind == PGRES_FATAL_ERROR) {
        note_failure(connection, pg);
        status = sqlstate_status(connection->sqlstate);
        if (connection->sqlstate[0] == '\0' || PQstatus(connection->pg) == CONNECTION_BAD) {
            connection->broken = true;
            status = STATUS_STORE_UNAVAILABLE;
        }
        status = status_fail(status, "%s: %s", slot_name(expected.slot), PQresultErrorMessage(pg));
    }
    PQclear(pg);
    return status;
}

static int result_destroy(struct result *result)
{
    PQclear(result->pg);
    return 0;
}

static struct result *result_new(TALLOC_CTX *mem, PGresult *pg)
{
    struct result *result = talloc_zero(mem, struct result);
    if (result == NULL) {
        PQclear(pg);
        return NULL;
    }
    const char *affected = PQcmdTuples(pg);
    *result = (struct result){ .pg = pg, .row_count = PQntuples(pg), .affected = affected[0] != '\0' ? atoll(affected) : 0 };
    talloc_set_destructor(result, result_destroy);
    return result;
}

/* Reads up to the answer of the sync. */
static enum status read_sync(struct connection *connection)
{
    PGresult *pg = PQgetResult(connection->pg);
    bool is_sync = pg != NULL && PQresultStatus(pg) == PGRES_PIPELINE_SYNC;
    PQclear(pg);
    return is_sync ? STATUS_OK : broken(connection, "pipeline out of step");
}

static enum status take_rows(TALLOC_CTX *mem, PGresult *pg, struct result **out)
{
    if (out == NULL) {
        PQclear(pg);
        return STATUS_OK;
    }
    *out = result_new(mem, pg);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "result");
}

static enum status read_all(struct connection *connection, TALLOC_CTX *mem, struct result **results, size_t count)
{
    enum status first = STATUS_OK;
    size_t index = 0;
    for (size_t i = 0; i < connection->expected_count && !connection->broken; i++) {
        PGresult *pg = NULL;
        struct expectation expected = connection->expected[i];
        enum status status = read_answer(connection, expected, &pg);
        if (status == STATUS_OK && expected.kind == EXPECT_ROWS)
            status = take_rows(mem, pg, results != NULL && index < count ? &results[index] : NULL);
        else
            PQclear(pg);
        index += expected.kind == EXPECT_ROWS;
        if (first == STATUS_OK)
            first = status;
    }
    connection->expected_count = 0;
    connection->statements = 0;
    enum status synced = connection->broken ? STATUS_STORE_UNAVAILABLE : read_sync(connection);
    return first != STATUS_OK ? first : synced;
}

enum status connection_run(struct connection *connection, TALLOC_CTX *mem, struct result **results, size_t count)
{
    for (size_t i = 0; results != NULL && i < count; i++)
        results[i] = NULL;
    if (results != NULL && count != connection->statements)
        return status_fail(STATUS_INTERNAL, "%zu results wanted, %zu statements queued", count, connection->statements);
    if (PQpipelineSync(connection->pg) != 1)
        return broken(connection, "send");
    return read_all(connection, mem, results, count);
}

void connection_run_later(struct connection *connection)
{
    if (connection->broken || PQpipelineSync(connection->pg) != 1)
        connection->broken = true;
    else
        connection->pending = true;
}

/* Between round trips the server has nothing to say. If it has, it said good-bye or is gone (or its settings changed, which costs no more
 * than a new connection). */
static bool has_news(const struct connection *connection)
{
    struct pollfd socket = { .fd = PQsocket(connection->pg), .events = POLLIN };
    return poll(&socket, 1, 0) != 0;
}

bool connection_drain(struct connection *connection)
{
    bool was_pending = connection->pending;
    connection->pending = false;
    if (was_pending && read_all(connection, connection->scratch, NULL, 0) != STATUS_OK)
        return false;
    return !connection->broken && !has_news(connection);
}

bool connection_is_broken(const struct connection *connection)
{
    return connection->broken || PQstatus(connection->pg) != CONNECTION_OK;
}

PGconn *connection_pg(struct connection *connection)
{
    return connection->pg;
}

const char *connection_sqlstate(const struct connection *connection)
{
    return connection->sqlstate;
}

const char *connection_constraint(const struct connection *connection)
{
    return connection->constraint;
}

enum status connection_call(struct connection *connection, TALLOC_CTX *mem, struct result **result, enum statement statement,
                            const void *in)
{
    TRY(connection_send(connection, statement, in));
    struct result *mine = NULL;
    TRY(connection_run(connection, mem, result != NULL ? &mine : NULL, result != NULL ? 1 : 0));
    if (result != NULL)
        *result = mine;
    return STATUS_OK;
}

void result_read_columns(const struct result *result, int row, const struct column *columns, int count, void *out)
{
    for (int i = 0; i < count; i++)
        field_decode((TALLOC_CTX *)(uintptr_t)result, result->pg, row, i, &columns[i], out);
}

void result_read(const struct result *result, int row, enum statement statement, void *out)
{
    result_read_columns(result, row, statement_table[statement].out, statement_table[statement].out_count, out);
}
