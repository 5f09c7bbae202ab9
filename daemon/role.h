/* A role of boursed: a set of listeners and runners with one start, drain and stop. Roles share nothing but PostgreSQL; in one process
 * (`boursed --foreground`) they share the handles of this context. */
#ifndef BOURSE_DAEMON_ROLE_H
#define BOURSE_DAEMON_ROLE_H

#include "bourse/base/config.h"
#include "bourse/base/loop.h"
#include "bourse/base/workers.h"
#include "bourse/groupware/groupware.h"

struct role_context {
    const char *config_path;
    struct config *config;       /* replaced on SIGHUP; old ones stay allocated, requests may still read them */
    struct loop *loop;
    struct groupware *groupware;
};

struct role {
    const char *name;            /* "httpd" */
    int metrics_offset;          /* added to http.metrics_port when the role has a process of its own */
    /* Opens listeners and begins; *state is the role's own. */
    enum status (*start)(struct role_context *context, void **state);
    void (*reload)(struct role_context *context, void *state);
    /* Ends running work within `seconds`; called outside the loop's thread, which goes on. True if all ended. */
    bool (*drain)(void *state, int64_t seconds);
    /* After the loop has ended. */
    void (*stop)(void *state);
};

extern const struct role role_httpd, role_smtpd, role_deliverd;

/* NULL for an unknown name. */
const struct role *role_by_name(const char *name);
/* All of them: index 0, 1, 2, then NULL. */
const struct role *role_at(size_t index);

/* Runs the roles in this process until SIGTERM or SIGINT. `name` labels log and metrics. Returns the exit code. */
int roles_run(const char *name, const struct role *const *roles, size_t count, const char *config_path, int metrics_offset);

#endif
