/* Bind answers -> statuses, after bind_result.def. */
#ifndef BOURSE_DIRECTORY_BIND_RESULT_H
#define BOURSE_DIRECTORY_BIND_RESULT_H

#include "ldap_pool.h"

/* The code in "80090308: LdapErr: DSID-0C090434, comment: AcceptSecurityContext error, data 52e, v4563"; 0 when there is none. */
uint32_t ad_diagnostic_code(const char *diagnostic);

/* STATUS_OK, SIGN_IN_FAILED, ACCOUNT_DISABLED, ACCOUNT_LOCKED, PASSWORD_EXPIRED or SIGN_IN_UNAVAILABLE; `*text` for the log. */
enum status bind_result_status(const struct ldap_bind_answer *answer, const char **text);

#endif
