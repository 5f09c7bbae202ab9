#include "message_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define IN_MEMORY ((size_t)256 * 1024)
#define FIRST_ROOM ((size_t)16 * 1024)

struct message_spool {
    uint8_t *memory;
    size_t used, room;
    uint64_t length, limit; /* of the message; what is in the file counts too */
    int file;
    enum status status;
    void *map;
};

static int spool_free(struct message_spool *spool)
{
    if (spool->map != NULL)
        munmap(spool->map, (size_t)spool->length);
    if (spool->file >= 0)
        close(spool->file);
    return 0;
}

struct message_spool *message_spool_new(TALLOC_CTX *mem, uint64_t limit, uint64_t expected)
{
    struct message_spool *spool = talloc_zero(mem, struct message_spool);
    if (spool == NULL)
        return NULL;
    spool->limit = limit;
    spool->file = -1;
    spool->room = expected > FIRST_ROOM ? (expected < IN_MEMORY ? (size_t)expected + 2048 : IN_MEMORY + FIRST_ROOM) : FIRST_ROOM;
    spool->memory = talloc_size(spool, spool->room);
    talloc_set_destructor(spool, spool_free);
    if (spool->memory == NULL)
        TALLOC_FREE(spool);
    return spool;
}

static bool make_room(struct message_spool *spool, size_t length)
{
    size_t room = spool->room;
    while (room - spool->used < length)
        room *= 2;
    if (room == spool->room)
        return true;
    uint8_t *memory = talloc_realloc_size(spool, spool->memory, room);
    if (memory == NULL)
        return false;
    spool->memory = memory;
    spool->room = room;
    return true;
}

void message_spool_append(struct message_spool *spool, const uint8_t *bytes, size_t length)
{
    if (spool->status != STATUS_OK || length == 0)
        return;
    if (length > spool->limit - spool->length)
        spool->status = STATUS_LIMIT_EXCEEDED;
    else if (!make_room(spool, length))
        spool->status = STATUS_NO_MEMORY;
    if (spool->status != STATUS_OK)
        return;
    memcpy(spool->memory + spool->used, bytes, length);
    spool->used += length;
    spool->length += length;
}

enum status message_spool_status(const struct message_spool *spool)
{
    return spool->status;
}

bool message_spool_is_full(const struct message_spool *spool)
{
    return spool->status == STATUS_OK && spool->used >= IN_MEMORY;
}

static enum status spool_failure(const char *what)
{
    enum status status = errno == ENOSPC || errno == EDQUOT ? STATUS_DISK_FULL : STATUS_UNAVAILABLE;
    return status_fail(status, "spool file: %s: %s", what, strerror(errno));
}

/* Without a name, so that nothing is left behind whatever happens. */
static enum status open_file(struct message_spool *spool, const char *directory)
{
    char path[4096];
    spool->file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return spool->file >= 0 ? STATUS_OK : spool_failure(directory);
    int length = snprintf(path, sizeof path, "%s/message-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof path)
        return status_fail(STATUS_CONFIGURATION, "server.data_directory is too long");
    spool->file = mkostemp(path, O_CLOEXEC);
    if (spool->file < 0)
        return spool_failure(path);
    unlink(path);
    return STATUS_OK;
}

enum status message_spool_flush(struct message_spool *spool, const char *directory)
{
    if (spool->file < 0)
        TRY(open_file(spool, directory));
    for (size_t done = 0; done < spool->used;) {
        ssize_t written = write(spool->file, spool->memory + done, spool->used - done);
        if (written < 0 && errno != EINTR)
            return spool_failure("write");
        done += written > 0 ? (size_t)written : 0;
    }
    spool->used = 0;
    return STATUS_OK;
}

enum status message_spool_finish(struct message_spool *spool, const char *directory, struct slice *out)
{
    if (spool->file < 0) {
        *out = slice_of(spool->memory, spool->used);
        return STATUS_OK;
    }
    TRY(message_spool_flush(spool, directory));
    void *map = mmap(NULL, (size_t)spool->length, PROT_READ, MAP_PRIVATE, spool->file, 0);
    if (map == MAP_FAILED)
        return spool_failure("mmap");
    spool->map = map;
    *out = slice_of(map, (size_t)spool->length);
    return STATUS_OK;
}
