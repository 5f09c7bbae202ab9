/* Blobs: large content, stored once a database by content hash, in chunks of 256 KiB, compressed where it helps.
 *
 * A blob is written before the transaction that will refer to it, with zero references and a lease (1 hour); the transaction's rows
 * count as references; sweep.h takes what nobody refers to when its lease is over. */
#ifndef BOURSE_STORAGE_BLOB_H
#define BOURSE_STORAGE_BLOB_H

#include "bourse/base/hash.h"
#include "bourse/storage/transaction.h"

#define BLOB_CHUNK ((size_t)256 * 1024)

struct blob_ref {
    int64_t id;
    uint64_t size; /* bytes of the content */
    struct hash256 hash;
};

/* Whole content at once; finds an equal blob if there is one (its lease is then renewed). No transaction may be open in this thread. */
enum status blob_write(struct store *store, struct slice content, struct blob_ref *out) MUST_CHECK;

/* The same inside of a transaction: the blob is there when it commits. */
enum status blob_write_in(struct transaction *tx, struct slice content, struct blob_ref *out) MUST_CHECK;

/* Streaming: at most one chunk is in memory. Freeing an unfinished writer leaves a blob without content hash to the sweeper. The
 * writer holds a connection only inside each call. */
struct blob_writer;
enum status blob_writer_open(TALLOC_CTX *mem, struct store *store, struct blob_writer **out) MUST_CHECK;
enum status blob_writer_append(struct blob_writer *writer, struct slice content) MUST_CHECK;
enum status blob_writer_finish(struct blob_writer *writer, struct blob_ref *out) MUST_CHECK;

/* STATUS_BLOB_NOT_FOUND. */
enum status blob_get(struct transaction *tx, int64_t blob, struct blob_ref *out) MUST_CHECK;
/* All of it on `mem` (a NUL follows). STATUS_LIMIT_EXCEEDED above `cap` bytes. */
enum status blob_read(TALLOC_CTX *mem, struct transaction *tx, int64_t blob, size_t cap, struct slice *out) MUST_CHECK;
/* The part from `offset` of at most `length` bytes; only its chunks are read. */
enum status blob_read_part(TALLOC_CTX *mem, struct transaction *tx, int64_t blob, uint64_t offset, size_t length, struct slice *out) MUST_CHECK;
/* Calls `sink` for each chunk in order; its failure ends the reading and is returned. */
enum status blob_stream(struct transaction *tx, int64_t blob, enum status (*sink)(struct slice chunk, void *data), void *data) MUST_CHECK;

#endif
