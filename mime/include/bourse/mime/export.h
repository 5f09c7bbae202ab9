/* Properties -> Internet message [MS-OXCMAIL] 2.1 (MIME generation).
 *
 * Always generates; whether the kept original still mirrors the properties and is given instead is groupware's choice (one place
 * there). Output has CR LF line ends and no line above 998 bytes. TNEF is never made. Content of the message's own IN_MIME attachments
 * (and bodies, when mime.has_content) is read from message->mime.bytes; blobs of the store are read through the callback. */
#ifndef BOURSE_MIME_EXPORT_H
#define BOURSE_MIME_EXPORT_H

#include "bourse/mime/limits.h"
#include "bourse/model/message.h"

enum mime_export_flag {
    MIME_EXPORT_KEEP_BCC = 1 << 0, /* Sent Items copy, drafts, EWS MimeContent of the owner; never for the wire */
    MIME_EXPORT_UTF8 = 1 << 1,     /* raw UTF-8 in headers [RFC 6532], for SMTPUTF8 hops */
    MIME_EXPORT_8BIT = 1 << 2,     /* 8-bit text bodies as they are, when no line is too long */
    MIME_EXPORT_FLOWED = 1 << 3,   /* plain text as format=flowed [RFC 3676] */
    MIME_EXPORT_NO_TEXT = 1 << 4,  /* HTML without the text/plain alternative */
};

struct mime_export_options {
    unsigned flags;       /* enum mime_export_flag */
    const char *domain;   /* right side of Message-ID when the message has none; NULL: the sender's domain */
    instant now;          /* Date when the message has no submit time; 0: clock_now() */
    const struct mime_limits *limits; /* NULL: the defaults */
    /* Content of stored values and attachments: `blob` is the store's id. At most `size` bytes from `offset` on; *got = 0 at the end.
     * NULL when the message has none (a stored value is then STATUS_INVALID_ARGUMENT). */
    enum status (*read_blob)(int64_t blob, uint64_t offset, void *out, size_t size, size_t *got, void *data);
    void *read_data;
    /* A meeting message's iCalendar, made by the calendar layer: becomes the last alternative form. Empty: none. */
    struct slice calendar;
    const char *calendar_method; /* "REQUEST" */
};

/* Gets the bytes in order; a failure ends the export with that status. */
struct mime_sink {
    enum status (*write)(struct slice bytes, void *data);
    void *data;
};

/* `options` NULL: none. STATUS_* of the sink and of read_blob come through; STATUS_NO_MEMORY. */
enum status mime_export(TALLOC_CTX *mem, const struct message *message, const struct mime_export_options *options,
                        const struct mime_sink *sink) MUST_CHECK;
/* The same into memory, at most `cap` bytes (STATUS_LIMIT_EXCEEDED). */
enum status mime_export_bytes(TALLOC_CTX *mem, const struct message *message, const struct mime_export_options *options,
                              size_t cap, struct slice *out) MUST_CHECK;

#endif
