#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "array_count.h"
#include "bourse/base/clock.h"
#include "bourse/base/locks.h"
#include "bourse/base/log.h"
#include "bourse/storage/events.h"
#include "store_private.h"

#define SEND_EVERY_US 20000
#define RECONNECT_MS 1000
#define PAYLOAD_MAX 7900 /* PostgreSQL takes less than 8,000 bytes */
#define NOTED_MAX 4096   /* above: "look at everything" */

struct wakeups {
    struct store *store;
    struct lock lock;
    int64_t *noted;
    size_t noted_count;
    bool noted_all;
    bool stopping;
    bool running;
    int wake_fd; /* eventfd: something was noted */
    pthread_t thread;
    struct connection *connection;
    int64_t sent_us;
    void (*wake)(int64_t mailbox, void *data);
    void *data;
};

void wakeups_note(struct wakeups *wakeups, int64_t mailbox)
{
    bool is_new = true;
    lock_take(&wakeups->lock);
    for (size_t i = 0; i < wakeups->noted_count && is_new; i++)
        is_new = wakeups->noted[i] != mailbox;
    if (is_new && wakeups->noted_count < NOTED_MAX)
        wakeups->noted[wakeups->noted_count++] = mailbox;
    else if (is_new)
        wakeups->noted_all = true;
    lock_release(&wakeups->lock);
    if (is_new && eventfd_write(wakeups->wake_fd, 1) != 0)
        log_event(EVENT_NOTIFY_FAILED, "eventfd");
}

static void tell(struct wakeups *wakeups, const char *payload)
{
    for (const char *at = payload; *at != '\0';) {
        char *end = NULL;
        long long mailbox = strtoll(at, &end, 10);
        if (end == at)
            return;
        wakeups->wake(mailbox, wakeups->data);
        at = *end == ',' ? end + 1 : end;
    }
}

/* "17,4,0" of what was noted, or "-1" for everything; NULL when nothing was. Takes it. */
static char *take_payload(TALLOC_CTX *mem, struct wakeups *wakeups)
{
    lock_take(&wakeups->lock);
    bool all = wakeups->noted_all;
    char *payload = wakeups->noted_count > 0 || all ? talloc_strdup(mem, all ? "-1" : "") : NULL;
    while (payload != NULL && !all && wakeups->noted_count > 0 && talloc_get_size(payload) < PAYLOAD_MAX - 24)
        payload = talloc_asprintf_append_buffer(payload, "%s%lld", payload[0] != '\0' ? "," : "",
                                                (long long)wakeups->noted[--wakeups->noted_count]);
    if (all)
        wakeups->noted_count = 0;
    wakeups->noted_all = false;
    lock_release(&wakeups->lock);
    return payload;
}

static void lost(struct wakeups *wakeups, enum status status)
{
    TALLOC_FREE(wakeups->connection);
    log_failure(EVENT_NOTIFY_FAILED, status, "wake-up connection lost");
    wakeups->wake(-1, wakeups->data);
}

static enum status connect_and_listen(struct wakeups *wakeups)
{
    TRY(store_connect(wakeups, wakeups->store, true, &wakeups->connection));
    enum status status = connection_call(wakeups->connection, NULL, NULL, STATEMENT_wakeup_listen, NULL);
    if (status != STATUS_OK)
        TALLOC_FREE(wakeups->connection);
    else
        wakeups->wake(-1, wakeups->data); /* what happened before we listened */
    return status;
}

static void send_noted(struct wakeups *wakeups)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = STATUS_OK;
    char *payload;
    while (status == STATUS_OK && (payload = take_payload(mem, wakeups)) != NULL)
        status = SQL_RUN(wakeups->connection, NULL, NULL, wakeup_send, .payload = payload);
    talloc_free(mem);
    wakeups->sent_us = clock_monotonic_us();
    if (status != STATUS_OK)
        lost(wakeups, status);
}

static void receive(struct wakeups *wakeups)
{
    PGconn *pg = connection_pg(wakeups->connection);
    if (PQconsumeInput(pg) != 1) {
        lost(wakeups, status_fail(STATUS_STORE_UNAVAILABLE, "%s", PQerrorMessage(pg)));
        return;
    }
    PGnotify *notify;
    while ((notify = PQnotifies(pg)) != NULL) {
        tell(wakeups, notify->extra);
        PQfreemem(notify);
    }
}

/* Milliseconds until noted mailboxes may be sent; -1: nothing is noted. */
static int send_wait(struct wakeups *wakeups)
{
    lock_take(&wakeups->lock);
    bool any = wakeups->noted_count > 0 || wakeups->noted_all;
    lock_release(&wakeups->lock);
    if (!any)
        return -1;
    int64_t left = wakeups->sent_us + SEND_EVERY_US - clock_monotonic_us();
    return left <= 0 ? 0 : (int)(left / 1000 + 1);
}

static bool is_stopping(struct wakeups *wakeups)
{
    lock_take(&wakeups->lock);
    bool stopping = wakeups->stopping;
    lock_release(&wakeups->lock);
    return stopping;
}

static void step(struct wakeups *wakeups)
{
    eventfd_t ignored;
    if (wakeups->connection == NULL && connect_and_listen(wakeups) != STATUS_OK) {
        struct pollfd only = { .fd = wakeups->wake_fd, .events = POLLIN };
        if (poll(&only, 1, RECONNECT_MS) > 0)
            eventfd_read(wakeups->wake_fd, &ignored);
        return;
    }
    int wait = send_wait(wakeups);
    struct pollfd fds[] = { { .fd = wakeups->wake_fd, .events = POLLIN },
                            { .fd = PQsocket(connection_pg(wakeups->connection)), .events = POLLIN } };
    if (wait != 0 && poll(fds, 2, wait) > 0) {
        if (fds[0].revents != 0)
            eventfd_read(wakeups->wake_fd, &ignored);
        if (fds[1].revents != 0)
            receive(wakeups);
    }
    if (wakeups->connection != NULL && send_wait(wakeups) == 0)
        send_noted(wakeups);
    if (wakeups->connection != NULL)
        receive(wakeups); /* answers of send_noted may have carried notifications in */
}

static void *wake_loop(void *data)
{
    struct wakeups *wakeups = data;
    while (!is_stopping(wakeups)) {
        status_chain_clear();
        step(wakeups);
    }
    TALLOC_FREE(wakeups->connection);
    return NULL;
}

static enum status send_queue(struct connection *connection, void *data)
{
    (void)data;
    return SQL_RUN(connection, NULL, NULL, wakeup_send, .payload = "0");
}

enum status wakeups_tell_queue(struct store *store)
{
    return store_with_connection(store, send_queue, NULL);
}

void wakeups_stop(struct wakeups *wakeups)
{
    store_set_wakeups(wakeups->store, NULL);
    lock_take(&wakeups->lock);
    bool was_running = wakeups->running;
    wakeups->stopping = true;
    wakeups->running = false;
    lock_release(&wakeups->lock);
    if (was_running) {
        eventfd_write(wakeups->wake_fd, 1);
        pthread_join(wakeups->thread, NULL);
    }
}

static int wakeups_destroy(struct wakeups *wakeups)
{
    wakeups_stop(wakeups);
    close(wakeups->wake_fd);
    lock_destroy(&wakeups->lock);
    return 0;
}

enum status wakeups_start(TALLOC_CTX *mem, struct store *store, void (*wake)(int64_t mailbox, void *data), void *data, struct wakeups **out)
{
    struct wakeups *wakeups = talloc_zero(mem, struct wakeups);
    if (wakeups == NULL)
        return status_fail(STATUS_NO_MEMORY, "wake-ups");
    *wakeups = (struct wakeups){ .store = store, .wake = wake, .data = data, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    wakeups->noted = talloc_array(wakeups, int64_t, NOTED_MAX);
    if (wakeups->noted == NULL || wakeups->wake_fd < 0) {
        talloc_free(wakeups);
        return status_fail(STATUS_NO_MEMORY, "wake-ups: errno %d", errno);
    }
    lock_init(&wakeups->lock, LOCK_WAKE_UPS);
    talloc_set_destructor(wakeups, wakeups_destroy);
    if (pthread_create(&wakeups->thread, NULL, wake_loop, wakeups) != 0) {
        talloc_free(wakeups);
        return status_fail(STATUS_NO_MEMORY, "wake-up thread");
    }
    wakeups->running = true;
    store_set_wakeups(store, wakeups);
    *out = wakeups;
    return STATUS_OK;
}
