/* Inside of mime: TNEF streams (winmail.dat) [MS-OXTNEF]. */
#ifndef MIME_TNEF_H
#define MIME_TNEF_H

#include "bourse/base/wire.h"
#include "bourse/mime/limits.h"
#include "bourse/model/message.h"

struct tnef_attachment {
    struct bag *props;
    const char *name; /* UTF-8, "" when none */
    uint64_t offset, length; /* content within the stream */
    bool is_message;  /* the content is a TNEF stream of its own */
};

struct tnef {
    struct bag *props;
    struct tnef_attachment *attachments;
    uint32_t count;
    struct message *recipients; /* only its recipients are used */
};

/* What can be read is read; STATUS_MALFORMED only when it is no TNEF stream. */
enum status tnef_parse(TALLOC_CTX *mem, struct slice stream, const struct mime_limits *limits, struct tnef *out) MUST_CHECK;
/* A message of a stream: properties, recipients, attachments in memory. */
enum status tnef_import_message(TALLOC_CTX *mem, struct slice stream, const struct mime_limits *limits, unsigned level,
                                struct message **out) MUST_CHECK;
/* Property list of attMsgProps, attAttachment or a row of attRecipTable [MS-OXTNEF] 2.1.3.4. `stream` and offset out-parameters say where
 * PidTagAttachData's bytes are (length 0: none). Unknown named properties are left out. */
struct tnef_data {
    const uint8_t *stream;
    uint64_t offset, length;
};
enum status tnef_read_properties(TALLOC_CTX *mem, struct wire *in, const char *charset, const struct mime_limits *limits, struct bag *bag,
                                 struct tnef_data *data) MUST_CHECK;

#endif
