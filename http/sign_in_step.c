/* Who is it: the Authorization field against the directory, in a worker. */
#include "basic.h"
#include "life.h"

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "bourse/directory/sign_in.h"

/* Offered only with a keytab: some clients take Negotiate whenever they see it and never fall back. */
static bool offers_negotiate(const struct http_request *request)
{
    return request->server->directory != NULL && sign_in_has_kerberos(request->server->directory);
}

/* [RFC 7617] 2, 2.1; [RFC 4559] 4. A field each: some clients read only the first scheme of a field. */
void challenge(struct http_request *request, const char *negotiate_token)
{
    const char *url = http_base_url(request);
    const char *host = strstr(url, "://") != NULL ? strstr(url, "://") + 3 : url;
    if (offers_negotiate(request)) {
        const char *negotiate = negotiate_token != NULL ? talloc_asprintf(request, "Negotiate %s", negotiate_token)
                                                        : "Negotiate";
        if (negotiate != NULL)
            answer_add_field(request, "WWW-Authenticate", negotiate);
    }
    char *basic_field = talloc_asprintf(request, "Basic realm=\"%.*s\", charset=\"UTF-8\"", (int)strcspn(host, ":/"),
                                        host);
    if (basic_field != NULL)
        answer_add_field(request, "WWW-Authenticate", basic_field);
}

/* The answer goes out when the directory's brake allows it; meanwhile the request sleeps without a thread. */
static enum status send_now(struct http_request *request, enum http_wake_reason reason, void *data)
{
    (void)request;
    (void)reason;
    (void)data;
    return STATUS_OK;
}

static enum status failed(struct http_request *request, enum status status, const char *token, int64_t not_before)
{
    if (status_info(status)->http == 401)
        challenge(request, token);
    refuse_status(request, status);
    if (not_before > clock_monotonic_us()) {
        request->is_wait_asked = true;
        request->wait_deadline_us = not_before;
        request->wait_function = send_now;
    }
    return status;
}

static enum status signed_in(struct http_request *request, const struct sign_in_outcome *outcome)
{
    const struct principal *principal = outcome->principal;
    request->principal = principal->guid;
    request->login = principal->login != NULL ? principal->login : "";
    request->is_signed_in = true;
    request->sign_in_not_before = outcome->not_before;
    return STATUS_OK;
}

static enum status basic(struct http_request *request, struct slice field)
{
    struct basic_credentials credentials = { 0 };
    struct sign_in_outcome outcome = { 0 };
    enum status status = basic_parse(request, field, &credentials);
    if (status == STATUS_OK) {
        status = sign_in_verify(request, request->server->directory, credentials.login, credentials.password,
                                request->remote_address, &outcome);
        request->login = credentials.login;
    }
    TALLOC_FREE(credentials.password);
    if (status == STATUS_OK)
        return signed_in(request, &outcome);
    bool is_bad_field = status == STATUS_MALFORMED || status == STATUS_NOT_SUPPORTED;
    return failed(request, is_bad_field ? STATUS_SIGN_IN_FAILED : status, NULL, outcome.not_before);
}

static const char *encode_token(struct http_request *request, struct slice token)
{
    struct buffer *text = buffer_new(request, 131072);
    if (text == NULL || token.length == 0)
        return NULL;
    base64_append(text, token);
    return buffer_status(text) == STATUS_OK ? buffer_text(text) : NULL;
}

/* One leg of an exchange that may live on the connection over several requests [RFC 4559] 4.1. */
static enum status negotiate_leg(struct http_request *request, struct slice token, struct sign_in_progress *progress)
{
    struct http_connection *connection = request->connection;
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_HTTP,
                                            .peer = request->remote_address,
                                            .is_encrypted = request->server->certificates != NULL };
    if (connection->sasl != NULL)
        return sign_in_sasl_step(connection->sasl, token, progress);
    TRY(sign_in_sasl_new(NULL, request->server->directory, &options, &connection->sasl));
    return sign_in_sasl_start(connection->sasl, "GSS-SPNEGO", true, token, progress);
}

static enum status negotiate(struct http_request *request, struct slice encoded)
{
    struct slice token;
    struct sign_in_progress progress = { 0 };
    struct sign_in_outcome outcome = { 0 };
    struct http_connection *connection = request->connection;
    if (base64_decode(request, encoded, &token) != STATUS_OK)
        return failed(request, STATUS_SIGN_IN_FAILED, NULL, 0);
    enum status status = negotiate_leg(request, token, &progress);
    const char *reply = encode_token(request, progress.challenge);
    if (status == STATUS_OK && !progress.is_done)
        return failed(request, STATUS_SIGN_IN_FAILED, reply, 0);
    enum status finished = connection->sasl != NULL ? sign_in_sasl_finish(request, connection->sasl, &outcome) : status;
    TALLOC_FREE(connection->sasl);
    if (finished != STATUS_OK)
        return failed(request, finished, NULL, outcome.not_before);
    if (reply != NULL)
        http_set_header(request, "WWW-Authenticate", talloc_asprintf(request, "Negotiate %s", reply));
    return signed_in(request, &outcome);
}

static enum status verify(struct http_request *request, struct slice field)
{
    struct slice token;
    if (request->server->directory == NULL)
        return failed(request, STATUS_SIGN_IN_UNAVAILABLE, NULL, 0);
    if (offers_negotiate(request) && scheme_is(field, "Negotiate", &token))
        return negotiate(request, token);
    return basic(request, field);
}

enum status sign_in_step(struct http_request *request)
{
    if (request->authorization == NULL)
        return failed(request, STATUS_SIGN_IN_FAILED, NULL, 0);
    enum status status = verify(request, secret_reveal(request->authorization));
    TALLOC_FREE(request->authorization);
    return status;
}
