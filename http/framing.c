/* libmicrohttpd 0.9.75 is more tolerant than is safe behind or beside other HTTP software: it takes bare LF as a line
 * end, joins folded lines (to the field's NAME), keeps blanks before the colon as part of the name, and prefers
 * Transfer-Encoding over Content-Length. It parses the head in place: request line and fields stay at their addresses
 * in the receive buffer, with NULs where ":" and CR LF were. So the distances between the strings that it hands out
 * show what the bytes were, and everything but the strict form is refused. What this cannot see: bare LF within
 * chunk-size lines, and empty lines before the request line. */
#include "life.h"

#include "bourse/base/text.h"

/* Between a name's NUL and its value there was white space only. */
static bool is_blank_between(const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != ' ' && *from != '\t')
            return false;
    return true;
}

static bool is_token(const char *name)
{
    /* [RFC 9110] 5.6.2 */
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (*name == 0)
        return false;
    for (; *name != 0; name++) {
        bool is_letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                         (*name >= '0' && *name <= '9');
        if (!is_letter && strchr(others, *name) == NULL)
            return false;
    }
    return true;
}

struct walk {
    const char *expected; /* where the next field's name must begin: two bytes (CR LF) behind what came before */
    size_t content_lengths, transfer_encodings, hosts, authorizations;
    const char *failure;
};

static const char *field_objection(const struct walk *walk, const char *name, const char *value)
{
    if (name != walk->expected)
        return "folded line, bare LF or NUL in the head";
    if (!is_token(name))
        return "field name";
    const char *behind_name = name + strlen(name) + 1;
    if (value < behind_name || !is_blank_between(behind_name, value))
        return "folded line";
    if (!field_is_text(value))
        return "control character in a field";
    return NULL;
}

static enum MHD_Result look(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct walk *walk = data;
    (void)kind;
    if (value == NULL)
        value = "";
    walk->failure = field_objection(walk, name, value);
    if (walk->failure != NULL)
        return MHD_NO;
    walk->expected = value + strlen(value) + 2;
    walk->content_lengths += ascii_equal_nocase(name, "Content-Length");
    walk->hosts += ascii_equal_nocase(name, "Host");
    walk->authorizations += ascii_equal_nocase(name, "Authorization");
    if (ascii_equal_nocase(name, "Transfer-Encoding")) {
        walk->transfer_encodings++;
        if (!ascii_equal_nocase(value, "chunked"))
            walk->failure = "transfer coding";
    }
    return walk->failure == NULL ? MHD_YES : MHD_NO;
}

enum status framing_check(struct MHD_Connection *mhd, const char *method, const char *version)
{
    struct walk walk = { .expected = version + strlen(version) + 2 };
    MHD_get_connection_values(mhd, MHD_HEADER_KIND, look, &walk);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    /* Behind the last field there is the empty line and nothing else. */
    if (walk.failure == NULL && (info == NULL || walk.expected + 2 != method + info->header_size))
        walk.failure = "bare LF or NUL in the head";
    bool is_11 = strcmp(version, "HTTP/1.1") == 0;
    if (walk.failure == NULL && walk.content_lengths + walk.transfer_encodings > 1)
        walk.failure = "more than one Content-Length or Transfer-Encoding";
    if (walk.failure == NULL && walk.transfer_encodings > 0 && !is_11)
        walk.failure = "Transfer-Encoding in HTTP/1.0";
    if (walk.failure == NULL && (walk.hosts > 1 || (is_11 && walk.hosts == 0)))
        walk.failure = "Host";
    /* [RFC 9110] 5.3: not a list, so who signs in would depend on which of them a proxy in front reads. */
    if (walk.failure == NULL && walk.authorizations > 1)
        walk.failure = "more than one Authorization";
    if (walk.failure != NULL)
        return status_fail(STATUS_MALFORMED, "request head: %s", walk.failure);
    return STATUS_OK;
}
