#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "ldap_pool.h"

static struct timeval timeout_of(int64_t seconds)
{
    return (struct timeval){ .tv_sec = (time_t)seconds };
}

void ldap_describe(LDAP *ld, int code, struct ldap_failure *out)
{
    char *diagnostic = NULL;
    if (ld != NULL)
        ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
    bool has_text = diagnostic != NULL && diagnostic[0] != '\0';
    snprintf(out->why, sizeof out->why, "%s%s%s", ldap_err2string(code), has_text ? ": " : "", has_text ? diagnostic : "");
    ldap_memfree(diagnostic);
}

/* A layer between socket and TLS that gives every read and write a time-out. Needed because libldap, built with GnuTLS, repeats a handshake
 * step for ever while the socket says "not yet": a server that accepts and then stalls would cost a spinning thread. */

static int layer_setup(Sockbuf_IO_Desc *layer, void *connection)
{
    layer->sbiod_pvt = connection;
    return 0;
}

static int layer_remove(Sockbuf_IO_Desc *layer)
{
    layer->sbiod_pvt = NULL;
    return 0;
}

static int layer_control(Sockbuf_IO_Desc *layer, int option, void *argument)
{
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static bool wait_for(Sockbuf_IO_Desc *layer, short events)
{
    const struct ldap_connection *connection = layer->sbiod_pvt;
    struct pollfd poll_fd = { .events = events };
    if (ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &poll_fd.fd) != 1)
        return true;
    int ready;
    do {
        ready = poll(&poll_fd, 1, (int)connection->timeout_seconds * 1000);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        errno = ETIMEDOUT;
    return ready > 0;
}

static ber_slen_t layer_read(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t length)
{
    return wait_for(layer, POLLIN) ? LBER_SBIOD_READ_NEXT(layer, bytes, length) : -1;
}

static ber_slen_t layer_write(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t length)
{
    return wait_for(layer, POLLOUT) ? LBER_SBIOD_WRITE_NEXT(layer, bytes, length) : -1;
}

static int layer_close(Sockbuf_IO_Desc *layer)
{
    (void)layer;
    return 0;
}

/* Called when the socket is connected, before TLS begins. */
static int limit_socket(LDAP *ld, Sockbuf *buffer, LDAPURLDesc *url, struct sockaddr *address, struct ldap_conncb *callback)
{
    static Sockbuf_IO layer = { layer_setup, layer_remove, layer_control, layer_read, layer_write, layer_close };
    (void)ld, (void)url, (void)address;
    return ber_sockbuf_add_io(buffer, &layer, (LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2, callback->lc_arg);
}

static void socket_closes(LDAP *ld, Sockbuf *buffer, struct ldap_conncb *callback)
{
    (void)ld, (void)buffer, (void)callback;
}

/* Every option is set on the handle, so that neither ldap.conf nor the environment can weaken it. */
static int set_options(LDAP *ld, const struct settings *settings)
{
    const int version = LDAP_VERSION3, no_alias = LDAP_DEREF_NEVER, verify = LDAP_OPT_X_TLS_HARD;
    const int least_tls = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0, limit = 0;
    struct timeval timeout = timeout_of(settings->timeout_seconds);
    int bad = 0;
    bad |= ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    bad |= ldap_set_option(ld, LDAP_OPT_DEREF, &no_alias);
    bad |= ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    bad |= ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
    bad |= ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &limit);
    bad |= ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &timeout);
    bad |= ldap_set_option(ld, LDAP_OPT_TIMEOUT, &timeout);
    bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &verify);
    bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least_tls);
    bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, settings->ca_file);
    bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
    return bad;
}

/* Waits for the one answer to `message`. Negative libldap codes mean that none came. */
static int wait_answer(struct ldap_connection *connection, int message, LDAPMessage **answer)
{
    struct timeval timeout = timeout_of(connection->timeout_seconds);
    int got = ldap_result(connection->ld, message, LDAP_MSG_ALL, &timeout, answer);
    if (got == 0) {
        ldap_abandon_ext(connection->ld, message, NULL, NULL);
        return LDAP_TIMEOUT;
    }
    if (got > 0)
        return LDAP_SUCCESS;
    int code = LDAP_SERVER_DOWN;
    ldap_get_option(connection->ld, LDAP_OPT_RESULT_CODE, &code);
    return code != LDAP_SUCCESS ? code : LDAP_SERVER_DOWN;
}

static void read_policy(struct ldap_connection *connection, LDAPControl **controls, struct ldap_bind_answer *out)
{
    ber_int_t expires = -1, grace = -1;
    LDAPPasswordPolicyError error = PP_noError;
    LDAPControl *control = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
    if (control != NULL && ldap_parse_passwordpolicy_control(connection->ld, control, &expires, &grace, &error) == LDAP_SUCCESS)
        out->policy = (int)error;
    out->must_change = out->policy == PP_changeAfterReset ||
                       ldap_control_find(LDAP_CONTROL_X_PASSWORD_EXPIRED, controls, NULL) != NULL;
}

static enum status bind_and_read(struct ldap_connection *connection, const char *dn, const char *mechanism,
                                 struct berval *credentials, bool asks_policy, struct ldap_bind_answer *out)
{
    LDAPControl policy = { .ldctl_oid = (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
    LDAPControl *requests[] = { &policy, NULL }, **responses = NULL;
    LDAPMessage *answer = NULL;
    char *diagnostic = NULL;
    int message = 0;
    *out = (struct ldap_bind_answer){ .policy = PP_noError };
    int code = ldap_sasl_bind(connection->ld, dn, mechanism, credentials, asks_policy ? requests : NULL, NULL, &message);
    if (code == LDAP_SUCCESS)
        code = wait_answer(connection, message, &answer);
    if (code != LDAP_SUCCESS) {
        struct ldap_failure failure;
        ldap_describe(connection->ld, code, &failure);
        return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "LDAP bind: %s", failure.why);
    }
    if (ldap_parse_result(connection->ld, answer, &out->code, NULL, &diagnostic, NULL, &responses, 1) != LDAP_SUCCESS)
        out->code = LDAP_DECODING_ERROR;
    snprintf(out->diagnostic, sizeof out->diagnostic, "%s", diagnostic != NULL ? diagnostic : "");
    read_policy(connection, responses, out);
    ldap_memfree(diagnostic);
    ldap_controls_free(responses);
    return STATUS_OK;
}

enum status ldap_simple_bind_as(struct ldap_connection *connection, const char *dn, struct slice password, bool asks_policy,
                                struct ldap_bind_answer *out)
{
    /* An empty password or name is an anonymous bind that succeeds [RFC 4513] 5.1.2. */
    if (password.length == 0 || dn == NULL || dn[0] == '\0')
        return status_fail(STATUS_SIGN_IN_FAILED, "empty name or password in a bind");
    if (!connection->is_local && ldap_tls_inplace(connection->ld) != 1)
        return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "a password would leave without TLS");
    struct berval credentials = { .bv_len = password.length, .bv_val = (char *)(uintptr_t)password.data };
    return bind_and_read(connection, dn, LDAP_SASL_SIMPLE, &credentials, asks_policy, out);
}

static enum status bind_own_account(struct ldap_connection *connection, const struct settings *settings,
                                    struct ldap_failure *failure)
{
    struct ldap_bind_answer answer;
    struct berval none = { 0, (char *)(uintptr_t)"" }; /* empty, not absent: no second step then */
    enum status status;
    if (settings->bind_password != NULL)
        status = ldap_simple_bind_as(connection, settings->bind_dn, secret_reveal(settings->bind_password), false, &answer);
    else
        status = bind_and_read(connection, NULL, "EXTERNAL", &none, false, &answer);
    if (status != STATUS_OK) {
        snprintf(failure->why, sizeof failure->why, "no answer to the bind");
        return STATUS_DIRECTORY_UNAVAILABLE;
    }
    if (answer.code == LDAP_SUCCESS && !answer.must_change)
        return STATUS_OK;
    snprintf(failure->why, sizeof failure->why, "bind of the server's account refused: %s %.160s", ldap_err2string(answer.code),
             answer.must_change ? "the password must be changed" : answer.diagnostic);
    return status_fail(STATUS_CONFIGURATION, "%s", failure->why);
}

/* Seeing nothing because of missing rights or a wrong base must never look like "there is no such recipient". */
static enum status check_base(struct ldap_connection *connection, const struct settings *settings, struct ldap_failure *failure)
{
    struct timeval timeout = timeout_of(settings->timeout_seconds);
    char *none[] = { (char *)LDAP_NO_ATTRS, NULL };
    LDAPMessage *answer = NULL;
    int code = ldap_search_ext_s(connection->ld, settings->base, LDAP_SCOPE_BASE, "(objectClass=*)", none, 0, NULL, NULL, &timeout,
                                 1, &answer);
    bool is_seen = code == LDAP_SUCCESS && ldap_first_entry(connection->ld, answer) != NULL;
    ldap_msgfree(answer);
    if (is_seen)
        return STATUS_OK;
    if (code == LDAP_SUCCESS)
        code = LDAP_NO_SUCH_OBJECT;
    struct ldap_failure reason;
    ldap_describe(connection->ld, code, &reason);
    snprintf(failure->why, sizeof failure->why, "base %.80s cannot be read: %.140s", settings->base, reason.why);
    return status_fail(LDAP_NAME_ERROR(code) || LDAP_SECURITY_ERROR(code) ? STATUS_CONFIGURATION : STATUS_DIRECTORY_UNAVAILABLE,
                       "%s", failure->why);
}

static enum status start_tls(LDAP *ld, const char *uri, struct ldap_failure *failure)
{
    if (strncasecmp(uri, "ldap://", 7) != 0)
        return STATUS_OK;
    int code = ldap_start_tls_s(ld, NULL, NULL);
    if (code == LDAP_SUCCESS && ldap_tls_inplace(ld) == 1)
        return STATUS_OK;
    struct ldap_failure reason;
    ldap_describe(ld, code, &reason);
    snprintf(failure->why, sizeof failure->why, "StartTLS: %.200s", reason.why);
    return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "%s", failure->why);
}

static enum status prepare(struct ldap_connection *connection, const struct settings *settings, struct ldap_failure *failure)
{
    const char *uri = settings->servers[connection->server];
    if (ldap_initialize(&connection->ld, uri) != LDAP_SUCCESS) {
        snprintf(failure->why, sizeof failure->why, "not an LDAP URI");
        return status_fail(STATUS_CONFIGURATION, "%s: %s", uri, failure->why);
    }
    if (set_options(connection->ld, settings) != LDAP_OPT_SUCCESS ||
        ldap_set_option(connection->ld, LDAP_OPT_CONNECT_CB, &connection->on_connect) != LDAP_OPT_SUCCESS) {
        snprintf(failure->why, sizeof failure->why, "LDAP options refused (is %.120s readable?)", settings->ca_file);
        return status_fail(STATUS_CONFIGURATION, "%s", failure->why);
    }
    int code = ldap_connect(connection->ld);
    if (code != LDAP_SUCCESS) {
        ldap_describe(connection->ld, code, failure);
        return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "%s: %s", uri, failure->why);
    }
    return start_tls(connection->ld, uri, failure);
}

void ldap_disconnect(struct ldap_connection *connection)
{
    if (connection->ld != NULL)
        ldap_unbind_ext(connection->ld, NULL, NULL);
    free(connection);
}

enum status ldap_connect_to(const struct settings *settings, size_t server, enum ldap_purpose purpose,
                            struct ldap_connection **out, struct ldap_failure *failure)
{
    struct ldap_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return STATUS_NO_MEMORY;
    connection->purpose = purpose;
    connection->server = server;
    connection->generation = settings->generation;
    connection->timeout_seconds = settings->timeout_seconds;
    connection->is_local = strncasecmp(settings->servers[server], "ldapi://", 8) == 0;
    connection->on_connect = (struct ldap_conncb){ limit_socket, socket_closes, connection };
    enum status status = prepare(connection, settings, failure);
    if (status == STATUS_OK && purpose == LDAP_FOR_SEARCH)
        status = bind_own_account(connection, settings, failure);
    if (status == STATUS_OK && purpose == LDAP_FOR_SEARCH)
        status = check_base(connection, settings, failure);
    if (status != STATUS_OK) {
        ldap_disconnect(connection);
        return status;
    }
    *out = connection;
    return STATUS_OK;
}
