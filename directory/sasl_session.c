#include <sasl/sasl.h>
#include <stdio.h>

#include "bourse/base/metrics.h"
#include "bourse/base/text.h"
#include "login.h"
#include "principal.h"
#include "sasl.h"

#define RESPONSE_MOST 65536

struct sign_in_sasl {
    struct directory *directory;
    sasl_conn_t *connection;
    enum sign_in_protocol protocol;
    bool is_encrypted;
    char *peer;
    sasl_callback_t callbacks[4];
    bool is_started, is_done;
    enum status status;             /* of the exchange */
    bool was_checked;               /* the password callback has run: `outcome` and `check_status` are its word */
    enum status check_status;
    struct sign_in_outcome outcome; /* on the session */
};

/* The mechanism's code has login and password: ours decides. Every refusal of ours ends the exchange; which one it was is kept, because SASL
 * goes on to other password stores and reports "no mechanism". */
static int check_password(sasl_conn_t *connection, void *context, const char *user, const char *password, unsigned length,
                          struct propctx *properties)
{
    (void)connection, (void)properties;
    struct sign_in_sasl *session = context;
    struct secret *secret = secret_new(session, slice_of(password, length));
    session->was_checked = true;
    session->check_status = secret != NULL ? sign_in_verify(session, session->directory, user, secret, session->peer, &session->outcome)
                                           : STATUS_NO_MEMORY;
    talloc_free(secret);
    return session->check_status == STATUS_OK ? SASL_OK : SASL_BADAUTH;
}

/* Acting for somebody else is a matter of mailbox rights: the identity asked for must be the one that signed in. */
static int check_authorization(sasl_conn_t *connection, void *context, const char *asked, unsigned asked_length, const char *own,
                               unsigned own_length, const char *realm, unsigned realm_length, struct propctx *properties)
{
    (void)connection, (void)context, (void)realm, (void)realm_length, (void)properties;
    bool is_same = slice_equal_ascii_nocase(slice_of(asked, asked_length), slice_of(own, own_length));
    return is_same ? SASL_OK : SASL_NOAUTHZ;
}

static int end_session(struct sign_in_sasl *session)
{
    if (session->connection != NULL)
        sasl_dispose(&session->connection);
    return 0;
}

bool sign_in_has_kerberos(struct directory *directory)
{
    struct settings *settings = directory_settings(directory);
    bool has = settings->keytab[0] != '\0';
    settings_release(settings);
    return has;
}

const char *sign_in_sasl_mechanisms(struct directory *directory, const struct sign_in_sasl_options *options)
{
    bool has_kerberos = sign_in_has_kerberos(directory);
    if (options->protocol == SIGN_IN_HTTP)
        return has_kerberos ? "GSS-SPNEGO" : "";
    if (options->is_encrypted)
        return has_kerberos ? "GSSAPI PLAIN LOGIN" : "PLAIN LOGIN";
    return has_kerberos ? "GSSAPI" : "";
}

static int set_properties(struct sign_in_sasl *session)
{
    /* no security layer: TLS does that */
    const sasl_security_properties_t properties = { .max_ssf = 0, .maxbufsize = 0 };
    static const sasl_http_request_t request = { .method = "GET", .uri = "/", .entity = (const unsigned char *)"", .elen = 0, .non_persist = 0 };
    int code = sasl_setprop(session->connection, SASL_SEC_PROPS, &properties);
    if (code == SASL_OK && session->protocol == SIGN_IN_HTTP)
        code = sasl_setprop(session->connection, SASL_HTTP_REQUEST, &request);
    return code;
}

/* The host name is given, or the library would ask the resolver. HTTP has no step after success, so the last token travels with it. */
static int open_connection(struct sign_in_sasl *session, const char *host_name)
{
    bool is_http = session->protocol == SIGN_IN_HTTP;
    session->callbacks[0] = (sasl_callback_t){ SASL_CB_SERVER_USERDB_CHECKPASS, SASL_FUNCTION(check_password), session };
    session->callbacks[1] = (sasl_callback_t){ SASL_CB_PROXY_POLICY, SASL_FUNCTION(check_authorization), session };
    session->callbacks[2] = (sasl_callback_t){ SASL_CB_LIST_END, NULL, NULL };
    int code = sasl_server_new(is_http ? "HTTP" : "smtp", host_name, NULL, NULL, NULL, session->callbacks,
                               is_http ? SASL_NEED_HTTP | SASL_SUCCESS_DATA : 0, &session->connection);
    return code == SASL_OK ? set_properties(session) : code;
}

enum status sign_in_sasl_new(TALLOC_CTX *mem, struct directory *directory, const struct sign_in_sasl_options *options,
                             struct sign_in_sasl **out)
{
    struct sign_in_sasl *session = talloc_zero(mem, struct sign_in_sasl);
    if (session == NULL)
        return STATUS_NO_MEMORY;
    session->directory = directory;
    session->protocol = options->protocol;
    session->is_encrypted = options->is_encrypted;
    session->status = STATUS_INVALID_ARGUMENT;
    talloc_set_destructor(session, end_session);
    if (options->peer != NULL && (session->peer = talloc_strdup(session, options->peer)) == NULL) {
        talloc_free(session);
        return STATUS_NO_MEMORY;
    }
    struct settings *settings = directory_settings(directory);
    int code = open_connection(session, settings->host_name);
    settings_release(settings);
    if (code != SASL_OK) {
        talloc_free(session);
        return status_fail(STATUS_INTERNAL, "SASL session: %s", sasl_errstring(code, NULL, NULL));
    }
    *out = session;
    return STATUS_OK;
}

/* The mechanism in the spelling that SASL has, if this connection offers it. */
static const char *offered(struct sign_in_sasl *session, const char *mechanism, char out[32])
{
    struct sign_in_sasl_options options = { .protocol = session->protocol, .is_encrypted = session->is_encrypted };
    struct slice rest = slice_of_text(sign_in_sasl_mechanisms(session->directory, &options)), one;
    bool more = true;
    while (more) {
        more = slice_split(rest, ' ', &one, &rest);
        if (one.length > 0 && slice_equal_ascii_nocase(one, slice_of_text(mechanism))) {
            snprintf(out, 32, "%.*s", (int)one.length, (const char *)one.data);
            return out;
        }
    }
    return NULL;
}

/* What SASL's answer means. A refusal by our callback keeps its own cause. */
static enum status judge(struct sign_in_sasl *session, int code)
{
    if (code == SASL_OK || code == SASL_CONTINUE)
        return STATUS_OK;
    if (session->was_checked && session->check_status != STATUS_OK)
        return session->check_status;
    switch (code) {
    case SASL_BADPROT:
    case SASL_BADPARAM:
    case SASL_BUFOVER:
        return status_fail(STATUS_MALFORMED, "SASL: %s", sasl_errdetail(session->connection));
    case SASL_NOMEM:
        return STATUS_NO_MEMORY;
    default: /* a bad ticket, another identity, an account without the mechanism */
        return status_fail(STATUS_SIGN_IN_FAILED, "SASL: %s", sasl_errdetail(session->connection));
    }
}

/* Kerberos has proved a name: who is that here? Names of the default realm come without it; names of other realms keep theirs and must be
 * a user principal name. */
static enum status map_ticket(struct sign_in_sasl *session)
{
    const void *name = NULL;
    struct recipient_entry *entry = NULL;
    if (sasl_getprop(session->connection, SASL_USERNAME, &name) != SASL_OK || name == NULL)
        return status_fail(STATUS_SIGN_IN_FAILED, "the ticket names nobody");
    enum status status = login_find(session, session->directory, name, true, &entry);
    if (status == STATUS_DIRECTORY_UNAVAILABLE || status == STATUS_CONFIGURATION)
        return status_add(STATUS_SIGN_IN_UNAVAILABLE, "the directory cannot be asked");
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        return status_add(STATUS_SIGN_IN_FAILED, "no account with a mailbox for %.200s", (const char *)name);
    bool is_foreign = strchr(name, '@') != NULL;
    if (is_foreign && (entry->upn == NULL || !ascii_equal_nocase(entry->upn, name)))
        return status_fail(STATUS_SIGN_IN_FAILED, "%.200s is not a user principal name", (const char *)name);
    if (!entry->is_enabled)
        return status_fail(STATUS_ACCOUNT_DISABLED, "the account is disabled");
    return principal_of(session, entry, &session->outcome.principal);
}

static enum status take_answer(struct sign_in_sasl *session, int code, const char *answer, unsigned length, struct sign_in_progress *out)
{
    session->status = judge(session, code);
    out->challenge = slice_of(answer, answer != NULL ? length : 0);
    session->is_done = code != SASL_CONTINUE;
    if (session->status == STATUS_OK && session->is_done && !session->was_checked)
        session->status = map_ticket(session);
    if (session->is_done && !session->was_checked) /* passwords were counted where they were checked */
        metric_add(session->status == STATUS_OK ? METRIC_SIGN_INS : METRIC_SIGN_IN_FAILURES, 1);
    out->is_done = session->is_done;
    return session->status;
}

enum status sign_in_sasl_start(struct sign_in_sasl *session, const char *mechanism, bool has_initial, struct slice response,
                               struct sign_in_progress *out)
{
    char name[32];
    const char *answer = NULL;
    unsigned length = 0;
    *out = (struct sign_in_progress){ 0 };
    if (session->is_started)
        return status_fail(STATUS_INVALID_ARGUMENT, "the exchange has begun already");
    if (offered(session, mechanism, name) == NULL)
        return status_fail(STATUS_NOT_SUPPORTED, "SASL mechanism %.40s is not offered here", mechanism);
    if (response.length > RESPONSE_MOST)
        return status_fail(STATUS_MALFORMED, "SASL response of %zu bytes", response.length);
    session->is_started = true;
    /* an empty initial response is not the same as none */
    const char *initial = has_initial ? (response.length > 0 ? (const char *)response.data : "") : NULL;
    int code = sasl_server_start(session->connection, name, initial, has_initial ? (unsigned)response.length : 0, &answer, &length);
    return take_answer(session, code, answer, length, out);
}

enum status sign_in_sasl_step(struct sign_in_sasl *session, struct slice response, struct sign_in_progress *out)
{
    const char *answer = NULL;
    unsigned length = 0;
    *out = (struct sign_in_progress){ 0 };
    if (!session->is_started || session->is_done)
        return status_fail(STATUS_INVALID_ARGUMENT, "no exchange is under way");
    if (response.length > RESPONSE_MOST)
        return status_fail(STATUS_MALFORMED, "SASL response of %zu bytes", response.length);
    const char *text = response.length > 0 ? (const char *)response.data : "";
    int code = sasl_server_step(session->connection, text, (unsigned)response.length, &answer, &length);
    return take_answer(session, code, answer, length, out);
}

enum status sign_in_sasl_finish(TALLOC_CTX *mem, struct sign_in_sasl *session, struct sign_in_outcome *out)
{
    *out = (struct sign_in_outcome){ .not_before = session->outcome.not_before };
    if (!session->is_done)
        return status_fail(STATUS_INVALID_ARGUMENT, "the exchange is not done");
    if (session->status != STATUS_OK)
        return session->status;
    if (session->outcome.principal == NULL)
        return status_fail(STATUS_INTERNAL, "an exchange without a principal");
    out->principal = talloc_steal(mem, session->outcome.principal);
    session->outcome.principal = NULL;
    session->status = STATUS_INVALID_ARGUMENT;
    return STATUS_OK;
}
