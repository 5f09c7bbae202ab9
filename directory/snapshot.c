#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/base/wire.h"

/* Layout: magic, version u32, identity 32 bytes, records, SHA-256 of all before.
 * A record: 1, length u32 + primary key, key count u32, each length u32 + key, time u64, length u32 + data; after the last one: 0. */
static const char magic[8] = "BRSDIRCT";
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_MOST ((size_t)1 << 30)
#define KEYS_MOST 5000
#define KEY_MOST 8192

static void write_bytes(struct buffer *out, struct slice bytes)
{
    buffer_append_u32(out, (uint32_t)bytes.length);
    buffer_append_slice(out, bytes);
}

static void write_record(const struct cache_record_view *record, void *data)
{
    struct buffer *out = data;
    buffer_append_byte(out, 1);
    write_bytes(out, slice_of_text(record->primary));
    buffer_append_u32(out, (uint32_t)record->key_count);
    for (size_t i = 0; i < record->key_count; i++)
        write_bytes(out, slice_of_text(record->keys[i]));
    buffer_append_u64(out, (uint64_t)record->when);
    write_bytes(out, record->data);
}

void snapshot_write(struct buffer *out, struct hash256 identity, struct cache *cache)
{
    buffer_append(out, magic, sizeof magic);
    buffer_append_u32(out, SNAPSHOT_VERSION);
    buffer_append(out, identity.bytes, sizeof identity.bytes);
    cache_each(cache, write_record, out);
    buffer_append_byte(out, 0);
    struct hash256 sum = hash_sha256(buffer_slice(out));
    buffer_append(out, sum.bytes, sizeof sum.bytes);
}

static struct slice read_bytes(struct wire *wire, size_t most)
{
    uint32_t length = wire_u32(wire);
    if (length > most)
        wire_fail(wire, STATUS_CORRUPT);
    return wire_status(wire) == STATUS_OK ? wire_bytes(wire, length) : slice_of(NULL, 0);
}

static const char *read_key(TALLOC_CTX *mem, struct wire *wire)
{
    const char *key = slice_text(mem, read_bytes(wire, KEY_MOST));
    if (key == NULL || key[0] == '\0')
        wire_fail(wire, STATUS_CORRUPT);
    return key;
}

/* One record; with a cache it is added. */
static enum status read_record(struct wire *wire, struct cache *cache)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct cache_record_view record = { .primary = read_key(mem, wire) };
    uint32_t count = wire_u32(wire);
    const char **keys = count <= KEYS_MOST && wire_check_count(wire, count, 4) ? talloc_array(mem, const char *, count + 1) : NULL;
    if (keys == NULL)
        wire_fail(wire, STATUS_CORRUPT);
    for (; keys != NULL && record.key_count < count && wire_status(wire) == STATUS_OK; record.key_count++)
        keys[record.key_count] = read_key(mem, wire);
    record.keys = keys;
    record.when = (instant)wire_u64(wire);
    record.data = read_bytes(wire, SNAPSHOT_MOST);
    enum status status = wire_status(wire);
    if (status == STATUS_OK && cache != NULL)
        cache_add_old(cache, &record);
    talloc_free(mem);
    return status;
}

/* Twice over the same bytes: first only checked. Records stand in the order of their last use, so that a full cache
 * leaves out the oldest. */
static enum status read_records(struct wire wire, struct cache *cache)
{
    uint8_t mark;
    while ((mark = wire_u8(&wire)) == 1)
        TRY(read_record(&wire, cache));
    if (mark != 0)
        wire_fail(&wire, STATUS_CORRUPT);
    return wire_finish(&wire);
}

enum status snapshot_parse(struct slice bytes, struct hash256 identity, struct cache *cache)
{
    struct hash256 sum;
    if (bytes.length < sizeof magic + sizeof sum.bytes)
        return status_fail(STATUS_CORRUPT, "directory snapshot is too short");
    struct slice body = slice_part(bytes, 0, bytes.length - sizeof sum.bytes);
    memcpy(sum.bytes, bytes.data + body.length, sizeof sum.bytes);
    if (!hash_equal(sum, hash_sha256(body)))
        return status_fail(STATUS_CORRUPT, "directory snapshot is damaged");
    struct wire wire = wire_over(body);
    struct slice head = wire_bytes(&wire, sizeof magic);
    uint32_t version = wire_u32(&wire);
    struct slice whose = wire_bytes(&wire, sizeof identity.bytes);
    if (!slice_equal(head, slice_of(magic, sizeof magic)) || version != SNAPSHOT_VERSION ||
        !slice_equal(whose, slice_of(identity.bytes, sizeof identity.bytes)))
        return status_fail(STATUS_CORRUPT, "directory snapshot of another version or directory");
    if (read_records(wire, NULL) != STATUS_OK)
        return status_fail(STATUS_CORRUPT, "directory snapshot cannot be read");
    return read_records(wire, cache);
}

static enum status read_file(TALLOC_CTX *mem, const char *path, struct slice *out)
{
    struct stat state;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? STATUS_NOT_FOUND : status_fail(STATUS_CORRUPT, "%s: %m", path);
    enum status status = STATUS_CORRUPT;
    if (fstat(fd, &state) == 0 && S_ISREG(state.st_mode) && state.st_size >= 0 && (uint64_t)state.st_size <= SNAPSHOT_MOST) {
        size_t size = (size_t)state.st_size, have = 0;
        uint8_t *bytes = talloc_size(mem, size + 1);
        for (ssize_t got = 1; bytes != NULL && got > 0 && have < size; have += got > 0 ? (size_t)got : 0)
            got = read(fd, bytes + have, size - have);
        *out = slice_of(bytes, have);
        status = bytes == NULL ? STATUS_NO_MEMORY : have == size ? STATUS_OK : STATUS_CORRUPT;
    }
    close(fd);
    return status;
}

enum status snapshot_load(const char *path, struct hash256 identity, struct cache *cache)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes;
    if (mem == NULL)
        return STATUS_NO_MEMORY;
    enum status status = read_file(mem, path, &bytes);
    if (status == STATUS_OK)
        status = snapshot_parse(bytes, identity, cache);
    talloc_free(mem);
    return status;
}

static enum status write_file(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return status_fail(STATUS_UNAVAILABLE, "%s: %m", path);
    size_t written = 0;
    while (written < bytes.length) {
        ssize_t put = write(fd, bytes.data + written, bytes.length - written);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        written += (size_t)put;
    }
    bool is_kept = written == bytes.length && fsync(fd) == 0;
    int failure = errno;
    is_kept = close(fd) == 0 && is_kept;
    errno = failure;
    return is_kept ? STATUS_OK : status_fail(STATUS_DISK_FULL, "%s: %m", path);
}

enum status snapshot_save(const char *path, struct hash256 identity, struct cache *cache)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *bytes = mem != NULL ? buffer_new(mem, SNAPSHOT_MOST) : NULL;
    static atomic_uint attempts; /* several threads may save at a time */
    const char *temporary =
        mem != NULL ? talloc_asprintf(mem, "%s.%ld.%u", path, (long)getpid(), atomic_fetch_add(&attempts, 1)) : NULL;
    enum status status = STATUS_NO_MEMORY;
    if (bytes != NULL && temporary != NULL) {
        status = snapshot_load(path, identity, cache);
        if (status != STATUS_NO_MEMORY) { /* a missing or damaged file is simply replaced */
            snapshot_write(bytes, identity, cache);
            status = buffer_status(bytes);
        }
    }
    if (status == STATUS_OK)
        status = write_file(temporary, buffer_slice(bytes));
    if (status == STATUS_OK && rename(temporary, path) != 0)
        status = status_fail(STATUS_UNAVAILABLE, "%s: %m", path);
    if (status != STATUS_OK && temporary != NULL)
        unlink(temporary);
    talloc_free(mem);
    return status;
}
