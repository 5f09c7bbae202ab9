#include "message_fit.h"

#include "bourse/base/buffer.h"
#include "bourse/base/text.h"
#include "bourse/mime/header.h"
#include "bourse/mime/structure.h"
#include "text_input.h"

#define QP_LINE 73u        /* so that a soft break still fits into 76 [RFC 2045] 6.7 */
#define BASE64_LINE 57u    /* bytes that give 76 characters */

static bool has_high_byte(struct slice bytes)
{
    size_t at = 0;
    for (; at + 8 <= bytes.length; at += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + at, 8);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            return true;
    }
    for (; at < bytes.length; at++)
        if (bytes.data[at] >= 0x80)
            return true;
    return false;
}

static bool is_binary(struct slice bytes)
{
    return slice_find_byte(bytes, 0) >= 0 || text_has_bare_line_ends(bytes);
}

void message_look(struct slice mime, struct message_needs *out)
{
    size_t header = mime_header_length(mime);
    out->has_8bit_header = has_high_byte(slice_part(mime, 0, header));
    out->has_8bit_body = has_high_byte(slice_part(mime, header, mime.length));
    out->is_binary = is_binary(mime);
}

/* ---- encoding ---- */

static void append_hex(struct buffer *out, uint8_t byte)
{
    buffer_printf(out, "=%02X", byte);
}

static bool is_line_end(struct slice text, size_t at)
{
    return text.length - at >= 2 && text.data[at] == '\r' && text.data[at + 1] == '\n';
}

static void append_quoted_printable(struct buffer *out, struct slice text)
{
    size_t column = 0;
    for (size_t at = 0; at < text.length; at++) {
        uint8_t c = text.data[at];
        if (is_line_end(text, at)) {
            buffer_append_text(out, "\r\n");
            column = 0;
            at++;
            continue;
        }
        if (column >= QP_LINE) {
            buffer_append_text(out, "=\r\n");
            column = 0;
        }
        bool is_last_blank = (c == ' ' || c == '\t') && (at + 1 == text.length || is_line_end(text, at + 1));
        bool is_plain = ((c >= ' ' && c < 0x7F) || c == '\t') && c != '=' && !is_last_blank;
        if (is_plain)
            buffer_append_byte(out, c);
        else
            append_hex(out, c);
        column += is_plain ? 1 : 3;
    }
}

static void append_base64(struct buffer *out, struct slice bytes)
{
    for (size_t at = 0; at < bytes.length; at += BASE64_LINE) {
        base64_append(out, slice_part(bytes, at, BASE64_LINE));
        buffer_append_text(out, "\r\n");
    }
}

struct fitting {
    TALLOC_CTX *mem;
    struct slice mime;
    struct buffer *out;
    size_t copied; /* bytes of mime that are done */
};

static enum status append_header(struct fitting *fitting, const struct mime_part *part, const char *encoding)
{
    static const char *const field[] = { "Content-Transfer-Encoding", NULL };
    struct slice header, body;
    char line[64];
    snprintf(line, sizeof line, "Content-Transfer-Encoding: %s\r\n", encoding);
    struct slice own = slice_part(fitting->mime, (size_t)part->header_offset, (size_t)part->header_length);
    TRY(mime_header_edit(fitting->mem, own, field, NULL, line, &header, &body));
    buffer_append_slice(fitting->out, slice_part(fitting->mime, fitting->copied, (size_t)part->header_offset - fitting->copied));
    buffer_append_slice(fitting->out, header);
    fitting->copied = (size_t)(part->header_offset + part->header_length);
    return STATUS_OK;
}

static enum status fit_leaf(struct fitting *fitting, const struct mime_part *part)
{
    struct slice content = slice_part(fitting->mime, (size_t)part->body_offset, (size_t)part->body_length);
    bool is_text = strncmp(part->type, "text/", 5) == 0 && !is_binary(content);
    if (!has_high_byte(content) && !is_binary(content))
        return STATUS_OK;
    TRY(append_header(fitting, part, is_text ? "quoted-printable" : "base64"));
    if (is_text)
        append_quoted_printable(fitting->out, content);
    else
        append_base64(fitting->out, content);
    fitting->copied = (size_t)(part->body_offset + part->body_length);
    return buffer_status(fitting->out);
}

static enum status fit_part(struct fitting *fitting, const struct mime_part *part)
{
    bool is_identity = part->encoding == MIME_7BIT || part->encoding == MIME_8BIT || part->encoding == MIME_BINARY;
    if (part->container != MIME_NO_PART || part->header_offset < fitting->copied || !is_identity)
        return STATUS_OK;
    if (part->kind == MIME_LEAF || part->kind == MIME_OPAQUE)
        return fit_leaf(fitting, part);
    if ((part->kind == MIME_MULTIPART || part->kind == MIME_MESSAGE) && part->encoding != MIME_7BIT)
        return append_header(fitting, part, "7bit");
    return STATUS_OK;
}

static enum status encode_all(TALLOC_CTX *mem, struct slice mime, struct slice *out)
{
    struct mime_structure *structure = NULL;
    struct fitting fitting = { .mem = mem, .mime = mime, .out = buffer_new(mem, mime.length * 4 + 65536) };
    if (fitting.out == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    TRY(mime_structure_scan(mem, mime, &mime_limits_default, &structure));
    for (uint32_t i = 0; i < structure->count; i++)
        TRY(fit_part(&fitting, &structure->parts[i]));
    buffer_append_slice(fitting.out, slice_part(mime, fitting.copied, mime.length));
    TRY(buffer_status(fitting.out));
    *out = buffer_slice(fitting.out);
    return STATUS_OK;
}

enum status message_fit(TALLOC_CTX *mem, struct slice mime, const struct capabilities *capabilities, struct message_needs *needs,
                        struct slice *out)
{
    *out = mime;
    if (!needs->is_binary && (!needs->has_8bit_body || capabilities->eightbitmime))
        return STATUS_OK;
    TRY(encode_all(mem, mime, out));
    message_look(*out, needs);
    return STATUS_OK;
}
