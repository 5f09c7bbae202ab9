#include "reply.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* "5.1.1 " at the start of the text [RFC 2034] 4. */
static void read_enhanced(struct reply *reply, struct slice text)
{
    struct slice word, rest;
    size_t dots = 0;
    slice_split(text, ' ', &word, &rest);
    if (reply->enhanced[0] != '\0' || word.length < 5 || word.length >= sizeof reply->enhanced)
        return;
    for (size_t i = 0; i < word.length; i++) {
        bool is_dot = word.data[i] == '.';
        if (!is_dot && !is_digit(word.data[i]))
            return;
        dots += is_dot ? 1 : 0;
    }
    if (dots != 2 || word.data[1] != '.' || (word.data[0] != '2' && word.data[0] != '4' && word.data[0] != '5'))
        return;
    memcpy(reply->enhanced, word.data, word.length);
    reply->enhanced[word.length] = '\0';
}

static void add_text(struct reply *reply, struct slice text)
{
    for (size_t i = 0; i < text.length && reply->text_length + 1 < sizeof reply->text; i++) {
        uint8_t c = text.data[i];
        reply->text[reply->text_length++] = c >= ' ' && c < 0x7F ? (char)c : '?';
    }
    reply->text[reply->text_length] = '\0';
}

enum status reply_add_line(struct reply *reply, struct slice line, struct slice *rest)
{
    if (line.length < 3 || line.data[0] < '2' || line.data[0] > '5' || !is_digit(line.data[1]) || !is_digit(line.data[2]))
        return status_fail(STATUS_MALFORMED, "not a reply line");
    int code = (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + (line.data[2] - '0');
    uint8_t separator = line.length > 3 ? line.data[3] : ' ';
    if ((separator != ' ' && separator != '-') || (reply->code != 0 && code != reply->code) || reply->is_complete)
        return status_fail(STATUS_MALFORMED, "not a line of this reply");
    if (++reply->lines > REPLY_MOST_LINES)
        return status_fail(STATUS_MALFORMED, "more than %u lines", REPLY_MOST_LINES);
    *rest = slice_part(line, 4, line.length);
    reply->is_complete = separator == ' ';
    read_enhanced(reply, *rest);
    if (reply->code == 0)
        add_text(reply, slice_part(line, 0, 3));
    reply->code = code;
    add_text(reply, slice_of(" ", 1));
    add_text(reply, *rest);
    return STATUS_OK;
}

static bool is_word(struct slice text, const char *word)
{
    return slice_equal_ascii_nocase(text, slice_of_text(word));
}

static void read_mechanisms(struct capabilities *capabilities, struct slice text)
{
    struct slice word;
    while (text.length > 0) {
        slice_split(text, ' ', &word, &text);
        capabilities->auth_plain |= is_word(word, "PLAIN");
        capabilities->auth_login |= is_word(word, "LOGIN");
    }
}

static uint64_t read_number(struct slice text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.length && i < 18 && is_digit(text.data[i]); i++)
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    return number;
}

static void read_name(struct capabilities *capabilities, struct slice text)
{
    struct slice word, rest;
    slice_split(text, ' ', &word, &rest);
    size_t length = word.length < sizeof capabilities->domain ? word.length : sizeof capabilities->domain - 1;
    for (size_t i = 0; i < length; i++)
        capabilities->domain[i] = word.data[i] > ' ' && word.data[i] < 0x7F ? (char)word.data[i] : '?';
    capabilities->domain[length] = '\0';
}

void capabilities_add_line(struct capabilities *capabilities, struct slice text, bool is_first)
{
    const struct { const char *keyword; bool *flag; } flags[] = {
        { "PIPELINING", &capabilities->pipelining }, { "8BITMIME", &capabilities->eightbitmime }, { "SMTPUTF8", &capabilities->smtputf8 },
        { "DSN", &capabilities->dsn }, { "CHUNKING", &capabilities->chunking }, { "BINARYMIME", &capabilities->binarymime },
        { "STARTTLS", &capabilities->starttls }, { "ENHANCEDSTATUSCODES", &capabilities->enhanced }, { "SIZE", &capabilities->size },
    };
    struct slice keyword, rest;
    if (is_first) {
        read_name(capabilities, text);
        return;
    }
    slice_split(slice_trim(text), ' ', &keyword, &rest);
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        if (is_word(keyword, flags[i].keyword))
            *flags[i].flag = true;
    if (is_word(keyword, "SIZE"))
        capabilities->size_limit = read_number(rest);
    if (is_word(keyword, "AUTH"))
        read_mechanisms(capabilities, rest);
    else if (keyword.length > 5 && is_word(slice_part(keyword, 0, 5), "AUTH=")) { /* written by hosts older than [RFC 2554] */
        read_mechanisms(capabilities, slice_part(keyword, 5, keyword.length));
        read_mechanisms(capabilities, rest);
    }
}
