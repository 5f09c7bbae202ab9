/* Parts of envelope addresses. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ADDRESS_H
#define BOURSE_GROUPWARE_ADDRESS_H

#include "bourse/base/config.h"

/* What follows the last '@', NULL when there is none. */
const char *address_domain(const char *address);
/* Is the domain of the address one of option server.domains? An address without domain is local. */
bool address_is_local(const struct config *config, const char *address);
/* "user" of "user@domain" equals `word`, without case. */
bool address_has_local_part(const char *address, const char *word);

#endif
