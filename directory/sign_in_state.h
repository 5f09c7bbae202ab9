/* What sign-in remembers in this process: passwords that were right (as keyed hashes) and failures. */
#ifndef BOURSE_DIRECTORY_SIGN_IN_STATE_H
#define BOURSE_DIRECTORY_SIGN_IN_STATE_H

#include "bourse/base/hash.h"
#include "bourse/base/locks.h"
#include "settings.h"

struct verified;
struct failure_count;

struct sign_in_state {
    struct lock lock;  /* SIGN_IN: all below */
    uint8_t key[32];   /* of the hashes; random, of this process */
    struct verified *verified;      /* by folded login */
    struct failure_count *accounts; /* by GUID or folded login */
    struct failure_count *peers;    /* by IP address; IPv6: the /64 */
};

struct sign_in_state *sign_in_state_new(TALLOC_CTX *mem);

/* verified.c. The hash binds login and password. */
struct hash256 verified_hash(const struct sign_in_state *state, const char *folded_login, struct slice password);
/* True when this login had this password less than its time ago; `*packed`: the entry it stood for, on `mem`. */
bool verified_recall(TALLOC_CTX *mem, struct sign_in_state *state, const char *folded_login, struct hash256 hash, struct slice *packed);
void verified_remember(struct sign_in_state *state, const char *folded_login, struct hash256 hash, struct slice packed, int64_t until_us);
/* The directory refused this very password: forget it. A wrong guess of somebody else's does not throw out the right one. */
void verified_forget(struct sign_in_state *state, const char *folded_login, struct hash256 hash);
void verified_clear(struct sign_in_state *state);

/* brake.c. STATUS_BUSY: refused without a look at the password. */
enum status brake_peer(struct sign_in_state *state, const char *peer) MUST_CHECK;
/* The account's answer may go out at *not_before (0: at once). STATUS_BUSY: too many attempts wait already. */
enum status brake_account(struct sign_in_state *state, const struct settings *settings, const char *account, int64_t *not_before) MUST_CHECK;
void brake_failed(struct sign_in_state *state, const struct settings *settings, const char *account, const char *peer);
void brake_succeeded(struct sign_in_state *state, const char *account);

#endif
