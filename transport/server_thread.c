/* A thread with an event loop and its connections. */
#include <signal.h>
#include <sys/statvfs.h>

#include "bourse/base/clock.h"
#include "server.h"

#define TICK_US INT64_C(1000000)

static bool is_space_low(const char *folder, uint64_t least)
{
    struct statvfs space;
    return folder[0] != '\0' && statvfs(folder, &space) == 0 && (uint64_t)space.f_bavail * space.f_frsize < least;
}

/* The guard for the spool's and the database's file systems. Groupware looks at the latter too, but only when a message has come in. */
static void look_at_space(struct smtp_server *server)
{
    const struct config *config = atomic_load(&server->config);
    uint64_t least = (uint64_t)config_size(config, CONFIG_server_free_space);
    bool is_low = is_space_low(config_text(config, CONFIG_server_data_directory), least) ||
                  is_space_low(config_text(config, CONFIG_server_database_directory), least);
    atomic_store(&server->is_space_low, is_low);
}

static void on_tick(void *data)
{
    struct server_thread *thread = data;
    int64_t now_us = clock_monotonic_us();
    if (thread == &thread->server->threads[0])
        look_at_space(thread->server);
    for (struct connection *connection = thread->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        connection_tick(connection, now_us);
    }
}

static void *run(void *data)
{
    struct server_thread *thread = data;
    pthread_setname_np(pthread_self(), "smtp-loop");
    loop_run(thread->loop);
    return NULL;
}

enum status server_thread_start(struct server_thread *thread)
{
    if (thread == &thread->server->threads[0])
        look_at_space(thread->server);
    if (loop_timer_every(thread->loop, thread->loop, TICK_US, on_tick, thread) == NULL)
        return status_fail(STATUS_NO_MEMORY, "SMTP thread");
    sigset_t all, before;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&thread->thread, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        return status_fail(STATUS_NO_MEMORY, "SMTP thread");
    thread->is_started = true;
    return STATUS_OK;
}

void server_thread_gone(struct server_thread *thread)
{
    if (thread->is_stopping && thread->connections == NULL)
        loop_stop(thread->loop);
}

static void drain(void *data)
{
    struct server_thread *thread = data;
    for (struct connection *connection = thread->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        smtp_connection_drain(connection);
    }
}

void server_thread_drain(struct server_thread *thread)
{
    if (thread->is_started && loop_post(thread->loop, drain, thread) != STATUS_OK)
        return; /* out of memory: the stop cuts them */
}

static void stop(void *data)
{
    struct server_thread *thread = data;
    thread->is_stopping = true;
    for (struct connection *connection = thread->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        connection_cut(connection);
    }
    if (thread->connections == NULL)
        loop_stop(thread->loop);
}

void server_thread_stop(struct server_thread *thread)
{
    if (!thread->is_started)
        return;
    while (loop_post(thread->loop, stop, thread) != STATUS_OK)
        sched_yield();
    pthread_join(thread->thread, NULL);
    thread->is_started = false;
}
