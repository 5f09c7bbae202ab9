/* boursectl trace ADDRESS [--seconds N] */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/trace.h"
#include "bourse/directory/directory.h"
#include "tool.h"

#define PAUSE_US 200000
#define TOUCH_EVERY_US INT64_C(3000000)

struct tracing {
    char *any, *on, *log;
    int fd; /* of the log; -1: not there yet */
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

static enum status touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool touched = fd >= 0 && futimens(fd, NULL) == 0;
    if (fd >= 0)
        close(fd);
    return touched ? STATUS_OK : status_fail(STATUS_CONFIGURATION, "%s: errno %d; does boursed run on this host?", path, errno);
}

static void copy_new(struct tracing *tracing)
{
    char piece[65536];
    if (tracing->fd < 0)
        tracing->fd = open(tracing->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    for (ssize_t got; tracing->fd >= 0 && (got = read(tracing->fd, piece, sizeof piece)) > 0;)
        fwrite(piece, 1, (size_t)got, stdout);
    fflush(stdout);
}

static enum status follow(struct tracing *tracing, int64_t seconds)
{
    int64_t end = seconds > 0 ? clock_monotonic_us() + seconds * 1000000 : INT64_MAX, touched = 0;
    while (!is_stopped && clock_monotonic_us() < end) {
        if (clock_monotonic_us() - touched > TOUCH_EVERY_US) {
            TRY(touch(tracing->any));
            TRY(touch(tracing->on));
            touched = clock_monotonic_us();
        }
        copy_new(tracing);
        usleep(PAUSE_US);
    }
    copy_new(tracing);
    return STATUS_OK;
}

static int trace_run(struct tool *tool)
{
    const char *seconds = tool_option(tool, "--seconds");
    char guid[GUID_TEXT_SIZE];
    struct recipient_entry *entry = NULL;
    if (tool->argc != 1)
        return tool_usage("trace needs an address");
    struct directory *directory = tool_directory(tool);
    if (directory == NULL)
        return TOOL_FAILED;
    enum status status = recipient_by_address(tool->mem, directory, tool->argv[0], &entry);
    if (status != STATUS_OK)
        return tool_fail(status, "%s", tool->argv[0]);
    const char *folder = config_text(tool->config, CONFIG_server_run_directory);
    guid_format(entry->guid, guid);
    struct tracing tracing = {
        .any = talloc_asprintf(tool->mem, "%s/trace/any.on", folder), .on = talloc_asprintf(tool->mem, "%s/trace/%s.on", folder, guid),
        .log = talloc_asprintf(tool->mem, "%s/trace/%s.log", folder, guid), .fd = -1,
    };
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    unlink(tracing.log);
    fprintf(stderr, "What %s exchanges with the server on this host (passwords are left out); Ctrl-C ends it.\n", tool->argv[0]);
    status = follow(&tracing, seconds != NULL ? strtoll(seconds, NULL, 10) : 0);
    unlink(tracing.on);
    unlink(tracing.log);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "trace");
}

const struct tool_command trace_commands[] = {
    { "trace", "ADDRESS [--seconds N]", "show what one user's clients (HTTP, SMTP when signed in) and the server say", true, trace_run },
    { NULL, NULL, NULL, false, NULL },
};
