/* Autodiscover: from an address to the URLs of this server. Three dialects, docs/autodiscover.md has the table:
 *   /autodiscover/autodiscover.xml   POX: Outlook [MS-OXDSCLI] and ActiveSync [MS-ASCMD] 2.2.1.1, after sign-in
 *   /autodiscover/autodiscover.svc   SOAP: GetUserSettings, GetDomainSettings [MS-OXWSADISC], after sign-in
 *   /autodiscover/autodiscover.json  JSON v2, without sign-in; tells nothing of whether an address exists */
#ifndef BOURSE_AUTODISCOVER_AUTODISCOVER_H
#define BOURSE_AUTODISCOVER_AUTODISCOVER_H

#include "bourse/groupware/session.h"
#include "bourse/http/service.h"

/* Services to register with the HTTP server: at most `most` go to `services`, their number to `*count`. They live on
 * `mem`. STATUS_LIMIT_EXCEEDED when there is no room for all. */
enum status autodiscover_services(TALLOC_CTX *mem, struct groupware *groupware, const struct http_service **services,
                                  size_t most, size_t *count) MUST_CHECK;

/* Where people are looked up; tests give their own. */
struct autodiscover_people {
    enum status (*of_address)(TALLOC_CTX *mem, void *data, const char *address, struct user_profile **out);
    enum status (*of_guid)(TALLOC_CTX *mem, void *data, struct guid guid, struct user_profile **out);
    void *data;
};
enum status autodiscover_services_with(TALLOC_CTX *mem, const struct autodiscover_people *people,
                                       const struct http_service **services, size_t most, size_t *count) MUST_CHECK;

#endif
