/* Inside of mime: bodies out of parts. */
#ifndef MIME_READ_BODIES_H
#define MIME_READ_BODIES_H

#include "bourse/mime/structure.h"

struct body_source {
    struct slice original;
    const struct mime_structure *structure;
    struct mime_limits limits;
};

/* What the message has; TNEF is not looked into. */
enum mime_native bodies_native(const struct mime_structure *structure);
/* The text body, at most `cap` bytes; *made: converted from HTML. *cut: there is more. */
enum status bodies_text(TALLOC_CTX *mem, const struct body_source *source, size_t cap, struct slice *out, bool *made, bool *cut) MUST_CHECK;
enum status bodies_html(TALLOC_CTX *mem, const struct body_source *source, size_t cap, struct slice *out, bool *made, bool *cut) MUST_CHECK;

#endif
