#include "chunk.h"

#include <pthread.h>
#include <zstd.h>

#include "bourse/storage/blob.h"

#define LEAST_COMPRESSED 256
#define LEVEL 1

static enum status encode_plain(TALLOC_CTX *mem, struct slice content, struct slice *out)
{
    uint8_t *bytes = talloc_size(mem, content.length + 1);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "chunk");
    bytes[0] = CHUNK_PLAIN;
    if (content.length > 0)
        memcpy(bytes + 1, content.data, content.length);
    *out = slice_of(bytes, content.length + 1);
    return STATUS_OK;
}

/* A compression context a thread: making one costs more than compressing a small message. */
static __thread ZSTD_CCtx *context;
static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void free_context(void *value)
{
    ZSTD_freeCCtx(value);
}

static void make_key(void)
{
    pthread_key_create(&context_key, free_context);
}

static ZSTD_CCtx *thread_context(void)
{
    if (context == NULL) {
        pthread_once(&context_once, make_key);
        context = ZSTD_createCCtx();
        pthread_setspecific(context_key, context);
    }
    return context;
}

enum status chunk_encode(TALLOC_CTX *mem, struct slice content, struct slice *out)
{
    if (content.length < LEAST_COMPRESSED || thread_context() == NULL)
        return encode_plain(mem, content, out);
    size_t room = ZSTD_compressBound(content.length);
    uint8_t *bytes = talloc_size(mem, room + 1);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "chunk");
    size_t length = ZSTD_compressCCtx(thread_context(), bytes + 1, room, content.data, content.length, LEVEL);
    if (ZSTD_isError(length) || length > content.length - content.length / 10) {
        talloc_free(bytes);
        return encode_plain(mem, content, out);
    }
    bytes[0] = CHUNK_ZSTD;
    *out = slice_of(bytes, length + 1);
    return STATUS_OK;
}

static enum status decode_zstd(TALLOC_CTX *mem, struct slice packed, struct slice *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(packed.data, packed.length);
    if (size > BLOB_CHUNK) /* also the two error values */
        return status_fail(STATUS_CORRUPT, "chunk claims %llu bytes", size);
    uint8_t *bytes = talloc_size(mem, (size_t)size + 1);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "chunk");
    size_t got = ZSTD_decompress(bytes, (size_t)size, packed.data, packed.length);
    if (ZSTD_isError(got) || got != size) {
        talloc_free(bytes);
        return status_fail(STATUS_CORRUPT, "chunk cannot be decompressed");
    }
    bytes[size] = 0;
    *out = slice_of(bytes, (size_t)size);
    return STATUS_OK;
}

enum status chunk_decode(TALLOC_CTX *mem, struct slice stored, struct slice *out)
{
    struct slice packed = slice_part(stored, 1, stored.length);
    if (stored.length == 0 || stored.data[0] > CHUNK_ZSTD)
        return status_fail(STATUS_CORRUPT, "chunk of an unknown codec");
    if (stored.data[0] == CHUNK_ZSTD)
        return decode_zstd(mem, packed, out);
    uint8_t *bytes = talloc_size(mem, packed.length + 1);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "chunk");
    if (packed.length > 0)
        memcpy(bytes, packed.data, packed.length);
    bytes[packed.length] = 0;
    *out = slice_of(bytes, packed.length);
    return STATUS_OK;
}
