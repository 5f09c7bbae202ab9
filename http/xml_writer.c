#include "bourse/http/xml_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Output is gathered here and handed on in pieces, so that the many small writes are plain copies. */
#define CHUNK ((size_t)32768)
#define MOST_DEPTH ((size_t)256)
#define MOST_PREFIXES ((size_t)32)

struct declared_prefix {
    const char *prefix;
    size_t depth;
};

struct xml_writer {
    uint8_t *chunk;
    size_t used;
    struct buffer *out;
    enum status (*sink)(void *data, struct slice piece);
    void *sink_data;
    enum status status; /* the first failure */
    size_t depth;
    bool is_tag_open; /* the ">" of the start tag is still to be written */
    uint8_t group[3]; /* base64: bytes of an unfinished group */
    size_t grouped;
    size_t prefix_count;
    struct declared_prefix prefixes[MOST_PREFIXES];
    const char *names[MOST_DEPTH];
};

static void fail(struct xml_writer *writer, enum status status)
{
    if (writer->status == STATUS_OK)
        writer->status = status;
}

static struct xml_writer *writer_new(TALLOC_CTX *mem)
{
    struct xml_writer *writer = talloc_zero(mem, struct xml_writer);
    if (writer == NULL)
        return NULL;
    writer->chunk = talloc_array(writer, uint8_t, CHUNK);
    if (writer->chunk == NULL)
        TALLOC_FREE(writer);
    return writer;
}

struct xml_writer *xml_writer_new(TALLOC_CTX *mem, struct buffer *out)
{
    struct xml_writer *writer = writer_new(mem);
    if (writer != NULL)
        writer->out = out;
    return writer;
}

struct xml_writer *xml_writer_new_sink(TALLOC_CTX *mem, enum status (*sink)(void *data, struct slice piece), void *data)
{
    struct xml_writer *writer = writer_new(mem);
    if (writer != NULL) {
        writer->sink = sink;
        writer->sink_data = data;
    }
    return writer;
}

static void hand_on(struct xml_writer *writer, struct slice piece)
{
    if (piece.length == 0 || writer->status != STATUS_OK)
        return;
    if (writer->sink != NULL) {
        fail(writer, writer->sink(writer->sink_data, piece));
        return;
    }
    buffer_append_slice(writer->out, piece);
    fail(writer, buffer_status(writer->out));
}

static void empty_chunk(struct xml_writer *writer)
{
    hand_on(writer, slice_of(writer->chunk, writer->used));
    writer->used = 0;
}

static inline void put(struct xml_writer *writer, const void *data, size_t length)
{
    if (length > CHUNK - writer->used) {
        empty_chunk(writer);
        if (length > CHUNK / 2) {
            hand_on(writer, slice_of(data, length));
            return;
        }
    }
    if (length > 0)
        memcpy(writer->chunk + writer->used, data, length);
    writer->used += length;
}

static inline void put_text(struct xml_writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static inline void put_byte(struct xml_writer *writer, char byte)
{
    if (writer->used == CHUNK)
        empty_chunk(writer);
    writer->chunk[writer->used++] = (uint8_t)byte;
}

/* What to do with a byte of text: copy it, replace it, look at the sequence that it begins, or drop it. */
enum byte_class { COPY, AMPERSAND, LESS, GREATER, QUOTE, LAYOUT, CARRIAGE_RETURN, DROP, LOOK };

/* 0x00-0x1F but tab, LF and CR are not XML characters [XML] 2.2. Bytes from 0x80 are looked at as UTF-8. */
static const uint8_t classes[256] = {
    [0x00 ... 0x08] = DROP,   ['\t'] = LAYOUT,        ['\n'] = LAYOUT, [0x0B] = DROP,     [0x0C] = DROP,
    ['\r'] = CARRIAGE_RETURN, [0x0E ... 0x1F] = DROP, ['"'] = QUOTE,   ['&'] = AMPERSAND, ['<'] = LESS,
    ['>'] = GREATER,          [0x80 ... 0xFF] = LOOK,
};

/* Length of the well-formed UTF-8 sequence at the start of `at` if it is an XML character, else 0. Unicode 15, table
 * 3-7. */
static size_t sequence_length(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    if (first < 0xC2 || first > 0xF4)
        return 0;
    size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((first == 0xE0 && at[1] < 0xA0) || (first == 0xED && at[1] > 0x9F) || (first == 0xF0 && at[1] < 0x90) ||
        (first == 0xF4 && at[1] > 0x8F))
        return 0;
    bool is_noncharacter = first == 0xEF && at[1] == 0xBF && at[2] >= 0xBE; /* U+FFFE, U+FFFF */
    return is_noncharacter ? 0 : length;
}

/* Text for one byte that is not copied; NULL: the byte goes out as it is. A bare CR would be read back as LF, and
 * layout in attributes as blanks [XML] 2.11, 3.3.3. */
static const char *replacement(uint8_t byte, bool is_attribute)
{
    switch ((enum byte_class)classes[byte]) {
    case AMPERSAND: return "&amp;";
    case LESS: return "&lt;";
    case GREATER: return "&gt;";
    case QUOTE: return is_attribute ? "&quot;" : NULL;
    case CARRIAGE_RETURN: return "&#13;";
    case LAYOUT: return !is_attribute ? NULL : byte == '\n' ? "&#10;" : "&#9;";
    case DROP: return "";
    case COPY:
    case LOOK: break;
    }
    return NULL;
}

/* Index of the next byte that may not be copied as it is. */
static size_t plain_run(const uint8_t *data, size_t at, size_t length, bool is_attribute)
{
    for (; at < length; at++) {
        uint8_t class = classes[data[at]];
        if (class == COPY)
            continue;
        if (class != LOOK) {
            if (!is_attribute && (class == QUOTE || class == LAYOUT))
                continue;
            return at;
        }
        size_t sequence = sequence_length(data + at, length - at);
        if (sequence == 0)
            return at;
        at += sequence - 1;
    }
    return at;
}

static void put_escaped(struct xml_writer *writer, struct slice text, bool is_attribute)
{
    size_t at = 0;
    while (at < text.length) {
        size_t end = plain_run(text.data, at, text.length, is_attribute);
        put(writer, text.data + at, end - at);
        if (end == text.length)
            return;
        const char *instead = replacement(text.data[end], is_attribute);
        if (instead != NULL)
            put_text(writer, instead);
        at = end + 1; /* a byte of an ill-formed sequence has no replacement and is left out */
    }
}

static inline void close_tag(struct xml_writer *writer)
{
    if (writer->is_tag_open) {
        put_byte(writer, '>');
        writer->is_tag_open = false;
    }
}

void xml_declaration(struct xml_writer *writer)
{
    put_text(writer, "<?xml version=\"1.0\" encoding=\"utf-8\"?>");
}

#ifndef NDEBUG
/* The prefix of `name` must be declared by an open element, or by the one that just begins: so this looks when its tag
 * closes. */
static void check_prefix(const struct xml_writer *writer, const char *name)
{
    const char *colon = strchr(name, ':');
    if (colon == NULL || strncmp(name, "xml:", 4) == 0)
        return;
    for (size_t i = 0; i < writer->prefix_count; i++) {
        const char *prefix = writer->prefixes[i].prefix;
        if (strlen(prefix) == (size_t)(colon - name) && strncmp(prefix, name, strlen(prefix)) == 0)
            return;
    }
    fprintf(stderr, "xml_writer: prefix of %s is not declared\n", name);
    abort();
}
#endif

void xml_start(struct xml_writer *writer, const char *name)
{
    close_tag(writer);
    if (writer->depth == MOST_DEPTH) {
        fail(writer, status_fail(STATUS_INTERNAL, "XML output deeper than %zu", MOST_DEPTH));
        return;
    }
    writer->names[writer->depth++] = name;
    put_byte(writer, '<');
    put_text(writer, name);
    writer->is_tag_open = true;
}

void xml_namespace(struct xml_writer *writer, const char *prefix, const char *uri)
{
    put_text(writer, " xmlns");
    if (prefix[0] != 0) {
        put_byte(writer, ':');
        put_text(writer, prefix);
        if (writer->prefix_count == MOST_PREFIXES)
            fail(writer, status_fail(STATUS_INTERNAL, "more than %zu XML prefixes", MOST_PREFIXES));
        else
            writer->prefixes[writer->prefix_count++] = (struct declared_prefix){ prefix, writer->depth };
    }
    put_text(writer, "=\"");
    put_escaped(writer, slice_of_text(uri), true);
    put_byte(writer, '"');
}

void xml_attribute_slice(struct xml_writer *writer, const char *name, struct slice value)
{
    put_byte(writer, ' ');
    put_text(writer, name);
    put_text(writer, "=\"");
    put_escaped(writer, value, true);
    put_byte(writer, '"');
}

void xml_attribute(struct xml_writer *writer, const char *name, const char *value)
{
    if (value != NULL)
        xml_attribute_slice(writer, name, slice_of_text(value));
}

void xml_attribute_int(struct xml_writer *writer, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    xml_attribute(writer, name, text);
}

void xml_attribute_bool(struct xml_writer *writer, const char *name, bool value)
{
    xml_attribute(writer, name, value ? "true" : "false");
}

void xml_text_slice(struct xml_writer *writer, struct slice text)
{
    close_tag(writer);
    put_escaped(writer, text, false);
}

void xml_text(struct xml_writer *writer, const char *text)
{
    if (text != NULL)
        xml_text_slice(writer, slice_of_text(text));
}

void xml_raw(struct xml_writer *writer, struct slice xml)
{
    close_tag(writer);
    put(writer, xml.data, xml.length);
}

static void put_group(struct xml_writer *writer, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = (uint32_t)bytes[0] << 16;
    if (count > 1)
        group |= (uint32_t)bytes[1] << 8;
    if (count > 2)
        group |= bytes[2];
    char text[4] = { digits[group >> 18], digits[(group >> 12) & 63], count > 1 ? digits[(group >> 6) & 63] : '=',
                     count > 2 ? digits[group & 63] : '=' };
    put(writer, text, sizeof text);
}

void xml_base64_part(struct xml_writer *writer, struct slice data)
{
    close_tag(writer);
    size_t at = 0;
    while (writer->grouped > 0 && writer->grouped < 3 && at < data.length)
        writer->group[writer->grouped++] = data.data[at++];
    if (writer->grouped == 3) {
        put_group(writer, writer->group, 3);
        writer->grouped = 0;
    }
    for (; data.length - at >= 3; at += 3)
        put_group(writer, data.data + at, 3);
    while (at < data.length && writer->grouped < 3)
        writer->group[writer->grouped++] = data.data[at++];
}

void xml_base64_end(struct xml_writer *writer)
{
    if (writer->grouped > 0)
        put_group(writer, writer->group, writer->grouped);
    writer->grouped = 0;
}

void xml_base64(struct xml_writer *writer, struct slice data)
{
    xml_base64_part(writer, data);
    xml_base64_end(writer);
}

void xml_end(struct xml_writer *writer)
{
    if (writer->depth == 0) {
        fail(writer, status_fail(STATUS_INTERNAL, "XML end without start"));
        return;
    }
    const char *name = writer->names[--writer->depth];
#ifndef NDEBUG
    check_prefix(writer, name);
#endif
    if (writer->is_tag_open) {
        put(writer, "/>", 2);
        writer->is_tag_open = false;
    } else {
        put(writer, "</", 2);
        put_text(writer, name);
        put_byte(writer, '>');
    }
    while (writer->prefix_count > 0 && writer->prefixes[writer->prefix_count - 1].depth > writer->depth)
        writer->prefix_count--;
}

void xml_element_slice(struct xml_writer *writer, const char *name, struct slice text)
{
    xml_start(writer, name);
    if (text.length > 0)
        xml_text_slice(writer, text);
    xml_end(writer);
}

void xml_element(struct xml_writer *writer, const char *name, const char *text)
{
    if (text != NULL)
        xml_element_slice(writer, name, slice_of_text(text));
}

void xml_element_int(struct xml_writer *writer, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    xml_element(writer, name, text);
}

void xml_element_bool(struct xml_writer *writer, const char *name, bool value)
{
    xml_element(writer, name, value ? "true" : "false");
}

void xml_element_instant(struct xml_writer *writer, const char *name, instant when)
{
    char text[INSTANT_TEXT_SIZE];
    xml_element(writer, name, instant_format(when, text));
}

void xml_element_base64(struct xml_writer *writer, const char *name, struct slice data)
{
    xml_start(writer, name);
    if (data.length > 0)
        xml_base64(writer, data);
    xml_end(writer);
}

size_t xml_depth(const struct xml_writer *writer)
{
    return writer->depth;
}

void xml_end_to(struct xml_writer *writer, size_t depth)
{
    while (writer->depth > depth)
        xml_end(writer);
}

enum status xml_writer_flush(struct xml_writer *writer)
{
    close_tag(writer);
    empty_chunk(writer);
    return writer->status;
}

enum status xml_writer_finish(struct xml_writer *writer)
{
    xml_end_to(writer, 0);
    return xml_writer_flush(writer);
}
