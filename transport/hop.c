#include "hop.h"

#include <stdlib.h>

#include "bourse/base/text.h"

static bool parse_port(const char *text, uint16_t *port)
{
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number == 0 || number > 65535)
        return false;
    *port = (uint16_t)number;
    return true;
}

bool hop_parse_address(TALLOC_CTX *mem, const char *text, const char **host, uint16_t *port)
{
    const char *close = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *colon = strchr(close != NULL ? close : text, ':');
    const char *begin = close != NULL ? text + 1 : text;
    size_t length = close != NULL ? (size_t)(close - begin) : colon != NULL ? (size_t)(colon - begin) : strlen(begin);
    if ((text[0] == '[' && close == NULL) || length == 0 || length > 255)
        return false;
    if (close != NULL && close[1] != '\0' && close[1] != ':')
        return false;
    *host = talloc_strndup(mem, begin, length);
    return *host != NULL && (colon == NULL || parse_port(colon + 1, port));
}

static bool parse_tls(const char *text, enum client_tls *mode)
{
    static const char *const names[] = { [CLIENT_TLS_OFF] = "off", [CLIENT_TLS_OPPORTUNISTIC] = "opportunistic", [CLIENT_TLS_REQUIRED] = "required",
                                         [CLIENT_TLS_VERIFIED] = "verified" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (ascii_equal_nocase(text, names[i])) {
            *mode = (enum client_tls)i;
            return true;
        }
    }
    return false;
}

static enum status bad_setting(const char *option, const char *value)
{
    status_set_client_text("%s: cannot read \"%s\"", option, value);
    return status_fail(STATUS_CONFIGURATION, "%s: cannot read \"%s\"", option, value);
}

/* "domain=host:port"; "*" is every domain that has no route of its own. */
static enum status read_route(TALLOC_CTX *mem, const char *route, char **domain, struct hop *out)
{
    const char *equals = strchr(route, '=');
    if (equals == NULL || equals == route || !hop_parse_address(mem, equals + 1, &out->host, &out->port))
        return bad_setting("queue.routes", route);
    *domain = talloc_strndup(mem, route, (size_t)(equals - route));
    return *domain != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "route");
}

static enum status find_route(TALLOC_CTX *mem, const struct config *config, const char *destination, struct hop *out, bool *is_found)
{
    *is_found = false;
    for (const char *const *route = config_list(config, CONFIG_queue_routes); *route != NULL; route++) {
        struct hop hop = *out;
        char *domain = NULL;
        TRY(read_route(mem, *route, &domain, &hop));
        bool is_exact = ascii_equal_nocase(domain, destination);
        if (!is_exact && (*is_found || strcmp(domain, "*") != 0))
            continue;
        *out = hop;
        *is_found = true;
        if (is_exact)
            return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status use_smarthost(TALLOC_CTX *mem, const struct config *config, struct hop *out)
{
    const char *smarthost = config_text(config, CONFIG_queue_smarthost), *tls = config_text(config, CONFIG_queue_smarthost_tls);
    if (!parse_tls(tls, &out->tls_mode))
        return bad_setting("queue.smarthost_tls", tls);
    if (smarthost[0] == '\0') {
        out->tls_mode = CLIENT_TLS_OPPORTUNISTIC;
        return STATUS_OK;
    }
    if (!hop_parse_address(mem, smarthost, &out->host, &out->port))
        return bad_setting("queue.smarthost", smarthost);
    out->user = config_text(config, CONFIG_queue_smarthost_user);
    out->password = config_secret(config, CONFIG_queue_smarthost_password_file);
    return STATUS_OK;
}

enum status hop_find(TALLOC_CTX *mem, const struct config *config, const char *destination, struct hop *out)
{
    bool is_found = false;
    *out = (struct hop){ .port = (uint16_t)config_int(config, CONFIG_queue_port), .tls_mode = CLIENT_TLS_OPPORTUNISTIC, .user = "" };
    TRY(find_route(mem, config, destination, out, &is_found));
    return is_found ? STATUS_OK : use_smarthost(mem, config, out);
}

enum status hop_check(const struct config *config)
{
    struct hop hop;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = hop_find(mem, config, "", &hop); /* looks at all routes, then at the smarthost */
    if (status == STATUS_OK)
        status = use_smarthost(mem, config, &hop);
    talloc_free(mem);
    return status;
}
