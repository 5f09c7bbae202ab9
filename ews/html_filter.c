#include "html_filter.h"

/* Elements that go; with `content`, all up to their end tag too. */
static const struct {
    const char *name;
    bool content;
} removed[] = {
    { "script", true }, { "noscript", true }, { "object", true }, { "applet", true }, { "iframe", true }, { "frameset", true },
    { "svg", true }, { "math", true }, { "template", true }, { "xml", true }, { "title", true }, { "noembed", true }, { "noframes", true },
    { "embed", false }, { "frame", false }, { "form", false }, { "input", false }, { "button", false }, { "select", false }, { "option", false },
    { "textarea", true }, { "link", false }, { "meta", false }, { "base", false }, { "param", false }, { "source", false }, { "audio", false },
    { "video", false }, { "plaintext", false }, { "xmp", true },
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_name_byte(uint8_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '_';
}

/* A cursor over the document. */
struct html {
    struct slice in;
    size_t at;
    struct buffer *out;
};

static int look(const struct html *html, size_t ahead)
{
    return html->at + ahead < html->in.length ? html->in.data[html->at + ahead] : -1;
}

static struct slice take_name(struct html *html)
{
    size_t begin = html->at;
    while (look(html, 0) >= 0 && is_name_byte((uint8_t)look(html, 0)))
        html->at++;
    return slice_part(html->in, begin, html->at - begin);
}

static void skip_space(struct html *html)
{
    while (look(html, 0) >= 0 && (is_space((uint8_t)look(html, 0)) || look(html, 0) == '/'))
        html->at++;
}

static struct slice take_value(struct html *html)
{
    int quote = look(html, 0);
    if (quote == '"' || quote == '\'') {
        size_t begin = ++html->at;
        while (look(html, 0) >= 0 && look(html, 0) != quote)
            html->at++;
        struct slice value = slice_part(html->in, begin, html->at - begin);
        html->at += look(html, 0) >= 0 ? 1 : 0;
        return value;
    }
    size_t begin = html->at;
    while (look(html, 0) >= 0 && !is_space((uint8_t)look(html, 0)) && look(html, 0) != '>')
        html->at++;
    return slice_part(html->in, begin, html->at - begin);
}

static bool starts_nocase(struct slice text, const char *prefix)
{
    size_t length = strlen(prefix);
    return text.length >= length && slice_equal_ascii_nocase(slice_part(text, 0, length), slice_of_text(prefix));
}

/* An address with a scheme that is not known as harmless; entities and control characters before the colon count as a scheme that hides. */
static bool is_bad_address(struct slice value)
{
    static const char *const good[] = { "http://", "https://", "mailto:", "cid:", "tel:", "ftp://", "#", "data:image/png;", "data:image/jpeg;",
                                        "data:image/gif;" };
    struct slice text = slice_trim(value);
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        if (starts_nocase(text, good[i]))
            return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == ':' || text.data[i] == '&' || text.data[i] < 0x20)
            return true;
        if (text.data[i] == '/' || text.data[i] == '?')
            return false;
    }
    return false;
}

static bool contains_nocase(struct slice text, const char *word)
{
    for (size_t i = 0; i + strlen(word) <= text.length; i++)
        if (starts_nocase(slice_part(text, i, text.length - i), word))
            return true;
    return false;
}

static bool is_bad_attribute(struct slice name, struct slice value)
{
    static const char *const addresses[] = { "href", "src", "background", "action", "formaction", "xlink:href", "poster", "cite", "lowsrc", "dynsrc" };
    if (starts_nocase(name, "on") || starts_nocase(name, "srcdoc") || starts_nocase(name, "fs"))
        return true;
    if (starts_nocase(name, "style"))
        return contains_nocase(value, "expression") || contains_nocase(value, "javascript") || contains_nocase(value, "behavior") ||
               contains_nocase(value, "@import") || contains_nocase(value, "\\") || contains_nocase(value, "-moz-binding");
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++)
        if (slice_equal_ascii_nocase(name, slice_of_text(addresses[i])))
            return is_bad_address(value);
    return false;
}

static void write_attribute(struct html *html, struct slice name, struct slice value, bool has_value)
{
    buffer_append_byte(html->out, ' ');
    buffer_append_slice(html->out, name);
    if (!has_value)
        return;
    buffer_append_text(html->out, "=\"");
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == '"')
            buffer_append_text(html->out, "&quot;");
        else if (value.data[i] == '<' || value.data[i] == '>')
            buffer_append_text(html->out, value.data[i] == '<' ? "&lt;" : "&gt;");
        else
            buffer_append_byte(html->out, value.data[i]);
    }
    buffer_append_byte(html->out, '"');
}

/* Attributes up to and with ">". Written when `keep`. */
static void take_attributes(struct html *html, bool keep)
{
    for (;;) {
        skip_space(html);
        if (look(html, 0) < 0 || look(html, 0) == '>')
            break;
        struct slice name = take_name(html), value = { 0 };
        if (name.length == 0) {
            html->at++; /* a stray character */
            continue;
        }
        skip_space(html);
        bool has_value = look(html, 0) == '=';
        if (has_value) {
            html->at++;
            while (look(html, 0) >= 0 && is_space((uint8_t)look(html, 0)))
                html->at++;
            value = take_value(html);
        }
        if (keep && !is_bad_attribute(name, value))
            write_attribute(html, name, value, has_value);
    }
    html->at += look(html, 0) == '>' ? 1 : 0;
}

static int find_removed(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(removed); i++)
        if (slice_equal_ascii_nocase(name, slice_of_text(removed[i].name)))
            return (int)i;
    return -1;
}

/* Moves behind the end tag of `name`, or to the end. */
static void skip_content(struct html *html, struct slice name)
{
    for (; html->at < html->in.length; html->at++) {
        struct slice rest = slice_part(html->in, html->at, html->in.length - html->at);
        if (rest.length < name.length + 2 || rest.data[0] != '<' || rest.data[1] != '/' ||
            !slice_equal_ascii_nocase(slice_part(rest, 2, name.length), name))
            continue;
        html->at += name.length + 2;
        take_attributes(html, false);
        return;
    }
}

static void take_tag(struct html *html)
{
    bool is_end = look(html, 1) == '/';
    html->at += is_end ? 2 : 1;
    struct slice name = take_name(html);
    int which = find_removed(name);
    bool keep = which < 0;
    if (keep) {
        buffer_append_text(html->out, is_end ? "</" : "<");
        buffer_append_slice(html->out, name);
    }
    take_attributes(html, keep && !is_end);
    if (keep)
        buffer_append_byte(html->out, '>');
    else if (!is_end && removed[which].content)
        skip_content(html, name);
}

static void skip_to(struct html *html, const char *end)
{
    const uint8_t *found = memmem(html->in.data + html->at, html->in.length - html->at, end, strlen(end));
    html->at = found != NULL ? (size_t)(found - html->in.data) + strlen(end) : html->in.length;
}

enum status html_filter(TALLOC_CTX *mem, struct slice in, struct slice *out)
{
    struct html html = { .in = in, .out = buffer_new(mem, 4 * in.length + 65536) };
    if (html.out == NULL)
        return status_fail(STATUS_NO_MEMORY, "HTML filter");
    while (html.at < in.length) {
        int next = look(&html, 1);
        if (in.data[html.at] != '<') {
            buffer_append_byte(html.out, in.data[html.at++]);
        } else if (next == '!' && look(&html, 2) == '-' && look(&html, 3) == '-') {
            skip_to(&html, "-->");
        } else if (next == '!' || next == '?') {
            skip_to(&html, ">");
        } else if (next >= 0 && (is_letter((uint8_t)next) || (next == '/' && look(&html, 2) >= 0 && is_letter((uint8_t)look(&html, 2))))) {
            take_tag(&html);
        } else {
            buffer_append_text(html.out, "&lt;");
            html.at++;
        }
    }
    return buffer_take(html.out, mem, out);
}
