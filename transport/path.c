#include "path.h"

#include "bourse/base/text.h"

#define LONGEST_LOCAL 64u
#define LONGEST_DOMAIN 255u
#define LONGEST_ADDRESS 254u
#define LONGEST_LABEL 63u

struct scan {
    struct slice text;
    size_t at;
};

static int peek(const struct scan *scan)
{
    return scan->at < scan->text.length ? scan->text.data[scan->at] : -1;
}

static bool take(struct scan *scan, uint8_t byte)
{
    if (peek(scan) != byte)
        return false;
    scan->at++;
    return true;
}

static struct slice since(const struct scan *scan, size_t start)
{
    return slice_part(scan->text, start, scan->at - start);
}

static bool is_letter_or_digit(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool is_atom_character(int c)
{
    return is_letter_or_digit(c) || (c > 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* One or more atoms with single dots between them. */
static bool scan_dot_string(struct scan *scan)
{
    do {
        size_t start = scan->at;
        while (is_atom_character(peek(scan)))
            scan->at++;
        if (scan->at == start)
            return false;
    } while (take(scan, '.'));
    return true;
}

static bool scan_quoted_string(struct scan *scan)
{
    if (!take(scan, '"'))
        return false;
    for (int c = peek(scan); c != '"'; c = peek(scan)) {
        if (c == '\\') {
            scan->at++;
            c = peek(scan);
        }
        if (c < ' ' || c == 0x7F)
            return false;
        scan->at++;
    }
    return take(scan, '"');
}

static bool scan_literal(struct scan *scan)
{
    if (!take(scan, '['))
        return false;
    size_t start = scan->at;
    while (is_letter_or_digit(peek(scan)) || peek(scan) == '.' || peek(scan) == ':' || peek(scan) == '-')
        scan->at++;
    return scan->at > start && take(scan, ']');
}

/* Underscores are not allowed in host names but exist. */
static bool scan_domain(struct scan *scan)
{
    if (peek(scan) == '[')
        return scan_literal(scan);
    do {
        size_t start = scan->at;
        while (is_letter_or_digit(peek(scan)) || peek(scan) == '-' || peek(scan) == '_')
            scan->at++;
        if (scan->at == start || scan->at - start > LONGEST_LABEL)
            return false;
    } while (take(scan, '.'));
    return true;
}

/* "@one,@two:" [RFC 5321] 4.1.2 A-d-l: understood and ignored. */
static bool skip_source_route(struct scan *scan)
{
    if (peek(scan) != '@')
        return true;
    do {
        if (!take(scan, '@') || !scan_domain(scan))
            return false;
    } while (take(scan, ','));
    return take(scan, ':');
}

static bool is_dot_string(const char *text)
{
    struct scan scan = { .text = slice_of_text(text) };
    return scan_dot_string(&scan) && scan.at == scan.text.length;
}

/* Content of a quoted local part; without quotes when they are not needed, so that equal addresses look equal. */
static char *canonical_local(TALLOC_CTX *mem, struct slice local)
{
    if (local.length == 0 || local.data[0] != '"')
        return slice_text(mem, local);
    char *plain = talloc_size(mem, local.length);
    if (plain == NULL)
        return NULL;
    size_t length = 0;
    for (size_t i = 1; i + 1 < local.length; i++) {
        if (local.data[i] == '\\')
            i++;
        plain[length++] = (char)local.data[i];
    }
    plain[length] = '\0';
    return is_dot_string(plain) ? plain : slice_text(mem, local);
}

static bool has_high_byte(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text >= 0x80)
            return true;
    return false;
}

static enum status build(TALLOC_CTX *mem, struct slice local, struct slice domain, struct smtp_path *out)
{
    char *name = canonical_local(mem, local);
    char *address = name == NULL             ? NULL
                    : domain.length == 0 ? name
                                         : talloc_asprintf(mem, "%s@%.*s", name, (int)domain.length, (const char *)domain.data);
    if (address == NULL)
        return status_fail(STATUS_NO_MEMORY, "path");
    if (strlen(address) > LONGEST_ADDRESS || !utf8_is_valid(slice_of_text(address)))
        return status_fail(STATUS_INVALID_RECIPIENTS, "address too long or not UTF-8");
    out->address = address;
    out->domain = domain.length > 0 ? address + strlen(name) + 1 : NULL;
    out->is_utf8 = has_high_byte(address);
    return STATUS_OK;
}

static bool scan_mailbox(struct scan *scan, struct slice *local, struct slice *domain)
{
    size_t start = scan->at;
    *domain = (struct slice){ 0 };
    if (!(peek(scan) == '"' ? scan_quoted_string(scan) : scan_dot_string(scan)))
        return false;
    *local = since(scan, start);
    if (!take(scan, '@'))
        return local->length <= LONGEST_LOCAL;
    start = scan->at;
    if (!scan_domain(scan))
        return false;
    *domain = since(scan, start);
    return local->length <= LONGEST_LOCAL && domain->length <= LONGEST_DOMAIN;
}

enum status smtp_path_parse(TALLOC_CTX *mem, struct slice text, struct slice *rest, struct smtp_path *out)
{
    struct scan scan = { .text = text };
    struct slice local, domain;
    *out = (struct smtp_path){ .address = "" };
    while (take(&scan, ' '))
        ;
    if (!take(&scan, '<'))
        return status_fail(STATUS_INVALID_RECIPIENTS, "no angle bracket");
    if (!take(&scan, '>')) {
        if (!skip_source_route(&scan) || !scan_mailbox(&scan, &local, &domain) || !take(&scan, '>'))
            return status_fail(STATUS_INVALID_RECIPIENTS, "not a mailbox");
        TRY(build(mem, local, domain, out));
    }
    if (scan.at < text.length && peek(&scan) != ' ')
        return status_fail(STATUS_INVALID_RECIPIENTS, "text behind the path");
    *rest = slice_part(text, scan.at, text.length);
    return STATUS_OK;
}

bool smtp_greeting_is_valid(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        int c = text.data[i];
        if (!is_letter_or_digit(c) && (c == 0 || strchr(".-_:[]", c) == NULL))
            return false;
    }
    return text.length > 0 && text.length <= LONGEST_DOMAIN && utf8_is_valid(text);
}
