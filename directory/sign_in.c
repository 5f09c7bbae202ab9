#include "bourse/directory/sign_in.h"

#include <stdio.h>

#include "bind_result.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "login.h"
#include "principal.h"
#include "sign_in_state.h"

#define LOGIN_MOST 256
#define PASSWORD_MOST 1024
/* An unknown account is answered no sooner than a wrong password, which takes the directory a while. */
#define FAILURE_FLOOR_US 300000

/* One check of a password. */
struct check {
    TALLOC_CTX *mem; /* scratch */
    struct directory *directory;
    const struct settings *settings;
    const char *login, *folded;
    struct slice password;
    const char *peer;
    struct hash256 hash;
    char account[320]; /* what failures are counted by: the entry's GUID, or the login when there is no entry */
    int64_t not_before;
};

enum status principal_of(TALLOC_CTX *mem, const struct recipient_entry *entry, struct principal **out)
{
    struct principal *principal = talloc_zero(mem, struct principal);
    if (principal == NULL)
        return STATUS_NO_MEMORY;
    const char **addresses = talloc_array(principal, const char *, (unsigned)entry->address_count + 1);
    principal->guid = entry->guid;
    principal->login = talloc_strdup(principal, entry->login != NULL ? entry->login : "");
    principal->display_name = talloc_strdup(principal, entry->display_name);
    bool is_whole = addresses != NULL && principal->login != NULL && principal->display_name != NULL;
    for (size_t i = 0; is_whole && i < entry->address_count; i++) {
        addresses[i] = talloc_strdup(principal, entry->addresses[i]);
        is_whole = addresses[i] != NULL;
        principal->address_count++;
    }
    if (!is_whole) {
        talloc_free(principal);
        return STATUS_NO_MEMORY;
    }
    principal->addresses = addresses;
    principal->address = entry->address_count > 0 ? addresses[0] : NULL;
    *out = principal;
    return STATUS_OK;
}

/* The server's account could not tell: that is an outage, not a wrong password. */
static enum status as_sign_in(enum status status)
{
    switch (status) {
    case STATUS_RECIPIENT_NOT_FOUND:
        return status_add(STATUS_SIGN_IN_FAILED, "unknown account");
    case STATUS_NAME_AMBIGUOUS:
        return status_add(STATUS_SIGN_IN_FAILED, "the login name fits several accounts");
    case STATUS_DIRECTORY_UNAVAILABLE:
    case STATUS_CONFIGURATION:
        return status_add(STATUS_SIGN_IN_UNAVAILABLE, "the directory cannot be asked");
    default:
        return status;
    }
}

static enum status bind_as(struct check *check, const struct recipient_entry *entry, struct ldap_bind_answer *answer)
{
    struct directory *directory = check->directory;
    struct ldap_connection *connection = NULL;
    bool asks_policy = check->settings->profile == PROFILE_OPENLDAP;
    for (size_t tries = 0; tries < check->settings->server_count + 1; tries++) {
        TRY(ldap_borrow(&directory->pool, check->settings, LDAP_FOR_PASSWORD, &connection));
        enum status status = ldap_simple_bind_as(connection, entry->dn, check->password, asks_policy, answer);
        bool is_lost = status != STATUS_OK || answer->code == LDAP_BUSY || answer->code == LDAP_UNAVAILABLE;
        if (!is_lost) {
            ldap_answered(&directory->pool, check->settings, connection);
            ldap_return(&directory->pool, connection);
            return STATUS_OK;
        }
        ldap_discard(&directory->pool, connection, !connection->is_reused, "no answer to a password check");
    }
    return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "no answer to a password check");
}

/* The directory's word on the password. */
static enum status ask_directory(struct check *check, const struct recipient_entry *entry)
{
    struct ldap_bind_answer answer;
    const char *text = "";
    TRY(as_sign_in(bind_as(check, entry, &answer)));
    enum status status = bind_result_status(&answer, &text);
    /* a permanent lock is how OpenLDAP spells "disabled"; a directory that lets a disabled account in is not believed */
    if ((status == STATUS_ACCOUNT_LOCKED || status == STATUS_OK) && !entry->is_enabled)
        status = STATUS_ACCOUNT_DISABLED;
    return status == STATUS_OK ? STATUS_OK : status_fail(status, "%s (LDAP result %d, %.100s)", text, answer.code, answer.diagnostic);
}

static void remember(struct check *check, const struct recipient_entry *entry)
{
    struct buffer *packed = buffer_new(check->mem, 4 * 1024 * 1024);
    if (packed == NULL || check->settings->verified_us == 0)
        return;
    entry_pack(packed, entry);
    if (buffer_status(packed) == STATUS_OK)
        verified_remember(check->directory->sign_in, check->folded, check->hash, buffer_slice(packed),
                          clock_monotonic_us() + check->settings->verified_us);
}

/* Finds the account and asks the directory; counts the outcome. */
static enum status check_password(struct check *check, struct recipient_entry **entry)
{
    struct sign_in_state *state = check->directory->sign_in;
    snprintf(check->account, sizeof check->account, "%.300s", check->folded);
    enum status status = as_sign_in(login_find(check->mem, check->directory, check->login, true, entry));
    if (status == STATUS_OK)
        guid_format((*entry)->guid, check->account);
    if (status == STATUS_OK || status == STATUS_SIGN_IN_FAILED)
        TRY(brake_account(state, check->settings, check->account, &check->not_before));
    if (status == STATUS_OK)
        status = ask_directory(check, *entry);
    if (status == STATUS_OK) {
        brake_succeeded(state, check->account);
        remember(check, *entry);
    } else if (status != STATUS_SIGN_IN_UNAVAILABLE && status != STATUS_NO_MEMORY) {
        verified_forget(state, check->folded, check->hash);
    }
    return status;
}

static enum status verify(struct check *check, struct recipient_entry **entry)
{
    struct sign_in_state *state = check->directory->sign_in;
    struct slice packed;
    TRY(brake_peer(state, check->peer));
    if (check->password.length == 0 || check->password.length > PASSWORD_MOST || slice_find_byte(check->password, 0) >= 0 ||
        check->login[0] == '\0' || strlen(check->login) > LOGIN_MOST)
        return status_fail(STATUS_SIGN_IN_FAILED, "login or password is empty or too long");
    check->hash = verified_hash(state, check->folded, check->password);
    if (verified_recall(check->mem, state, check->folded, check->hash, &packed))
        return entry_unpack(check->mem, packed, entry);
    return check_password(check, entry);
}

/* Failures that a guess causes; wrong state of an account with the right password is none. */
static void count_failure(struct check *check, enum status status, int64_t begun)
{
    if (status != STATUS_SIGN_IN_FAILED)
        return;
    if (check->account[0] == '\0')
        snprintf(check->account, sizeof check->account, "%.300s", check->folded);
    brake_failed(check->directory->sign_in, check->settings, check->account, check->peer);
    if (check->not_before < begun + FAILURE_FLOOR_US)
        check->not_before = begun + FAILURE_FLOOR_US;
}

enum status sign_in_verify(TALLOC_CTX *mem, struct directory *directory, const char *login, const struct secret *password,
                           const char *peer, struct sign_in_outcome *out)
{
    int64_t begun = clock_monotonic_us();
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct check check = { .mem = scratch, .directory = directory, .settings = settings, .login = login, .peer = peer };
    struct recipient_entry *entry = NULL;
    *out = (struct sign_in_outcome){ 0 };
    if (!secret_is_empty(password))
        check.password = secret_reveal(password);
    check.folded = scratch != NULL ? key_fold(scratch, login) : NULL;
    enum status status = check.folded != NULL ? verify(&check, &entry) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = principal_of(mem, entry, &out->principal);
    count_failure(&check, status, begun);
    out->not_before = check.not_before;
    metric_add(status == STATUS_OK ? METRIC_SIGN_INS : METRIC_SIGN_IN_FAILURES, 1);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}
