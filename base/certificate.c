#include "bourse/base/certificate.h"

#include <inttypes.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"

#define DAY_SECONDS INT64_C(86400)

void certificate_loaded(const char *path, int64_t expires)
{
    char until[INSTANT_TEXT_SIZE];
    int64_t left = (instant_from_unix(expires) - clock_now()) / INSTANT_PER_SECOND;
    instant_format(instant_from_unix(expires), until);
    metric_set(METRIC_CERTIFICATE_EXPIRES, expires);
    log_event(EVENT_TLS_LOADED, "%s, valid until %s", path, until);
    if (left < 0)
        log_event(EVENT_TLS_EXPIRES, "%s is not valid since %s: clients refuse to connect", path, until);
    else if (left < CERTIFICATE_WARN_DAYS * DAY_SECONDS)
        log_event(EVENT_TLS_EXPIRES, "%s is valid for %" PRId64 " days more, until %s", path, left / DAY_SECONDS, until);
}
