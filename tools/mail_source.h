/* Reading mbox files, Maildir folders and trees of .eml files, one message at a time. */
#ifndef BOURSE_TOOLS_MAIL_SOURCE_H
#define BOURSE_TOOLS_MAIL_SOURCE_H

#include "bourse/base/clock.h"
#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct source_message {
    const char *folder;   /* path below the source, "" for its top; parts separated by "/" */
    struct slice mime;    /* CRLF line ends */
    bool is_read, is_flagged, is_draft;
    instant received;     /* 0: unknown */
    const char *where;    /* for error messages */
};

/* How many messages there are (counts files; for mbox it scans). STATUS_NOT_FOUND when the path is none of the three. */
enum status mail_source_count(TALLOC_CTX *mem, const char *path, int64_t *count) MUST_CHECK;
/* Calls `take` for each message; its failure ends the reading. `mem` of the call is freed after each message. */
enum status mail_source_read(TALLOC_CTX *mem, const char *path, enum status (*take)(TALLOC_CTX *mem, const struct source_message *message, void *data),
                             void *data) MUST_CHECK;

#endif
