/* The store: a pool of PostgreSQL connections, and what must be known of it from outside.
 *
 * Opening does not connect; the first transaction does, so a role starts while the database is still down. Any thread may use
 * the store; a transaction (transaction.h) belongs to one thread, and a thread holds at most one at a time (a second one could wait
 * for ever for a connection that the first holds). Lives as long as the process. */
#ifndef BOURSE_STORAGE_STORE_H
#define BOURSE_STORAGE_STORE_H

#include "bourse/base/config.h"
#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct store; /* opaque */

struct store_options {
    const char *connection;         /* libpq keywords, e.g. "host=/run/pg dbname=bourse" */
    size_t connections;             /* most of the pool; 0: 8 */
    int64_t wait_us;                /* how long a transaction waits for a free connection; 0: 5 s */
    int64_t statement_timeout_ms;   /* 0: 30 s */
    const char *database_directory; /* watched by the free-space guard; NULL or "": not watched */
    uint64_t free_space;            /* bytes that must stay free; 0: 256 MiB */
};

/* STATUS_CONFIGURATION when the connection string cannot be read. */
enum status store_open(TALLOC_CTX *mem, const struct store_options *options, struct store **out) MUST_CHECK;
/* Options of the sections `database` and `server`. */
enum status store_open_configured(TALLOC_CTX *mem, const struct config *config, struct store **out) MUST_CHECK;

/* One round trip. STATUS_STORE_UNAVAILABLE; STATUS_CONFIGURATION when the schema is older or newer than this program. */
enum status store_health(struct store *store) MUST_CHECK;

/* The free-space guard (looked up at most once a second): STATUS_DISK_FULL below the limit. Functions that add content ask it
 * themselves; the SMTP server asks at MAIL FROM. Reads and deletes go on. */
enum status store_check_space(struct store *store) MUST_CHECK;

/* Statements that the calling thread has sent to any database, for tests of N+1 mistakes. */
uint64_t store_statement_count(void);
/* Tests of failure: the n-th next statement of this thread (1: the next) fails as if the connection was lost. 0 ends it. */
void store_fail_statement(uint64_t n);

/* Connections now open / in use. */
void store_pool_usage(struct store *store, size_t *open, size_t *busy);

#endif
