/* LDAP connections: opened over TLS or ldapi only, bound, kept for reuse, given to one thread at a time; servers in order of preference with
 * back-off for those that do not answer. No lock is held while the network is waited for. */
#ifndef BOURSE_DIRECTORY_LDAP_POOL_H
#define BOURSE_DIRECTORY_LDAP_POOL_H

#include <ldap.h>
#include <sys/time.h>

#include "bourse/base/locks.h"
#include "settings.h"

enum ldap_purpose {
    LDAP_FOR_SEARCH,   /* bound as the server's own account */
    LDAP_FOR_PASSWORD, /* not bound; a password check binds it as the user */
    LDAP_PURPOSE_COUNT
};

struct ldap_connection {
    LDAP *ld;
    enum ldap_purpose purpose;
    size_t server;       /* index in settings->servers */
    uint32_t generation; /* of the settings it was made with */
    bool is_reused;      /* was idle before: its failure may be an old death of the socket, so that another try is fair */
    int64_t idle_since;  /* clock_monotonic_us */
    int64_t timeout_seconds;
    bool is_local;       /* ldapi: no TLS needed */
    struct ldap_conncb on_connect;
    struct ldap_connection *next;
};

struct ldap_server_state {
    int failures;       /* in a row */
    int64_t retry_at;   /* clock_monotonic_us; not tried before unless every server is down */
};

struct ldap_pool {
    struct lock lock; /* LDAP_POOL: all below */
    pthread_cond_t returned;
    struct ldap_connection *idle[LDAP_PURPOSE_COUNT];
    size_t open[LDAP_PURPOSE_COUNT]; /* idle and lent */
    struct ldap_server_state servers[SERVERS_MOST];
    uint32_t generation; /* of the newest settings: older connections are closed when they come back */
    bool is_up;
    instant down_since;
    bool was_down_logged;
    char server[256];
    char last_error[256];
};

void ldap_pool_init(struct ldap_pool *pool);
/* Closes idle connections; none may be lent. */
void ldap_pool_close(struct ldap_pool *pool);

/* An idle connection or a new one to the first server that answers. STATUS_DIRECTORY_UNAVAILABLE when none does (at once while all are in
 * back-off) or when all connections stayed in use for the time-out. */
enum status ldap_borrow(struct ldap_pool *pool, const struct settings *settings, enum ldap_purpose purpose,
                        struct ldap_connection **out) MUST_CHECK;
/* Gives it back for reuse. */
void ldap_return(struct ldap_pool *pool, struct ldap_connection *connection);
/* Closes it after a failure. With `blames_server` the server goes into back-off and its idle connections are closed too. `why` is kept for
 * the health report and the log. */
void ldap_discard(struct ldap_pool *pool, struct ldap_connection *connection, bool blames_server, const char *why);
/* The server answered: it is up. */
void ldap_answered(struct ldap_pool *pool, const struct settings *settings, const struct ldap_connection *connection);
/* Closes connections that were idle for five minutes or belong to settings before `generation`, and forgets back-off when `resets_servers`. */
void ldap_pool_prune(struct ldap_pool *pool, uint32_t generation, bool resets_servers);

/* ldap_connect.c: a new connection to one server, encrypted, checked and bound for its purpose. `why` gets the reason of a failure. */
struct ldap_failure {
    char why[256];
};
enum status ldap_connect_to(const struct settings *settings, size_t server, enum ldap_purpose purpose,
                         struct ldap_connection **out, struct ldap_failure *failure) MUST_CHECK;
void ldap_disconnect(struct ldap_connection *connection);
/* Text of the last failure on the handle: result name and the server's diagnostic text. */
void ldap_describe(LDAP *ld, int code, struct ldap_failure *out);

/* The answer to a bind. */
struct ldap_bind_answer {
    int code;             /* LDAP result */
    char diagnostic[256]; /* the server's text, "" without */
    int policy;           /* LDAPPasswordPolicyError of the response control, PP_noError without */
    bool must_change;     /* the control says that only a password change is allowed now */
};
/* Simple bind; refuses an empty password before anything is sent. STATUS_DIRECTORY_UNAVAILABLE when no answer came. */
enum status ldap_simple_bind_as(struct ldap_connection *connection, const char *dn, struct slice password, bool asks_policy,
                                struct ldap_bind_answer *out) MUST_CHECK;

#endif
