#include "wbxml.h"

#include <inttypes.h>
#include <stdio.h>

#include "bourse/base/text.h"

enum { SWITCH_PAGE = 0x00, END = 0x01, STR_I = 0x03, OPAQUE = 0xC3, HAS_CONTENT = 0x40 };

/* Version 1.3, unknown public id, UTF-8, no string table. */
static const uint8_t header[] = { 0x03, 0x01, 0x6A, 0x00 };

struct wbxml_writer {
    struct buffer *out;
    enum eas_version version;
    uint8_t page;
    size_t depth;
    size_t left_out;         /* levels inside an element that the version does not know */
    eas_tag tag;             /* the innermost element, when its token was not written yet */
    bool is_pending;
};

struct wbxml_writer *wbxml_writer_new(TALLOC_CTX *mem, struct buffer *out, enum eas_version version)
{
    struct wbxml_writer *writer = talloc_zero(mem, struct wbxml_writer);
    if (writer == NULL)
        return NULL;
    writer->out = out;
    writer->version = version;
    buffer_append(out, header, sizeof header);
    return writer;
}

/* An element's token says whether it has content, so it is written with what follows it. */
static void write_tag(struct wbxml_writer *writer, bool has_content)
{
    if (!writer->is_pending)
        return;
    uint8_t page = (uint8_t)(writer->tag >> 8);
    if (page != writer->page) {
        buffer_append_byte(writer->out, SWITCH_PAGE);
        buffer_append_byte(writer->out, page);
        writer->page = page;
    }
    buffer_append_byte(writer->out, (uint8_t)((writer->tag & 0x3F) | (has_content ? HAS_CONTENT : 0)));
    writer->is_pending = false;
}

static bool is_known(const struct wbxml_writer *writer, eas_tag tag)
{
    const struct eas_tag_info *info = eas_tag_find(tag);
    return info != NULL && info->since <= writer->version && writer->version <= info->until;
}

void wbxml_start(struct wbxml_writer *writer, eas_tag tag)
{
    if (writer->left_out > 0 || !is_known(writer, tag)) {
        writer->left_out++;
        return;
    }
    write_tag(writer, true);
    writer->tag = tag;
    writer->is_pending = true;
    writer->depth++;
}

void wbxml_end(struct wbxml_writer *writer)
{
    if (writer->left_out > 0) {
        writer->left_out--;
        return;
    }
    if (writer->depth == 0)
        return;
    writer->depth--;
    if (writer->is_pending)
        write_tag(writer, false);
    else
        buffer_append_byte(writer->out, END);
}

void wbxml_put_text(struct wbxml_writer *writer, struct slice text)
{
    if (writer->left_out > 0 || text.length == 0)
        return;
    char *clean = xml_clean(writer, text);
    write_tag(writer, true);
    buffer_append_byte(writer->out, STR_I);
    buffer_append_text(writer->out, clean);
    buffer_append_byte(writer->out, 0);
    talloc_free(clean);
}

static void write_mb_u32(struct buffer *out, size_t value)
{
    for (int shift = 28; shift > 0; shift -= 7)
        if (value >> shift != 0)
            buffer_append_byte(out, (uint8_t)(0x80 | (value >> shift & 0x7F)));
    buffer_append_byte(out, (uint8_t)(value & 0x7F));
}

void wbxml_put_bytes(struct wbxml_writer *writer, struct slice bytes)
{
    if (writer->left_out > 0)
        return;
    write_tag(writer, true);
    buffer_append_byte(writer->out, OPAQUE);
    write_mb_u32(writer->out, bytes.length);
    buffer_append_slice(writer->out, bytes);
}

void wbxml_element_slice(struct wbxml_writer *writer, eas_tag tag, struct slice text)
{
    wbxml_start(writer, tag);
    wbxml_put_text(writer, text);
    wbxml_end(writer);
}

void wbxml_element(struct wbxml_writer *writer, eas_tag tag, const char *text)
{
    if (text != NULL)
        wbxml_element_slice(writer, tag, slice_of_text(text));
}

void wbxml_element_bytes(struct wbxml_writer *writer, eas_tag tag, struct slice bytes)
{
    wbxml_start(writer, tag);
    wbxml_put_bytes(writer, bytes);
    wbxml_end(writer);
}

void wbxml_element_base64(struct wbxml_writer *writer, eas_tag tag, struct slice bytes)
{
    wbxml_start(writer, tag);
    if (writer->left_out == 0 && bytes.length > 0) {
        write_tag(writer, true);
        buffer_append_byte(writer->out, STR_I);
        base64_append(writer->out, bytes);
        buffer_append_byte(writer->out, 0);
    }
    wbxml_end(writer);
}

void wbxml_element_int(struct wbxml_writer *writer, eas_tag tag, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    wbxml_element(writer, tag, text);
}

void wbxml_element_bool(struct wbxml_writer *writer, eas_tag tag, bool value)
{
    wbxml_element(writer, tag, value ? "1" : "0");
}

void wbxml_copy(struct wbxml_writer *writer, const struct wbxml_node *node)
{
    wbxml_start(writer, node->tag);
    if (node->is_opaque)
        wbxml_put_bytes(writer, node->text);
    else
        wbxml_put_text(writer, node->text);
    for (const struct wbxml_node *child = node->child; child != NULL; child = child->next)
        wbxml_copy(writer, child);
    wbxml_end(writer);
}

/* The part began on page 0 and ended on its own. */
void wbxml_splice(struct wbxml_writer *writer, const struct wbxml_writer *part)
{
    struct slice bytes = buffer_slice(part->out);
    if (writer->left_out > 0 || bytes.length <= sizeof header)
        return;
    write_tag(writer, true);
    if (writer->page != 0) {
        buffer_append_byte(writer->out, SWITCH_PAGE);
        buffer_append_byte(writer->out, 0);
    }
    buffer_append_slice(writer->out, slice_part(bytes, sizeof header, bytes.length - sizeof header));
    writer->page = part->page;
}

size_t wbxml_depth(const struct wbxml_writer *writer)
{
    return writer->depth;
}

size_t wbxml_size(const struct wbxml_writer *writer)
{
    return buffer_length(writer->out);
}

enum eas_version wbxml_version(const struct wbxml_writer *writer)
{
    return writer->version;
}

enum status wbxml_finish(struct wbxml_writer *writer)
{
    while (writer->left_out > 0 || writer->depth > 0)
        wbxml_end(writer);
    return buffer_status(writer->out);
}
