/* Inside of mime: header syntax (GMime behind it) and small byte tools that several files share. */
#ifndef MIME_PARSE_H
#define MIME_PARSE_H

#include "bourse/base/wire.h"
#include "bourse/mime/header.h"
#include "bourse/mime/structure.h"

/* `limits` with its zeros replaced by the defaults. */
struct mime_limits limits_effective(const struct mime_limits *limits);

/* A talloc reference to `text`, or status. */
#define TRY_MEMORY(pointer)                                               \
    do {                                                                  \
        if ((pointer) == NULL)                                            \
            return status_fail(STATUS_NO_MEMORY, "mime: out of memory");  \
    } while (0)

/* Memory for `size` bytes; NULL when out of memory. */
static inline void *bytes_new(TALLOC_CTX *mem, size_t size)
{
    return talloc_named_const(mem, size, "mime bytes");
}

/* Structured Content-* fields of one part. Strings on the context given, never NULL. */
struct content_fields {
    const char *type;     /* "text/plain", lower case; "" when missing or unusable */
    const char *boundary; /* "" */
    const char *charset;
    const char *name;     /* disposition's filename, else type's name */
    const char *method;   /* of text/calendar */
    const char *protocol; /* of multipart/signed */
    const char *report_type;
    const char *smime_type;
    const char *start;    /* of multipart/related */
    const char *content_id;
    const char *location;
    bool flowed, delsp, is_inline, is_attachment, has_encoding_error;
    enum mime_encoding encoding;
};

/* Reads the Content-* fields of a raw header. Bounded by limits. */
enum status content_fields_read(TALLOC_CTX *mem, struct slice header, const struct mime_limits *limits,
                                struct content_fields *out) MUST_CHECK;

/* A field's value cut at limits->header_field_bytes, unfolded, NULs dropped, as a text on `mem` (raw, not decoded). NULL: no memory. */
char *field_text(TALLOC_CTX *mem, struct slice value, size_t max);
/* 8-bit text that is UTF-8 stays, else windows-1252 becomes UTF-8. */
enum status text_any_to_utf8(TALLOC_CTX *mem, struct slice bytes, char **out) MUST_CHECK;

/* Is the field name equal, without case? */
static inline bool name_is(struct slice name, const char *wanted)
{
    return slice_equal_ascii_nocase(name, slice_of_text(wanted));
}
bool text_starts(const char *text, const char *prefix); /* without case */
/* Finds `needle` without case in the first bytes; -1 when it is not there. Linear for the short needles used. */
ptrdiff_t find_nocase(struct slice haystack, const char *needle);

/* The header walk: what stands at `at`. */
enum header_line { LINE_FIELD, LINE_JUNK, LINE_EMPTY, LINE_BODY, LINE_END };
/* Looks at the line (with its folds) at *at and moves past it, except for LINE_BODY (a line that cannot be in a header: the body begins
 * there). LINE_JUNK: mbox "From " lines. `is_first`: nothing was read yet. */
enum header_line header_step(struct slice bytes, size_t *at, struct mime_field *out);
/* Offset behind the line that begins at `at` (behind its LF, or the end). */
size_t line_end(struct slice bytes, size_t at);

#endif
