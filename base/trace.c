#include "bourse/base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bourse/base/clock.h"

enum { TEXT_CAP = 1024 * 1024, PATH_SIZE = 4096 };
#define LOOK_EVERY_US INT64_C(1000000)

static char folder[PATH_SIZE];
/* When the folder was last looked at, and whether it held any switch. A switch that appears is seen within a second. */
static atomic_llong looked_us;
static atomic_bool any_on;

enum status trace_open(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return status_fail(STATUS_CONFIGURATION, "trace folder %s: errno %d", path, errno);
    int length = snprintf(folder, sizeof folder, "%s", path);
    return length > 0 && (size_t)length < sizeof folder - 64 ? STATUS_OK : status_fail(STATUS_CONFIGURATION, "trace folder: long path");
}

static bool path_of(struct guid who, const char *ending, char out[PATH_SIZE])
{
    char text[GUID_TEXT_SIZE];
    int length = snprintf(out, PATH_SIZE, "%s/%s%s", folder, guid_format(who, text), ending);
    return folder[0] != '\0' && length > 0 && length < PATH_SIZE;
}

/* The tool touches the folder's "any.on" along with a user's switch, so that one look answers for everybody who is not traced. */
static bool is_fresh(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && instant_from_unix(info.st_mtime) > clock_now() - TRACE_FRESH_SECONDS * INSTANT_PER_SECOND;
}

static bool look(void)
{
    int64_t now = clock_monotonic_us();
    if (now - atomic_load(&looked_us) > LOOK_EVERY_US) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%.4000s/any.on", folder);
        atomic_store(&any_on, is_fresh(path));
        atomic_store(&looked_us, now);
    }
    return atomic_load(&any_on);
}

bool trace_is_any_on(void)
{
    return folder[0] != '\0' && look();
}

bool trace_is_on(struct guid who)
{
    char path[PATH_SIZE];
    return folder[0] != '\0' && look() && path_of(who, ".on", path) && is_fresh(path);
}

void trace_write(struct guid who, const char *heading, struct slice text)
{
    char path[PATH_SIZE], line[512], when[INSTANT_TEXT_SIZE];
    if (!path_of(who, ".log", path))
        return;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    int length = snprintf(line, sizeof line, "=== %s %s (%zu bytes)\n", instant_format_precise(clock_now(), when), heading, text.length);
    text = slice_part(text, 0, TEXT_CAP);
    struct iovec parts[] = {
        { .iov_base = line, .iov_len = length > 0 && (size_t)length < sizeof line ? (size_t)length : strlen(line) },
        { .iov_base = (void *)(uintptr_t)text.data, .iov_len = text.length },
        { .iov_base = (void *)(uintptr_t)"\n", .iov_len = 1 },
    };
    ssize_t written = writev(fd, parts, 3);
    (void)written;
    close(fd);
}
