#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "sign_in_state.h"

#include "bourse/base/clock.h"
#include "bourse/base/secret.h"

#define VERIFIED_MOST 100000

struct verified {
    UT_hash_handle hh; /* in order of insertion: the oldest first */
    struct hash256 hash;
    int64_t until_us;
    struct slice packed;
    char *login;
};

struct hash256 verified_hash(const struct sign_in_state *state, const char *folded_login, struct slice password)
{
    struct slice login = slice_of_text(folded_login);
    uint8_t *joined = talloc_size(NULL, login.length + 1 + password.length);
    struct hash256 hash = { { 0 } };
    if (joined == NULL) {
        random_bytes(hash.bytes, sizeof hash.bytes); /* equals nothing */
        return hash;
    }
    memcpy(joined, folded_login, login.length + 1); /* the NUL ends the login, which has none */
    memcpy(joined + login.length + 1, password.data, password.length);
    hash = hash_hmac_sha256(slice_of(state->key, sizeof state->key), slice_of(joined, login.length + 1 + password.length));
    secret_wipe(joined, login.length + 1 + password.length);
    talloc_free(joined);
    return hash;
}

static void drop(struct sign_in_state *state, struct verified *entry)
{
    HASH_DEL(state->verified, entry);
    secret_wipe(entry->hash.bytes, sizeof entry->hash.bytes);
    talloc_free(entry);
}

static struct verified *find(struct sign_in_state *state, const char *folded_login)
{
    struct verified *entry = NULL;
    HASH_FIND_STR(state->verified, folded_login, entry);
    return entry;
}

bool verified_recall(TALLOC_CTX *mem, struct sign_in_state *state, const char *folded_login, struct hash256 hash, struct slice *packed)
{
    bool is_known = false;
    lock_take(&state->lock);
    struct verified *entry = find(state, folded_login);
    if (entry != NULL && entry->until_us <= clock_monotonic_us()) {
        drop(state, entry);
        entry = NULL;
    }
    if (entry != NULL && hash_equal(entry->hash, hash)) {
        *packed = slice_copy(mem, entry->packed);
        is_known = packed->data != NULL;
    }
    lock_release(&state->lock);
    return is_known;
}

void verified_remember(struct sign_in_state *state, const char *folded_login, struct hash256 hash, struct slice packed, int64_t until_us)
{
    lock_take(&state->lock);
    struct verified *old = find(state, folded_login);
    if (old != NULL)
        drop(state, old);
    if (HASH_COUNT(state->verified) >= VERIFIED_MOST)
        drop(state, state->verified);
    struct verified *entry = talloc_zero(state, struct verified);
    if (entry != NULL) {
        entry->hash = hash;
        entry->until_us = until_us;
        entry->packed = slice_copy(entry, packed);
        entry->login = talloc_strdup(entry, folded_login);
        if (entry->login != NULL && entry->packed.data != NULL)
            HASH_ADD_KEYPTR(hh, state->verified, entry->login, strlen(entry->login), entry);
        else
            talloc_free(entry);
    }
    lock_release(&state->lock);
}

void verified_forget(struct sign_in_state *state, const char *folded_login, struct hash256 hash)
{
    lock_take(&state->lock);
    struct verified *entry = find(state, folded_login);
    if (entry != NULL && hash_equal(entry->hash, hash))
        drop(state, entry);
    lock_release(&state->lock);
}

void verified_clear(struct sign_in_state *state)
{
    lock_take(&state->lock);
    while (state->verified != NULL)
        drop(state, state->verified);
    lock_release(&state->lock);
}
