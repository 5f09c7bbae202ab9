#include "notice.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "bourse/groupware/deliver.h"

static char system_name[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_system_name(void)
{
    if (gethostname(system_name, sizeof system_name - 1) != 0 || system_name[0] == '\0')
        memcpy(system_name, "localhost", sizeof "localhost");
}

const char *notice_hostname(const struct config *config)
{
    const char *name = config_text(config, CONFIG_server_hostname);
    if (name[0] != '\0')
        return name;
    pthread_once(&once, find_system_name);
    return system_name;
}

static const char *postmaster(TALLOC_CTX *mem, const struct config *config)
{
    const char *name = config_text(config, CONFIG_server_postmaster);
    const char *const *domains = config_list(config, CONFIG_server_domains);
    if (strchr(name, '@') != NULL)
        return name;
    return talloc_asprintf(mem, "postmaster@%s", domains[0] != NULL ? domains[0] : notice_hostname(config));
}

bool notice_is_wanted(unsigned notify, enum delivery_action action)
{
    if ((notify & DSN_NOTIFY_NEVER) != 0)
        return false;
    switch (action) {
    case DELIVERY_FAILED:
        return notify == DSN_NOTIFY_DEFAULT || (notify & DSN_NOTIFY_FAILURE) != 0;
    case DELIVERY_DELAYED:
        return notify == DSN_NOTIFY_DEFAULT || (notify & DSN_NOTIFY_DELAY) != 0;
    case DELIVERY_DELIVERED:
    case DELIVERY_RELAYED:
    case DELIVERY_EXPANDED:
        return (notify & DSN_NOTIFY_SUCCESS) != 0;
    }
    return false;
}

const char *notice_failed_status(TALLOC_CTX *mem, const char *enhanced)
{
    if (enhanced == NULL || (enhanced[0] != '4' && enhanced[0] != '5') || enhanced[1] != '.')
        return "5.0.0";
    return talloc_asprintf(mem, "5%s", enhanced + 1);
}

enum status notice_build(TALLOC_CTX *mem, const struct config *config, const struct notice_subject *subject,
                         const struct delivery_recipient *recipients, size_t count, struct slice *out)
{
    struct delivery_report report = {
        .reporting_mta = notice_hostname(config), .envelope_id = subject->envelope_id, .arrival = subject->arrival,
        .recipients = recipients, .recipient_count = count, .from_name = "Mail Delivery System", .from = postmaster(mem, config),
        .to = subject->sender, .now = clock_now(), .original = subject->mime, .return_full = subject->return_full,
    };
    if (report.from == NULL)
        return status_fail(STATUS_NO_MEMORY, "notice");
    return mime_build_delivery_report(mem, &report, out);
}
