#include "delivery.h"

#include <inttypes.h>
#include <stdio.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "delivery_record.h"
#include "hop.h"
#include "notice.h"

#define MICRO INT64_C(1000000)
#define MARGIN_US (60 * MICRO) /* of the longest attempt, for recording */
#define MOST_HOSTS 8u          /* tried in one attempt */

struct delivery {
    const struct delivery_context *context;
    const struct queue_work *work;
    TALLOC_CTX *mem;
    struct slice mime;
    struct attempt *attempts;  /* one a recipient */
    struct client_options options;
    bool was_reached;
    bool host_has_dsn;
};

static void fail_all(struct delivery *delivery, const struct attempt *attempt)
{
    for (size_t i = 0; i < delivery->work->recipient_count; i++)
        delivery->attempts[i] = *attempt;
}

/* Another host may do better: all put off, and none of them perhaps delivered already. */
static bool is_worth_another_host(const struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->work->recipient_count; i++) {
        const struct attempt *attempt = &delivery->attempts[i];
        if (attempt->outcome != QUEUE_DEFER || strstr(attempt->text, "may be delivered twice") != NULL)
            return false;
    }
    return true;
}

static bool was_lost(const struct delivery *delivery)
{
    return is_worth_another_host(delivery) && delivery->attempts[0].code == 0 && strcmp(delivery->attempts[0].enhanced, "4.4.2") == 0;
}

/* ---- one host ---- */

static void send_on(struct delivery *delivery, struct client *client)
{
    struct message_needs needs;
    struct slice fitted;
    struct attempt attempt;
    const struct capabilities *capabilities = client_capabilities(client);
    if (!leases_are_sure(delivery->context->leases)) { /* another process may be sending it by now */
        attempt_fail(&attempt, FAILURE_STORE, client_host(client), "the queue cannot be reached");
        fail_all(delivery, &attempt);
        return;
    }
    message_look(delivery->mime, &needs);
    delivery->host_has_dsn = capabilities->dsn;
    if (message_fit(delivery->mem, delivery->mime, capabilities, &needs, &fitted) == STATUS_OK) {
        client_send(client, delivery->work, &needs, fitted, delivery->attempts);
        return;
    }
    attempt_fail(&attempt, FAILURE_STORE, client_host(client), "the message cannot be converted");
    fail_all(delivery, &attempt);
}

static struct client *open_new(struct delivery *delivery, const struct client_target *target)
{
    struct client *client = NULL;
    struct attempt attempt;
    if (client_open(NULL, &delivery->options, target, &client, &attempt))
        return client;
    delivery->was_reached |= attempt.code != 0; /* it answered, if only to refuse */
    fail_all(delivery, &attempt);
    return NULL;
}

/* True when the transaction took place, whatever came of it. */
static bool try_target(struct delivery *delivery, const struct client_target *target)
{
    struct client_cache *cache = delivery->context->cache;
    struct client *client = client_cache_take(cache, target, delivery->options.tls_mode, delivery->options.user);
    bool is_used = client != NULL;
    if (!is_used)
        client = open_new(delivery, target);
    if (client == NULL)
        return false;
    client_set_until(client, delivery->options.until_us);
    send_on(delivery, client);
    client_cache_put(cache, client);
    if (!is_used || !was_lost(delivery)) {
        delivery->was_reached = true;
        return true;
    }
    client = open_new(delivery, target); /* the idle connection had just been closed by the host */
    if (client == NULL)
        return false;
    send_on(delivery, client);
    client_cache_put(cache, client);
    delivery->was_reached = true;
    return true;
}

/* ---- all hosts ---- */

static bool find_hosts(struct delivery *delivery, struct mail_hosts *hosts, struct attempt *attempt)
{
    const struct delivery_context *context = delivery->context;
    const char *destination = delivery->work->destination;
    struct hop hop;
    if (hop_find(delivery->mem, context->config, destination, &hop) != STATUS_OK) {
        attempt_fail(attempt, FAILURE_RESOLVER, "", "the configuration of routes cannot be read");
        return false;
    }
    delivery->options.tls_mode = hop.tls_mode;
    delivery->options.user = hop.user;
    delivery->options.password = hop.password;
    if (hop.host != NULL)
        return resolve_host(delivery->mem, context->resolver, hop.host, hop.port, hosts, attempt);
    return resolve_domain(delivery->mem, context->resolver, destination, hop.port, notice_hostname(context->config), hosts, attempt);
}

static void try_hosts(struct delivery *delivery)
{
    struct mail_hosts hosts;
    struct attempt attempt;
    status_chain_clear();
    if (!find_hosts(delivery, &hosts, &attempt)) {
        fail_all(delivery, &attempt);
        return;
    }
    for (size_t i = 0; i < hosts.count && i < MOST_HOSTS; i++) {
        bool took_place = try_target(delivery, &hosts.items[i]);
        bool is_over = clock_monotonic_us() > delivery->options.until_us || atomic_load(delivery->context->cancelled);
        if (is_over || (took_place && !is_worth_another_host(delivery)))
            return;
    }
}

/* ---- our own domains ---- */

/* The accept transaction's answers, as a host would word them. */
static void deliver_local(struct delivery *delivery)
{
    const struct queue_work *work = delivery->work;
    status_chain_clear();
    enum status *results = array_new(delivery->mem, enum status, work->recipient_count);
    enum status whole = results != NULL ? queue_deliver_local(delivery->mem, delivery->context->groupware, work, delivery->mime, results) : STATUS_NO_MEMORY;
    delivery->was_reached = true; /* a destination that is left alone would hold up mail that has nothing to do with this failure */
    delivery->host_has_dsn = true; /* NOTIFY=SUCCESS is not asked for by what the server sends itself */
    if (whole != STATUS_OK && status_info(whole)->fault != FAULT_TEMPORARY)
        log_failure(EVENT_QUEUE_FAILED, whole, "local delivery of message %" PRId64, work->message);
    for (size_t i = 0; i < work->recipient_count; i++)
        attempt_of_status(&delivery->attempts[i], whole != STATUS_OK ? whole : results[i]);
}

/* ---- */

static bool read_content(struct delivery *delivery)
{
    struct attempt attempt;
    status_chain_clear();
    enum status status = queue_content(delivery->mem, delivery->context->groupware, delivery->work->message, &delivery->mime);
    if (status == STATUS_OK)
        return true;
    log_failure(EVENT_QUEUE_FAILED, status, "message %" PRId64, delivery->work->message);
    attempt_fail(&attempt, FAILURE_STORE, "", status_info(status)->text);
    fail_all(delivery, &attempt);
    return false;
}

bool delivery_run(const struct delivery_context *context, const struct queue_work *work)
{
    int64_t until_us = clock_monotonic_us() + DELIVERY_LONGEST_SECONDS * MICRO - MARGIN_US;
    struct delivery delivery = { .context = context, .work = work, .mem = talloc_new(NULL) };
    delivery.options = (struct client_options){ .config = context->config, .tls = context->tls, .user = "", .cancelled = context->cancelled,
                                                .until_us = until_us };
    char id[24];
    snprintf(id, sizeof id, "queue-%" PRId64, work->message);
    log_set_request(id);
    delivery.attempts = array_new(delivery.mem, struct attempt, work->recipient_count);
    if (delivery.attempts == NULL) {
        log_event(EVENT_OUT_OF_MEMORY, "message %" PRId64, work->message);
    } else {
        delivery.was_reached = !read_content(&delivery);
        if (delivery.mime.data != NULL && strcmp(work->destination, QUEUE_LOCAL) == 0)
            deliver_local(&delivery);
        else if (delivery.mime.data != NULL)
            try_hosts(&delivery);
        delivery_record(context, work, delivery.mime, delivery.attempts, delivery.host_has_dsn, until_us + MARGIN_US / 2);
    }
    log_set_request(NULL);
    talloc_free(delivery.mem);
    return delivery.was_reached;
}
