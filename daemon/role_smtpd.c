/* smtpd: mail from other servers, and submission. */
#include "bourse/base/log.h"
#include "bourse/transport/smtp_server.h"
#include "role.h"

enum { WAITING_PER_WORKER = 250, LISTENERS_MOST = 48 };

struct smtpd {
    struct workers *workers;
    struct smtp_server *server;
    struct smtp_listener listeners[LISTENERS_MOST];
    size_t listener_count;
};

static enum status open_listeners(struct smtpd *smtpd, const struct config *config, enum config_option port_option, enum smtp_service service)
{
    int64_t port = config_int(config, port_option);
    const char *const *addresses = config_list(config, CONFIG_smtp_listen);
    for (; port != 0 && *addresses != NULL && smtpd->listener_count < LISTENERS_MOST; addresses++) {
        struct smtp_listener *listener = &smtpd->listeners[smtpd->listener_count];
        listener->service = service;
        TRY(smtp_listen(*addresses, (uint16_t)port, &listener->socket));
        smtpd->listener_count++;
    }
    return STATUS_OK;
}

static enum status smtpd_start(struct role_context *context, void **state)
{
    struct smtpd *smtpd = talloc_zero(context->loop, struct smtpd);
    size_t threads = (size_t)config_int(context->config, CONFIG_smtp_workers);
    if (smtpd == NULL)
        return status_fail(STATUS_NO_MEMORY, "smtpd");
    *state = smtpd;
    TRY(workers_start(smtpd, "smtpd", threads, threads * WAITING_PER_WORKER, &smtpd->workers));
    TRY(open_listeners(smtpd, context->config, CONFIG_smtp_port, SMTP_SERVICE_RELAY));
    TRY(open_listeners(smtpd, context->config, CONFIG_smtp_submission_port, SMTP_SERVICE_SUBMISSION));
    TRY(open_listeners(smtpd, context->config, CONFIG_smtp_submissions_port, SMTP_SERVICE_SUBMISSIONS));
    struct smtp_server_options options = {
        .config = context->config, .groupware = context->groupware, .directory = groupware_directory(context->groupware),
        .workers = smtpd->workers, .listeners = smtpd->listeners, .listener_count = smtpd->listener_count,
    };
    return smtpd->listener_count > 0 ? smtp_server_start(smtpd, &options, &smtpd->server) : STATUS_OK;
}

static void smtpd_reload(struct role_context *context, void *state)
{
    struct smtpd *smtpd = state;
    enum status status = smtpd->server != NULL ? smtp_server_reload(smtpd->server, context->config) : STATUS_OK;
    if (status != STATUS_OK)
        log_failure(EVENT_CONFIG_INVALID, status, "smtpd goes on as before");
}

static bool smtpd_drain(void *state, int64_t seconds)
{
    struct smtpd *smtpd = state;
    return smtpd->server == NULL || smtp_server_drain(smtpd->server, seconds);
}

static void smtpd_stop(void *state)
{
    struct smtpd *smtpd = state;
    if (smtpd == NULL)
        return;
    if (smtpd->server != NULL)
        smtp_server_stop(smtpd->server);
    if (smtpd->workers != NULL)
        workers_stop(smtpd->workers);
    talloc_free(smtpd);
}

const struct role role_smtpd = {
    .name = "smtpd", .metrics_offset = 1, .start = smtpd_start, .reload = smtpd_reload, .drain = smtpd_drain, .stop = smtpd_stop,
};
