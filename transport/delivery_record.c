#include "delivery_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/base/metrics.h"
#include "notice.h"
#include "schedule.h"

#define MICRO INT64_C(1000000)

struct record {
    TALLOC_CTX *mem;
    const struct delivery_context *context;
    const struct queue_work *work;
    struct slice mime;
    struct attempt *attempts;
    bool host_has_dsn;
    instant now;
    int64_t wait_seconds;                 /* until the next attempt, the same for all */
    struct queue_result *results;
    struct delivery_recipient *told;      /* recipients of the notice */
    size_t told_count;
};

static void expire(struct record *record, struct attempt *attempt)
{
    struct attempt last = *attempt;
    if (attempt->outcome != QUEUE_DEFER || !schedule_is_expired(record->context->config, record->work->accepted, record->now))
        return;
    attempt_fail(attempt, FAILURE_EXPIRED, last.host, last.text);
    attempt->code = last.code;
}

static bool any_sent(const struct record *record)
{
    for (size_t i = 0; i < record->work->recipient_count; i++)
        if (record->attempts[i].outcome == QUEUE_SENT)
            return true;
    return false;
}

/* A host that takes only so many recipients at a time gets the rest at once; one that takes none is to be left alone. */
static instant retry_time(const struct record *record, const struct attempt *attempt)
{
    if (attempt->outcome != QUEUE_DEFER)
        return 0;
    return attempt->is_soon && any_sent(record) ? record->now : record->now + record->wait_seconds * INSTANT_PER_SECOND;
}

/* False when there is nothing to say of this recipient. */
static bool action_of(const struct record *record, const struct attempt *attempt, const struct queue_recipient *recipient, enum delivery_action *action)
{
    if (attempt->outcome == QUEUE_SENT) {
        *action = DELIVERY_RELAYED;
        return !record->host_has_dsn;
    }
    *action = attempt->outcome == QUEUE_FAIL ? DELIVERY_FAILED : DELIVERY_DELAYED;
    return attempt->outcome == QUEUE_FAIL ||
           (!recipient->delay_notice_sent && schedule_is_delayed(record->context->config, record->work->accepted, record->now));
}

static enum status tell(struct record *record, size_t index, enum delivery_action action)
{
    const struct attempt *attempt = &record->attempts[index];
    const struct queue_recipient *recipient = &record->work->recipients[index];
    const char *status = action == DELIVERY_FAILED ? notice_failed_status(record->mem, attempt->enhanced) : attempt->enhanced;
    int64_t expiry = config_seconds(record->context->config, CONFIG_queue_expiry);
    record->told[record->told_count++] = (struct delivery_recipient){
        .original = recipient->original_address, .final = recipient->address, .action = action,
        .status = action == DELIVERY_RELAYED ? "2.0.0" : status, .remote_mta = attempt->host,
        .diagnostic = talloc_strdup(record->mem, attempt->text), .last_attempt = record->now,
        .will_retry_until = action == DELIVERY_DELAYED ? record->work->accepted + expiry * INSTANT_PER_SECOND : 0,
    };
    return status != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "notice");
}

static enum status collect(struct record *record)
{
    const struct queue_work *work = record->work;
    record->results = array_new(record->mem, struct queue_result, work->recipient_count);
    record->told = array_new(record->mem, struct delivery_recipient, work->recipient_count);
    if (record->results == NULL || record->told == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue results");
    for (size_t i = 0; i < work->recipient_count; i++) {
        struct attempt *attempt = &record->attempts[i];
        enum delivery_action action = DELIVERY_FAILED;
        expire(record, attempt);
        bool is_told = work->sender[0] != '\0' && action_of(record, attempt, &work->recipients[i], &action) &&
                       notice_is_wanted(work->recipients[i].notify, action);
        if (is_told)
            TRY(tell(record, i, action));
        record->results[i] = (struct queue_result){
            .recipient = work->recipients[i].id, .outcome = attempt->outcome, .code = attempt->code, .enhanced = attempt->enhanced,
            .text = attempt->text, .host = attempt->host, .retry = retry_time(record, attempt),
            .delay_notice = is_told && action == DELIVERY_DELAYED,
        };
    }
    return STATUS_OK;
}

static enum status build(struct record *record, struct slice *notice)
{
    const struct queue_work *work = record->work;
    struct notice_subject subject = { .sender = work->sender, .envelope_id = work->envelope_id, .return_full = work->return_full,
                                      .arrival = work->accepted, .mime = record->mime };
    *notice = (struct slice){ 0 };
    if (record->told_count == 0)
        return STATUS_OK;
    return notice_build(record->mem, record->context->config, &subject, record->told, record->told_count, notice);
}

static void log_result(const struct record *record, size_t index)
{
    static const struct { enum log_event event; enum metric metric; } kinds[] = {
        [QUEUE_SENT] = { EVENT_QUEUE_DELIVERED, METRIC_QUEUE_SENT },
        [QUEUE_DEFER] = { EVENT_QUEUE_DEFERRED, METRIC_QUEUE_DEFERRED },
        [QUEUE_FAIL] = { EVENT_QUEUE_BOUNCED, METRIC_QUEUE_BOUNCED },
    };
    const struct queue_work *work = record->work;
    const struct attempt *attempt = &record->attempts[index];
    metric_add(kinds[attempt->outcome].metric, 1);
    log_event(kinds[attempt->outcome].event, "message %" PRId64 " from <%s> to <%s> host %s: %s%s", work->message, work->sender,
              work->recipients[index].address, attempt->host[0] != '\0' ? attempt->host : "-", attempt->text,
              attempt->outcome == QUEUE_FAIL && work->sender[0] == '\0' ? " (a notice itself: nobody is told)" : "");
}

/* What was sent and is not recorded would be sent again: the database gets the whole rest of the lease to come back. */
static enum status write_results(const struct record *record, struct slice notice, int64_t until_us)
{
    for (int64_t pause_us = MICRO / 10;; pause_us = pause_us < 5 * MICRO ? pause_us * 2 : pause_us) {
        status_chain_clear();
        enum status status = queue_record(record->context->groupware, record->work, record->results, record->work->recipient_count, notice);
        if (status == STATUS_OK || status_info(status)->fault == FAULT_CLIENT || clock_monotonic_us() + pause_us > until_us)
            return status;
        log_failure(EVENT_QUEUE_FAILED, status, "record of message %" PRId64 "; trying again", record->work->message);
        if (atomic_load(record->context->cancelled))
            until_us = until_us < clock_monotonic_us() + 2 * MICRO ? until_us : clock_monotonic_us() + 2 * MICRO;
        nanosleep(&(struct timespec){ .tv_sec = pause_us / MICRO, .tv_nsec = pause_us % MICRO * 1000 }, NULL);
    }
}

void delivery_record(const struct delivery_context *context, const struct queue_work *work, struct slice mime, struct attempt *attempts,
                     bool host_has_dsn, int64_t until_us)
{
    struct record record = { .mem = talloc_new(NULL), .context = context, .work = work, .mime = mime, .attempts = attempts,
                             .host_has_dsn = host_has_dsn, .now = clock_now(),
                             .wait_seconds = schedule_wait(context->config, work->attempts, random_u64()) };
    struct slice notice;
    enum status status = collect(&record);
    if (status == STATUS_OK)
        status = build(&record, &notice);
    if (status == STATUS_OK)
        status = write_results(&record, notice, until_us);
    for (size_t i = 0; i < work->recipient_count && status == STATUS_OK; i++)
        log_result(&record, i);
    if (status != STATUS_OK)
        log_failure(EVENT_QUEUE_FAILED, status, "result of message %" PRId64 " is not recorded; it is tried again when its lease has run out",
                    work->message);
    talloc_free(record.mem);
}
