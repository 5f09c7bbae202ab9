/* One process with one or all roles: start-up, signals, shutdown. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bourse/base/log.h"
#include "bourse/base/trace.h"
#include "bourse/http/metrics_listener.h"
#include "privileges.h"
#include "role.h"

enum { ROLES_MOST = 3 };

static const struct role *const all_roles[] = { &role_httpd, &role_smtpd, &role_deliverd };

struct process {
    struct role_context context;
    const char *name;
    const struct role *const *roles;
    size_t role_count;
    void *states[ROLES_MOST];
    size_t started;
    struct metrics_listener *metrics;
    bool is_stopping;
    pthread_t shutdown;
    bool has_shutdown;
};

const struct role *role_at(size_t index)
{
    return index < ARRAY_LENGTH(all_roles) ? all_roles[index] : NULL;
}

const struct role *role_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(all_roles); i++)
        if (strcmp(all_roles[i]->name, name) == 0)
            return all_roles[i];
    return NULL;
}

static enum log_level level_of(const char *name)
{
    static const char *const names[] = { "error", "warning", "notice", "info", "debug" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(names[i], name) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

static enum status open_log(const struct process *process)
{
    const char *path = config_text(process->context.config, CONFIG_server_log_file);
    int fd = STDERR_FILENO;
    if (path[0] != '\0') {
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0)
            return status_fail(STATUS_CONFIGURATION, "log file %s: %s", path, strerror(errno));
    }
    log_open(process->name, fd, level_of(config_text(process->context.config, CONFIG_server_log_level)));
    return STATUS_OK;
}

static enum status check_store(void *data)
{
    return groupware_store_health(data);
}

static enum status check_directory(void *data)
{
    return groupware_directory_health(data);
}

static enum status start_metrics(struct process *process, int offset)
{
    const struct config *config = process->context.config;
    int64_t port = config_int(config, CONFIG_http_metrics_port);
    struct health_check checks[] = {
        { .name = "database", .check = check_store, .data = process->context.groupware },
        { .name = "directory", .check = check_directory, .data = process->context.groupware },
    };
    if (port == 0)
        return STATUS_OK;
    return metrics_listener_start(process->context.groupware, config_text(config, CONFIG_http_metrics_listen), (uint16_t)(port + offset),
                                  process->name, checks, ARRAY_LENGTH(checks), &process->metrics);
}

static enum status start_roles(struct process *process)
{
    for (; process->started < process->role_count; process->started++)
        TRY(process->roles[process->started]->start(&process->context, &process->states[process->started]));
    return STATUS_OK;
}

/* Drains without the loop's thread, which must go on serving the sessions that drain. */
static void *shutdown_thread(void *data)
{
    struct process *process = data;
    int64_t seconds = config_seconds(process->context.config, CONFIG_server_drain_time);
    if (process->metrics != NULL)
        metrics_listener_set_draining(process->metrics);
    for (size_t i = 0; i < process->started; i++)
        process->roles[i]->drain(process->states[i], seconds);
    loop_stop(process->context.loop);
    return NULL;
}

static void on_stop_signal(int number, void *data)
{
    struct process *process = data;
    if (process->is_stopping)
        return;
    process->is_stopping = true;
    log_event(EVENT_STOPPING, "signal %d", number);
    process->has_shutdown = pthread_create(&process->shutdown, NULL, shutdown_thread, process) == 0;
    if (!process->has_shutdown)
        loop_stop(process->context.loop);
}

static void on_reload_signal(int number, void *data)
{
    struct process *process = data;
    struct config *fresh = NULL;
    (void)number;
    status_chain_clear();
    enum status status = config_load(process->context.loop, process->context.config_path, &fresh);
    if (status != STATUS_OK) {
        log_failure(EVENT_CONFIG_INVALID, status, "%s: the old configuration stays", status_client_text(status));
        return;
    }
    process->context.config = fresh;
    log_set_level(level_of(config_text(fresh, CONFIG_server_log_level)));
    for (size_t i = 0; i < process->started; i++)
        process->roles[i]->reload(&process->context, process->states[i]);
    log_event(EVENT_CONFIG_RELOADED, "%s", process->context.config_path);
}

static enum status watch_signals(struct process *process)
{
    struct loop *loop = process->context.loop;
    signal(SIGPIPE, SIG_IGN);
    if (loop_watch_signal(loop, loop, SIGTERM, on_stop_signal, process) == NULL ||
        loop_watch_signal(loop, loop, SIGINT, on_stop_signal, process) == NULL ||
        loop_watch_signal(loop, loop, SIGHUP, on_reload_signal, process) == NULL)
        return status_fail(STATUS_NO_MEMORY, "signals");
    return STATUS_OK;
}

/* A descriptor a connection: the soft limit of 1,024 would be met by a few hundred phones. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Where boursectl trace puts its switches; without the folder there are just no traces. */
static enum status open_trace(const struct process *process)
{
    char *folder = talloc_asprintf(process->context.loop, "%s/trace", config_text(process->context.config, CONFIG_server_run_directory));
    if (folder == NULL)
        return status_fail(STATUS_NO_MEMORY, "trace folder");
    enum status status = trace_open(folder);
    if (status != STATUS_OK)
        log_failure(EVENT_CONFIG_INVALID, status, "boursectl trace will not work");
    return STATUS_OK;
}

static enum status start(TALLOC_CTX *mem, struct process *process, int metrics_offset)
{
    TRY(config_load(mem, process->context.config_path, &process->context.config));
    TRY(open_log(process));
    raise_descriptor_limit();
    process->context.loop = loop_new(mem);
    if (process->context.loop == NULL)
        return status_fail(STATUS_NO_MEMORY, "event loop");
    TRY(watch_signals(process));
    TRY(open_trace(process));
    TRY(groupware_open(mem, process->context.config, &process->context.groupware));
    TRY(start_metrics(process, metrics_offset));
    TRY(start_roles(process));
    return privileges_drop(config_text(process->context.config, CONFIG_server_user));
}

static void stop(struct process *process)
{
    if (process->has_shutdown)
        pthread_join(process->shutdown, NULL);
    for (size_t i = process->started; i > 0; i--)
        process->roles[i - 1]->stop(process->states[i - 1]);
    TALLOC_FREE(process->metrics);
    groupware_close(process->context.groupware);
}

int roles_run(const char *name, const struct role *const *roles, size_t count, const char *config_path, int metrics_offset)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct process process = { .context = { .config_path = config_path }, .name = name, .roles = roles, .role_count = count };
    log_open(name, STDERR_FILENO, LOG_LEVEL_INFO);
    enum status status = start(mem, &process, metrics_offset);
    if (status == STATUS_OK) {
        log_event(EVENT_STARTED, "pid %ld", (long)getpid());
        loop_run(process.context.loop);
    } else {
        log_failure(EVENT_CONFIG_INVALID, status, "cannot start: %s", status_client_text(status));
    }
    stop(&process);
    if (status == STATUS_OK)
        log_event(EVENT_STOPPED, "pid %ld", (long)getpid());
    talloc_free(mem);
    return status == STATUS_OK ? 0 : 1;
}
