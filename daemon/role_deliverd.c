/* deliverd: outgoing SMTP and the periodic work. */
#include "bourse/base/log.h"
#include "bourse/transport/queue_runner.h"
#include "role.h"

#define SWEEP_EVERY_US INT64_C(60000000)
enum { SWEEP_THREADS = 1, SWEEP_QUEUE = 1 };

struct deliverd {
    struct groupware *groupware;
    struct queue_runner *runner;
    struct workers *sweeper;
    struct loop_timer *timer;
};

static void sweep(void *data)
{
    struct deliverd *deliverd = data;
    enum status status = groupware_sweep(deliverd->groupware);
    if (status != STATUS_OK)
        log_failure(EVENT_STORE_FAILED, status, "periodic sweep");
}

/* A sweep that takes longer than a minute is not started twice: the queue has one place. */
static void on_timer(void *data)
{
    struct deliverd *deliverd = data;
    if (workers_queued(deliverd->sweeper) == 0 && workers_submit(deliverd->sweeper, sweep, deliverd) == STATUS_BUSY)
        log_event(EVENT_SWEEP, "the sweep before is still running");
}

static enum status deliverd_start(struct role_context *context, void **state)
{
    struct deliverd *deliverd = talloc_zero(context->loop, struct deliverd);
    if (deliverd == NULL)
        return status_fail(STATUS_NO_MEMORY, "deliverd");
    *state = deliverd;
    deliverd->groupware = context->groupware;
    TRY(workers_start(deliverd, "sweep", SWEEP_THREADS, SWEEP_QUEUE, &deliverd->sweeper));
    struct queue_runner_options options = { .config = context->config, .groupware = context->groupware };
    TRY(queue_runner_start(deliverd, &options, &deliverd->runner));
    deliverd->timer = loop_timer_every(context->loop, deliverd, SWEEP_EVERY_US, on_timer, deliverd);
    return deliverd->timer != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "timer");
}

static void deliverd_reload(struct role_context *context, void *state)
{
    struct deliverd *deliverd = state;
    enum status status = queue_runner_reload(deliverd->runner, context->config);
    if (status != STATUS_OK)
        log_failure(EVENT_CONFIG_INVALID, status, "deliverd goes on as before");
}

static bool deliverd_drain(void *state, int64_t seconds)
{
    struct deliverd *deliverd = state;
    bool sent = queue_runner_drain(deliverd->runner, seconds);
    return workers_drain(deliverd->sweeper, seconds) && sent;
}

static void deliverd_stop(void *state)
{
    struct deliverd *deliverd = state;
    if (deliverd == NULL)
        return;
    if (deliverd->runner != NULL)
        queue_runner_stop(deliverd->runner);
    if (deliverd->sweeper != NULL)
        workers_stop(deliverd->sweeper);
    talloc_free(deliverd);
}

const struct role role_deliverd = {
    .name = "deliverd", .metrics_offset = 2, .start = deliverd_start, .reload = deliverd_reload, .drain = deliverd_drain, .stop = deliverd_stop,
};
