/* GetStreamingEvents [MS-OXWSNTIF] 3.1.4.2: an answer that goes on, one SOAP envelope after the other, until the time that the client asked for. Between
 * envelopes the request holds neither a thread nor a database connection. */
#include "bourse/base/log.h"
#include "bourse/http/long_poll.h"
#include "bourse/http/stream.h"
#include "notify.h"
#include "request_check.h"
#include "response.h"
#include "soap.h"
#include "streams.h"

#define EVENTS_MOST 200
#define SUBSCRIPTIONS_MOST 64
#define HEARTBEAT_US INT64_C(45000000)

/* Lives as long as the request; ids and numbers hang on it. */
struct streaming {
    struct ews_call *call;
    struct http_stream *stream;
    const char **ids;
    uint64_t *numbers;   /* of streams.h, one an id */
    size_t count;
    int64_t deadline_us;
    int64_t heartbeat_us;
};

/* One look at the subscriptions, with memory and a session of its own. */
struct look {
    struct ews_call *call;
    size_t written;      /* notifications */
    bool more;
};

static enum status look_begin(struct streaming *streaming, struct look *out)
{
    struct ews_call *call = talloc_zero(streaming->call, struct ews_call);
    if (call == NULL)
        return status_fail(STATUS_NO_MEMORY, "events");
    *call = *streaming->call;
    call->mem = call;
    *out = (struct look){ .call = call };
    TRY(soap_prepare(call));
    TRY(session_open(call->mem, http_service_data(call->request), http_principal(call->request), &call->session));
    TRY(response_begin(call));
    response_message(call);
    return STATUS_OK;
}

static enum status look_at(struct look *look, const char *id)
{
    struct event *events = NULL;
    size_t count = 0;
    char *next = NULL;
    bool more = false;
    TRY(subscription_events(look->call->mem, look->call->session, id, NULL, EVENTS_MOST, &events, &count, &next, &more));
    look->more = look->more || more;
    if (count == 0)
        return STATUS_OK;
    if (look->written++ == 0)
        xml_start(look->call->out, "m:Notifications");
    notify_write(look->call, id, NULL, NULL, more, events, count);
    return STATUS_OK;
}

static enum status look_send(struct streaming *streaming, struct look *look, const char *connection)
{
    if (look->written > 0)
        xml_end(look->call->out);
    xml_element(look->call->out, "m:ConnectionStatus", connection);
    response_message_end(look->call);
    TRY(response_end(look->call));
    TRY(buffer_status(look->call->buffer));
    streaming->heartbeat_us = clock_monotonic_us() + HEARTBEAT_US;
    return http_stream_write(streaming->stream, buffer_slice(look->call->buffer));
}

/* The subscription is gone or the store is down: the client is told and opens a new one. */
static void send_error(struct streaming *streaming, enum status status, const char *id)
{
    struct look look;
    struct ews_failure failure = ews_keep(streaming->call, status);
    if (status_info(status)->fault == FAULT_SERVER)
        log_failure(EVENT_HTTP_FAILED, status, "EWS GetStreamingEvents");
    look.call = talloc_memdup(streaming->call, streaming->call, sizeof *look.call);
    if (look.call == NULL || soap_prepare(look.call) != STATUS_OK || response_begin(look.call) != STATUS_OK)
        return;
    response_failure_open(look.call, ews_give(look.call, &failure));
    if (id != NULL) {
        xml_start(look.call->out, "m:ErrorSubscriptionIds");
        xml_element(look.call->out, "t:SubscriptionId", id);
        xml_end(look.call->out);
    }
    xml_element(look.call->out, "m:ConnectionStatus", "Closed");
    response_message_end(look.call);
    if (response_end(look.call) == STATUS_OK && http_stream_write(streaming->stream, buffer_slice(look.call->buffer)) != STATUS_OK)
        status_chain_clear();
    talloc_free(look.call);
}

/* Writes what has happened. `always`: an envelope even without events (heartbeat). *again: there is more right now. */
static enum status deliver(struct streaming *streaming, bool always, const char *connection, bool *again)
{
    struct look look = { 0 };
    size_t i = 0;
    enum status status = look_begin(streaming, &look);
    for (; status == STATUS_OK && i < streaming->count; i++)
        status = look_at(&look, streaming->ids[i]);
    *again = look.more;
    if (status != STATUS_OK)
        send_error(streaming, status, i > 0 ? streaming->ids[i - 1] : NULL);
    else if (look.written > 0 || always)
        status = look_send(streaming, &look, connection);
    talloc_free(look.call);
    return status;
}

static enum status woken(struct http_request *request, enum http_wake_reason reason, void *data);

static enum status sleep_on(struct streaming *streaming)
{
    int64_t until = streaming->deadline_us < streaming->heartbeat_us ? streaming->deadline_us : streaming->heartbeat_us;
    return http_wait(streaming->call->request, until, woken, streaming);
}

/* One turn: write, then sleep or end. The stream is over when this returns without http_wait. */
static enum status turn(struct streaming *streaming, bool always, bool last)
{
    bool again = true;
    enum status status = STATUS_OK;
    for (int rounds = 0; again && status == STATUS_OK && rounds < 10; rounds++)
        status = deliver(streaming, always && rounds == 0, last ? "Closed" : "OK", &again);
    if (status == STATUS_OK && !last)
        return sleep_on(streaming);
    status_chain_clear();
    http_stream_end(streaming->stream, status == STATUS_OK || status_info(status)->fault == FAULT_CLIENT);
    return STATUS_OK;
}

/* The first subscription that a newer connection serves, NULL when there is none. */
static const char *lost(const struct streaming *streaming)
{
    for (size_t i = 0; i < streaming->count; i++)
        if (!stream_is_newest(streaming->ids[i], streaming->numbers[i]))
            return streaming->ids[i];
    return NULL;
}

/* Events go to the newer connection alone: they were lost to the client here. */
static enum status give_way(struct streaming *streaming, const char *id)
{
    send_error(streaming, ews_fail(streaming->call, EWS_CODE_STREAM_REPLACED, "%s", id), id);
    status_chain_clear();
    http_stream_end(streaming->stream, true);
    return STATUS_OK;
}

static enum status woken(struct http_request *request, enum http_wake_reason reason, void *data)
{
    struct streaming *streaming = data;
    (void)request;
    if (reason == HTTP_WAKE_HANG_UP) {
        http_stream_end(streaming->stream, false);
        return STATUS_OK;
    }
    const char *replaced = lost(streaming);
    if (replaced != NULL)
        return give_way(streaming, replaced);
    int64_t now = clock_monotonic_us();
    bool last = reason == HTTP_WAKE_DRAIN || now >= streaming->deadline_us;
    return turn(streaming, last || now >= streaming->heartbeat_us, last);
}

static enum status read_request(struct ews_call *call, struct streaming *out)
{
    const struct xml_node *list = xml_child(call->operation, EWS_NS_MESSAGES, "SubscriptionIds");
    int64_t minutes = 0, most = config_int(call->config, CONFIG_ews_streaming_minutes);
    out->call = call;
    if (!request_parse_int(xml_child_text(call->operation, EWS_NS_MESSAGES, "ConnectionTimeout"), &minutes) || minutes < 1 || minutes > 30)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "ConnectionTimeout must be from 1 to 30 minutes.");
    if (xml_child_count(list) > SUBSCRIPTIONS_MOST)
        return ews_fail_text(call, EWS_CODE_VALUE_RANGE, "At most %d subscriptions a connection.", SUBSCRIPTIONS_MOST);
    out->ids = talloc_zero_array(out, const char *, ROOM(xml_child_count(list)));
    out->numbers = talloc_zero_array(out, uint64_t, ROOM(xml_child_count(list)));
    if (out->ids == NULL || out->numbers == NULL)
        return status_fail(STATUS_NO_MEMORY, "subscriptions");
    for (const struct xml_node *node = list->child; node != NULL; node = node->next)
        if ((out->ids[out->count++] = talloc_strdup(out, xml_text_of(node))) == NULL)
            return status_fail(STATUS_NO_MEMORY, "subscriptions");
    out->deadline_us = clock_monotonic_us() + (minutes < most ? minutes : most) * 60 * 1000000;
    return STATUS_OK;
}

/* Watches the mailboxes of all subscriptions. *bad: the first that is not there. */
static enum status watch(struct streaming *streaming, const char **bad)
{
    struct guid mailboxes[SUBSCRIPTIONS_MOST];
    struct http_server *server = http_request_server(streaming->call->request);
    for (size_t i = 0; i < streaming->count; i++) {
        *bad = streaming->ids[i];
        TRY(subscription_mailbox(streaming->call->session, streaming->ids[i], &mailboxes[i]));
    }
    *bad = NULL;
    for (size_t i = 0; i < streaming->count; i++) {
        streaming->numbers[i] = stream_serve(streaming->ids[i]);
        if (streaming->numbers[i] == 0)
            return status_fail(STATUS_NO_MEMORY, "stream");
        if (server != NULL)
            http_wake(server, mailboxes[i]); /* an older connection looks and ends */
    }
    return http_watch(streaming->call->request, mailboxes, streaming->count);
}

static enum status answer_bad(struct ews_call *call, enum status status, const char *bad)
{
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    response_failure_open(call, ews_give(call, &failure));
    xml_start(call->out, "m:ErrorSubscriptionIds");
    xml_element(call->out, "t:SubscriptionId", bad);
    xml_end(call->out);
    xml_element(call->out, "m:ConnectionStatus", "Closed");
    response_message_end(call);
    return response_end(call);
}

static int leave(struct streaming *streaming)
{
    for (size_t i = 0; i < streaming->count; i++)
        stream_leave(streaming->ids[i], streaming->numbers[i]);
    return 0;
}

enum status op_get_streaming_events(struct ews_call *call)
{
    const char *bad = NULL;
    struct streaming *streaming = talloc_zero(call->mem, struct streaming);
    if (streaming == NULL)
        return status_fail(STATUS_NO_MEMORY, "stream");
    TRY(read_request(call, streaming));
    talloc_set_destructor(streaming, leave);
    enum status status = watch(streaming, &bad);
    if (status != STATUS_OK && bad != NULL && status_info(status)->fault == FAULT_CLIENT)
        return answer_bad(call, status, bad);
    TRY(status);
    TRY(http_stream_begin(call->request, 200, "text/xml; charset=utf-8", &streaming->stream));
    call->is_waiting = true;
    return turn(streaming, true, false);
}
