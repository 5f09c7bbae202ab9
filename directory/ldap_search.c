#include "ldap_search.h"

#include "ldap_read.h"

#include <stdio.h>

#include "bourse/base/metrics.h"

#define PAGE_SIZE 500
#define ENTRIES_MOST 200000

/* One attempt over one connection. */
struct attempt {
    TALLOC_CTX *mem; /* of the entries */
    struct ldap_connection *connection;
    const struct settings *settings;
    const struct ldap_query *query;
    struct ldap_entries *out;
    struct berval cookie;
    int code; /* LDAP result of the last page */
};

static enum status copy_values(TALLOC_CTX *mem, LDAP *ld, LDAPMessage *message, const char *name, struct ldap_values *out)
{
    struct berval **values = ldap_get_values_len(ld, message, name);
    int count = ldap_count_values_len(values);
    out->name = talloc_strdup(mem, name);
    out->values = talloc_array(mem, struct slice, count > 0 ? (unsigned)count : 1);
    bool is_whole = out->name != NULL && out->values != NULL;
    for (int i = 0; is_whole && i < count; i++) {
        uint8_t *bytes = talloc_array(out->values, uint8_t, (unsigned)values[i]->bv_len + 1);
        is_whole = bytes != NULL;
        if (is_whole) {
            memcpy(bytes, values[i]->bv_val, values[i]->bv_len);
            bytes[values[i]->bv_len] = '\0';
            out->values[out->count++] = slice_of(bytes, values[i]->bv_len);
        }
    }
    ldap_value_free_len(values);
    return is_whole ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status ldap_copy_entry(TALLOC_CTX *mem, LDAP *ld, LDAPMessage *message, struct ldap_entry *out)
{
    BerElement *ber = NULL;
    char *dn = ldap_get_dn(ld, message);
    *out = (struct ldap_entry){ .dn = talloc_strdup(mem, dn != NULL ? dn : ""), .attributes = talloc_array(mem, struct ldap_values, 0) };
    ldap_memfree(dn);
    enum status status = out->dn != NULL && out->attributes != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    char *name = ldap_first_attribute(ld, message, &ber);
    while (name != NULL && status == STATUS_OK) {
        struct ldap_values *grown = talloc_realloc(mem, out->attributes, struct ldap_values, (unsigned)out->attribute_count + 1);
        if (grown == NULL) {
            status = STATUS_NO_MEMORY;
            break;
        }
        out->attributes = grown;
        grown[out->attribute_count] = (struct ldap_values){ 0 };
        status = copy_values(mem, ld, message, name, &grown[out->attribute_count++]);
        ldap_memfree(name);
        name = ldap_next_attribute(ld, message, ber);
    }
    ldap_memfree(name);
    ber_free(ber, 0);
    return status;
}

static size_t entries_wanted(const struct ldap_query *query)
{
    return query->most > 0 && query->most < ENTRIES_MOST ? query->most : ENTRIES_MOST;
}

static enum status copy_page(struct attempt *attempt, LDAPMessage *answer)
{
    LDAP *ld = attempt->connection->ld;
    struct ldap_entries *out = attempt->out;
    int count = ldap_count_entries(ld, answer);
    if (count <= 0)
        return STATUS_OK;
    out->entries = talloc_realloc(attempt->mem, out->entries, struct ldap_entry, (unsigned)out->count + (unsigned)count);
    if (out->entries == NULL)
        return STATUS_NO_MEMORY;
    for (LDAPMessage *at = ldap_first_entry(ld, answer); at != NULL; at = ldap_next_entry(ld, at)) {
        if (out->count == entries_wanted(attempt->query)) {
            out->is_truncated = true;
            break;
        }
        TRY(ldap_copy_entry(out->entries, ld, at, &out->entries[out->count]));
        out->count++;
    }
    return STATUS_OK;
}

/* The result of a page: LDAP code, and the cookie of the next page (empty at the end). */
static int read_page_result(struct attempt *attempt, LDAPMessage *answer, struct ldap_failure *failure)
{
    LDAP *ld = attempt->connection->ld;
    LDAPControl **controls = NULL;
    char *diagnostic = NULL;
    int code = LDAP_OTHER;
    ber_int_t estimate = 0;
    if (ldap_parse_result(ld, answer, &code, NULL, &diagnostic, NULL, &controls, 0) != LDAP_SUCCESS)
        code = LDAP_DECODING_ERROR;
    ber_memfree(attempt->cookie.bv_val);
    attempt->cookie = (struct berval){ 0, NULL };
    LDAPControl *page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    if (page != NULL && ldap_parse_pageresponse_control(ld, page, &estimate, &attempt->cookie) != LDAP_SUCCESS)
        code = LDAP_DECODING_ERROR;
    snprintf(failure->why, sizeof failure->why, "%s %.150s", ldap_err2string(code), diagnostic != NULL ? diagnostic : "");
    ldap_memfree(diagnostic);
    ldap_controls_free(controls);
    return code;
}

static int send_page(struct attempt *attempt, LDAPControl *page, int *message)
{
    const struct ldap_query *query = attempt->query;
    LDAPControl *controls[] = { page, NULL };
    struct timeval timeout = { .tv_sec = (time_t)attempt->settings->timeout_seconds };
    bool is_one = query->scope == LDAP_ONE_ENTRY;
    return ldap_search_ext(attempt->connection->ld, is_one ? query->dn : attempt->settings->base,
                           is_one ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE, query->filter, (char **)(uintptr_t)query->attributes, 0,
                           page != NULL ? controls : NULL, NULL, &timeout, 0, message);
}

/* Sends one page request and waits for its answer. */
static int ask_page(struct attempt *attempt, LDAPMessage **answer, struct ldap_failure *failure)
{
    LDAP *ld = attempt->connection->ld;
    LDAPControl *page = NULL;
    int message = 0;
    size_t wanted = entries_wanted(attempt->query) - attempt->out->count + 1; /* one more shows that there are more */
    ber_int_t size = (ber_int_t)(wanted < PAGE_SIZE ? wanted : PAGE_SIZE);
    int code = LDAP_SUCCESS;
    if (attempt->query->scope == LDAP_WHOLE_BASE)
        code = ldap_create_page_control(ld, size, &attempt->cookie, 0, &page);
    if (code == LDAP_SUCCESS)
        code = send_page(attempt, page, &message);
    if (page != NULL)
        ldap_control_free(page);
    if (code != LDAP_SUCCESS) {
        ldap_describe(ld, code, failure);
        return code;
    }
    /* a little longer than the server was told, so that its own time limit is heard */
    struct timeval timeout = { .tv_sec = (time_t)attempt->settings->timeout_seconds, .tv_usec = 500000 };
    int got = ldap_result(ld, message, LDAP_MSG_ALL, &timeout, answer);
    if (got > 0)
        return LDAP_SUCCESS;
    code = LDAP_TIMEOUT;
    if (got == 0)
        ldap_abandon_ext(ld, message, NULL, NULL);
    else
        ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
    snprintf(failure->why, sizeof failure->why, "%s", got == 0 ? "no answer in time" : ldap_err2string(code));
    return code < 0 ? code : LDAP_SERVER_DOWN;
}

/* All pages. Negative codes in attempt->code mean that the connection is of no use any more. */
static enum status run_pages(struct attempt *attempt, struct ldap_failure *failure)
{
    do {
        LDAPMessage *answer = NULL;
        attempt->code = ask_page(attempt, &answer, failure);
        if (attempt->code != LDAP_SUCCESS)
            return STATUS_OK;
        enum status status = copy_page(attempt, answer);
        if (status == STATUS_OK)
            attempt->code = read_page_result(attempt, answer, failure);
        ldap_msgfree(answer);
        TRY(status);
    } while (attempt->code == LDAP_SUCCESS && attempt->cookie.bv_len > 0 && !attempt->out->is_truncated);
    return STATUS_OK;
}

/* Leaving a paged search in the middle keeps state in the server; a request for zero entries ends it [RFC 2696] 3. */
static void abandon_pages(struct attempt *attempt)
{
    LDAPControl *page = NULL;
    LDAPMessage *answer = NULL;
    int message = 0;
    struct timeval timeout = { .tv_sec = 1 };
    if (attempt->cookie.bv_len == 0 || ldap_create_page_control(attempt->connection->ld, 0, &attempt->cookie, 0, &page) != LDAP_SUCCESS)
        return;
    if (send_page(attempt, page, &message) == LDAP_SUCCESS &&
        ldap_result(attempt->connection->ld, message, LDAP_MSG_ALL, &timeout, &answer) == 0)
        ldap_abandon_ext(attempt->connection->ld, message, NULL, NULL);
    ldap_msgfree(answer);
    ldap_control_free(page);
}

enum verdict { VERDICT_ANSWER, VERDICT_TRY_AGAIN, VERDICT_REFUSED };

/* What an LDAP result means for a search: a full answer, a broken or busy server, or a refusal that another server would repeat. */
static enum verdict judge(struct attempt *attempt)
{
    const struct ldap_query *query = attempt->query;
    switch (attempt->code) {
    case LDAP_SUCCESS:
        return VERDICT_ANSWER;
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INVALID_DN_SYNTAX:
        return query->scope == LDAP_ONE_ENTRY ? VERDICT_ANSWER : VERDICT_REFUSED;
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
        attempt->out->is_truncated = true;
        return query->truncates ? VERDICT_ANSWER : VERDICT_REFUSED;
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
    case LDAP_OPERATIONS_ERROR: /* Active Directory: no longer bound */
        return VERDICT_TRY_AGAIN;
    default:
        return attempt->code < 0 ? VERDICT_TRY_AGAIN : VERDICT_REFUSED;
    }
}

static enum status attempt_once(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings,
                                const struct ldap_query *query, struct ldap_entries *out, bool *again)
{
    struct attempt attempt = { .mem = mem, .settings = settings, .query = query, .out = out };
    struct ldap_failure failure = { "" };
    *again = false;
    *out = (struct ldap_entries){ 0 };
    TRY(ldap_borrow(pool, settings, LDAP_FOR_SEARCH, &attempt.connection));
    metric_add(METRIC_DIRECTORY_LOOKUPS, 1);
    enum status status = run_pages(&attempt, &failure);
    enum verdict verdict = judge(&attempt);
    if (status == STATUS_OK && verdict == VERDICT_TRY_AGAIN) {
        char why[256];
        snprintf(why, sizeof why, "%.80s: %.170s", settings->servers[attempt.connection->server], failure.why);
        /* a stalled server is blamed at once, also on a reused connection: waiting twice helps nobody */
        ldap_discard(pool, attempt.connection, !attempt.connection->is_reused || attempt.code == LDAP_TIMEOUT, why);
        *again = true;
        status = status_fail(STATUS_DIRECTORY_UNAVAILABLE, "LDAP search: %s", why);
    } else {
        if (attempt.out->is_truncated)
            abandon_pages(&attempt);
        ldap_answered(pool, settings, attempt.connection);
        ldap_return(pool, attempt.connection);
        if (status == STATUS_OK && verdict == VERDICT_REFUSED)
            status = status_fail(STATUS_DIRECTORY_UNAVAILABLE, "LDAP search refused: %s", failure.why);
    }
    ber_memfree(attempt.cookie.bv_val);
    return status;
}

enum status ldap_search_entries(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings,
                                const struct ldap_query *query, struct ldap_entries *out)
{
    enum status status = STATUS_DIRECTORY_UNAVAILABLE;
    bool again = true;
    /* every server once, and once more for a reused connection that had died */
    for (size_t tries = 0; again && tries < settings->server_count + 1; tries++) {
        status = attempt_once(mem, pool, settings, query, out, &again);
        if (status != STATUS_OK)
            TALLOC_FREE(out->entries);
    }
    return status;
}

const struct ldap_values *ldap_entry_values(const struct ldap_entry *entry, const char *name)
{
    for (size_t i = 0; name != NULL && i < entry->attribute_count; i++) {
        if (strcasecmp(entry->attributes[i].name, name) == 0 && entry->attributes[i].count > 0)
            return &entry->attributes[i];
    }
    return NULL;
}

const char *ldap_entry_text(const struct ldap_entry *entry, const char *name)
{
    const struct ldap_values *values = ldap_entry_values(entry, name);
    if (values == NULL || memchr(values->values[0].data, '\0', values->values[0].length) != NULL)
        return NULL;
    return (const char *)values->values[0].data;
}
