#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum status privileges_drop(const char *user)
{
    if (user[0] == '\0' || geteuid() != 0)
        return STATUS_OK;
    const struct passwd *account = getpwnam(user);
    if (account == NULL)
        return status_fail(STATUS_CONFIGURATION, "server.user: there is no user %s", user);
    if (initgroups(user, account->pw_gid) != 0 || setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0)
        return status_fail(STATUS_CONFIGURATION, "cannot become %s: %s", user, strerror(errno));
    if (account->pw_uid != 0 && setuid(0) == 0)
        return status_fail(STATUS_INTERNAL, "root could be taken back");
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return STATUS_OK;
}
