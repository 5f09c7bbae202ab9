/* Whole requests against a store: golden/<name>.request.xml in, golden/<name>.answer.xml out, ids and times made equal. BOURSE_GOLDEN_WRITE=1 writes the
 * answers anew; tests/ews/check_golden.sh validates them against the schemas. */
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bourse/base/metrics.h"
#include "bourse/ews/ews.h"
#include "bourse/groupware/session.h"
#include "bourse/http/offline.h"

static struct slice read_file(TALLOC_CTX *mem, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = talloc_zero_array(mem, char, 1 << 20);
    size_t length = file != NULL ? fread(text, 1, (1 << 20) - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    return slice_of(text, length);
}

/* Everything between `begin` and the next `end` becomes "x". */
static char *blank(TALLOC_CTX *mem, const char *text, const char *begin, char end)
{
    char *out = talloc_strdup(mem, "");
    const char *at;
    while ((at = strstr(text, begin)) != NULL) {
        at += strlen(begin);
        out = talloc_asprintf_append(out, "%.*sx", (int)(at - text), text);
        text = strchr(at, end);
        assert_non_null(text);
    }
    return talloc_asprintf_append(out, "%s", text);
}

static char *normalized(TALLOC_CTX *mem, struct slice answer)
{
    static const char *const ids[] = { "Id Id=\"", "ChangeKey=\"" };
    char *text = slice_text(mem, answer);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
        text = blank(mem, text, ids[i], '"');
    return blank(mem, text, "<m:SyncState>", '<');
}

static struct offline_answer run(struct fixture *f, const char *method, struct slice body, struct http_request **out)
{
    struct user_profile *alice;
    OK(user_profile_of_address(f->mem, f->groupware, "alice@example.test", &alice));
    const struct http_service *service = ews_service(f->mem, f->groupware);
    assert_non_null(service);
    *out = offline_request(f->mem, service, f->config, method, "/ews/exchange.asmx", NULL, body, alice->guid, "alice");
    assert_non_null(*out);
    offline_run(*out);
    return offline_answer(*out);
}

static void compare(struct fixture *f, const char *name)
{
    struct http_request *request;
    char *in = talloc_asprintf(f->mem, "golden/%s.request.xml", name), *out = talloc_asprintf(f->mem, "golden/%s.answer.xml", name);
    struct offline_answer answer = run(f, "POST", read_file(f->mem, in), &request);
    char *text = talloc_asprintf(f->mem, "%s\n", normalized(f->mem, answer.body));
    assert_string_equal(answer.content_type, "text/xml; charset=utf-8");
    assert_int_equal(answer.status, strstr(text, "<s:Fault>") != NULL ? 500 : 200);
    if (getenv("BOURSE_GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(out, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    assert_string_equal((const char *)read_file(f->mem, out).data, text);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void answers_are_golden(void **state)
{
    struct fixture *f = *state;
    struct dirent **entries = NULL;
    int count = scandir("golden", &entries, NULL, by_name), requests = 0;
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        char *end = strstr(entries[i]->d_name, ".request.xml");
        if (end != NULL) {
            *end = '\0';
            compare(f, entries[i]->d_name);
            requests++;
        }
        free(entries[i]);
    }
    free(entries);
    assert_true(requests >= 10);
}

static void browser_gets_a_page(void **state)
{
    struct fixture *f = *state;
    struct http_request *request;
    struct offline_answer answer = run(f, "GET", (struct slice){ 0 }, &request);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "text/html; charset=utf-8");
}

static struct slice soap(struct fixture *f, const char *body)
{
    return slice_of_text(talloc_asprintf(f->mem, "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types'"
                                                 " xmlns:m='http://schemas.microsoft.com/exchange/services/2006/messages'><s:Header><t:RequestServerVersion Version='Exchange2016'/>"
                                                 "</s:Header><s:Body>%s</s:Body></s:Envelope>", body));
}

static char *between(struct fixture *f, struct offline_answer answer, const char *begin, char end)
{
    char *text = slice_text(f->mem, answer.body), *at = strstr(text, begin);
    if (at == NULL)
        fail_msg("%s is not in %s", begin, text);
    return talloc_strndup(f->mem, at + strlen(begin), strcspn(at + strlen(begin), (char[]){ end, '\0' }));
}

/* A stream sleeps, wakes with the event, and ends when the server drains. */
static void stream_tells_of_new_items(void **state)
{
    struct fixture *f = *state;
    struct http_request *request, *other;
    struct offline_answer answer = run(f, "POST", soap(f, "<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id='drafts'/></t:FolderIds><t:EventTypes>"
                                                          "<t:EventType>CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>"), &other);
    char *id = between(f, answer, "<m:SubscriptionId>", '<');
    answer = run(f, "POST", soap(f, talloc_asprintf(f->mem, "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>%s</t:SubscriptionId></m:SubscriptionIds>"
                                                            "<m:ConnectionTimeout>5</m:ConnectionTimeout></m:GetStreamingEvents>", id)), &request);
    assert_true(answer.is_streamed && answer.is_waiting && !answer.is_ended);
    assert_string_equal(between(f, answer, "<m:ConnectionStatus>", '<'), "OK");
    run(f, "POST", soap(f, "<m:CreateItem MessageDisposition='SaveOnly'><m:Items><t:Message><t:Subject>x</t:Subject></t:Message></m:Items></m:CreateItem>"), &other);
    offline_wake(request, HTTP_WAKE_EVENT);
    answer = offline_answer(request);
    assert_true(answer.is_waiting);
    assert_string_equal(between(f, answer, "<t:SubscriptionId>", '<'), id);
    assert_non_null(between(f, answer, "<t:CreatedEvent>", '>'));
    offline_wake(request, HTTP_WAKE_DRAIN);
    answer = offline_answer(request);
    assert_true(answer.is_ended && !answer.is_waiting);
    assert_string_equal(between(f, answer, "<m:ConnectionStatus>Close", '<'), "d");
}

/* A second connection takes the subscription over: the first ends with its own code, the second goes on. */
static void newer_stream_replaces_older(void **state)
{
    struct fixture *f = *state;
    struct http_request *first, *second, *other;
    struct offline_answer answer = run(f, "POST", soap(f, "<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id='drafts'/></t:FolderIds><t:EventTypes>"
                                                          "<t:EventType>CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>"), &other);
    struct slice listen = soap(f, talloc_asprintf(f->mem, "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>%s</t:SubscriptionId></m:SubscriptionIds>"
                                                          "<m:ConnectionTimeout>5</m:ConnectionTimeout></m:GetStreamingEvents>", between(f, answer, "<m:SubscriptionId>", '<')));
    assert_true(run(f, "POST", listen, &first).is_waiting);
    assert_true(run(f, "POST", listen, &second).is_waiting);
    offline_wake(first, HTTP_WAKE_EVENT);
    answer = offline_answer(first);
    assert_true(answer.is_ended && !answer.is_waiting);
    assert_string_equal(between(f, answer, "<m:ResponseCode>ErrorNewEventStream", '<'), "ConnectionOpened");
    offline_wake(second, HTTP_WAKE_EVENT);
    assert_true(offline_answer(second).is_waiting);
    offline_wake(second, HTTP_WAKE_DRAIN);
}

/* Statements until now, once the threads that follow what was written (wake-ups) have come to rest. */
static int64_t quiet_statements(void)
{
    int64_t count, before = -1;
    while ((count = metric_value(METRIC_STORE_STATEMENTS)) != before) {
        before = count;
        usleep(200000);
    }
    return count;
}

/* One store transaction loads all items of a GetItem. */
static void batch_is_one_round_trip(void **state)
{
    struct fixture *f = *state;
    struct http_request *other;
    char *ids = talloc_strdup(f->mem, "");
    for (int i = 0; i < 20; i++) {
        struct offline_answer made = run(f, "POST", soap(f, "<m:CreateItem MessageDisposition='SaveOnly'><m:Items><t:Message><t:Subject>x</t:Subject></t:Message></m:Items></m:CreateItem>"), &other);
        ids = talloc_asprintf_append(ids, "<t:ItemId Id='%s'/>", between(f, made, "<t:ItemId Id=\"", '"'));
    }
    int64_t statements[2];
    static const int counts[2] = { 1, 20 };
    for (int k = 0; k < 2; k++) {
        const char *part = counts[k] == 1 ? talloc_strndup(f->mem, ids, (size_t)(strstr(ids + 1, "<t:ItemId") - ids)) : ids;
        int64_t before = quiet_statements();
        run(f, "POST", soap(f, talloc_asprintf(f->mem, "<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds>%s</m:ItemIds></m:GetItem>", part)), &other);
        statements[k] = metric_value(METRIC_STORE_STATEMENTS) - before;
    }
    assert_int_equal(statements[0], statements[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_are_golden, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(browser_gets_a_page, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(stream_tells_of_new_items, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(newer_stream_replaces_older, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(batch_is_one_round_trip, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
