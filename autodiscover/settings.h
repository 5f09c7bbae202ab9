/* What Autodiscover tells of a user, whichever dialect asks. */
#ifndef BOURSE_AUTODISCOVER_SETTINGS_H
#define BOURSE_AUTODISCOVER_SETTINGS_H

#include "bourse/autodiscover/autodiscover.h"

struct discovered {
    const struct user_profile *profile; /* NULL for domain settings */
    const char *host;                   /* "mail.example.test" */
    const char *ews_url;
    const char *activesync_url;
    const char *pox_url;
    char deployment_id[GUID_TEXT_SIZE]; /* the same for all users of this server */
};

/* "https://host" + path of each protocol. STATUS_NO_MEMORY. */
enum status discover(struct http_request *request, const struct user_profile *profile,
                     struct discovered *out) MUST_CHECK;
/* Value of a SOAP setting; NULL when this server does not have it. */
const char *setting_value(const struct discovered *discovered, const char *name);

/* The version that this server speaks like, as EWS's ServerVersionInfo has it. */
#define VERSION_MAJOR 15
#define VERSION_MINOR 2
#define VERSION_BUILD 2562
#define VERSION_TEXT "15.02.2562.017"
/* The same as POX wants it: bits 31-28 are 7, then 6 bits major, 6 minor, a flag, 15 build
 * [MS-OXDSCLI] 2.2.4.1.1.2.6.42. */
#define VERSION_POX "73C28A02"

#endif
