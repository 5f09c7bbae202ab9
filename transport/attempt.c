#include "attempt.h"

#include <stdio.h>

static const struct {
    enum queue_outcome outcome;
    int code;
    const char *enhanced, *text;
} failures[] = {
#define FAILURE(name, outcome, code, enhanced, text) [FAILURE_##name] = { QUEUE_##outcome, code, enhanced, text },
#include "failures.def"
#undef FAILURE
};

void attempt_fail(struct attempt *attempt, enum send_failure failure, const char *host, const char *detail)
{
    *attempt = (struct attempt){ .outcome = failures[failure].outcome, .code = failures[failure].code };
    snprintf(attempt->enhanced, sizeof attempt->enhanced, "%s", failures[failure].enhanced);
    snprintf(attempt->host, sizeof attempt->host, "%s", host != NULL ? host : "");
    bool has_detail = detail != NULL && detail[0] != '\0';
    snprintf(attempt->text, sizeof attempt->text, "%s%s%.400s", failures[failure].text, has_detail ? ": " : "", has_detail ? detail : "");
}

static const char *default_enhanced(int code)
{
    return code < 300 ? "2.0.0" : code < 500 ? "4.0.0" : "5.0.0";
}

void attempt_of_reply(struct attempt *attempt, const struct reply *reply, const char *host, const char *command)
{
    if (reply->code < 200 || (reply->code >= 300 && reply->code < 400) || reply->code >= 600) {
        attempt_fail(attempt, FAILURE_BAD_REPLY, host, reply->text);
        return;
    }
    *attempt = (struct attempt){ .outcome = reply->code < 300 ? QUEUE_SENT : reply->code < 500 ? QUEUE_DEFER : QUEUE_FAIL, .code = reply->code };
    /* A class that contradicts the code is not believed [RFC 3463] 3.1. */
    bool is_fitting = reply->enhanced[0] == default_enhanced(reply->code)[0];
    snprintf(attempt->enhanced, sizeof attempt->enhanced, "%s", is_fitting ? reply->enhanced : default_enhanced(reply->code));
    snprintf(attempt->host, sizeof attempt->host, "%s", host);
    snprintf(attempt->text, sizeof attempt->text, "%.440s%s%s%s", reply->text, command[0] != '\0' ? " (in reply to " : "", command,
             command[0] != '\0' ? ")" : "");
    attempt->is_soon = reply->code == 452 && strncmp(attempt->enhanced, "4.5.3", 5) == 0;
}

void attempt_of_status(struct attempt *attempt, enum status status)
{
    const struct status_info *info = status_info(status);
    bool is_final = info->fault == FAULT_CLIENT && info->smtp >= 500;
    *attempt = (struct attempt){ .outcome = status == STATUS_OK ? QUEUE_SENT : is_final ? QUEUE_FAIL : QUEUE_DEFER, .code = info->smtp };
    snprintf(attempt->enhanced, sizeof attempt->enhanced, "%s", is_final || status == STATUS_OK ? info->enhanced : "4.3.0");
    if (!is_final && info->enhanced[0] == '4')
        snprintf(attempt->enhanced, sizeof attempt->enhanced, "%s", info->enhanced);
    snprintf(attempt->text, sizeof attempt->text, "%d %s %s", (int)info->smtp, attempt->enhanced, info->text);
}
