/* RTF -> HTML and text: encapsulated HTML is restored [MS-OXRTFEX] 3.1.3, other RTF is read for its text and simple styles. */
#include "bourse/mime/body.h"

#include "bourse/base/text.h"
#include "html_token.h"
#include "parse.h"

#include <stdlib.h>

#define GROUP_DEPTH 512
#define FONTS 256
#define RUN 4096

enum rtf_action {
    RTF_NONE, RTF_CODEPAGE, RTF_BOLD, RTF_BINARY, RTF_POINT, RTF_SKIP, RTF_FONT, RTF_CHARSET, RTF_FONT_TABLE, RTF_FROM_HTML, RTF_FROM_TEXT,
    RTF_HTML_RTF, RTF_HTML_TAG, RTF_ITALIC, RTF_LINE, RTF_PLAIN_STYLE, RTF_UNICODE, RTF_UNICODE_SKIP, RTF_UNDERLINE, RTF_UNDERLINE_OFF,
};

static const struct word_row {
    const char *word;
    enum rtf_action action;
    uint32_t point;
} words[] = {
#define WORD(word, action, point) { word, action, point },
#include "rtf_words.def"
#undef WORD
};

/* Font charset -> code page [MSFT-RTF] \fcharset. */
static const struct { int32_t charset, codepage; } font_charsets[] = {
    { 0, 1252 }, { 77, 10000 }, { 128, 932 }, { 129, 949 }, { 134, 936 }, { 136, 950 }, { 161, 1253 }, { 162, 1254 }, { 163, 1258 },
    { 177, 1255 }, { 178, 1256 }, { 186, 1257 }, { 204, 1251 }, { 222, 874 }, { 238, 1250 },
};

enum output { OUTPUT_TEXT, OUTPUT_STYLED, OUTPUT_HTML };

struct state { /* restored at the end of a group */
    bool skipped, html_tag, html_rtf, font_table, bold, italic, underline;
    uint8_t unicode_skip;
    int32_t font;
};

struct rtf {
    TALLOC_CTX *scratch;
    struct slice in;
    size_t at;
    enum output output;
    struct buffer *out;
    size_t cap;
    struct state state, stack[GROUP_DEPTH];
    size_t depth, lost_depth; /* groups beyond the limit do not keep a state */
    int32_t codepage;
    int32_t font_codepages[FONTS];
    uint8_t run[RUN]; /* bytes of one code page, not converted yet */
    size_t run_length;
    unsigned fallback;    /* characters to leave out behind \u */
    uint32_t high;        /* first half of a surrogate pair */
    bool group_start, open_bold, open_italic, open_underline;
};

static int compare_word(const void *key, const void *row)
{
    return strcmp(key, ((const struct word_row *)row)->word);
}

static bool is_hidden(const struct rtf *r)
{
    return r->state.skipped || r->state.font_table || (r->output == OUTPUT_HTML && r->state.html_rtf);
}

static void put_style(struct rtf *r, bool wanted, bool *open, const char *tag)
{
    if (wanted == *open)
        return;
    buffer_append_text(r->out, wanted ? "<" : "</");
    buffer_append_text(r->out, tag);
    buffer_append_byte(r->out, '>');
    *open = wanted;
}

static void put_styles(struct rtf *r, const struct state *wanted)
{
    if (r->output != OUTPUT_STYLED)
        return;
    bool same = wanted->bold == r->open_bold && wanted->italic == r->open_italic && wanted->underline == r->open_underline;
    if (same)
        return;
    put_style(r, false, &r->open_underline, "u"); /* tags nest: close all, open again */
    put_style(r, false, &r->open_italic, "i");
    put_style(r, false, &r->open_bold, "b");
    put_style(r, wanted->bold, &r->open_bold, "b");
    put_style(r, wanted->italic, &r->open_italic, "i");
    put_style(r, wanted->underline, &r->open_underline, "u");
}

static void put_utf8(struct rtf *r, struct slice text)
{
    put_styles(r, &r->state);
    if (r->output != OUTPUT_STYLED) {
        buffer_append_slice(r->out, text);
        return;
    }
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        if (c == '&' || c == '<' || c == '>')
            buffer_append_text(r->out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        else if (c == ' ' && i + 1 < text.length && text.data[i + 1] == ' ')
            buffer_append_text(r->out, "&nbsp;");
        else
            buffer_append_byte(r->out, c);
    }
}

static void flush_run(struct rtf *r)
{
    if (r->run_length == 0)
        return;
    int32_t codepage = r->codepage;
    if (r->state.font >= 0 && r->state.font < FONTS && r->font_codepages[r->state.font] != 0)
        codepage = r->font_codepages[r->state.font];
    struct slice text = slice_of(r->run, r->run_length);
    bool ascii = true;
    for (size_t i = 0; i < r->run_length && ascii; i++)
        ascii = r->run[i] < 128;
    if (ascii) { /* most runs, in every code page of the table */
        put_utf8(r, text);
        r->run_length = 0;
        return;
    }
    const char *charset = mime_charset_of_codepage(codepage);
    if (mime_text_to_utf8(r->scratch, slice_of(r->run, r->run_length), charset != NULL ? charset : "windows-1252", RUN * 4, &text) == STATUS_OK)
        put_utf8(r, text);
    talloc_free_children(r->scratch);
    r->run_length = 0;
}

static void put_byte(struct rtf *r, uint8_t byte)
{
    if (r->fallback > 0) {
        r->fallback--;
        return;
    }
    if (is_hidden(r) || byte == 0)
        return;
    if (r->run_length == RUN)
        flush_run(r);
    r->run[r->run_length++] = byte;
}

static void put_point(struct rtf *r, uint32_t point)
{
    if (is_hidden(r))
        return;
    flush_run(r);
    uint8_t bytes[4];
    put_utf8(r, slice_of(bytes, utf8_put(bytes, point)));
}

static void put_line(struct rtf *r)
{
    if (is_hidden(r))
        return;
    flush_run(r);
    buffer_append_text(r->out, r->output == OUTPUT_STYLED ? "<br>\r\n" : "\r\n");
}

static void put_unicode(struct rtf *r, int32_t number)
{
    uint32_t unit = (uint32_t)(number & 0xFFFF);
    r->fallback = r->state.unicode_skip;
    if (unit >= 0xD800 && unit < 0xDC00) {
        r->high = unit;
        return;
    }
    if (unit >= 0xDC00 && unit < 0xE000)
        unit = r->high != 0 ? 0x10000 + ((r->high - 0xD800) << 10) + (unit - 0xDC00) : 0xFFFD;
    r->high = 0;
    unsigned fallback = r->fallback;
    put_point(r, unit);
    r->fallback = fallback;
}

static void set_font_charset(struct rtf *r, int32_t charset)
{
    if (!r->state.font_table || r->state.font < 0 || r->state.font >= FONTS)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(font_charsets); i++)
        if (font_charsets[i].charset == charset && charset != 0)
            r->font_codepages[r->state.font] = font_charsets[i].codepage;
}

static void apply_word(struct rtf *r, const struct word_row *row, int32_t number, bool has_number)
{
    switch (row->action) {
    case RTF_CODEPAGE: r->codepage = number; break;
    case RTF_BINARY: r->at += number > 0 ? ((size_t)number < r->in.length - r->at ? (size_t)number : r->in.length - r->at) : 0; break;
    case RTF_POINT: put_point(r, row->point); break;
    case RTF_SKIP: r->state.skipped = true; break;
    case RTF_FONT: flush_run(r); r->state.font = number; break;
    case RTF_CHARSET: set_font_charset(r, number); break;
    case RTF_FONT_TABLE: r->state.font_table = true; break;
    case RTF_HTML_RTF: flush_run(r); r->state.html_rtf = !has_number || number != 0; break;
    case RTF_HTML_TAG: r->state.html_tag = true; r->state.skipped = r->output != OUTPUT_HTML; break;
    case RTF_BOLD: flush_run(r); r->state.bold = !has_number || number != 0; break;
    case RTF_ITALIC: flush_run(r); r->state.italic = !has_number || number != 0; break;
    case RTF_UNDERLINE: flush_run(r); r->state.underline = !has_number || number != 0; break;
    case RTF_UNDERLINE_OFF: flush_run(r); r->state.underline = false; break;
    case RTF_PLAIN_STYLE: flush_run(r); r->state.bold = r->state.italic = r->state.underline = false; break;
    case RTF_LINE: put_line(r); break;
    case RTF_UNICODE: put_unicode(r, number); break;
    case RTF_UNICODE_SKIP: r->state.unicode_skip = (uint8_t)(number < 0 ? 0 : number > 8 ? 8 : number); break;
    default: break;
    }
}

/* A control word behind its backslash: letters, an optional number, one blank. */
static void read_word(struct rtf *r, bool starred)
{
    char word[32];
    size_t length = 0;
    int64_t number = 0;
    bool has_number = false, negative = false;
    while (r->at < r->in.length && (r->in.data[r->at] | 32) >= 'a' && (r->in.data[r->at] | 32) <= 'z') {
        if (length < sizeof word - 1)
            word[length++] = (char)r->in.data[r->at];
        r->at++;
    }
    word[length] = '\0';
    if (r->at + 1 < r->in.length && r->in.data[r->at] == '-' && r->in.data[r->at + 1] >= '0' && r->in.data[r->at + 1] <= '9') {
        negative = true;
        r->at++;
    }
    for (; r->at < r->in.length && r->in.data[r->at] >= '0' && r->in.data[r->at] <= '9'; r->at++) {
        number = number > INT32_MAX / 10 ? INT32_MAX : number * 10 + (r->in.data[r->at] - '0');
        has_number = true;
    }
    if (number > INT32_MAX)
        number = INT32_MAX;
    if (r->at < r->in.length && r->in.data[r->at] == ' ')
        r->at++;
    const struct word_row *row = bsearch(word, words, ARRAY_LENGTH(words), sizeof words[0], compare_word);
    if (row == NULL) {
        if (starred) /* a destination this reader does not know */
            r->state.skipped = true;
        return;
    }
    apply_word(r, row, (int32_t)(negative ? -number : number), has_number);
}

static uint8_t hex_digit(uint8_t c)
{
    return (uint8_t)(c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 0);
}

static void read_symbol(struct rtf *r, uint8_t symbol)
{
    switch (symbol) {
    case '\'':
        if (r->at + 2 <= r->in.length) {
            put_byte(r, (uint8_t)(hex_digit(r->in.data[r->at]) << 4 | hex_digit(r->in.data[r->at + 1])));
            r->at += 2;
        }
        break;
    case '~': put_point(r, 0xA0); break;
    case '_': put_point(r, 0x2011); break;
    case '\\':
    case '{':
    case '}': put_byte(r, symbol); break;
    case '\r':
    case '\n': put_line(r); break;
    default: break; /* \- optional hyphen, \| ... */
    }
}

static void read_control(struct rtf *r)
{
    bool starred = false;
    if (r->at >= r->in.length)
        return;
    if (r->in.data[r->at] == '*') { /* {\*\word */
        starred = true;
        r->at++;
        while (r->at < r->in.length && (r->in.data[r->at] == '\r' || r->in.data[r->at] == '\n' || r->in.data[r->at] == ' '))
            r->at++;
        if (r->at >= r->in.length || r->in.data[r->at] != '\\')
            return;
        r->at++;
    }
    if (r->at >= r->in.length)
        return;
    uint8_t c = r->in.data[r->at];
    if ((c | 32) >= 'a' && (c | 32) <= 'z') {
        read_word(r, starred);
        return;
    }
    r->at++;
    read_symbol(r, c);
}

static void open_group(struct rtf *r)
{
    flush_run(r);
    r->fallback = 0;
    if (r->depth < GROUP_DEPTH)
        r->stack[r->depth++] = r->state;
    else
        r->lost_depth++;
}

static void close_group(struct rtf *r)
{
    flush_run(r);
    r->fallback = 0;
    if (r->lost_depth > 0)
        r->lost_depth--;
    else if (r->depth > 0)
        r->state = r->stack[--r->depth];
}

static void read_all(struct rtf *r)
{
    while (r->at < r->in.length && buffer_length(r->out) < r->cap) {
        uint8_t c = r->in.data[r->at++];
        if (c == '{')
            open_group(r);
        else if (c == '}')
            close_group(r);
        else if (c == '\\')
            read_control(r);
        else if (c != '\r' && c != '\n')
            put_byte(r, c);
    }
    flush_run(r);
    put_styles(r, &(struct state){ 0 });
}

/* \fromhtml or \fromtext stand among the first words [MS-OXRTFEX] 2.2.3.1. */
enum mime_rtf_origin mime_rtf_origin(struct slice rtf)
{
    struct slice head = slice_part(rtf, 0, 512);
    if (head.length > 0 && memmem(head.data, head.length, "\\fromhtml", 9) != NULL)
        return MIME_RTF_FROM_HTML;
    if (head.length > 0 && memmem(head.data, head.length, "\\fromtext", 9) != NULL)
        return MIME_RTF_FROM_TEXT;
    return MIME_RTF_PLAIN;
}

static enum status convert(TALLOC_CTX *mem, struct slice in, enum output output, size_t cap, struct slice *out)
{
    struct rtf *r = talloc_zero(mem, struct rtf);
    TRY_MEMORY(r);
    r->scratch = talloc_new(r);
    r->out = buffer_new(r, cap + 65536);
    if (r->scratch == NULL || r->out == NULL) {
        talloc_free(r);
        return status_fail(STATUS_NO_MEMORY, "rtf");
    }
    r->in = in;
    r->output = output;
    r->cap = cap;
    r->codepage = 1252;
    r->state = (struct state){ .unicode_skip = 1, .font = -1 };
    if (output == OUTPUT_STYLED)
        buffer_append_text(r->out, "<html><head><meta charset=\"utf-8\"></head><body>\r\n");
    read_all(r);
    if (output == OUTPUT_STYLED)
        buffer_append_text(r->out, "\r\n</body></html>\r\n");
    if (buffer_length(r->out) > cap)
        buffer_truncate(r->out, utf8_prefix(buffer_slice(r->out), cap).length);
    enum status status = buffer_take(r->out, mem, out);
    talloc_free(r);
    return status;
}

enum status mime_html_from_rtf(TALLOC_CTX *mem, struct slice rtf, size_t cap, struct slice *out)
{
    return convert(mem, rtf, mime_rtf_origin(rtf) == MIME_RTF_FROM_HTML ? OUTPUT_HTML : OUTPUT_STYLED, cap, out);
}

enum status mime_text_from_rtf(TALLOC_CTX *mem, struct slice rtf, size_t cap, struct slice *out)
{
    if (mime_rtf_origin(rtf) != MIME_RTF_FROM_HTML)
        return convert(mem, rtf, OUTPUT_TEXT, cap, out);
    struct slice html;
    TRY(convert(mem, rtf, OUTPUT_HTML, cap < SIZE_MAX / 32 ? cap * 16 + 65536 : cap, &html));
    return mime_text_from_html(mem, html, cap, out);
}
