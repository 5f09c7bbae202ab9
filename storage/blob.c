#include "bourse/storage/blob.h"

#include <openssl/evp.h>

#include "bourse/base/buffer.h"
#include "bourse/base/clock.h"
#include "chunk.h"
#include "transaction_private.h"

#define LEASE (1 * INSTANT_PER_HOUR)
#define CHUNKS_AT_ONCE 8

/* ---- writing ---- */

struct blob_writer {
    struct store *store;
    struct blob_ref ref;
    EVP_MD_CTX *digest;
    struct buffer *chunk; /* what does not fill a chunk yet */
    int32_t chunks;
    int64_t stored;
};

static int writer_destroy(struct blob_writer *writer)
{
    EVP_MD_CTX_free(writer->digest);
    return 0;
}

enum status blob_writer_open(TALLOC_CTX *mem, struct store *store, struct blob_writer **out)
{
    TRY(store_check_space(store));
    struct blob_writer *writer = talloc_zero(mem, struct blob_writer);
    if (writer == NULL)
        return status_fail(STATUS_NO_MEMORY, "blob writer");
    writer->store = store;
    writer->digest = EVP_MD_CTX_new();
    writer->chunk = buffer_new(writer, BLOB_CHUNK);
    talloc_set_destructor(writer, writer_destroy);
    if (writer->digest == NULL || writer->chunk == NULL || EVP_DigestInit_ex(writer->digest, EVP_sha256(), NULL) != 1) {
        talloc_free(writer);
        return status_fail(STATUS_NO_MEMORY, "blob writer");
    }
    *out = writer;
    return STATUS_OK;
}

static enum status write_chunk(struct connection *connection, void *data)
{
    struct blob_writer *writer = data;
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct slice stored;
    enum status status = STATUS_OK;
    if (writer->ref.id == 0) {
        struct result *result = NULL;
        struct sql_blob_open_out row;
        status = SQL_RUN(connection, scratch, &result, blob_open, .until = clock_now() + LEASE);
        if (status == STATUS_OK) {
            result_read(result, 0, STATEMENT_blob_open, &row);
            writer->ref.id = row.blob;
        }
    }
    if (status == STATUS_OK)
        status = chunk_encode(scratch, buffer_slice(writer->chunk), &stored);
    if (status == STATUS_OK)
        status = SQL_RUN(connection, NULL, NULL, blob_chunk_add, .blob = writer->ref.id, .seq = writer->chunks, .data = stored);
    if (status == STATUS_OK) {
        writer->chunks++;
        writer->stored += (int64_t)stored.length;
    }
    talloc_free(scratch);
    buffer_reset(writer->chunk);
    return status;
}

enum status blob_writer_append(struct blob_writer *writer, struct slice content)
{
    EVP_DigestUpdate(writer->digest, content.data, content.length);
    writer->ref.size += content.length;
    while (content.length > 0) {
        struct slice part = slice_part(content, 0, BLOB_CHUNK - buffer_length(writer->chunk));
        buffer_append_slice(writer->chunk, part);
        TRY(buffer_status(writer->chunk));
        content = slice_part(content, part.length, content.length);
        if (buffer_length(writer->chunk) == BLOB_CHUNK)
            TRY(store_with_connection(writer->store, write_chunk, writer));
    }
    return STATUS_OK;
}

struct finish {
    struct blob_writer *writer;
    bool is_there; /* an equal blob exists */
};

/* Takes an equal blob if there is one: its row is locked while the lease is renewed, so that the sweeper passes it over. */
static enum status adopt(struct connection *connection, void *data)
{
    struct finish *finish = data;
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct result *results[2] = { 0 };
    struct slice hash = slice_of(finish->writer->ref.hash.bytes, sizeof finish->writer->ref.hash.bytes);
    enum status status = connection_send(connection, STATEMENT_transaction_write, NULL);
    if (status == STATUS_OK)
        status = SQL_SEND(connection, blob_find_and_lock, .hash = hash, .size = (int64_t)finish->writer->ref.size);
    if (status == STATUS_OK)
        status = connection_run(connection, scratch, results, 2);
    if (status == STATUS_OK && results[1]->row_count > 0) {
        struct sql_blob_find_and_lock_out row;
        result_read(results[1], 0, STATEMENT_blob_find_and_lock, &row);
        finish->writer->ref.id = row.blob;
        finish->is_there = true;
        status = SQL_SEND(connection, blob_lease_renew, .blob = row.blob, .until = clock_now() + LEASE);
    }
    enum status sent = connection_send(connection, status == STATUS_OK ? STATEMENT_transaction_end : STATEMENT_transaction_undo, NULL);
    if (sent == STATUS_OK)
        sent = connection_run(connection, NULL, NULL, 0);
    talloc_free(scratch);
    return status != STATUS_OK ? status : sent;
}

static enum status close_blob(struct connection *connection, void *data)
{
    struct finish *finish = data;
    struct blob_writer *writer = finish->writer;
    enum status status = SQL_RUN(connection, NULL, NULL, blob_close, .blob = writer->ref.id,
                                 .hash = slice_of(writer->ref.hash.bytes, sizeof writer->ref.hash.bytes), .size = (int64_t)writer->ref.size,
                                 .stored = writer->stored, .chunks = writer->chunks);
    return status;
}

enum status blob_writer_finish(struct blob_writer *writer, struct blob_ref *out)
{
    struct finish finish = { .writer = writer };
    int64_t own = writer->ref.id;
    EVP_DigestFinal_ex(writer->digest, writer->ref.hash.bytes, NULL);
    TRY(store_with_connection(writer->store, adopt, &finish));
    if (!finish.is_there) {
        if (buffer_length(writer->chunk) > 0 || writer->chunks == 0)
            TRY(store_with_connection(writer->store, write_chunk, writer));
        enum status status = store_with_connection(writer->store, close_blob, &finish);
        if (status == STATUS_EXISTS) /* somebody was faster with the same content */
            status = store_with_connection(writer->store, adopt, &finish);
        TRY(status);
    }
    (void)own; /* chunks written before an equal blob was found are left to the sweeper */
    *out = writer->ref;
    return STATUS_OK;
}

enum status blob_write(struct store *store, struct slice content, struct blob_ref *out)
{
    struct blob_writer *writer = NULL;
    TRY(blob_writer_open(NULL, store, &writer));
    enum status status = blob_writer_append(writer, content);
    if (status == STATUS_OK)
        status = blob_writer_finish(writer, out);
    talloc_free(writer);
    return status;
}

/* ---- writing inside of a transaction ---- */

struct encoded {
    struct slice *chunks;
    int32_t count;
    int64_t stored;
};

static enum status encode_chunks(TALLOC_CTX *mem, struct slice content, struct encoded *out)
{
    size_t count = content.length == 0 ? 1 : (content.length + BLOB_CHUNK - 1) / BLOB_CHUNK;
    *out = (struct encoded){ .chunks = talloc_array(mem, struct slice, (unsigned)count), .count = (int32_t)count };
    if (out->chunks == NULL)
        return status_fail(STATUS_NO_MEMORY, "chunks");
    for (size_t i = 0; i < count; i++) {
        TRY(chunk_encode(out->chunks, slice_part(content, i * BLOB_CHUNK, BLOB_CHUNK), &out->chunks[i]));
        out->stored += (int64_t)out->chunks[i].length;
    }
    return STATUS_OK;
}

static enum status make_blob(struct transaction *tx, TALLOC_CTX *mem, struct slice content, struct blob_ref *out)
{
    struct encoded encoded;
    struct result *result = NULL;
    struct sql_blob_make_out row;
    TRY(encode_chunks(mem, content, &encoded));
    TRY(TX_RUN(tx, mem, &result, blob_make, .hash = slice_of(out->hash.bytes, sizeof out->hash.bytes), .size = (int64_t)content.length,
               .stored = encoded.stored, .chunks = encoded.count, .until = clock_now() + LEASE));
    result_read(result, 0, STATEMENT_blob_make, &row);
    out->id = row.blob;
    for (int32_t i = 0; row.is_new && i < encoded.count; i++)
        TRY(TX_SEND(tx, blob_chunk_add, .blob = out->id, .seq = i, .data = encoded.chunks[i]));
    return STATUS_OK;
}

enum status blob_write_in(struct transaction *tx, struct slice content, struct blob_ref *out)
{
    TALLOC_CTX *scratch = talloc_new(NULL);
    *out = (struct blob_ref){ .size = content.length, .hash = hash_sha256(content) };
    enum status status = scratch != NULL ? make_blob(tx, scratch, content, out) : status_fail(STATUS_NO_MEMORY, "blob");
    talloc_free(scratch);
    return status;
}

/* ---- reading ---- */

enum status blob_get(struct transaction *tx, int64_t blob, struct blob_ref *out)
{
    struct result *result = NULL;
    struct sql_blob_read_out row;
    TRY(TX_RUN(tx, tx, &result, blob_read, .blob = blob));
    if (result->row_count == 0)
        return status_fail(STATUS_BLOB_NOT_FOUND, "blob %lld", (long long)blob);
    result_read(result, 0, STATEMENT_blob_read, &row);
    *out = (struct blob_ref){ .id = row.blob, .size = (uint64_t)row.size };
    if (row.hash.length == sizeof out->hash.bytes)
        memcpy(out->hash.bytes, row.hash.data, sizeof out->hash.bytes);
    talloc_free(result);
    return STATUS_OK;
}

static enum status read_chunks(struct transaction *tx, int64_t blob, int32_t first, int32_t last,
                               enum status (*sink)(struct slice chunk, void *data), void *data)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, blob_chunks_read, .blob = blob, .first = first, .last = last));
    if (result->row_count != last - first + 1)
        return status_fail(STATUS_BLOB_NOT_FOUND, "blob %lld: chunks are missing", (long long)blob);
    enum status status = STATUS_OK;
    for (int i = 0; i < result->row_count && status == STATUS_OK; i++) {
        struct sql_blob_chunks_read_out row;
        struct slice chunk;
        result_read(result, i, STATEMENT_blob_chunks_read, &row);
        status = chunk_decode(result, row.data, &chunk);
        if (status == STATUS_OK)
            status = sink(chunk, data);
    }
    talloc_free(result);
    return status;
}

static int32_t chunk_count(uint64_t size)
{
    return size == 0 ? 1 : (int32_t)((size + BLOB_CHUNK - 1) / BLOB_CHUNK);
}

enum status blob_stream(struct transaction *tx, int64_t blob, enum status (*sink)(struct slice chunk, void *data), void *data)
{
    struct blob_ref ref;
    TRY(blob_get(tx, blob, &ref));
    int32_t count = chunk_count(ref.size);
    for (int32_t first = 0; first < count; first += CHUNKS_AT_ONCE) {
        int32_t last = first + CHUNKS_AT_ONCE - 1;
        TRY(read_chunks(tx, blob, first, last < count ? last : count - 1, sink, data));
    }
    return STATUS_OK;
}

static enum status append_to(struct slice chunk, void *data)
{
    buffer_append_slice(data, chunk);
    return buffer_status(data);
}

enum status blob_read(TALLOC_CTX *mem, struct transaction *tx, int64_t blob, size_t cap, struct slice *out)
{
    struct blob_ref ref;
    TRY(blob_get(tx, blob, &ref));
    if (ref.size > cap)
        return status_fail(STATUS_LIMIT_EXCEEDED, "blob of %llu bytes, at most %zu are wanted", (unsigned long long)ref.size, cap);
    struct buffer *buffer = buffer_new(mem, (size_t)ref.size + 1);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "blob");
    int32_t count = chunk_count(ref.size);
    for (int32_t first = 0; first < count; first += CHUNKS_AT_ONCE) {
        int32_t last = first + CHUNKS_AT_ONCE - 1;
        TRY(read_chunks(tx, blob, first, last < count ? last : count - 1, append_to, buffer));
    }
    enum status status = buffer_length(buffer) == ref.size ? buffer_take(buffer, mem, out)
                                                           : status_fail(STATUS_CORRUPT, "blob %lld has another length", (long long)blob);
    talloc_free(buffer);
    return status;
}

enum status blob_read_part(TALLOC_CTX *mem, struct transaction *tx, int64_t blob, uint64_t offset, size_t length, struct slice *out)
{
    struct blob_ref ref;
    TRY(blob_get(tx, blob, &ref));
    *out = slice_of("", 0);
    if (offset >= ref.size || length == 0)
        return STATUS_OK;
    if (length > ref.size - offset)
        length = (size_t)(ref.size - offset);
    int32_t first = (int32_t)(offset / BLOB_CHUNK), last = (int32_t)((offset + length - 1) / BLOB_CHUNK);
    struct buffer *buffer = buffer_new(mem, (size_t)(last - first + 1) * BLOB_CHUNK);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "blob");
    TRY(read_chunks(tx, blob, first, last, append_to, buffer));
    *out = slice_copy(mem, slice_part(buffer_slice(buffer), (size_t)(offset % BLOB_CHUNK), length));
    talloc_free(buffer);
    return STATUS_OK;
}
