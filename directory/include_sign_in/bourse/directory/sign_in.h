/* Signing people in: who is this, and is the password or the Kerberos ticket right? For the edges (http, transport), which see nothing
 * else of the directory.
 *
 * Every function may be called by any thread and may block for LDAP (option directory.timeout), so an event loop calls from a worker.
 *
 * A failed sign-in costs the guesser time, never a thread: the answer comes at once together with `not_before`, and the edge must hold
 * its reply back until then (a timer, not a sleep). After directory.failures_per_account failures of one account each answer for it is held
 * 2 to 15 s; after directory.failures_per_address failures from one IP address in a day that address gets STATUS_BUSY for an hour, without a
 * look at the password. */
#ifndef BOURSE_DIRECTORY_SIGN_IN_H
#define BOURSE_DIRECTORY_SIGN_IN_H

#include "bourse/base/guid.h"
#include "bourse/base/secret.h"
#include "bourse/base/status.h"

struct directory; /* opaque; the daemon opens it and hands it to the edges */

/* Who signed in. On the caller's `mem`. */
struct principal {
    struct guid guid;             /* the directory's id, which owns the mailbox */
    const char *login;            /* account name (sAMAccountName, uid) */
    const char *address;          /* primary SMTP address */
    const char *display_name;
    const char *const *addresses; /* all SMTP addresses, primary first: what the person may send as */
    size_t address_count;
};

struct sign_in_outcome {
    struct principal *principal; /* NULL unless STATUS_OK */
    int64_t not_before;          /* clock_monotonic_us() before which the answer must not be sent; 0: at once. Also set with STATUS_OK */
};

/* Checks a password. `login`: "account", "DOMAIN\account", user principal name or any address of the account, UTF-8. `peer`: the client's IP
 * address as text, NULL when there is none. `*out` is always filled in. Results:
 *   STATUS_OK
 *   STATUS_SIGN_IN_FAILED        unknown account, wrong or empty password, no mailbox; which of them is in the log only
 *   STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_LOCKED, STATUS_PASSWORD_EXPIRED (must be changed first): as the directory says
 *   STATUS_SIGN_IN_UNAVAILABLE   no directory server answers: ask again later; never shown as a wrong password
 *   STATUS_BUSY                  this peer, or this account, had too many failures
 * An empty password is refused before anything is sent. A verified password is remembered for directory.sign_in_cache_time as a keyed hash. */
enum status sign_in_verify(TALLOC_CTX *mem, struct directory *directory, const char *login, const struct secret *password,
                           const char *peer, struct sign_in_outcome *out) MUST_CHECK;

/* SASL server sessions [RFC 4422], for SMTP AUTH and HTTP Negotiate. One session an exchange, used by one thread at a time.
 *
 *     sign_in_sasl_new(mem, directory, &options, &session)
 *     sign_in_sasl_start(session, "PLAIN", true, initial, &progress)
 *     while (the call gave STATUS_OK and !progress.is_done) { send progress.challenge; receive; sign_in_sasl_step(session, response, &progress) }
 *     sign_in_sasl_finish(mem, session, &outcome) */
struct sign_in_sasl; /* opaque; freeing it ends the exchange */

enum sign_in_protocol { SIGN_IN_SMTP, SIGN_IN_HTTP };

struct sign_in_sasl_options {
    enum sign_in_protocol protocol; /* service names "smtp" and "HTTP" */
    const char *peer;               /* client's IP address, or NULL */
    bool is_encrypted;              /* TLS is on: PLAIN and LOGIN are offered only then */
};

/* True when a keytab is configured, so that GSSAPI (SMTP) and Negotiate (HTTP) are offered. */
bool sign_in_has_kerberos(struct directory *directory);
/* Mechanisms for this connection, separated by blanks ("GSSAPI PLAIN LOGIN"); "" for none. Lives for ever. HTTP: "GSS-SPNEGO" or "". */
const char *sign_in_sasl_mechanisms(struct directory *directory, const struct sign_in_sasl_options *options);

enum status sign_in_sasl_new(TALLOC_CTX *mem, struct directory *directory, const struct sign_in_sasl_options *options,
                             struct sign_in_sasl **out) MUST_CHECK;

struct sign_in_progress {
    struct slice challenge; /* bytes for the client (not base64); valid until the next call. With HTTP also set when done: the server's token */
    bool is_done;           /* call sign_in_sasl_finish */
};
/* First step. `mechanism` in any case; `has_initial`: the client sent an initial response, perhaps an empty one. `response` is decoded from base64.
 * STATUS_OK: see `*out`. STATUS_NOT_SUPPORTED: a mechanism that is not offered (SMTP 504). STATUS_MALFORMED: the client broke the mechanism's syntax.
 * Otherwise the failures of sign_in_verify; sign_in_sasl_finish then still gives not_before. */
enum status sign_in_sasl_start(struct sign_in_sasl *session, const char *mechanism, bool has_initial, struct slice response,
                               struct sign_in_progress *out) MUST_CHECK;
enum status sign_in_sasl_step(struct sign_in_sasl *session, struct slice response, struct sign_in_progress *out) MUST_CHECK;
/* After is_done or a failure: who it is, or the same failure again. An authorization identity other than the one signed in is
 * STATUS_SIGN_IN_FAILED (acting for others is decided by mailbox rights, not here). STATUS_INVALID_ARGUMENT before the exchange is done. */
enum status sign_in_sasl_finish(TALLOC_CTX *mem, struct sign_in_sasl *session, struct sign_in_outcome *out) MUST_CHECK;

#endif
