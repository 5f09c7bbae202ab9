/* A request in a worker: sign-in, handler, and what follows from its result. */
#include "life.h"
#include "trace_hook.h"

#include "bourse/base/clock.h"
#include "bourse/base/log.h"

/* Running calls are counted by service and user. */
static struct count_key user_key(const struct http_request *request)
{
    struct count_key key = { 0 };
    uint64_t service = (uint64_t)(uintptr_t)request->service;
    memcpy(key.bytes, request->principal.bytes, 16);
    memcpy(key.bytes + 16, &service, 8);
    return key;
}

bool users_enter(struct http_request *request)
{
    size_t limit = request->service->user_concurrency;
    if (limit == 0 || !request->is_signed_in || request->server == NULL)
        return true;
    struct count_key key = user_key(request);
    size_t count = counts_enter(request->server->users, &key);
    request->is_user_counted = count > 0;
    return count <= limit;
}

void users_leave(struct http_request *request)
{
    if (!request->is_user_counted)
        return;
    struct count_key key = user_key(request);
    counts_leave(request->server->users, &key);
    request->is_user_counted = false;
}

/* Back to the listener. After this the request is no longer ours. */
static void finish(struct http_request *request)
{
    if (!request->answer.is_cut) {
        trace_hook_answer(request);
        answer_compress(request);
        answer_log(request);
    }
    request->phase = PHASE_ANSWERED;
    life_resume(request);
}

static void finish_stream(struct http_request *request, enum status status, bool is_hang_up)
{
    /* A handler that failed, or did not end the stream of a client that has gone, gets it cut. */
    if (status != STATUS_OK)
        log_failure(EVENT_HTTP_FAILED, status, "stream of %s", request->service->name);
    if (status != STATUS_OK || is_hang_up)
        http_stream_end(request->stream, false);
    atomic_fetch_sub(&request->server->run_count, 1);
    request_disown(request);
}

static void respond_failure(struct http_request *request, enum status status)
{
    if (status == STATUS_OK)
        status = status_fail(STATUS_INTERNAL, "handler of %s gave no answer", request->service->name);
    if (status_info(status)->fault != FAULT_CLIENT)
        log_failure(EVENT_HTTP_FAILED, status, "%s %s", request->method, request->path);
    http_respond_status(request, status);
}

void run_settle(struct http_request *request, enum status status, bool is_hang_up)
{
    if (status != STATUS_OK)
        request->is_wait_asked = false;
    if (request->is_wait_asked) {
        request->is_wait_asked = false;
        log_set_request(NULL);
        registry_sleep(request);
        return;
    }
    if (request->stream != NULL) {
        finish_stream(request, status, is_hang_up);
        return;
    }
    if (is_hang_up)
        request->answer.is_cut = true;
    else if (!request->answer.is_set)
        respond_failure(request, status);
    finish(request);
}

static void run_handler(struct http_request *request)
{
    request->is_over_user_limit = !users_enter(request);
    trace_hook_request(request);
    enum status status = request->service->handle(request);
    users_leave(request);
    run_settle(request, status, false);
}

/* After a successful sign-in that had to be held back. */
static enum status run_held_back(struct http_request *request, enum http_wake_reason reason, void *data)
{
    (void)data;
    if (reason == HTTP_WAKE_HANG_UP)
        return STATUS_OK;
    request->is_over_user_limit = !users_enter(request);
    trace_hook_request(request);
    enum status status = request->service->handle(request);
    users_leave(request);
    return status;
}

/* True when the request may go on; else it is settled. */
static bool sign_in_first(struct http_request *request)
{
    if (request->is_open || request->is_signed_in)
        return true;
    enum status status = sign_in_step(request);
    if (status != STATUS_OK) {
        run_settle(request, request->is_wait_asked ? STATUS_OK : status, false);
        return false;
    }
    return true;
}

void run_request(void *data)
{
    struct http_request *request = data;
    log_set_request(request->id);
    if (!sign_in_first(request))
        return;
    if (request->is_job_sign_in_only) {
        request->is_job_sign_in_only = false;
        request->phase = PHASE_SIGNED_IN;
        life_resume(request);
        return;
    }
    if (request->sign_in_not_before > clock_monotonic_us()) {
        request->is_wait_asked = true;
        request->keeps_body = true;
        request->wait_deadline_us = request->sign_in_not_before;
        request->wait_function = run_held_back;
        request->sign_in_not_before = 0;
        run_settle(request, STATUS_OK, false);
        return;
    }
    run_handler(request);
}
