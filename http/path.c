#include "path.h"

#include "bourse/base/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One pass. False for "%" without two hex digits and for NUL. */
static bool decode(struct slice from, bool plus_is_blank, char *to)
{
    for (size_t i = 0; i < from.length; i++) {
        char c = (char)from.data[i];
        if (c == '%') {
            int high = i + 2 < from.length ? hex_digit((char)from.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit((char)from.data[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == 0)
            return false;
        *to++ = c;
    }
    *to = 0;
    return true;
}

static bool is_dot_segment(const char *segment, size_t length)
{
    return (length == 1 && segment[0] == '.') || (length == 2 && segment[0] == '.' && segment[1] == '.');
}

/* Of the decoded path: nothing that a second reader could take for something else. */
static const char *objection(const char *path)
{
    const char *segment = path;
    for (const char *at = path;; at++) {
        uint8_t byte = (uint8_t)*at;
        if (byte == '/' || byte == 0) {
            if (is_dot_segment(segment, (size_t)(at - segment)))
                return "dot segment";
            if (byte == 0)
                return NULL;
            segment = at + 1;
        } else if (byte < 0x20 || byte == 0x7F) {
            return "control character";
        } else if (byte == '\\') {
            return "backslash";
        } else if (byte == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            return "double encoding";
        }
    }
}

/* "https://host/path" -> "/path" [RFC 9112] 3.2.2. The Host field, not this authority, has been checked. */
static const char *skip_authority(const char *text)
{
    const char *rest = NULL;
    if (strncasecmp(text, "https://", 8) == 0)
        rest = text + 8;
    else if (strncasecmp(text, "http://", 7) == 0)
        rest = text + 7;
    if (rest == NULL)
        return text;
    rest += strcspn(rest, "/?");
    return *rest != 0 ? rest : "/";
}

static enum status check_bytes(const char *text)
{
    for (const char *at = text; *at != 0; at++)
        if ((uint8_t)*at <= 0x20 || (uint8_t)*at >= 0x7F || *at == '#')
            return status_fail(STATUS_MALFORMED, "byte 0x%02x in the request target", (uint8_t)*at);
    return STATUS_OK;
}

enum status target_parse(TALLOC_CTX *mem, const char *text, struct target *out)
{
    TRY(check_bytes(text));
    if (strcmp(text, "*") == 0) {
        *out = (struct target){ .path = "*", .query = "" };
        return STATUS_OK;
    }
    text = skip_authority(text);
    size_t length = strcspn(text, "?");
    char *path = talloc_array(mem, char, (unsigned)length + 1);
    char *query = talloc_strdup(mem, text[length] == '?' ? text + length + 1 : "");
    if (path == NULL || query == NULL)
        return status_fail(STATUS_NO_MEMORY, "request target");
    if (!decode(slice_of(text, length), false, path))
        return status_fail(STATUS_MALFORMED, "percent encoding in the path");
    const char *why = path[0] != '/' ? "no leading slash" : objection(path);
    if (why != NULL)
        return status_fail(STATUS_MALFORMED, "path: %s", why);
    if (!utf8_is_valid(slice_of_text(path)))
        return status_fail(STATUS_MALFORMED, "path is not UTF-8");
    *out = (struct target){ .path = path, .query = query };
    return STATUS_OK;
}

char *query_value(TALLOC_CTX *mem, const char *query, const char *name)
{
    struct slice rest = slice_of_text(query);
    size_t name_length = strlen(name);
    while (rest.length > 0) {
        struct slice pair, key, value = { 0 }, after = { 0 };
        slice_split(rest, '&', &pair, &after);
        rest = after;
        if (!slice_split(pair, '=', &key, &value))
            value = slice_of("", 0);
        if (key.length != name_length || strncasecmp((const char *)key.data, name, name_length) != 0)
            continue;
        char *text = talloc_array(mem, char, (unsigned)value.length + 1);
        if (text != NULL && (!decode(value, true, text) || !utf8_is_valid(slice_of_text(text))))
            TALLOC_FREE(text);
        return text;
    }
    return NULL;
}
