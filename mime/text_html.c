/* Text -> HTML, declarations of HTML charsets, format=flowed both ways, preview. */
#include "bourse/mime/body.h"

#include "bourse/base/text.h"
#include "html_token.h"
#include "parse.h"

#include <strings.h>

static enum status finish(TALLOC_CTX *mem, struct buffer *buffer, size_t cap, struct slice *out)
{
    if (buffer_length(buffer) > cap)
        buffer_truncate(buffer, utf8_prefix(buffer_slice(buffer), cap).length);
    enum status status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}

static void put_escaped(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.length;) {
        size_t run = i;
        while (run < text.length && text.data[run] != '&' && text.data[run] != '<' && text.data[run] != '>' && text.data[run] != '"' &&
               (text.data[run] >= 32 || text.data[run] == '\t'))
            run++;
        buffer_append(out, text.data + i, run - i);
        if (run < text.length) {
            uint8_t c = text.data[run];
            buffer_append_text(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : "");
        }
        i = run + 1;
    }
}

static const char *const link_starts[] = { "http://", "https://", "ftp://", "mailto:" };

/* Length of the link that begins here, without punctuation that ends a sentence; 0: none. */
static size_t link_length(struct slice text)
{
    size_t scheme = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(link_starts) && scheme == 0; i++) {
        struct slice start = slice_of_text(link_starts[i]);
        if (slice_equal_ascii_nocase(slice_part(text, 0, start.length), start))
            scheme = start.length;
    }
    if (scheme == 0)
        return 0;
    size_t length = scheme;
    while (length < text.length && length < 2048 && text.data[length] > ' ' && strchr("<>\"", text.data[length]) == NULL)
        length++;
    while (length > scheme && strchr(".,;:!?)]}'", text.data[length - 1]) != NULL)
        length--;
    return length > scheme + 1 ? length : 0;
}

/* Blanks at the start of a line and all but the first of a run must not collapse. */
static void put_blanks(struct buffer *out, size_t count, bool at_start)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_text(out, at_start || i + 1 < count ? "&nbsp;" : " ");
}

static void put_line(struct buffer *out, struct slice line)
{
    for (size_t i = 0; i < line.length;) {
        size_t run = i;
        while (run < line.length && line.data[run] == ' ')
            run++;
        if (run > i) {
            put_blanks(out, run - i, i == 0);
            i = run;
            continue;
        }
        size_t length = link_length(slice_part(line, i, line.length));
        if (length > 0) {
            buffer_append_text(out, "<a href=\"");
            put_escaped(out, slice_part(line, i, length));
            buffer_append_text(out, "\">");
            put_escaped(out, slice_part(line, i, length));
            buffer_append_text(out, "</a>");
        } else { /* one word */
            while (i + length < line.length && line.data[i + length] != ' ' && (length == 0 || strchr("(<[\"", line.data[i + length - 1]) == NULL))
                length++;
            put_escaped(out, slice_part(line, i, length));
        }
        i += length;
    }
}

enum status mime_html_from_text(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, cap + 65536);
    TRY_MEMORY(buffer);
    buffer_append_text(buffer, "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n"
                               "</head>\r\n<body>\r\n<div style=\"font-family:sans-serif;font-size:11pt\">");
    for (size_t at = 0; at < text.length && buffer_length(buffer) < cap;) {
        size_t end = line_end(text, at);
        size_t stop = end;
        while (stop > at && (text.data[stop - 1] == '\n' || text.data[stop - 1] == '\r'))
            stop--;
        put_line(buffer, slice_part(text, at, stop - at < 32768 ? stop - at : 32768));
        if (stop - at > 32768) { /* an endless line: go on behind the piece, without a break, at a character */
            at += utf8_prefix(slice_part(text, at, 32768), 32768).length;
            continue;
        }
        if (end != stop)
            buffer_append_text(buffer, "<br>\r\n");
        at = end;
    }
    buffer_append_text(buffer, "</div>\r\n</body></html>\r\n");
    return finish(mem, buffer, cap, out);
}

/* charset=... within a <meta> tag: where the token is. */
static bool find_declaration(struct slice html, size_t from, size_t limit, struct slice *token, size_t *at)
{
    struct html_reader reader = { .input = slice_part(html, 0, limit), .at = from };
    for (;;) {
        struct html_token tag = html_next(&reader);
        if (tag.kind == HTML_END)
            return false;
        if (tag.kind != HTML_OPEN || !name_is(tag.name, "meta"))
            continue;
        ptrdiff_t found = find_nocase(tag.attributes, "charset");
        if (found < 0)
            continue;
        struct slice rest = slice_part(tag.attributes, (size_t)found + 7, tag.attributes.length);
        size_t i = 0, begin;
        while (i < rest.length && strchr(" \t\r\n='\"", rest.data[i]) != NULL && rest.data[i] != 0)
            i++;
        for (begin = i; i < rest.length && rest.data[i] > ' ' && strchr("'\";/>", rest.data[i]) == NULL;)
            i++;
        *token = slice_part(rest, begin, i - begin);
        *at = (size_t)(rest.data - html.data) + begin;
        if (token->length > 0)
            return true;
    }
}

enum status mime_html_to_utf8(TALLOC_CTX *mem, struct slice bytes, const char *charset, size_t cap, struct slice *out)
{
    struct slice token = { 0 }, converted;
    size_t at = 0;
    char declared[64] = "";
    if ((charset == NULL || charset[0] == '\0') && find_declaration(bytes, 0, 1024, &token, &at) && token.length < sizeof declared)
        memcpy(declared, token.data, token.length);
    TRY(mime_text_to_utf8(mem, bytes, declared[0] != '\0' ? declared : charset, cap, &converted));
    struct buffer *buffer = buffer_new(mem, converted.length + 4096);
    TRY_MEMORY(buffer);
    size_t done = 0;
    for (int i = 0; i < 8 && find_declaration(converted, done, 16384, &token, &at); i++) {
        buffer_append_slice(buffer, slice_part(converted, done, at - done));
        buffer_append_text(buffer, "utf-8");
        done = at + token.length;
    }
    if (done == 0) {
        talloc_free(buffer);
        *out = converted;
        return STATUS_OK;
    }
    buffer_append_slice(buffer, slice_part(converted, done, converted.length));
    return finish(mem, buffer, cap, out);
}

static size_t quote_depth(struct slice line)
{
    size_t depth = 0;
    while (depth < line.length && line.data[depth] == '>')
        depth++;
    return depth;
}

static void put_quotes(struct buffer *out, size_t depth)
{
    static const char marks[] = ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>> ";
    size_t most = sizeof marks - 2;
    if (depth > 0)
        buffer_append(out, marks + (depth < most ? most - depth : 0), (depth < most ? depth : most) + 1);
}

enum status mime_text_unflow(TALLOC_CTX *mem, struct slice text, bool delsp, size_t cap, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, cap + 8192);
    TRY_MEMORY(buffer);
    bool open = false; /* the last line was flowed: the next one continues it */
    size_t open_depth = 0;
    for (size_t at = 0; at < text.length && buffer_length(buffer) < cap;) {
        size_t end = line_end(text, at), stop = end;
        if (stop > at && text.data[stop - 1] == '\n')
            stop--;
        if (stop > at && text.data[stop - 1] == '\r')
            stop--;
        struct slice line = slice_part(text, at, stop - at);
        size_t depth = quote_depth(line);
        line = slice_part(line, depth, line.length);
        if (line.length > 0 && line.data[0] == ' ') /* space-stuffing [RFC 3676] 4.4 */
            line = slice_part(line, 1, line.length);
        bool signature = line.length == 3 && memcmp(line.data, "-- ", 3) == 0;
        bool flowed = !signature && line.length > 0 && line.data[line.length - 1] == ' ';
        if (open && (depth != open_depth || signature)) {
            buffer_append_text(buffer, "\r\n");
            open = false;
        }
        if (!open)
            put_quotes(buffer, depth);
        buffer_append_slice(buffer, slice_part(line, 0, flowed && delsp ? line.length - 1 : line.length));
        if (!flowed)
            buffer_append_text(buffer, "\r\n");
        open = flowed;
        open_depth = depth;
        at = end;
    }
    if (open)
        buffer_append_text(buffer, "\r\n");
    return finish(mem, buffer, cap, out);
}

static bool needs_stuffing(struct slice line)
{
    return line.length > 0 && (line.data[0] == ' ' || line.data[0] == '>' || (line.length >= 5 && memcmp(line.data, "From ", 5) == 0));
}

/* One paragraph line as soft-broken lines [RFC 3676] 4.2. */
static void flow_line(struct buffer *out, struct slice line)
{
    bool signature = line.length == 3 && memcmp(line.data, "-- ", 3) == 0;
    while (!signature && line.length > 0 && line.data[line.length - 1] == ' ')
        line.length--; /* a hard line must not look soft */
    for (bool first = true; first || line.length > 0; first = false) {
        size_t take = line.length;
        if (take > 76 && !signature) {
            for (take = 75; take > 0 && line.data[take - 1] != ' '; take--)
                continue;
            for (take = take == 0 ? 75 : take; take < line.length && take < 980 && line.data[take - 1] != ' '; take++)
                continue;
        }
        if (needs_stuffing(line))
            buffer_append_byte(out, ' ');
        buffer_append_slice(out, slice_part(line, 0, take));
        buffer_append_text(out, "\r\n");
        line = slice_part(line, take, line.length);
    }
}

enum status mime_text_flow(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, cap + 8192);
    TRY_MEMORY(buffer);
    for (size_t at = 0; at < text.length && buffer_length(buffer) < cap;) {
        size_t end = line_end(text, at), stop = end;
        while (stop > at && (text.data[stop - 1] == '\n' || text.data[stop - 1] == '\r'))
            stop--;
        flow_line(buffer, slice_part(text, at, stop - at));
        at = end;
    }
    return finish(mem, buffer, cap, out);
}

enum status mime_preview(TALLOC_CTX *mem, struct slice text, char **out)
{
    uint8_t result[MIME_PREVIEW_CHARACTERS * 4 + 1];
    size_t length = 0, characters = 0;
    bool space = false;
    for (size_t i = 0; i < text.length && characters < MIME_PREVIEW_CHARACTERS; i++) {
        uint8_t c = text.data[i];
        if (c <= ' ' || c == 127) {
            space = length > 0;
            continue;
        }
        if ((c & 0xC0) != 0x80) {
            if (space && characters + 2 > MIME_PREVIEW_CHARACTERS)
                break;
            if (space) {
                result[length++] = ' ';
                characters++;
            }
            characters++;
            space = false;
        }
        result[length++] = c;
        if (characters == MIME_PREVIEW_CHARACTERS)
            for (; i + 1 < text.length && (text.data[i + 1] & 0xC0) == 0x80 && length < sizeof result - 1; i++)
                result[length++] = text.data[i + 1];
        if (length >= sizeof result - 4)
            break;
    }
    *out = utf8_repair(mem, slice_of(result, length));
    TRY_MEMORY(*out);
    return STATUS_OK;
}
