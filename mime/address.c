/* Addresses, dates and encoded words. GMime parses; this turns its objects into plain structs. */
#include "parse.h"

#include "bourse/base/guid.h"
#include "bourse/base/text.h"

#include <gmime/gmime.h>
#include <string.h>

/* Options whose fallback charsets make raw 8-bit headers UTF-8 first, then windows-1252 [RFC 6532] 3. Made once; read only. */
static GMimeParserOptions *parser_options(void)
{
    static GMimeParserOptions *options;
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        static const char *charsets[] = { "utf-8", "windows-1252", NULL };
        options = g_mime_parser_options_new();
        g_mime_parser_options_set_fallback_charsets(options, charsets);
        g_once_init_leave(&ready, 1);
    }
    return options;
}

static char *copy_utf8(TALLOC_CTX *mem, const char *text)
{
    return utf8_repair(mem, slice_of_text(text != NULL ? text : ""));
}

struct collector {
    TALLOC_CTX *mem;
    struct mime_addresses *out;
    size_t capacity, max;
};

static enum status collect(struct collector *c, const char *name, const char *address, const char *group)
{
    if (c->out->count >= c->max) {
        c->out->limited = true;
        return STATUS_OK;
    }
    if (c->out->count == c->capacity) {
        c->capacity = c->capacity == 0 ? 4 : c->capacity * 2;
        c->out->items = talloc_realloc(c->mem, c->out->items, struct mime_address, (unsigned)c->capacity);
        TRY_MEMORY(c->out->items);
    }
    struct mime_address *item = &c->out->items[c->out->count++];
    item->name = copy_utf8(c->mem, name);
    item->address = copy_utf8(c->mem, address);
    item->group = group != NULL ? copy_utf8(c->mem, group) : NULL;
    TRY_MEMORY(item->name);
    TRY_MEMORY(item->address);
    return STATUS_OK;
}

/* Groups hold mailboxes only [RFC 5322] 3.4; a group in a group would be a misreading and is not followed. */
static enum status collect_list(struct collector *c, InternetAddressList *list, const char *group)
{
    int length = internet_address_list_length(list);
    for (int i = 0; i < length; i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        const char *name = internet_address_get_name(address);
        if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
            const char *mailbox = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
            TRY(collect(c, name, mailbox, group));
            continue;
        }
        InternetAddressList *members = internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address));
        if (members == NULL || internet_address_list_length(members) == 0 || group != NULL)
            TRY(collect(c, name, "", name != NULL ? name : ""));
        else
            TRY(collect_list(c, members, name != NULL ? name : ""));
    }
    return STATUS_OK;
}

static bool is_plain_address(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (((uint8_t)*p < 128 && !g_ascii_isalnum(*p) && strchr("@._-+=/'!#$%&*^{}|~`?", *p) == NULL) || (uint8_t)*p >= 128)
            return false;
    const char *at = strchr(text, '@');
    return at != NULL && at > text && at[1] != '\0' && strchr(at + 1, '@') == NULL;
}

/* "Name <local@domain>" or "local@domain" without quotes, comments, encoded words: most of all mail. False: let GMime do it. */
static bool read_simple(TALLOC_CTX *mem, const char *text, char **name, char **address)
{
    const char *open = strchr(text, '<');
    if (open == NULL) {
        *name = NULL;
        *address = NULL;
        return is_plain_address(text);
    }
    size_t length = strlen(open);
    if (open[length - 1] != '>')
        return false;
    *address = talloc_strndup(mem, open + 1, length - 2);
    size_t end = (size_t)(open - text);
    while (end > 0 && text[end - 1] == ' ')
        end--;
    for (size_t i = 0; i < end; i++)
        if (!g_ascii_isalnum(text[i]) && !(text[i] == ' ' && text[i + 1] != ' ') && text[i] != '-')
            return false;
    *name = talloc_strndup(mem, text, end);
    return *address != NULL && *name != NULL && is_plain_address(*address);
}

/* GMime reads a group within a group by recursion, as deep as there are colons: 50,000 of them overflow the stack. */
static void limit_groups(char *text)
{
    unsigned colons = 0;
    for (char *p = text; *p != '\0'; p++)
        if (*p == ':' && ++colons > 500)
            *p = ' ';
}

enum status mime_addresses_parse(TALLOC_CTX *mem, struct slice text, const struct mime_limits *limits, struct mime_addresses *out)
{
    struct mime_limits effective = limits_effective(limits);
    *out = (struct mime_addresses){ 0 };
    char *value = field_text(mem, text, effective.header_field_bytes);
    TRY_MEMORY(value);
    if (*value == '\0')
        return STATUS_OK;
    struct collector collector = { .mem = mem, .out = out, .max = effective.recipients };
    char *name = NULL, *address = NULL;
    if (read_simple(mem, value, &name, &address))
        return collect(&collector, name, address != NULL ? address : value, NULL);
    char *utf8 = NULL;
    TRY(text_any_to_utf8(mem, slice_of_text(value), &utf8));
    limit_groups(utf8);
    InternetAddressList *list = internet_address_list_parse(parser_options(), utf8);
    if (list == NULL) /* nothing that GMime can read: keep the words as a name */
        return collect(&collector, utf8, "", NULL);
    enum status status = collect_list(&collector, list, NULL);
    g_object_unref(list);
    return status;
}

static bool is_atom_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (!g_ascii_isalnum(*p) && strchr(" !#$%&'*+-/=?^_`{|}~", *p) == NULL)
            return false;
    return strstr(text, "=?") == NULL && text[0] != ' ' && text[0] != '\0' && text[strlen(text) - 1] != ' ' && strstr(text, "  ") == NULL;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text >= 128 || (uint8_t)*text < 32 || *text == 127)
            return false;
    return true;
}

static char *quote(TALLOC_CTX *mem, const char *text)
{
    char *out = bytes_new(mem, strlen(text) * 2 + 3);
    if (out == NULL)
        return NULL;
    size_t length = 0;
    out[length++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            out[length++] = '\\';
        out[length++] = *text == '\r' || *text == '\n' ? ' ' : *text;
    }
    out[length++] = '"';
    out[length] = '\0';
    return out;
}

/* Text that looks like an encoded word must become one, else a reader would decode it [RFC 2047] 5. GMime leaves ASCII alone. */
static char *encode_look_alike(TALLOC_CTX *mem, const char *text)
{
    struct buffer *out = buffer_new(mem, strlen(text) * 2 + 128);
    if (out == NULL)
        return NULL;
    for (struct slice rest = slice_of_text(text); rest.length > 0;) {
        struct slice piece = utf8_prefix(rest, 45);
        buffer_append_text(out, buffer_length(out) > 0 ? " =?utf-8?b?" : "=?utf-8?b?");
        base64_append(out, piece);
        buffer_append_text(out, "?=");
        rest = slice_part(rest, piece.length, rest.length);
    }
    return talloc_strdup(mem, buffer_text(out));
}

static char *format_phrase(TALLOC_CTX *mem, const char *name, bool utf8)
{
    if (is_atom_text(name))
        return talloc_strdup(mem, name);
    if ((is_ascii(name) && strstr(name, "=?") == NULL) || utf8)
        return quote(mem, name);
    char *repaired = copy_utf8(mem, name);
    if (repaired != NULL && strstr(repaired, "=?") != NULL)
        return encode_look_alike(mem, repaired);
    char *encoded = repaired != NULL ? g_mime_utils_header_encode_phrase(NULL, repaired, "utf-8") : NULL;
    char *out = encoded != NULL ? field_text(mem, slice_of_text(encoded), SIZE_MAX) : NULL;
    g_free(encoded);
    return out;
}

enum status mime_address_format(TALLOC_CTX *mem, const char *name, const char *address, bool utf8, char **out)
{
    bool bare = name == NULL || name[0] == '\0';
    char *phrase = bare ? NULL : format_phrase(mem, name, utf8);
    if (!bare)
        TRY_MEMORY(phrase);
    if (address == NULL || address[0] == '\0')
        *out = bare ? talloc_strdup(mem, "") : talloc_asprintf(mem, "%s:;", phrase); /* a group without members */
    else if (bare)
        *out = talloc_strdup(mem, address);
    else
        *out = talloc_asprintf(mem, "%s <%s>", phrase, address);
    TRY_MEMORY(*out);
    return STATUS_OK;
}

static bool local_part_ok(struct slice local, bool utf8)
{
    if (local.length == 0 || local.length > 64)
        return false;
    bool quoted = local.data[0] == '"';
    if (quoted && (local.length < 2 || local.data[local.length - 1] != '"'))
        return false;
    for (size_t i = quoted ? 1 : 0; i < local.length - (quoted ? 1u : 0u); i++) {
        uint8_t c = local.data[i];
        if (c >= 128 ? !utf8 : c < 32 || c == 127)
            return false;
        if (quoted && c == '\\' && ++i >= local.length - 1)
            return false;
        if (quoted ? c == '"' : (c < 128 && !g_ascii_isalnum(c) && strchr(".!#$%&'*+-/=?^_`{|}~", c) == NULL))
            return false;
        if (!quoted && c == '.' && (i == 0 || i + 1 == local.length || local.data[i + 1] == '.'))
            return false;
    }
    return true;
}

static bool domain_ok(struct slice domain, bool utf8)
{
    if (domain.length == 0 || domain.length > 253)
        return false;
    if (domain.data[0] == '[') { /* address literal [RFC 5321] 4.1.3 */
        for (size_t i = 1; i + 1 < domain.length; i++)
            if (!g_ascii_isalnum(domain.data[i]) && strchr(".:-", domain.data[i]) == NULL)
                return false;
        return domain.length > 2 && domain.data[domain.length - 1] == ']';
    }
    size_t label = 0;
    for (size_t i = 0; i < domain.length; i++) {
        uint8_t c = domain.data[i];
        if (c == '.' && (label == 0 || i + 1 == domain.length || domain.data[i - 1] == '-'))
            return false;
        if (c != '.' && (c >= 128 ? !utf8 : !g_ascii_isalnum(c) && c != '_' && (c != '-' || label == 0)))
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > (utf8 ? 252u : 63u))
            return false;
    }
    return domain.data[domain.length - 1] != '-';
}

bool mime_address_is_valid(const char *address, bool utf8)
{
    size_t length = strlen(address);
    const char *at = strrchr(address, '@');
    if (length > 254 || at == NULL || !utf8_is_valid(slice_of(address, length)))
        return false;
    return local_part_ok(slice_of(address, (size_t)(at - address)), utf8) && domain_ok(slice_of_text(at + 1), utf8);
}

bool mime_date_parse(struct slice text, instant *out)
{
    char *value = field_text(NULL, text, 256);
    GDateTime *date = value != NULL && *value != '\0' ? g_mime_utils_header_decode_date(value) : NULL;
    talloc_free(value);
    if (date == NULL)
        return false;
    int64_t unix_time = g_date_time_to_unix(date);
    int year = g_date_time_get_year(date);
    g_date_time_unref(date);
    if (year < 1601 || year > 9999)
        return false;
    *out = instant_from_unix(unix_time);
    return true;
}

enum status mime_words_decode(TALLOC_CTX *mem, struct slice text, char **out)
{
    char *value = field_text(mem, text, mime_limits_default.header_field_bytes);
    TRY_MEMORY(value);
    if (strstr(value, "=?") == NULL) {
        enum status status = text_any_to_utf8(mem, slice_of_text(value), out);
        talloc_free(value);
        return status;
    }
    char *decoded = g_mime_utils_header_decode_text(parser_options(), value);
    *out = copy_utf8(mem, decoded);
    g_free(decoded);
    talloc_free(value);
    TRY_MEMORY(*out);
    return STATUS_OK;
}

enum status mime_words_encode(TALLOC_CTX *mem, struct slice text, char **out)
{
    char *repaired = utf8_repair(mem, text);
    TRY_MEMORY(repaired);
    if (is_ascii(repaired) && strstr(repaired, "=?") == NULL) {
        *out = repaired;
        return STATUS_OK;
    }
    if (strstr(repaired, "=?") != NULL) {
        *out = encode_look_alike(mem, repaired);
        TRY_MEMORY(*out);
        return STATUS_OK;
    }
    char *encoded = g_mime_utils_header_encode_text(NULL, repaired, "utf-8");
    *out = encoded != NULL ? field_text(mem, slice_of_text(encoded), SIZE_MAX) : NULL;
    g_free(encoded);
    TRY_MEMORY(*out);
    return STATUS_OK;
}

char *mime_message_id_new(TALLOC_CTX *mem, const char *domain)
{
    char text[GUID_TEXT_SIZE];
    return talloc_asprintf(mem, "<%s@%s>", guid_format(guid_new(), text), domain != NULL && domain[0] != '\0' ? domain : "localhost");
}
