/* Raw header fields: walking, finding, cutting out, putting in. */
#include "parse.h"

#include <strings.h>

size_t line_end(struct slice bytes, size_t at)
{
    const uint8_t *newline = at < bytes.length ? memchr(bytes.data + at, '\n', bytes.length - at) : NULL;
    return newline == NULL ? bytes.length : (size_t)(newline - bytes.data) + 1;
}

static bool line_is_empty(struct slice bytes, size_t at)
{
    return bytes.data[at] == '\n' || (bytes.data[at] == '\r' && at + 1 < bytes.length && bytes.data[at + 1] == '\n');
}

/* Field name [RFC 5322] 2.2: printable without colon; blanks before the colon are obsolete syntax (4.5). 0: not a field. */
static size_t field_name_length(struct slice bytes, size_t at, size_t *colon)
{
    size_t i = at;
    while (i < bytes.length && bytes.data[i] > 32 && bytes.data[i] != ':' && bytes.data[i] != 127)
        i++;
    size_t length = i - at;
    while (i < bytes.length && (bytes.data[i] == ' ' || bytes.data[i] == '\t'))
        i++;
    if (length == 0 || i >= bytes.length || bytes.data[i] != ':')
        return 0;
    *colon = i;
    return length;
}

static bool is_mbox_line(struct slice bytes, size_t at)
{
    struct slice line = slice_part(bytes, at, 6);
    return (line.length >= 5 && memcmp(line.data, "From ", 5) == 0) || (line.length == 6 && memcmp(line.data, ">From ", 6) == 0);
}

enum header_line header_step(struct slice bytes, size_t *at, struct mime_field *out)
{
    size_t start = *at, colon = 0;
    if (start >= bytes.length)
        return LINE_END;
    if (line_is_empty(bytes, start)) {
        *at = line_end(bytes, start);
        return LINE_EMPTY;
    }
    size_t name_length = field_name_length(bytes, start, &colon);
    if (name_length == 0 && !is_mbox_line(bytes, start))
        return LINE_BODY;
    size_t end = line_end(bytes, start);
    while (end < bytes.length && (bytes.data[end] == ' ' || bytes.data[end] == '\t'))
        end = line_end(bytes, end);
    *at = end;
    if (name_length == 0)
        return LINE_JUNK;
    size_t value_end = end;
    if (value_end > colon + 1 && bytes.data[value_end - 1] == '\n')
        value_end--;
    if (value_end > colon + 1 && bytes.data[value_end - 1] == '\r')
        value_end--;
    out->name = slice_part(bytes, start, name_length);
    out->value = slice_part(bytes, colon + 1, value_end - colon - 1);
    out->whole = slice_part(bytes, start, end - start);
    return LINE_FIELD;
}

bool mime_field_next(struct slice message, size_t *at, struct mime_field *out)
{
    for (;;) {
        enum header_line line = header_step(message, at, out);
        if (line == LINE_FIELD)
            return true;
        if (line != LINE_JUNK) {
            *at = message.length; /* a further call stays at the end */
            return false;
        }
    }
}

bool mime_field_find(struct slice message, const char *name, size_t nth, struct mime_field *out)
{
    size_t at = 0;
    while (mime_field_next(message, &at, out))
        if (name_is(out->name, name) && nth-- == 0)
            return true;
    return false;
}

size_t mime_header_length(struct slice message)
{
    struct mime_field field;
    size_t at = 0;
    for (;;) {
        enum header_line line = header_step(message, &at, &field);
        if (line == LINE_EMPTY || line == LINE_BODY || line == LINE_END)
            return at;
    }
}

size_t mime_count_hops(struct slice message)
{
    struct mime_field field;
    size_t at = 0, hops = 0;
    while (mime_field_next(message, &at, &field))
        hops += name_is(field.name, "Received");
    return hops;
}

static bool is_removed(struct slice name, const char *const *remove)
{
    for (; remove != NULL && *remove != NULL; remove++)
        if (name_is(name, *remove))
            return true;
    return false;
}

/* Copies the lines that stay; whatever is no field (mbox line) stays too. */
static size_t copy_header(struct slice message, const char *const *remove, struct buffer *out)
{
    struct mime_field field;
    size_t at = 0;
    for (;;) {
        size_t before = at;
        enum header_line line = header_step(message, &at, &field);
        if (line == LINE_EMPTY || line == LINE_BODY || line == LINE_END)
            return at;
        if (line == LINE_JUNK || !is_removed(field.name, remove))
            buffer_append_slice(out, slice_part(message, before, at - before));
    }
}

enum status mime_header_edit(TALLOC_CTX *mem, struct slice message, const char *const *remove, const char *prepend,
                             const char *append, struct slice *header, struct slice *body)
{
    size_t added = (prepend != NULL ? strlen(prepend) : 0) + (append != NULL ? strlen(append) : 0);
    size_t length = mime_header_length(message);
    struct buffer *out = buffer_new(mem, length + added + 8);
    TRY_MEMORY(out);
    buffer_append_text(out, prepend);
    size_t at = copy_header(message, remove, out);
    struct slice so_far = buffer_slice(out);
    if (so_far.length > 0 && so_far.data[so_far.length - 1] != '\n')
        buffer_append_text(out, "\r\n");
    buffer_append_text(out, append);
    buffer_append_text(out, "\r\n");
    *body = slice_part(message, at, message.length - at);
    enum status status = buffer_take(out, mem, header);
    talloc_free(out);
    return status;
}

/* Where to break a line that begins at `from`: at the last blank before column 76, else the first blank after, else 998. */
static size_t fold_point(const char *text, size_t from, size_t length, size_t used)
{
    size_t soft = used < 76 ? from + 76 - used : from + 1, hard = from + 990 - (used < 100 ? used : 100), best = 0;
    if (length <= soft)
        return length;
    for (size_t i = from + 1; i < length && i < hard; i++) {
        bool breakable = (text[i] == ' ' || text[i] == '\t') && text[i - 1] != ' ' && text[i + 1] != ' ' && text[i + 1] != '\0';
        if (breakable && (i <= soft || best == 0))
            best = i;
        if (i > soft && best != 0)
            break;
    }
    if (best != 0)
        return best;
    return length < hard ? length : hard;
}

void mime_field_append(struct buffer *out, const char *name, const char *value)
{
    buffer_append_text(out, name);
    buffer_append_text(out, ": ");
    size_t length = strlen(value), used = strlen(name) + 2;
    for (size_t at = 0; at < length;) {
        size_t next = fold_point(value, at, length, used);
        while (next < length && ((uint8_t)value[next] & 0xC0) == 0x80 && next > at + 1)
            next--; /* never inside a character */
        for (size_t i = at; i < next; i++)
            buffer_append_byte(out, value[i] == '\r' || value[i] == '\n' ? ' ' : (uint8_t)value[i]);
        if (next < length)
            buffer_append_text(out, value[next] == ' ' || value[next] == '\t' ? "\r\n" : "\r\n ");
        at = next;
        used = 0;
    }
    buffer_append_text(out, "\r\n");
}

char *field_text(TALLOC_CTX *mem, struct slice value, size_t max)
{
    if (value.length > max)
        value.length = max;
    char *out = bytes_new(mem, value.length + 1);
    if (out == NULL)
        return NULL;
    size_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        uint8_t byte = value.data[i];
        if (byte == '\0' || byte == '\r' || byte == '\n') /* [RFC 5322] 2.2.3: unfolding takes the line break away */
            continue;
        if (length > 0 || (byte != ' ' && byte != '\t'))
            out[length++] = (char)byte;
    }
    while (length > 0 && (out[length - 1] == ' ' || out[length - 1] == '\t'))
        length--;
    out[length] = '\0';
    return out;
}

bool text_starts(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

ptrdiff_t find_nocase(struct slice haystack, const char *needle)
{
    size_t length = strlen(needle);
    for (size_t i = 0; i + length <= haystack.length; i++)
        if (strncasecmp((const char *)haystack.data + i, needle, length) == 0)
            return (ptrdiff_t)i;
    return -1;
}
