#include "ldap_read.h"

#include <stdio.h>

#include "bourse/base/metrics.h"

#define WINDOW 50 /* requests under way at a time */

struct reader {
    TALLOC_CTX *mem;
    struct ldap_connection *connection;
    const struct settings *settings;
    const char *const *dns;
    const char *filter;
    const char *const *attributes;
    const struct ldap_entry **out;
};

static int send_window(struct reader *reader, size_t from, size_t count, int *messages)
{
    struct timeval timeout = { .tv_sec = (time_t)reader->settings->timeout_seconds };
    for (size_t i = 0; i < count; i++) {
        int code = ldap_search_ext(reader->connection->ld, reader->dns[from + i], LDAP_SCOPE_BASE, reader->filter,
                                   (char **)(uintptr_t)reader->attributes, 0, NULL, NULL, &timeout, 1, &messages[i]);
        if (code != LDAP_SUCCESS)
            return code;
    }
    return LDAP_SUCCESS;
}

/* A name that does not exist, is not a name, or lives in another server is an answer: no entry. */
static bool is_answer(int code)
{
    return code == LDAP_SUCCESS || code == LDAP_NO_SUCH_OBJECT || code == LDAP_INVALID_DN_SYNTAX || code == LDAP_REFERRAL ||
           code == LDAP_INSUFFICIENT_ACCESS;
}

static enum status take_answer(struct reader *reader, LDAPMessage *answer, size_t place)
{
    LDAPMessage *message = ldap_first_entry(reader->connection->ld, answer);
    struct ldap_entry *entry = message != NULL ? talloc(reader->mem, struct ldap_entry) : NULL;
    if (message == NULL)
        return STATUS_OK;
    if (entry == NULL)
        return STATUS_NO_MEMORY;
    reader->out[place] = entry;
    return ldap_copy_entry(entry, reader->connection->ld, message, entry);
}

/* Sends up to WINDOW requests and waits for all of them. *code is the LDAP result of the first that failed. */
static enum status read_window(struct reader *reader, size_t from, size_t count, int *code)
{
    int messages[WINDOW];
    LDAP *ld = reader->connection->ld;
    *code = send_window(reader, from, count, messages);
    for (size_t i = 0; *code == LDAP_SUCCESS && i < count; i++) {
        LDAPMessage *answer = NULL;
        struct timeval timeout = { .tv_sec = (time_t)reader->settings->timeout_seconds };
        int got = ldap_result(ld, messages[i], LDAP_MSG_ALL, &timeout, &answer), result = LDAP_OTHER;
        if (got <= 0) {
            *code = got == 0 ? LDAP_TIMEOUT : LDAP_SERVER_DOWN;
            return STATUS_OK;
        }
        if (ldap_parse_result(ld, answer, &result, NULL, NULL, NULL, NULL, 0) != LDAP_SUCCESS)
            result = LDAP_DECODING_ERROR;
        enum status status = take_answer(reader, answer, from + i);
        ldap_msgfree(answer);
        TRY(status);
        if (!is_answer(result))
            *code = result;
    }
    return STATUS_OK;
}

static enum status read_once(struct reader *reader, struct ldap_pool *pool, size_t count, bool *again)
{
    int code = LDAP_SUCCESS;
    enum status status = STATUS_OK;
    *again = false;
    TRY(ldap_borrow(pool, reader->settings, LDAP_FOR_SEARCH, &reader->connection));
    for (size_t from = 0; code == LDAP_SUCCESS && status == STATUS_OK && from < count; from += WINDOW) {
        size_t part = count - from < WINDOW ? count - from : WINDOW;
        metric_add(METRIC_DIRECTORY_LOOKUPS, 1);
        status = read_window(reader, from, part, &code);
    }
    if (code == LDAP_SUCCESS && status == STATUS_OK) {
        ldap_answered(pool, reader->settings, reader->connection);
        ldap_return(pool, reader->connection);
        return STATUS_OK;
    }
    char why[256];
    snprintf(why, sizeof why, "%.80s: %s", reader->settings->servers[reader->connection->server], ldap_err2string(code));
    /* answers may still be under way, so the connection is of no use for others */
    ldap_discard(pool, reader->connection, code < 0 && (!reader->connection->is_reused || code == LDAP_TIMEOUT), why);
    *again = status == STATUS_OK && code < 0;
    return status != STATUS_OK ? status : status_fail(STATUS_DIRECTORY_UNAVAILABLE, "LDAP read: %s", why);
}

enum status ldap_read_entries(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings, const char *const *dns,
                              size_t count, const char *filter, const char *const *attributes, const struct ldap_entry **out)
{
    struct reader reader = { .mem = mem, .settings = settings, .dns = dns, .filter = filter, .attributes = attributes, .out = out };
    enum status status = STATUS_DIRECTORY_UNAVAILABLE;
    bool again = true;
    for (size_t tries = 0; again && tries < settings->server_count + 1; tries++) {
        for (size_t i = 0; i < count; i++)
            out[i] = NULL;
        status = read_once(&reader, pool, count, &again);
    }
    return status;
}
