/* HTML -> the text a reader sees. */
#include "bourse/mime/body.h"

#include "bourse/base/text.h"
#include "html_token.h"
#include "parse.h"

#include <stdlib.h>
#include <strings.h>

#define LIST_DEPTH 16
#define QUOTE_DEPTH 16

enum tag_kind {
    TAG_NONE, TAG_BLOCK, TAG_PARAGRAPH, TAG_BREAK, TAG_RULE, TAG_LIST, TAG_NUMBERED, TAG_ITEM, TAG_ROW, TAG_CELL, TAG_PRE, TAG_QUOTE,
    TAG_LINK, TAG_SKIP,
};

static const struct tag_row {
    const char *name;
    enum tag_kind kind;
} tags[] = {
#define TAG(name, kind) { name, kind },
#include "html_tags.def"
#undef TAG
};

struct writer {
    struct buffer *out;
    size_t cap;
    unsigned breaks;    /* line breaks owed before the next character */
    bool space, started, line_open;
    unsigned pre, quotes;
    unsigned lists;
    uint32_t numbers[LIST_DEPTH]; /* next number; 0: bullets */
    struct slice link;            /* href of the open <a>, empty when none or not worth showing */
    size_t link_start;
    bool cell_open;
};

static int compare_tag(const void *key, const void *row)
{
    return strcasecmp(key, ((const struct tag_row *)row)->name);
}

static enum tag_kind tag_of(struct slice name)
{
    char text[12];
    if (name.length == 0 || name.length >= sizeof text)
        return TAG_NONE;
    memcpy(text, name.data, name.length);
    text[name.length] = '\0';
    const struct tag_row *row = bsearch(text, tags, ARRAY_LENGTH(tags), sizeof tags[0], compare_tag);
    return row != NULL ? row->kind : TAG_NONE;
}

static bool is_full(const struct writer *w)
{
    return buffer_length(w->out) >= w->cap;
}

static void begin_line(struct writer *w)
{
    static const char marks[2 * QUOTE_DEPTH + 1] = "> > > > > > > > > > > > > > > > ";
    buffer_append(w->out, marks, 2u * w->quotes);
    w->line_open = true;
}

/* Pays the owed breaks and blanks before visible bytes. */
static void before_text(struct writer *w)
{
    if (w->breaks > 0 && w->started) {
        for (unsigned i = 0; i < w->breaks; i++) {
            if (i > 0)
                begin_line(w);
            buffer_append_text(w->out, "\r\n");
        }
        w->line_open = false;
        w->space = false;
    }
    if (!w->line_open) {
        begin_line(w);
        w->space = false;
    }
    if (w->space)
        buffer_append_byte(w->out, ' ');
    w->space = false;
    w->breaks = 0;
    w->started = true;
}

static void owe_breaks(struct writer *w, unsigned count)
{
    if (w->breaks < count)
        w->breaks = count;
}

static void put_break(struct writer *w)
{
    if (!w->started)
        return;
    if (w->breaks == 0 && w->line_open) {
        w->breaks = 1;
        return;
    }
    w->breaks += w->breaks < 4; /* runs of <br> beyond a few blank lines say nothing */
}

static void put_point(struct writer *w, uint32_t point)
{
    if (point == 0xA0) { /* no-break space: a blank that does not collapse */
        if (w->line_open && w->breaks == 0)
            before_text(w);
        else
            w->space = false;
        if (w->line_open && w->breaks == 0)
            buffer_append_byte(w->out, ' ');
        return;
    }
    if (point == 0x200B || point == 0xFEFF || point == 0xAD || point == 0x200C || point == 0x34F) /* invisible fillers of newsletters */
        return;
    if (point == '\n' && w->pre > 0) {
        put_break(w);
        return;
    }
    if (point == ' ' || point == '\t' || point == '\n' || point == '\r' || point == '\f') {
        if (w->pre > 0 && point != '\r') {
            before_text(w);
            buffer_append_byte(w->out, (uint8_t)point);
        } else {
            w->space = true;
        }
        return;
    }
    if (point < 32 || point == 127)
        return;
    before_text(w);
    utf8_append(w->out, point);
}

/* Plain runs are copied at once. */
static void put_text(struct writer *w, struct slice text)
{
    for (size_t i = 0; i < text.length && !is_full(w);) {
        size_t run = i;
        while (run < text.length && text.data[run] > ' ' && text.data[run] < 127 && text.data[run] != '&')
            run++;
        if (run > i) {
            before_text(w);
            buffer_append(w->out, text.data + i, run - i);
            i = run;
            continue;
        }
        size_t length = 1;
        uint32_t point = text.data[i] == '&' ? html_entity(slice_part(text, i, 40), &length) : 0;
        if (point != 0) {
            put_point(w, point);
        } else if (text.data[i] < 128) {
            put_point(w, text.data[i]);
        } else { /* a whole UTF-8 character */
            while (i + length < text.length && (text.data[i + length] & 0xC0) == 0x80 && length < 4)
                length++;
            if (length == 2 && text.data[i] == 0xC2 && text.data[i + 1] == 0xA0) {
                put_point(w, 0xA0);
            } else if (!(length == 3 && memcmp(text.data + i, "\xE2\x80\x8B", 3) == 0)) {
                before_text(w);
                buffer_append(w->out, text.data + i, length);
            }
        }
        i += length;
    }
}

static void open_link(struct writer *w, struct slice attributes)
{
    struct slice href;
    w->link = (struct slice){ 0 };
    if (!html_attribute(attributes, "href", &href))
        return;
    href = slice_trim(href);
    if (href.length > 0 && href.length <= 2048 && href.data[0] != '#' && find_nocase(slice_part(href, 0, 11), "javascript:") < 0)
        w->link = href;
    w->link_start = buffer_length(w->out);
}

/* "text<url>", the url left out when the text says it already. */
static void close_link(struct writer *w)
{
    struct slice link = w->link;
    w->link = (struct slice){ 0 };
    if (link.length == 0 || buffer_length(w->out) <= w->link_start)
        return;
    struct slice shown = slice_trim(slice_part(buffer_slice(w->out), w->link_start, SIZE_MAX));
    struct slice bare = find_nocase(slice_part(link, 0, 7), "mailto:") == 0 ? slice_part(link, 7, link.length) : link;
    if (slice_equal_ascii_nocase(shown, bare) || slice_equal_ascii_nocase(shown, link))
        return;
    if (shown.length > 3 && shown.length < bare.length && memmem(bare.data, bare.length, shown.data, shown.length) != NULL &&
        bare.length - shown.length <= 9) /* "www.example.org" for "http://www.example.org/" */
        return;
    bool space = w->space;
    w->space = false;
    buffer_append_byte(w->out, '<');
    put_text(w, link);
    buffer_append_byte(w->out, '>');
    w->space = space;
}

static void open_item(struct writer *w)
{
    owe_breaks(w, 1);
    unsigned level = w->lists > 0 ? (w->lists < LIST_DEPTH ? w->lists : LIST_DEPTH) - 1 : 0;
    before_text(w);
    static const char blanks[2 * LIST_DEPTH + 1] = "                                ";
    buffer_append(w->out, blanks, 2u * level);
    if (w->lists > 0 && w->numbers[level] != 0)
        buffer_printf(w->out, "%u. ", w->numbers[level]++);
    else
        buffer_append_text(w->out, "* ");
}

static void open_list(struct writer *w, uint32_t first)
{
    owe_breaks(w, w->lists == 0 ? 2 : 1);
    if (w->lists < LIST_DEPTH)
        w->numbers[w->lists] = first;
    w->lists++;
}

static void open_tag(struct writer *w, struct html_reader *reader, const struct html_token *token)
{
    switch (tag_of(token->name)) {
    case TAG_BLOCK: owe_breaks(w, 1); break;
    case TAG_PARAGRAPH: owe_breaks(w, 2); break;
    case TAG_BREAK: put_break(w); break;
    case TAG_LIST: open_list(w, 0); break;
    case TAG_NUMBERED: open_list(w, 1); break;
    case TAG_ITEM: open_item(w); break;
    case TAG_ROW:
        owe_breaks(w, 1);
        w->cell_open = false;
        break;
    case TAG_CELL:
        if (w->cell_open && w->line_open && w->breaks == 0) {
            buffer_append_byte(w->out, '\t');
            w->space = false;
        }
        w->cell_open = true;
        break;
    case TAG_RULE:
        owe_breaks(w, 1);
        before_text(w);
        buffer_append_text(w->out, "________________________________");
        owe_breaks(w, 1);
        break;
    case TAG_PRE:
        owe_breaks(w, 1);
        w->pre++;
        break;
    case TAG_QUOTE:
        owe_breaks(w, 1);
        if (w->started && w->line_open) {
            buffer_append_text(w->out, "\r\n");
            w->line_open = false;
            w->breaks = 0;
        }
        w->quotes += w->quotes < QUOTE_DEPTH;
        break;
    case TAG_LINK: open_link(w, token->attributes); break;
    case TAG_SKIP:
        if (token->attributes.length == 0 || token->attributes.data[token->attributes.length - 1] != '/')
            html_skip_content(reader, token->name);
        break;
    default: break;
    }
}

static void close_tag(struct writer *w, const struct html_token *token)
{
    switch (tag_of(token->name)) {
    case TAG_BLOCK:
    case TAG_ITEM:
    case TAG_ROW: owe_breaks(w, 1); break;
    case TAG_PARAGRAPH: owe_breaks(w, 2); break;
    case TAG_LIST:
    case TAG_NUMBERED:
        w->lists -= w->lists > 0;
        owe_breaks(w, w->lists == 0 ? 2 : 1);
        break;
    case TAG_PRE:
        w->pre -= w->pre > 0;
        owe_breaks(w, 1);
        break;
    case TAG_QUOTE:
        if (w->started && w->line_open) {
            buffer_append_text(w->out, "\r\n");
            w->line_open = false;
        }
        w->breaks = 0;
        w->quotes -= w->quotes > 0;
        break;
    case TAG_LINK: close_link(w); break;
    default: break;
    }
}

enum status mime_text_from_html(TALLOC_CTX *mem, struct slice html, size_t cap, struct slice *out)
{
    struct writer writer = { .out = buffer_new(mem, cap + 65536), .cap = cap };
    TRY_MEMORY(writer.out);
    struct html_reader reader = { .input = html };
    for (;;) {
        struct html_token token = html_next(&reader);
        if (token.kind == HTML_END || is_full(&writer))
            break;
        if (token.kind == HTML_TEXT)
            put_text(&writer, token.whole);
        else if (token.kind == HTML_OPEN)
            open_tag(&writer, &reader, &token);
        else if (token.kind == HTML_CLOSE)
            close_tag(&writer, &token);
    }
    if (buffer_length(writer.out) > cap)
        buffer_truncate(writer.out, utf8_prefix(buffer_slice(writer.out), cap).length);
    if (writer.line_open && !is_full(&writer))
        buffer_append_text(writer.out, "\r\n");
    enum status status = buffer_take(writer.out, mem, out);
    talloc_free(writer.out);
    return status;
}
