#include "address_list.h"

enum { PEOPLE_MOST = 1000 };

/* Up to the next comma or semicolon outside quotes and angle brackets. */
static size_t entry_length(struct slice text)
{
    bool in_quotes = false, in_angle = false;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        if (c == '\\' && in_quotes)
            i++;
        else if (c == '"')
            in_quotes = !in_quotes;
        else if (!in_quotes && (c == '<' || c == '>'))
            in_angle = c == '<';
        else if (!in_quotes && !in_angle && (c == ',' || c == ';'))
            return i;
    }
    return text.length;
}

/* The name without quotes and the backslashes inside them. */
static char *unquoted(TALLOC_CTX *mem, struct slice text)
{
    struct slice name = slice_trim(text);
    bool is_quoted = name.length >= 2 && name.data[0] == '"' && name.data[name.length - 1] == '"';
    char *out = talloc_array(mem, char, (unsigned)name.length + 1);
    size_t length = 0;
    if (out == NULL)
        return NULL;
    for (size_t i = is_quoted ? 1 : 0; i < name.length - (is_quoted ? 1 : 0); i++) {
        if (is_quoted && name.data[i] == '\\' && i + 2 < name.length)
            i++;
        out[length++] = (char)name.data[i];
    }
    out[length] = '\0';
    return out;
}

static ptrdiff_t last_angle(struct slice text)
{
    for (size_t i = text.length; i > 0; i--)
        if (text.data[i - 1] == '<')
            return (ptrdiff_t)i - 1;
    return -1;
}

static enum status read_entry(TALLOC_CTX *mem, struct slice entry, enum recipient_type type, struct message *out)
{
    ptrdiff_t open = last_angle(entry);
    struct slice address = entry, name = slice_of(NULL, 0);
    if (open >= 0) {
        address = slice_part(entry, (size_t)open + 1, entry.length);
        ptrdiff_t close = slice_find_byte(address, '>');
        address = slice_part(address, 0, close >= 0 ? (size_t)close : address.length);
        name = slice_part(entry, 0, (size_t)open);
    }
    char *text = slice_text(mem, slice_trim(address)), *shown = unquoted(mem, name);
    if (text == NULL || shown == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipient");
    if (strchr(text, '@') == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "no address: %.100s", text);
    struct recipient recipient = { .type = type, .display_name = *shown != '\0' ? shown : text, .address_type = "SMTP", .address = text, .smtp_address = text };
    return message_add_recipient(out, &recipient) != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "recipient");
}

enum status address_list_read(TALLOC_CTX *mem, const char *text, enum recipient_type type, struct message *out)
{
    struct slice rest = slice_of_text(text);
    while (rest.length > 0) {
        size_t length = entry_length(rest);
        struct slice entry = slice_trim(slice_part(rest, 0, length));
        if (out->recipient_count >= PEOPLE_MOST)
            return status_fail(STATUS_LIMIT_EXCEEDED, "more than %d recipients", PEOPLE_MOST);
        if (entry.length > 0)
            TRY(read_entry(mem, entry, type, out));
        rest = slice_part(rest, length + 1, rest.length);
    }
    return STATUS_OK;
}
