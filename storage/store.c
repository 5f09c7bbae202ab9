#include "store_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/locks.h"
#include "bourse/base/log.h"
#include "bourse/storage/schema.h"

#define CONNECTIONS_MAX 200
#define SPACE_CHECK_US 1000000

struct store {
    struct lock lock;
    pthread_cond_t freed;
    char *conninfo;
    size_t limit;
    int64_t wait_us;
    int64_t statement_timeout_ms;
    char *directory;
    uint64_t free_space;
    struct connection *idle[CONNECTIONS_MAX]; /* last used first */
    size_t idle_count;
    size_t open_count;
    bool down; /* the last connect failed; for the log */
    struct wakeups *wakeups;
    _Atomic int64_t space_checked;
    _Atomic bool space_low;
};

static int store_destroy(struct store *store)
{
    for (size_t i = 0; i < store->idle_count; i++)
        talloc_free(store->idle[i]);
    lock_destroy(&store->lock);
    pthread_cond_destroy(&store->freed);
    return 0;
}

static enum status check_conninfo(const char *conninfo)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &error);
    if (options == NULL) {
        enum status status = status_fail(STATUS_CONFIGURATION, "connection string: %s", error != NULL ? error : "out of memory");
        PQfreemem(error);
        return status;
    }
    PQconninfoFree(options);
    return STATUS_OK;
}

enum status store_open(TALLOC_CTX *mem, const struct store_options *options, struct store **out)
{
    TRY(check_conninfo(options->connection));
    struct store *store = talloc_zero(mem, struct store);
    if (store == NULL)
        return status_fail(STATUS_NO_MEMORY, "store");
    store->conninfo = talloc_strdup(store, options->connection);
    store->directory = talloc_strdup(store, options->database_directory != NULL ? options->database_directory : "");
    store->limit = options->connections > 0 ? options->connections : 8;
    if (store->limit > CONNECTIONS_MAX)
        store->limit = CONNECTIONS_MAX;
    store->wait_us = options->wait_us > 0 ? options->wait_us : 5 * 1000000;
    store->statement_timeout_ms = options->statement_timeout_ms > 0 ? options->statement_timeout_ms : 30000;
    store->free_space = options->free_space > 0 ? options->free_space : (uint64_t)256 * 1024 * 1024;
    lock_init(&store->lock, LOCK_STORE_POOL);
    lock_condition_init(&store->freed);
    talloc_set_destructor(store, store_destroy);
    *out = store;
    return STATUS_OK;
}

enum status store_open_configured(TALLOC_CTX *mem, const struct config *config, struct store **out)
{
    struct store_options options = {
        .connection = config_text(config, CONFIG_database_connection),
        .connections = (size_t)config_int(config, CONFIG_database_connections),
        .wait_us = config_seconds(config, CONFIG_database_wait) * 1000000,
        .statement_timeout_ms = config_seconds(config, CONFIG_database_statement_timeout) * 1000,
        .database_directory = config_text(config, CONFIG_server_database_directory),
        .free_space = (uint64_t)config_size(config, CONFIG_server_free_space),
    };
    return store_open(mem, &options, out);
}

enum status store_connect(TALLOC_CTX *mem, struct store *store, bool no_timeouts, struct connection **out)
{
    struct connection_settings settings = { .conninfo = store->conninfo,
                                            .statement_timeout_ms = no_timeouts ? 0 : store->statement_timeout_ms };
    enum status status = connection_open(mem, &settings, out);
    bool down = status != STATUS_OK;
    lock_take(&store->lock);
    bool changed = down != store->down;
    store->down = down;
    lock_release(&store->lock);
    if (changed && down)
        log_failure(EVENT_STORE_UNAVAILABLE, status, "cannot connect");
    else if (changed)
        log_event(EVENT_STORE_BACK, "connected");
    return status;
}

/* An idle connection, or the right to open one (*out stays NULL). */
static enum status take_slot(struct store *store, struct connection **out)
{
    int64_t deadline = clock_monotonic_us() + store->wait_us;
    enum status status = STATUS_OK;
    lock_take(&store->lock);
    while (store->idle_count == 0 && store->open_count >= store->limit && status == STATUS_OK)
        if (!lock_wait(&store->lock, &store->freed, deadline))
            status = STATUS_BUSY;
    if (store->idle_count > 0) {
        *out = store->idle[--store->idle_count];
        status = STATUS_OK;
    } else if (status == STATUS_OK) {
        store->open_count++;
    }
    lock_release(&store->lock);
    return status == STATUS_OK ? STATUS_OK : status_fail(status, "no free database connection");
}

static void give_up_slot(struct store *store)
{
    lock_take(&store->lock);
    store->open_count--;
    pthread_cond_signal(&store->freed);
    lock_release(&store->lock);
}

enum status store_acquire(struct store *store, struct connection **out)
{
    for (;;) {
        struct connection *connection = NULL;
        TRY(take_slot(store, &connection));
        if (connection == NULL)
            break;
        if (connection_drain(connection) && !connection_is_broken(connection)) {
            *out = connection;
            return STATUS_OK;
        }
        talloc_free(connection); /* died while idle: the server was restarted */
        give_up_slot(store);
    }
    enum status status = store_connect(NULL, store, false, out);
    if (status != STATUS_OK)
        give_up_slot(store);
    return status;
}

void store_release(struct store *store, struct connection *connection)
{
    if (connection_is_broken(connection)) {
        talloc_free(connection);
        give_up_slot(store);
        return;
    }
    lock_take(&store->lock);
    store->idle[store->idle_count++] = connection;
    pthread_cond_signal(&store->freed);
    lock_release(&store->lock);
}

enum status store_with_connection(struct store *store, enum status (*function)(struct connection *connection, void *data), void *data)
{
    struct connection *connection = NULL;
    TRY(store_acquire(store, &connection));
    enum status status = function(connection, data);
    store_release(store, connection);
    return status;
}

static enum status check_schema(struct connection *connection, void *data)
{
    (void)data;
    struct result *result = NULL;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = connection_call(connection, mem, &result, STATEMENT_schema_version, NULL);
    if (status == STATUS_OK) {
        struct sql_schema_version_out row = { 0 };
        result_read(result, 0, STATEMENT_schema_version, &row);
        if (row.version != schema_version() || row.unfinished > 0)
            status = status_fail(STATUS_CONFIGURATION, "schema is at %d, this program needs %d", row.version, schema_version());
    }
    talloc_free(mem);
    return status;
}

enum status store_health(struct store *store)
{
    return store_with_connection(store, check_schema, NULL);
}

enum status store_check_space(struct store *store)
{
    if (store->directory == NULL || store->directory[0] == '\0')
        return STATUS_OK;
    int64_t now = clock_monotonic_us();
    int64_t checked = atomic_load(&store->space_checked);
    if (checked == 0 || now - checked >= SPACE_CHECK_US) {
        struct statvfs space;
        if (statvfs(store->directory, &space) == 0)
            atomic_store(&store->space_low, (uint64_t)space.f_bavail * space.f_frsize < store->free_space);
        atomic_store(&store->space_checked, now);
    }
    return atomic_load(&store->space_low) ? status_fail(STATUS_DISK_FULL, "free space below the limit") : STATUS_OK;
}

void store_pool_usage(struct store *store, size_t *open, size_t *busy)
{
    lock_take(&store->lock);
    *open = store->open_count;
    *busy = store->open_count - store->idle_count;
    lock_release(&store->lock);
}

void store_set_wakeups(struct store *store, struct wakeups *wakeups)
{
    lock_take(&store->lock);
    store->wakeups = wakeups;
    lock_release(&store->lock);
}

void store_note_change(struct store *store, int64_t mailbox)
{
    lock_take(&store->lock); /* wakeups_stop takes it too, so the pointer stays good while we use it */
    if (store->wakeups != NULL)
        wakeups_note(store->wakeups, mailbox);
    lock_release(&store->lock);
}
