#include "master.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "role.h"

enum { ROLES_MOST = 3 };

/* A role that ends at once again and again is started ever more slowly, up to once in 5 s: a start costs little, and
 * what killed the role may be over at any moment. */
#define RESTART_FIRST_US INT64_C(100000)
#define RESTART_LONGEST_US INT64_C(5000000)
#define HEALTHY_US INT64_C(60000000)

struct child {
    const struct role *role;
    pid_t pid;             /* 0: not running */
    int64_t started_us;
    int64_t pause_us;
    int64_t start_at_us;   /* when not running */
};

struct master {
    const char *program, *config_path;
    struct child children[ROLES_MOST];
    size_t count;
    bool is_stopping;
};

static void run_child(const struct master *master, const struct role *role)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* A role must not outlive its master: nobody would restart it, and the next start would find its ports taken. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execl(master->program, "boursed", "--config", master->config_path, "--role", role->name, (char *)NULL);
    _exit(127);
}

static void start_child(struct master *master, struct child *child)
{
    pid_t pid = fork();
    if (pid == 0)
        run_child(master, child->role);
    child->started_us = clock_monotonic_us();
    child->pid = pid > 0 ? pid : 0;
    if (pid < 0) {
        child->start_at_us = child->started_us + RESTART_LONGEST_US;
        log_event(EVENT_ROLE_DIED, "%s: fork: %s", child->role->name, strerror(errno));
    }
}

static void child_ended(struct master *master, struct child *child, int wait_status)
{
    int64_t now = clock_monotonic_us();
    child->pid = 0;
    if (master->is_stopping)
        return;
    bool was_healthy = now - child->started_us > HEALTHY_US;
    child->pause_us = was_healthy || child->pause_us == 0 ? RESTART_FIRST_US : child->pause_us * 2;
    if (child->pause_us > RESTART_LONGEST_US)
        child->pause_us = RESTART_LONGEST_US;
    child->start_at_us = now + child->pause_us;
    if (WIFSIGNALED(wait_status))
        log_event(EVENT_ROLE_DIED, "%s: signal %d; next start in %lld ms", child->role->name, WTERMSIG(wait_status), (long long)child->pause_us / 1000);
    else
        log_event(EVENT_ROLE_DIED, "%s: exit code %d; next start in %lld ms", child->role->name, WEXITSTATUS(wait_status),
                  (long long)child->pause_us / 1000);
}

static void reap(struct master *master)
{
    int wait_status = 0;
    for (pid_t pid; (pid = waitpid(-1, &wait_status, WNOHANG)) > 0;)
        for (size_t i = 0; i < master->count; i++)
            if (master->children[i].pid == pid)
                child_ended(master, &master->children[i], wait_status);
}

static void signal_all(const struct master *master, int number)
{
    for (size_t i = 0; i < master->count; i++)
        if (master->children[i].pid > 0)
            kill(master->children[i].pid, number);
}

static bool any_running(const struct master *master)
{
    for (size_t i = 0; i < master->count; i++)
        if (master->children[i].pid > 0)
            return true;
    return false;
}

/* Milliseconds until a role has to be started; -1: none waits. */
static int start_due(struct master *master)
{
    int64_t now = clock_monotonic_us(), soonest = -1;
    for (size_t i = 0; i < master->count && !master->is_stopping; i++) {
        struct child *child = &master->children[i];
        if (child->pid == 0 && child->start_at_us <= now)
            start_child(master, child);
        if (child->pid == 0 && (soonest < 0 || child->start_at_us < soonest))
            soonest = child->start_at_us;
    }
    return soonest < 0 ? -1 : (int)((soonest - now) / 1000 + 1);
}

static void handle_signal(struct master *master, uint32_t number)
{
    if (number == SIGCHLD) {
        reap(master);
    } else if (number == SIGHUP) {
        signal_all(master, SIGHUP);
    } else {
        master->is_stopping = true;
        log_event(EVENT_STOPPING, "signal %u", number);
        signal_all(master, SIGTERM);
    }
}

static void supervise(struct master *master, int signals)
{
    while (!master->is_stopping || any_running(master)) {
        struct pollfd poll_signals = { .fd = signals, .events = POLLIN };
        int timeout = start_due(master);
        struct signalfd_siginfo info;
        if (poll(&poll_signals, 1, timeout) > 0 && read(signals, &info, sizeof info) == (ssize_t)sizeof info)
            handle_signal(master, info.ssi_signo);
        reap(master);
    }
}

int master_run(const char *program, const char *config_path)
{
    struct master master = { .program = program, .config_path = config_path };
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGHUP);
    sigaddset(&handled, SIGCHLD);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    int signals = signalfd(-1, &handled, SFD_CLOEXEC);
    if (signals < 0) {
        log_event(EVENT_ROLE_DIED, "signalfd: %s", strerror(errno));
        return 1;
    }
    for (; role_at(master.count) != NULL; master.count++)
        master.children[master.count].role = role_at(master.count);
    log_event(EVENT_STARTED, "pid %ld", (long)getpid());
    supervise(&master, signals);
    close(signals);
    log_event(EVENT_STOPPED, "pid %ld", (long)getpid());
    return 0;
}
