/* Inside of export: the writer and what its files share. */
#ifndef MIME_EXPORT_STATE_H
#define MIME_EXPORT_STATE_H

#include "bourse/mime/export.h"
#include "bourse/mime/header.h"
#include "bourse/mime/structure.h"
#include "bourse/model/properties.h"

#define EXPORT_DEPTH 32
#define BOUNDARY_SIZE 56

struct export {
    TALLOC_CTX *mem; /* of this message; freed with it */
    const struct message *message;
    const struct mime_export_options *options;
    struct mime_limits limits;
    const struct mime_sink *sink;
    struct mime_structure *structure; /* of message->mime, NULL when none */
    unsigned depth;
    bool ends_line; /* the last byte written was a line feed */
};

/* Where content comes from, read in order. */
struct content {
    struct slice bytes;
    struct mime_reader *reader; /* when not NULL */
    int64_t blob;               /* when not 0 */
    uint64_t offset;
};

static inline bool export_has(const struct export *ex, unsigned flag)
{
    return (ex->options->flags & flag) != 0;
}

enum status export_put(struct export *ex, struct slice bytes) MUST_CHECK;
enum status export_text(struct export *ex, const char *text) MUST_CHECK;
enum status export_format(struct export *ex, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
enum status export_field(struct export *ex, const char *name, const char *value) MUST_CHECK;
/* A Content-* field with one parameter, in RFC 2231 form when it is not ASCII. */
enum status export_parameter_field(struct export *ex, const char *name, const char *value, const char *parameter, const char *text) MUST_CHECK;
void export_boundary(char out[BOUNDARY_SIZE]);
enum status content_read(struct export *ex, struct content *content, void *out, size_t size, size_t *got) MUST_CHECK;
enum status content_base64(struct export *ex, struct content *content) MUST_CHECK;
enum status content_raw(struct export *ex, struct content *content) MUST_CHECK;
/* "Content-Transfer-Encoding", empty line and a text in the encoding that fits it. */
enum status export_text_body(struct export *ex, struct slice text) MUST_CHECK;

enum status export_headers(struct export *ex) MUST_CHECK;
/* From "Content-Type" of the message on. */
enum status export_tree(struct export *ex) MUST_CHECK;
/* The value of a property that may be stored. *found false: absent. */
enum status export_property(struct export *ex, prop_tag tag, struct slice *out, bool *found) MUST_CHECK;
enum status export_message(TALLOC_CTX *mem, const struct message *message, const struct mime_export_options *options, unsigned depth,
                           const struct mime_sink *sink) MUST_CHECK;

#endif
