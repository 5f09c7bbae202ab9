#include "resolve.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound.h>

#include "bourse/base/hash.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/base/wire.h"

#define TYPE_A 1
#define TYPE_MX 15
#define TYPE_AAAA 28
#define CLASS_IN 1
#define MOST_RECORDS 50u  /* MX records looked at */
#define MOST_TARGETS 20u  /* addresses tried */
#define LONGEST_NAME 256u

struct resolver {
    struct ub_ctx *context;
};

struct exchanger {
    uint16_t preference;
    uint64_t shuffle; /* orders hosts of equal preference */
    char name[LONGEST_NAME];
};

static const char *const own_zones[] = { "test.", "home.arpa." };

enum answer { ANSWER_DATA, ANSWER_NO_DATA, ANSWER_NO_NAME, ANSWER_LATER };

static int resolver_free(struct resolver *resolver)
{
    ub_ctx_delete(resolver->context);
    return 0;
}

static enum status configure(struct resolver *resolver, const char *server)
{
    int code;
    if (server[0] == '\0') {
        code = ub_ctx_resolvconf(resolver->context, NULL);
    } else {
        code = ub_ctx_set_option(resolver->context, "do-not-query-localhost:", "no");
        if (code == 0)
            code = ub_ctx_set_fwd(resolver->context, server);
    }
    if (code != 0)
        return status_fail(STATUS_CONFIGURATION, "queue.resolver: %s", ub_strerror(code));
    /* Without an /etc/hosts there is nothing to add. */
    (void)ub_ctx_hosts(resolver->context, NULL);
    /* The library answers for some private domains itself, with "no such name"; here the DNS server decides [RFC 6761] 6.2, [RFC 8375]. */
    for (size_t i = 0; i < ARRAY_LENGTH(own_zones) && code == 0; i++)
        code = ub_ctx_zone_remove(resolver->context, own_zones[i]);
    return code == 0 ? STATUS_OK : status_fail(STATUS_CONFIGURATION, "queue.resolver: %s", ub_strerror(code));
}

enum status resolver_new(TALLOC_CTX *mem, const char *server, struct resolver **out)
{
    struct resolver *resolver = talloc_zero(mem, struct resolver);
    if (resolver == NULL)
        return status_fail(STATUS_NO_MEMORY, "resolver");
    resolver->context = ub_ctx_create();
    if (resolver->context == NULL) {
        talloc_free(resolver);
        return status_fail(STATUS_NO_MEMORY, "resolver");
    }
    talloc_set_destructor(resolver, resolver_free);
    enum status status = configure(resolver, server);
    if (status == STATUS_OK)
        *out = resolver;
    else
        talloc_free(resolver);
    return status;
}

/* ---- queries ---- */

/* *result must be freed with ub_resolve_free when the answer is ANSWER_DATA. */
static enum answer ask(struct resolver *resolver, const char *name, int type, struct ub_result **result)
{
    *result = NULL;
    if (ub_resolve(resolver->context, name, type, CLASS_IN, result) != 0)
        return ANSWER_LATER;
    enum answer answer = ANSWER_LATER;
    if ((*result)->bogus != 0)
        answer = ANSWER_LATER;
    else if ((*result)->havedata != 0)
        return ANSWER_DATA;
    else if ((*result)->nxdomain != 0)
        answer = ANSWER_NO_NAME;
    else if ((*result)->rcode == 0)
        answer = ANSWER_NO_DATA;
    ub_resolve_free(*result);
    *result = NULL;
    return answer;
}

/* A domain name in wire form, without compression [RFC 1035] 3.1, as text without the final dot; "" for the root. */
static bool read_name(struct wire *wire, char out[LONGEST_NAME])
{
    size_t length = 0;
    out[0] = '\0';
    for (uint8_t label = wire_u8(wire); label != 0; label = wire_u8(wire)) {
        struct slice bytes = wire_bytes(wire, label);
        if (label > 63 || bytes.length != label || length + label + 2 > LONGEST_NAME)
            return false;
        if (length > 0)
            out[length++] = '.';
        memcpy(out + length, bytes.data, label);
        length += label;
        out[length] = '\0';
    }
    return wire_status(wire) == STATUS_OK && strlen(out) == length;
}

static bool read_exchanger(struct slice data, struct exchanger *out)
{
    struct wire wire = wire_over(data);
    out->preference = wire_u16_be(&wire);
    out->shuffle = random_u64();
    return read_name(&wire, out->name);
}

static int compare_exchangers(const void *a, const void *b)
{
    const struct exchanger *left = a, *right = b;
    if (left->preference != right->preference)
        return left->preference < right->preference ? -1 : 1;
    return left->shuffle < right->shuffle ? -1 : left->shuffle > right->shuffle;
}

static size_t read_exchangers(const struct ub_result *result, struct exchanger *list)
{
    size_t count = 0;
    for (int i = 0; result->data[i] != NULL && count < MOST_RECORDS; i++)
        if (read_exchanger(slice_of(result->data[i], (size_t)result->len[i]), &list[count]))
            count++;
    qsort(list, count, sizeof *list, compare_exchangers);
    return count;
}

/* ---- addresses ---- */

static bool set_address(struct client_target *target, const char *text, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&target->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&target->address;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        target->address_length = sizeof *v4;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        target->address_length = sizeof *v6;
    } else {
        return false;
    }
    return true;
}

static void add_records(struct mail_hosts *hosts, const struct ub_result *result, int family, const char *name, uint16_t port)
{
    char text[INET6_ADDRSTRLEN];
    int size = family == AF_INET ? 4 : 16;
    for (int i = 0; result->data[i] != NULL && hosts->count < MOST_TARGETS; i++) {
        struct client_target *target = &hosts->items[hosts->count];
        *target = (struct client_target){ .is_tls_at_once = port == 465 };
        if (result->len[i] != size || inet_ntop(family, result->data[i], text, sizeof text) == NULL || !set_address(target, text, port))
            continue;
        snprintf(target->name, sizeof target->name, "%s", name);
        hosts->count++;
    }
}

/* Adds the addresses of `name`. ANSWER_LATER when a look-up failed and nothing was found. */
static enum answer add_addresses(struct resolver *resolver, struct mail_hosts *hosts, const char *name, uint16_t port)
{
    static const struct { int type, family; } kinds[] = { { TYPE_AAAA, AF_INET6 }, { TYPE_A, AF_INET } };
    size_t before = hosts->count;
    enum answer worst = ANSWER_NO_DATA;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct ub_result *result = NULL;
        enum answer answer = ask(resolver, name, kinds[i].type, &result);
        if (answer == ANSWER_DATA) {
            add_records(hosts, result, kinds[i].family, name, port);
            ub_resolve_free(result);
        } else if (answer == ANSWER_LATER) {
            worst = ANSWER_LATER;
        }
    }
    return hosts->count > before ? ANSWER_DATA : worst;
}

static bool start(TALLOC_CTX *mem, struct mail_hosts *out, struct attempt *attempt)
{
    *out = (struct mail_hosts){ .items = array_new(mem, struct client_target, MOST_TARGETS) };
    if (out->items == NULL)
        attempt_fail(attempt, FAILURE_STORE, "", "out of memory");
    return out->items != NULL;
}

/* "192.0.2.1", "[192.0.2.1]", "[IPv6:2001:db8::1]" [RFC 5321] 4.1.3. */
static bool add_literal(struct mail_hosts *hosts, const char *text, uint16_t port)
{
    struct client_target *target = &hosts->items[hosts->count];
    char address[LONGEST_NAME];
    size_t length = strlen(text);
    *target = (struct client_target){ .is_tls_at_once = port == 465 };
    if (text[0] == '[' && length > 2 && text[length - 1] == ']') {
        bool is_tagged = strncasecmp(text + 1, "IPv6:", 5) == 0;
        snprintf(address, sizeof address, "%.*s", (int)(length - 2 - (is_tagged ? 5 : 0)), text + (is_tagged ? 6 : 1));
    } else {
        snprintf(address, sizeof address, "%s", text);
    }
    if (!set_address(target, address, port))
        return false;
    snprintf(target->name, sizeof target->name, "%s", address);
    hosts->count++;
    return true;
}

bool resolve_host(TALLOC_CTX *mem, struct resolver *resolver, const char *host, uint16_t port, struct mail_hosts *out, struct attempt *attempt)
{
    if (!start(mem, out, attempt))
        return false;
    if (add_literal(out, host, port) || add_addresses(resolver, out, host, port) == ANSWER_DATA)
        return true;
    attempt_fail(attempt, FAILURE_RESOLVER, host, host); /* configured by hand: a mistake there must not bounce mail */
    return false;
}

/* ---- MX ---- */

/* Only hosts that are nearer than we are, else mail would run in circles [RFC 5321] 5.1. */
static size_t nearer_than(const struct exchanger *list, size_t count, const char *own_name)
{
    for (size_t i = 0; i < count; i++) {
        if (!ascii_equal_nocase(list[i].name, own_name))
            continue;
        while (i > 0 && list[i - 1].preference == list[i].preference)
            i--;
        return i;
    }
    return count;
}

static bool give_answer(enum answer worst, const struct mail_hosts *hosts, const char *domain, struct attempt *attempt)
{
    if (hosts->count > 0)
        return true;
    attempt_fail(attempt, worst == ANSWER_LATER ? FAILURE_RESOLVER : FAILURE_NO_ADDRESS, "", domain);
    return false;
}

static bool by_exchangers(struct resolver *resolver, const struct ub_result *result, const char *domain, uint16_t port, const char *own_name,
                          struct mail_hosts *out, struct attempt *attempt)
{
    struct exchanger list[MOST_RECORDS];
    size_t count = read_exchangers(result, list);
    enum answer worst = ANSWER_NO_DATA;
    if (count == 1 && list[0].name[0] == '\0') {
        attempt_fail(attempt, FAILURE_NULL_MX, "", domain);
        return false;
    }
    size_t near = nearer_than(list, count, own_name);
    if (near == 0 && count > 0) {
        attempt_fail(attempt, FAILURE_LOOP, "", domain);
        return false;
    }
    for (size_t i = 0; i < near; i++)
        if (add_addresses(resolver, out, list[i].name, port) == ANSWER_LATER)
            worst = ANSWER_LATER;
    return give_answer(worst, out, domain, attempt);
}

static bool by_own_address(struct resolver *resolver, const char *domain, uint16_t port, struct mail_hosts *out, struct attempt *attempt)
{
    enum answer answer = add_addresses(resolver, out, domain, port);
    if (answer == ANSWER_DATA)
        return true;
    attempt_fail(attempt, answer == ANSWER_LATER ? FAILURE_RESOLVER : FAILURE_NO_DOMAIN, "", domain);
    return false;
}

/* The name to ask for: internationalised names in their ASCII form [RFC 5891]. */
static bool ascii_name(const char *domain, char out[LONGEST_NAME])
{
    char *ascii = NULL;
    int code = idn2_lookup_u8((const uint8_t *)domain, (uint8_t **)&ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (code == IDN2_OK)
        snprintf(out, LONGEST_NAME, "%s", ascii);
    idn2_free(ascii);
    return code == IDN2_OK;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text >= 0x80)
            return false;
    return true;
}

bool resolve_domain(TALLOC_CTX *mem, struct resolver *resolver, const char *domain, uint16_t port, const char *own_name,
                    struct mail_hosts *out, struct attempt *attempt)
{
    char name[LONGEST_NAME];
    struct ub_result *result = NULL;
    if (!start(mem, out, attempt))
        return false;
    if (add_literal(out, domain, port))
        return true;
    snprintf(name, sizeof name, "%s", domain);
    if (!is_ascii(domain) && !ascii_name(domain, name)) {
        attempt_fail(attempt, FAILURE_NO_DOMAIN, "", domain);
        return false;
    }
    switch (ask(resolver, name, TYPE_MX, &result)) {
    case ANSWER_DATA: {
        bool is_found = by_exchangers(resolver, result, name, port, own_name, out, attempt);
        ub_resolve_free(result);
        return is_found;
    }
    case ANSWER_NO_DATA:
        return by_own_address(resolver, name, port, out, attempt);
    case ANSWER_NO_NAME:
        attempt_fail(attempt, FAILURE_NO_DOMAIN, "", name);
        return false;
    case ANSWER_LATER:
        break;
    }
    attempt_fail(attempt, FAILURE_RESOLVER, "", name);
    return false;
}
