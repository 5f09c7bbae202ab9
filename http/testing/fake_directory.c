#include "fake_directory.h"

#include <string.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"

struct directory {
    int unused;
};

struct sign_in_sasl {
    int leg;
};

atomic_int fake_sign_ins;
atomic_bool fake_kerberos;
_Atomic int64_t fake_delay_us;

struct directory *fake_directory(void)
{
    static struct directory directory;
    return &directory;
}

static struct principal *make_principal(TALLOC_CTX *mem, const char *login)
{
    struct principal *principal = talloc_zero(mem, struct principal);
    struct hash256 hash = hash_sha256(slice_of_text(login));
    memcpy(principal->guid.bytes, hash.bytes, sizeof principal->guid.bytes);
    principal->login = talloc_strdup(principal, login);
    return principal;
}

enum status sign_in_verify(TALLOC_CTX *mem, struct directory *directory, const char *login,
                           const struct secret *password, const char *peer, struct sign_in_outcome *out)
{
    (void)directory;
    (void)peer;
    atomic_fetch_add(&fake_sign_ins, 1);
    *out = (struct sign_in_outcome){ 0 };
    if (strcmp(login, "down") == 0)
        return status_fail(STATUS_SIGN_IN_UNAVAILABLE, "fake outage");
    if (strcmp(login, "slow") == 0)
        out->not_before = clock_monotonic_us() + 300000;
    if (!slice_equal(secret_reveal(password), slice_of_text("secret"))) {
        out->not_before = atomic_load(&fake_delay_us) > 0 ? clock_monotonic_us() + atomic_load(&fake_delay_us) : 0;
        return status_fail(STATUS_SIGN_IN_FAILED, "wrong password");
    }
    out->principal = make_principal(mem, login);
    return STATUS_OK;
}

bool sign_in_has_kerberos(struct directory *directory)
{
    (void)directory;
    return atomic_load(&fake_kerberos);
}

enum status sign_in_sasl_new(TALLOC_CTX *mem, struct directory *directory, const struct sign_in_sasl_options *options,
                             struct sign_in_sasl **out)
{
    (void)directory;
    (void)options;
    *out = talloc_zero(mem, struct sign_in_sasl);
    return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status sign_in_sasl_start(struct sign_in_sasl *session, const char *mechanism, bool has_initial,
                               struct slice response, struct sign_in_progress *out)
{
    (void)mechanism;
    (void)has_initial;
    if (!slice_equal(response, slice_of_text("one")))
        return status_fail(STATUS_SIGN_IN_FAILED, "token");
    session->leg = 1;
    *out = (struct sign_in_progress){ .challenge = slice_of_text("two") };
    return STATUS_OK;
}

enum status sign_in_sasl_step(struct sign_in_sasl *session, struct slice response, struct sign_in_progress *out)
{
    if (!slice_equal(response, slice_of_text("three")))
        return status_fail(STATUS_SIGN_IN_FAILED, "token");
    session->leg = 2;
    *out = (struct sign_in_progress){ .challenge = slice_of_text("four"), .is_done = true };
    return STATUS_OK;
}

enum status sign_in_sasl_finish(TALLOC_CTX *mem, struct sign_in_sasl *session, struct sign_in_outcome *out)
{
    *out = (struct sign_in_outcome){ 0 };
    if (session->leg != 2)
        return status_fail(STATUS_SIGN_IN_FAILED, "exchange");
    out->principal = make_principal(mem, "kerberos");
    return STATUS_OK;
}
