#include "ldap_pool.h"

#include <stdio.h>

#include "bourse/base/log.h"
#include "bourse/base/metrics.h"

#define BACK_OFF_FIRST_US INT64_C(1000000)
#define BACK_OFF_MOST_US INT64_C(30000000)
#define IDLE_MOST_US INT64_C(300000000)

void ldap_pool_init(struct ldap_pool *pool)
{
    *pool = (struct ldap_pool){ .is_up = true };
    lock_init(&pool->lock, LOCK_LDAP_POOL);
    lock_condition_init(&pool->returned);
}

static void close_list(struct ldap_connection *list)
{
    while (list != NULL) {
        struct ldap_connection *next = list->next;
        ldap_disconnect(list);
        list = next;
    }
}

void ldap_pool_close(struct ldap_pool *pool)
{
    for (int purpose = 0; purpose < LDAP_PURPOSE_COUNT; purpose++)
        close_list(pool->idle[purpose]);
    pthread_cond_destroy(&pool->returned);
    lock_destroy(&pool->lock);
}

/* Moves the idle connections that `is_wanted` picks to the list that is returned. With the lock. */
static struct ldap_connection *take_out(struct ldap_pool *pool, bool (*is_wanted)(const struct ldap_connection *, int64_t),
                                        int64_t argument)
{
    struct ldap_connection *taken = NULL;
    for (int purpose = 0; purpose < LDAP_PURPOSE_COUNT; purpose++) {
        for (struct ldap_connection **link = &pool->idle[purpose]; *link != NULL;) {
            struct ldap_connection *connection = *link;
            if (!is_wanted(connection, argument)) {
                link = &connection->next;
                continue;
            }
            *link = connection->next;
            connection->next = taken;
            taken = connection;
            pool->open[purpose]--;
        }
    }
    return taken;
}

static bool is_of_server(const struct ldap_connection *connection, int64_t server)
{
    return connection->server == (size_t)server;
}

static bool is_of_older_settings(const struct ldap_connection *connection, int64_t generation)
{
    return connection->generation < (uint32_t)generation;
}

static bool is_idle_since(const struct ldap_connection *connection, int64_t before)
{
    return connection->idle_since < before;
}

/* With the lock. The first connection of the list fits unless the settings have changed. */
static struct ldap_connection *reuse(struct ldap_pool *pool, const struct settings *settings, enum ldap_purpose purpose)
{
    for (struct ldap_connection **link = &pool->idle[purpose]; *link != NULL; link = &(*link)->next) {
        struct ldap_connection *connection = *link;
        if (connection->generation == settings->generation) {
            *link = connection->next;
            connection->next = NULL;
            connection->is_reused = true;
            return connection;
        }
    }
    return NULL;
}

/* An idle connection, or the right to open one (counted in `open`): STATUS_OK with NULL. */
static enum status reserve(struct ldap_pool *pool, const struct settings *settings, enum ldap_purpose purpose,
                           struct ldap_connection **out)
{
    int64_t deadline = clock_monotonic_us() + settings->timeout_seconds * 1000000;
    enum status status = STATUS_OK;
    lock_take(&pool->lock);
    while ((*out = reuse(pool, settings, purpose)) == NULL && pool->open[purpose] >= settings->connections) {
        if (!lock_wait(&pool->lock, &pool->returned, deadline)) {
            status = STATUS_DIRECTORY_UNAVAILABLE;
            break;
        }
    }
    if (status == STATUS_OK && *out == NULL)
        pool->open[purpose]++;
    lock_release(&pool->lock);
    return status == STATUS_OK ? STATUS_OK : status_fail(status, "all LDAP connections stayed in use");
}

static void give_up_reservation(struct ldap_pool *pool, enum ldap_purpose purpose)
{
    lock_take(&pool->lock);
    pool->open[purpose]--;
    pthread_cond_signal(&pool->returned);
    lock_release(&pool->lock);
}

static bool may_try(struct ldap_pool *pool, size_t server)
{
    lock_take(&pool->lock);
    bool may = pool->servers[server].retry_at <= clock_monotonic_us();
    lock_release(&pool->lock);
    return may;
}

/* With the lock: notes the failure; true when the directory has just become unreachable. */
static void server_failed(struct ldap_pool *pool, size_t server, const char *why)
{
    struct ldap_server_state *state = &pool->servers[server];
    int64_t wait = BACK_OFF_FIRST_US << (state->failures < 5 ? state->failures : 5);
    state->failures++;
    state->retry_at = clock_monotonic_us() + (wait < BACK_OFF_MOST_US ? wait : BACK_OFF_MOST_US);
    snprintf(pool->last_error, sizeof pool->last_error, "%s", why);
    metric_add(METRIC_DIRECTORY_ERRORS, 1);
}

/* No server is left: says so once. */
static enum status nobody_answers(struct ldap_pool *pool)
{
    char why[sizeof pool->last_error];
    lock_take(&pool->lock);
    bool is_news = !pool->was_down_logged;
    if (pool->is_up)
        pool->down_since = clock_now();
    pool->is_up = false;
    pool->was_down_logged = true;
    memcpy(why, pool->last_error, sizeof why);
    lock_release(&pool->lock);
    enum status status = status_fail(STATUS_DIRECTORY_UNAVAILABLE, "no LDAP server answers: %s", why);
    if (is_news)
        log_failure(EVENT_DIRECTORY_DOWN, status, "known recipients are answered from memory");
    return status;
}

static enum status open_new(struct ldap_pool *pool, const struct settings *settings, enum ldap_purpose purpose,
                            struct ldap_connection **out)
{
    for (size_t server = 0; server < settings->server_count; server++) {
        if (!may_try(pool, server))
            continue;
        struct ldap_failure failure = { "" };
        enum status status = ldap_connect_to(settings, server, purpose, out, &failure);
        if (status == STATUS_OK)
            return STATUS_OK;
        if (status == STATUS_NO_MEMORY)
            return status;
        char why[256];
        snprintf(why, sizeof why, "%.80s: %.170s", settings->servers[server], failure.why);
        lock_take(&pool->lock);
        server_failed(pool, server, why);
        lock_release(&pool->lock);
    }
    return nobody_answers(pool);
}

enum status ldap_borrow(struct ldap_pool *pool, const struct settings *settings, enum ldap_purpose purpose,
                        struct ldap_connection **out)
{
    TRY(reserve(pool, settings, purpose, out));
    if (*out != NULL)
        return STATUS_OK;
    enum status status = open_new(pool, settings, purpose, out);
    if (status != STATUS_OK)
        give_up_reservation(pool, purpose);
    return status;
}

void ldap_return(struct ldap_pool *pool, struct ldap_connection *connection)
{
    connection->idle_since = clock_monotonic_us();
    lock_take(&pool->lock);
    bool is_outdated = connection->generation < pool->generation;
    if (is_outdated) {
        pool->open[connection->purpose]--;
    } else {
        connection->next = pool->idle[connection->purpose];
        pool->idle[connection->purpose] = connection;
    }
    pthread_cond_signal(&pool->returned);
    lock_release(&pool->lock);
    if (is_outdated)
        ldap_disconnect(connection);
}

void ldap_discard(struct ldap_pool *pool, struct ldap_connection *connection, bool blames_server, const char *why)
{
    enum ldap_purpose purpose = connection->purpose;
    struct ldap_connection *others = NULL;
    lock_take(&pool->lock);
    pool->open[purpose]--;
    /* idle connections of a server that broke one are as dead; a fresh one tells the truth about the server */
    others = take_out(pool, is_of_server, (int64_t)connection->server);
    if (blames_server)
        server_failed(pool, connection->server, why);
    pthread_cond_broadcast(&pool->returned);
    lock_release(&pool->lock);
    close_list(others);
    ldap_disconnect(connection);
}

void ldap_answered(struct ldap_pool *pool, const struct settings *settings, const struct ldap_connection *connection)
{
    lock_take(&pool->lock);
    bool was_down = !pool->is_up;
    pool->is_up = true;
    pool->was_down_logged = false;
    pool->down_since = 0;
    pool->servers[connection->server] = (struct ldap_server_state){ 0 };
    snprintf(pool->server, sizeof pool->server, "%s", settings->servers[connection->server]);
    lock_release(&pool->lock);
    if (was_down)
        log_event(EVENT_DIRECTORY_BACK, "%s", settings->servers[connection->server]);
}

void ldap_pool_prune(struct ldap_pool *pool, uint32_t generation, bool resets_servers)
{
    lock_take(&pool->lock);
    struct ldap_connection *old = take_out(pool, is_idle_since, clock_monotonic_us() - IDLE_MOST_US);
    struct ldap_connection *outdated = take_out(pool, is_of_older_settings, (int64_t)generation);
    if (generation > pool->generation)
        pool->generation = generation;
    if (resets_servers)
        memset(pool->servers, 0, sizeof pool->servers);
    pthread_cond_broadcast(&pool->returned);
    lock_release(&pool->lock);
    close_list(old);
    close_list(outdated);
}
