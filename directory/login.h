/* Login names: which account does the user mean? */
#ifndef BOURSE_DIRECTORY_LOGIN_H
#define BOURSE_DIRECTORY_LOGIN_H

#include "lookup.h"

/* "account", "DOMAIN\account", "account@NETBIOS" or "name@domain" as a look-up. STATUS_RECIPIENT_NOT_FOUND for what cannot be one of ours. */
enum status login_item(TALLOC_CTX *mem, const struct settings *settings, const char *login, struct lookup_item *out) MUST_CHECK;
/* As recipient_by_login; `is_fresh`: LDAP is asked in any case (sign-in). */
enum status login_find(TALLOC_CTX *mem, struct directory *directory, const char *login, bool is_fresh,
                       struct recipient_entry **out) MUST_CHECK;

#endif
