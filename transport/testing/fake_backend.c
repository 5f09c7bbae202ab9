#include "testing/fake_backend.h"

#include <string.h>

#include "bourse/base/clock.h"
#include "bourse/base/text.h"

struct sign_in_sasl {
    struct sign_in_outcome outcome;
    enum status status;
    bool is_login;
    char *user;
};

static bool is_user(const char *address, const char *local)
{
    size_t length = strlen(local);
    return strncasecmp(address, local, length) == 0 && address[length] == '@';
}

static struct guid guid_of(const char *name)
{
    struct guid guid = { { 1 } };
    memcpy(guid.bytes + 1, name, strnlen(name, sizeof guid.bytes - 1));
    return guid;
}

static enum status route(TALLOC_CTX *mem, void *data, const char *address, struct route *out)
{
    static const struct { const char *local; enum status status; } special[] = {
        { "unknown", STATUS_RECIPIENT_NOT_FOUND }, { "down", STATUS_DIRECTORY_UNAVAILABLE }, { "full", STATUS_QUOTA_EXCEEDED },
    };
    const char *at = strrchr(address, '@');
    (void)data;
    *out = (struct route){ .route = ROUTE_REMOTE, .address = talloc_strdup(mem, address) };
    if (at != NULL && !ascii_equal_nocase(at + 1, "example.test"))
        return STATUS_OK;
    out->route = is_user(address, "group") ? ROUTE_GROUP : ROUTE_LOCAL;
    out->guid = guid_of(address);
    for (size_t i = 0; i < ARRAY_LENGTH(special); i++)
        if (is_user(address, special[i].local))
            return status_fail(special[i].status, "fake");
    return STATUS_OK;
}

static enum status accept_message(TALLOC_CTX *mem, void *data, struct envelope *envelope, struct slice mime)
{
    struct fake_backend *fake = data;
    (void)mem;
    if (is_user(envelope->sender, "store-down"))
        return status_fail(STATUS_STORE_UNAVAILABLE, "fake");
    if (is_user(envelope->sender, "commit-unknown"))
        return status_fail(STATUS_COMMIT_UNKNOWN, "fake");
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        const char *address = envelope->recipients[i].address;
        envelope->recipients[i].result = is_user(address, "full-later")    ? STATUS_QUOTA_EXCEEDED
                                         : is_user(address, "group-later") ? STATUS_ACCESS_DENIED
                                                                           : STATUS_OK;
    }
    if (fake->taken != NULL)
        fake->taken(fake->data, envelope, mime);
    return STATUS_OK;
}

static enum status check_sender(void *data, struct guid person, const char *address, bool *on_behalf)
{
    (void)data;
    *on_behalf = is_user(address, "boss");
    bool is_alice = guid_equal(person, guid_of("alice"));
    bool is_fine = is_alice ? is_user(address, "alice") || is_user(address, "shared") || *on_behalf : is_user(address, "bob");
    return is_fine ? STATUS_OK : status_fail(STATUS_SEND_AS_DENIED, "fake");
}

static const char *mechanisms(void *data, const struct sign_in_sasl_options *options)
{
    (void)data;
    return options->is_encrypted ? "PLAIN LOGIN" : "";
}

static enum status sasl_new(TALLOC_CTX *mem, void *data, const struct sign_in_sasl_options *options, struct sign_in_sasl **out)
{
    (void)data;
    (void)options;
    *out = talloc_zero(mem, struct sign_in_sasl);
    return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status verify(struct sign_in_sasl *sasl, const char *user, const char *password, struct sign_in_progress *out)
{
    out->is_done = true;
    sasl->status = STATUS_SIGN_IN_FAILED;
    if (strcmp(user, "down") == 0)
        sasl->status = STATUS_SIGN_IN_UNAVAILABLE;
    if (strcmp(user, "slow") == 0)
        sasl->outcome.not_before = clock_monotonic_us() + 300000;
    if ((strcmp(user, "alice") == 0 || strcmp(user, "bob") == 0) && strcmp(password, "secret") == 0) {
        sasl->status = STATUS_OK;
        sasl->outcome.principal = talloc_zero(sasl, struct principal);
        *sasl->outcome.principal = (struct principal){ .guid = guid_of(user), .login = talloc_strdup(sasl->outcome.principal, user),
                                                       .address = talloc_asprintf(sasl->outcome.principal, "%s@example.test", user),
                                                       .display_name = "Test Person" };
    }
    return sasl->status;
}

static enum status plain(struct sign_in_sasl *sasl, struct slice response, struct sign_in_progress *out)
{
    struct slice identity, rest, user, password;
    if (!slice_split(response, 0, &identity, &rest) || !slice_split(rest, 0, &user, &password))
        return status_fail(STATUS_MALFORMED, "fake");
    char *name = slice_text(sasl, user), *word = slice_text(sasl, password);
    return name != NULL && word != NULL ? verify(sasl, name, word, out) : status_fail(STATUS_MALFORMED, "fake");
}

static enum status sasl_start(struct sign_in_sasl *sasl, const char *mechanism, bool has_initial, struct slice response,
                              struct sign_in_progress *out)
{
    *out = (struct sign_in_progress){ 0 };
    sasl->is_login = ascii_equal_nocase(mechanism, "LOGIN");
    if (!sasl->is_login && !ascii_equal_nocase(mechanism, "PLAIN"))
        return status_fail(STATUS_NOT_SUPPORTED, "fake");
    if (sasl->is_login)
        out->challenge = slice_of_text("Username:");
    else if (has_initial)
        return plain(sasl, response, out);
    return STATUS_OK;
}

static enum status sasl_step(struct sign_in_sasl *sasl, struct slice response, struct sign_in_progress *out)
{
    *out = (struct sign_in_progress){ 0 };
    if (!sasl->is_login)
        return plain(sasl, response, out);
    char *text = slice_text(sasl, response);
    if (text == NULL)
        return status_fail(STATUS_MALFORMED, "fake");
    if (sasl->user != NULL)
        return verify(sasl, sasl->user, text, out);
    sasl->user = text;
    out->challenge = slice_of_text("Password:");
    return STATUS_OK;
}

static enum status sasl_finish(TALLOC_CTX *mem, struct sign_in_sasl *sasl, struct sign_in_outcome *out)
{
    *out = sasl->outcome;
    out->principal = talloc_steal(mem, sasl->outcome.principal);
    return sasl->status;
}

struct smtp_backend fake_backend_of(struct fake_backend *fake)
{
    return (struct smtp_backend){ .route = route, .accept = accept_message, .check_sender = check_sender, .mechanisms = mechanisms,
                                  .sasl_new = sasl_new, .sasl_start = sasl_start, .sasl_step = sasl_step, .sasl_finish = sasl_finish,
                                  .data = fake };
}
