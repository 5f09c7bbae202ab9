/* A message ready to be inserted (private to storage). */
#ifndef BOURSE_STORAGE_PREPARED_H
#define BOURSE_STORAGE_PREPARED_H

#include "bourse/storage/message.h"
#include "item_index.h"
#include "statements.h"

#define MIME_INLINE_MAX ((size_t)64 * 1024)
#define VALUE_INLINE_MAX ((size_t)4096)
#define BODY_TEXT_MAX ((size_t)8192)
#define PREVIEW_MAX 255

struct prepared_message {
    struct sql_message_insert_in row;   /* all but the place: mailbox, item, folder, cn, uid, fai, is_read, delivered when 0 */
    struct sql_body_insert_in body;     /* all but mailbox and item */
    struct sql_attachment_insert_in *attachments; /* all but mailbox and item; number -1: gets one */
    size_t attachment_count;
    struct item_index index;
    struct hash256 mime_hash;           /* inline MIME: the transaction writes it */
    struct slice mime_inline;           /* encoded chunk; empty: mime is row.mime_blob, or none */
    uint64_t mime_size;
    int64_t *blobs;                     /* that each inserted copy refers to (repeats count), without an inline MIME */
    size_t blob_count;
};

/* How many copies of a message a transaction inserts, and how many queue entries, which refer to its MIME only. */
struct prepared_use {
    const struct prepared_message *prepared;
    int64_t copies, queued;
};

/* References of all copies and queue entries: inline MIME is written once with that many. Sorts `uses`. */
enum status prepared_take_blobs(struct transaction *tx, struct prepared_use *uses, size_t count) MUST_CHECK;
/* Its attachment rows (out: attachment_count) and body row for one item; numbers of new attachments start at `next`. */
void prepared_place_attachments(const struct prepared_message *prepared, int64_t mailbox, int64_t item, int32_t next,
                                struct sql_attachment_insert_in *out);
struct sql_body_insert_in prepared_place_body(const struct prepared_message *prepared, int64_t mailbox, int64_t item, int32_t next);

#endif
