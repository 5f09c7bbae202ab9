/* Connecting, greeting, TLS and sign-in. */
#include <stdarg.h>
#include <stdio.h>

#include "bourse/base/buffer.h"
#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "client_private.h"
#include "notice.h"

#define MICRO INT64_C(1000000)
#define LONGEST_COMMAND 1200

const struct capabilities *client_capabilities(const struct client *client)
{
    return &client->capabilities;
}

const char *client_host(const struct client *client)
{
    return client->target.name;
}

enum status client_write(struct client *client, const char *format, ...)
{
    char line[LONGEST_COMMAND];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        return status_fail(STATUS_LIMIT_EXCEEDED, "command too long");
    enum status status = peer_write(client->peer, slice_of(line, (size_t)length), client->timeout_us);
    client->is_broken |= status != STATUS_OK;
    return status;
}

static enum status read_lines(struct client *client, struct reply *reply, struct capabilities *capabilities)
{
    struct slice line, rest;
    *reply = (struct reply){ 0 };
    TRY(peer_flush(client->peer, client->timeout_us));
    do {
        TRY(peer_read_line(client->peer, REPLY_LONGEST_LINE, client->timeout_us, &line));
        TRY(reply_add_line(reply, line, &rest));
        if (capabilities != NULL)
            capabilities_add_line(capabilities, rest, reply->lines == 1);
    } while (!reply->is_complete);
    return STATUS_OK;
}

static enum status read_reply(struct client *client, struct reply *reply, struct capabilities *capabilities)
{
    enum status status = read_lines(client, reply, capabilities);
    client->is_broken |= status != STATUS_OK || reply->code == 421;
    return status;
}

enum status client_read_reply(struct client *client, struct reply *reply)
{
    return read_reply(client, reply, NULL);
}

void client_failure(struct client *client, enum status status, enum send_failure lost, struct attempt *attempt)
{
    char cause[400];
    enum send_failure failure = status == STATUS_CANCELLED ? FAILURE_STOPPED
                                : status == STATUS_MALFORMED || status == STATUS_LIMIT_EXCEEDED ? FAILURE_BAD_REPLY
                                                                                               : lost;
    attempt_fail(attempt, failure, client->target.name, status_chain_text(cause, sizeof cause));
}

/* ---- the steps of opening; each false with *attempt filled in ---- */

static bool fail_with(struct client *client, enum status status, struct attempt *attempt)
{
    client_failure(client, status, FAILURE_LOST, attempt);
    return false;
}

/* A refusal of the host as such never bounces mail at once: another host of the domain, or a later time, may do better. */
static bool refuse(struct client *client, const struct reply *reply, const char *command, struct attempt *attempt)
{
    attempt_of_reply(attempt, reply, client->target.name, command);
    if (attempt->outcome == QUEUE_FAIL)
        attempt->outcome = QUEUE_DEFER;
    return false;
}

static bool connect_to(struct client *client, struct attempt *attempt)
{
    const struct config *config = client->options.config;
    struct peer_options options = {
        .address = (const struct sockaddr *)&client->target.address, .address_length = client->target.address_length,
        .source = config_text(config, CONFIG_queue_source_address), .connect_us = config_seconds(config, CONFIG_queue_connect_timeout) * MICRO,
        .cancelled = client->options.cancelled, .until_us = client->options.until_us,
    };
    status_chain_clear();
    enum status status = peer_connect(client, &options, &client->peer);
    if (status == STATUS_OK)
        return true;
    client_failure(client, status, FAILURE_CONNECT, attempt);
    return false;
}

static bool greet(struct client *client, struct attempt *attempt)
{
    struct reply reply;
    const char *own_name = notice_hostname(client->options.config);
    client->capabilities = (struct capabilities){ 0 };
    enum status status = client_write(client, "EHLO %s\r\n", own_name);
    if (status == STATUS_OK)
        status = read_reply(client, &reply, &client->capabilities);
    if (status != STATUS_OK)
        return fail_with(client, status, attempt);
    if (reply.code >= 500) { /* a host that knows HELO only [RFC 5321] 3.2 */
        client->capabilities = (struct capabilities){ 0 };
        status = client_write(client, "HELO %s\r\n", own_name);
        if (status == STATUS_OK)
            status = read_reply(client, &reply, NULL);
        if (status != STATUS_OK)
            return fail_with(client, status, attempt);
    }
    if (reply.code != 250)
        return refuse(client, &reply, "EHLO", attempt);
    if (!ascii_equal_nocase(client->capabilities.domain, own_name) || ascii_equal_nocase(own_name, "localhost"))
        return true;
    attempt_fail(attempt, FAILURE_LOOP, client->target.name, own_name);
    return false;
}

static bool await_greeting(struct client *client, struct attempt *attempt)
{
    struct reply reply;
    enum status status = read_reply(client, &reply, NULL);
    if (status != STATUS_OK)
        return fail_with(client, status, attempt);
    return reply.code == 220 || refuse(client, &reply, "connection", attempt);
}

static bool handshake(struct client *client, struct attempt *attempt)
{
    char cause[400];
    enum peer_check check = client->options.tls_mode == CLIENT_TLS_VERIFIED ? PEER_VERIFY_CERTIFICATE : PEER_ANY_CERTIFICATE;
    enum status status = peer_start_tls(client->peer, client->options.tls, client->target.name, check, client->timeout_us);
    if (status == STATUS_OK)
        return true;
    attempt_fail(attempt, FAILURE_TLS, client->target.name, status_chain_text(cause, sizeof cause));
    return false;
}

/* *is_wanting: TLS was offered but did not work, which an opportunistic sender takes for no offer. */
static bool start_tls(struct client *client, struct attempt *attempt)
{
    struct reply reply;
    enum status status = client_write(client, "STARTTLS\r\n");
    if (status == STATUS_OK)
        status = client_read_reply(client, &reply);
    if (status != STATUS_OK)
        return fail_with(client, status, attempt);
    if (reply.code != 220) {
        attempt_fail(attempt, FAILURE_TLS, client->target.name, reply.text);
        return false;
    }
    return handshake(client, attempt) && greet(client, attempt);
}

/* ---- AUTH ---- */

static enum status write_base64(struct client *client, const char *prefix, struct slice bytes)
{
    struct buffer *line = buffer_new(client, 65536);
    if (line == NULL)
        return status_fail(STATUS_NO_MEMORY, "sign-in");
    buffer_append_text(line, prefix);
    base64_append(line, bytes);
    buffer_append_text(line, "\r\n");
    enum status status = peer_write(client->peer, buffer_slice(line), client->timeout_us);
    secret_wipe((void *)(uintptr_t)buffer_slice(line).data, buffer_length(line));
    talloc_free(line);
    return status;
}

static enum status auth_plain(struct client *client, struct reply *reply)
{
    struct slice password = secret_reveal(client->options.password);
    size_t user = strlen(client->options.user), length = user + password.length + 2;
    uint8_t *token = talloc_zero_size(client, length);
    if (token == NULL)
        return status_fail(STATUS_NO_MEMORY, "sign-in");
    memcpy(token + 1, client->options.user, user);
    memcpy(token + user + 2, password.data, password.length);
    enum status status = write_base64(client, "AUTH PLAIN ", slice_of(token, length));
    secret_wipe(token, length);
    talloc_free(token);
    return status == STATUS_OK ? client_read_reply(client, reply) : status;
}

static enum status auth_login(struct client *client, struct reply *reply)
{
    TRY(client_write(client, "AUTH LOGIN\r\n"));
    TRY(client_read_reply(client, reply));
    if (reply->code != 334)
        return STATUS_OK;
    TRY(write_base64(client, "", slice_of_text(client->options.user)));
    TRY(client_read_reply(client, reply));
    if (reply->code != 334)
        return STATUS_OK;
    TRY(write_base64(client, "", secret_reveal(client->options.password)));
    return client_read_reply(client, reply);
}

/* Over TLS only. */
static bool sign_in(struct client *client, struct attempt *attempt)
{
    struct reply reply = { 0 };
    const char *cause = NULL;
    if (client->options.user[0] == '\0' || client->options.password == NULL)
        return true;
    if (!peer_is_tls(client->peer))
        cause = "the password is sent over TLS only";
    else if (!client->capabilities.auth_plain && !client->capabilities.auth_login)
        cause = "neither PLAIN nor LOGIN is offered";
    if (cause != NULL) {
        attempt_fail(attempt, FAILURE_SIGN_IN, client->target.name, cause);
        return false;
    }
    enum status status = client->capabilities.auth_plain ? auth_plain(client, &reply) : auth_login(client, &reply);
    if (status != STATUS_OK)
        return fail_with(client, status, attempt);
    if (reply.code == 235)
        return true;
    attempt_fail(attempt, FAILURE_SIGN_IN, client->target.name, reply.text);
    return false;
}

/* ---- opening ---- */

static bool open_once(struct client *client, struct attempt *attempt)
{
    enum client_tls mode = client->options.tls_mode;
    if (!connect_to(client, attempt))
        return false;
    if (client->target.is_tls_at_once && mode != CLIENT_TLS_OFF)
        return handshake(client, attempt) && await_greeting(client, attempt) && greet(client, attempt) && sign_in(client, attempt);
    if (!await_greeting(client, attempt) || !greet(client, attempt))
        return false;
    if (mode >= CLIENT_TLS_REQUIRED && !client->capabilities.starttls) {
        attempt_fail(attempt, FAILURE_TLS, client->target.name, "STARTTLS is not offered");
        return false;
    }
    if (mode != CLIENT_TLS_OFF && client->capabilities.starttls && !start_tls(client, attempt))
        return false;
    return sign_in(client, attempt);
}

static struct client *new_client(TALLOC_CTX *mem, const struct client_options *options, const struct client_target *target)
{
    struct client *client = talloc_zero(mem, struct client);
    if (client == NULL)
        return NULL;
    client->options = *options;
    client->target = *target;
    client->timeout_us = config_seconds(options->config, CONFIG_queue_command_timeout) * MICRO;
    return client;
}

bool client_open(TALLOC_CTX *mem, const struct client_options *options, const struct client_target *target, struct client **out,
                 struct attempt *attempt)
{
    struct client_options plain = *options;
    *out = new_client(mem, options, target);
    if (*out == NULL) {
        attempt_fail(attempt, FAILURE_STORE, target->name, "out of memory");
        return false;
    }
    if (open_once(*out, attempt))
        return true;
    bool is_tls_failure = strncmp(attempt->enhanced, "4.7.5", 5) == 0 || (*out)->is_broken;
    bool had_offer = (*out)->capabilities.starttls;
    TALLOC_FREE(*out);
    /* Broken TLS is as good as none when TLS is only an opportunity [RFC 7435]. */
    if (options->tls_mode != CLIENT_TLS_OPPORTUNISTIC || !is_tls_failure || !had_offer)
        return false;
    log_event(EVENT_TLS_FAILED, "%s: %s; sending without TLS", target->name, attempt->text);
    plain.tls_mode = CLIENT_TLS_OFF;
    *out = new_client(mem, &plain, target);
    if (*out != NULL && open_once(*out, attempt))
        return true;
    TALLOC_FREE(*out);
    return false;
}

bool client_is_reusable(struct client *client)
{
    return !client->is_broken && peer_is_quiet(client->peer);
}

void client_set_until(struct client *client, int64_t until_us)
{
    client->options.until_us = until_us;
    peer_set_until(client->peer, until_us);
}

void client_close(struct client *client)
{
    if (!client->is_broken && client_write(client, "QUIT\r\n") == STATUS_OK && peer_flush(client->peer, MICRO) != STATUS_OK)
        client->is_broken = true; /* it has gone already */
    talloc_free(client);
}
