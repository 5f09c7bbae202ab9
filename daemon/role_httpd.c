/* httpd: all HTTP protocols. */
#include "bourse/activesync/activesync.h"
#include "bourse/autodiscover/autodiscover.h"
#include "bourse/base/log.h"
#include "bourse/ews/ews.h"
#include "bourse/groupware/subscribe.h"
#include "bourse/http/long_poll.h"
#include "bourse/http/server.h"
#include "role.h"

enum { LISTENERS_MOST = 32, SERVICES_MOST = 16, WAITING_PER_WORKER = 64 };

struct httpd {
    struct groupware *groupware;
    struct workers *workers;
    struct http_server *server;
    const struct http_service *services[SERVICES_MOST];
    size_t service_count;
    int listeners[LISTENERS_MOST];
    size_t listener_count;
};

static void on_change(struct guid mailbox, void *data)
{
    struct httpd *httpd = data;
    if (guid_is_zero(mailbox))
        http_wake_all(httpd->server);
    else
        http_wake(httpd->server, mailbox);
}

static enum status open_listeners(struct httpd *httpd, const struct config *config)
{
    int64_t port = config_int(config, CONFIG_http_port);
    const char *const *addresses = config_list(config, CONFIG_http_listen);
    for (; port != 0 && *addresses != NULL && httpd->listener_count < LISTENERS_MOST; addresses++) {
        TRY(http_listen(*addresses, (uint16_t)port, &httpd->listeners[httpd->listener_count]));
        httpd->listener_count++;
    }
    return STATUS_OK;
}

static enum status collect_services(struct httpd *httpd, struct groupware *groupware)
{
    size_t more = 0;
    httpd->services[0] = ews_service(httpd, groupware);
    httpd->services[1] = activesync_service(httpd, groupware);
    if (httpd->services[0] == NULL || httpd->services[1] == NULL)
        return status_fail(STATUS_NO_MEMORY, "services");
    httpd->service_count = 2;
    TRY(autodiscover_services(httpd, groupware, httpd->services + httpd->service_count, SERVICES_MOST - httpd->service_count, &more));
    httpd->service_count += more;
    return STATUS_OK;
}

static enum status start_server(struct httpd *httpd, struct role_context *context)
{
    struct http_server_options options = {
        .config = context->config, .workers = httpd->workers, .directory = groupware_directory(context->groupware),
        .services = httpd->services, .service_count = httpd->service_count, .listeners = httpd->listeners,
        .listener_count = httpd->listener_count,
    };
    TRY(http_server_start(httpd, &options, &httpd->server));
    groupware_on_change(context->groupware, on_change, httpd);
    return STATUS_OK;
}

static enum status httpd_start(struct role_context *context, void **state)
{
    struct httpd *httpd = talloc_zero(context->loop, struct httpd);
    size_t threads = (size_t)config_int(context->config, CONFIG_http_workers);
    if (httpd == NULL)
        return status_fail(STATUS_NO_MEMORY, "httpd");
    *state = httpd;
    httpd->groupware = context->groupware;
    TRY(workers_start(httpd, "httpd", threads, threads * WAITING_PER_WORKER, &httpd->workers));
    TRY(open_listeners(httpd, context->config));
    TRY(collect_services(httpd, context->groupware));
    return httpd->listener_count > 0 ? start_server(httpd, context) : STATUS_OK;
}

static void httpd_reload(struct role_context *context, void *state)
{
    struct httpd *httpd = state;
    enum status status = httpd->server != NULL ? http_server_reload(httpd->server, context->config) : STATUS_OK;
    if (status != STATUS_OK)
        log_failure(EVENT_CONFIG_INVALID, status, "httpd goes on as before");
}

static bool httpd_drain(void *state, int64_t seconds)
{
    struct httpd *httpd = state;
    return httpd->server == NULL || http_server_drain(httpd->server, seconds);
}

static void httpd_stop(void *state)
{
    struct httpd *httpd = state;
    if (httpd == NULL)
        return;
    groupware_on_change(httpd->groupware, NULL, NULL);
    if (httpd->server != NULL)
        http_server_stop(httpd->server);
    if (httpd->workers != NULL)
        workers_stop(httpd->workers);
    talloc_free(httpd);
}

const struct role role_httpd = {
    .name = "httpd", .metrics_offset = 0, .start = httpd_start, .reload = httpd_reload, .drain = httpd_drain, .stop = httpd_stop,
};
