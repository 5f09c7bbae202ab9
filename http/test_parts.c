/* The parts that need no connection: targets, credentials, counts, deadlines, offline requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "basic.h"
#include "bourse/base/text.h"
#include "bourse/http/offline.h"
#include "counts.h"
#include "deadlines.h"
#include "path.h"

static void targets_are_read_one_way(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *query; /* path NULL: refused */
    } cases[] = {
        { "/EWS/Exchange.asmx", "/EWS/Exchange.asmx", "" },
        { "/a%20b/%C3%A4?x=%2e%2E&y", "/a b/\xC3\xA4", "x=%2e%2E&y" },
        { "/v1.0/user%40example.test?Protocol=EWS", "/v1.0/user@example.test", "Protocol=EWS" },
        { "https://mail.example.test/a?b", "/a", "b" },
        { "http://mail.example.test", "/", "" },
        { "*", "*", "" },
        { "/a?", "/a", "" },
        { "/100%25", "/100%", "" },
        { "/..", NULL, NULL },
        { "/a/../b", NULL, NULL },
        { "/a/./b", NULL, NULL },
        { "/a/%2e%2E/b", NULL, NULL },
        { "/a%2f..%2fb", NULL, NULL },
        { "/a%00", NULL, NULL },
        { "/a%0", NULL, NULL },
        { "/a%zz", NULL, NULL },
        { "/a%252e", NULL, NULL },
        { "/a\\b", NULL, NULL },
        { "/a%5Cb", NULL, NULL },
        { "/a%0Ab", NULL, NULL },
        { "/a b", NULL, NULL },
        { "/a\x7F", NULL, NULL },
        { "/\xC3\xA4", NULL, NULL },
        { "/%C3(", NULL, NULL },
        { "/a#b", NULL, NULL },
        { "a", NULL, NULL },
        { "", NULL, NULL },
        { "ftp://x/", NULL, NULL },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct target target = { 0 };
        enum status status = target_parse(mem, cases[i].text, &target);
        if ((status == STATUS_OK) != (cases[i].path != NULL))
            fail_msg("%s: %s", cases[i].text, status_info(status)->name);
        if (status == STATUS_OK) {
            assert_string_equal(target.path, cases[i].path);
            assert_string_equal(target.query, cases[i].query);
        }
        talloc_free(mem);
    }
}

static void query_values_are_decoded_once(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *query =
        "Email=user%40example.test&q=a+b%2Bc&empty=&flag&bad=%0&nul=%00&q=second&double=%2541&latin=%E4";
    assert_string_equal(query_value(mem, query, "email"), "user@example.test");
    assert_string_equal(query_value(mem, query, "Q"), "a b+c");
    assert_string_equal(query_value(mem, query, "empty"), "");
    assert_string_equal(query_value(mem, query, "flag"), "");
    assert_string_equal(query_value(mem, query, "double"), "%41");
    assert_null(query_value(mem, query, "bad"));
    assert_null(query_value(mem, query, "nul"));
    assert_null(query_value(mem, query, "latin"));
    assert_null(query_value(mem, query, "fla"));
    assert_null(query_value(mem, "", "q"));
    talloc_free(mem);
}

static void credentials_are_utf8_then_latin1(void **state)
{
    (void)state;
    static const struct {
        const char *field, *login, *password;
        enum status expected;
    } cases[] = {
        { "Basic YWxpY2U6c2VjcmV0", "alice", "secret", STATUS_OK },
        { "basic   YWxpY2U6c2VjcmV0 ", "alice", "secret", STATUS_OK },
        { "Basic RE9NXGFsaWNlOmE6Yg==", "DOM\\alice", "a:b", STATUS_OK },
        { "Basic asO8cmdlbjpww6Rzcw==", "j\xC3\xBCrgen", "p\xC3\xA4ss", STATUS_OK },
        { "Basic avxyZ2VuOnDkc3M=", "j\xC3\xBCrgen", "p\xC3\xA4ss", STATUS_OK },
        { "Basic Og==", "", "", STATUS_OK },
        { "Basic YWxpY2U=", NULL, NULL, STATUS_MALFORMED },
        { "Basic YQpiOmM=", NULL, NULL, STATUS_MALFORMED },
        { "Basic ###", NULL, NULL, STATUS_MALFORMED },
        { "Basic", NULL, NULL, STATUS_NOT_SUPPORTED },
        { "Bearer abc", NULL, NULL, STATUS_NOT_SUPPORTED },
        { "", NULL, NULL, STATUS_NOT_SUPPORTED },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct basic_credentials credentials = { 0 };
        enum status status = basic_parse(mem, slice_of_text(cases[i].field), &credentials);
        if (status != cases[i].expected)
            fail_msg("%s: %s", cases[i].field, status_info(status)->name);
        if (status == STATUS_OK) {
            assert_string_equal(credentials.login, cases[i].login);
            assert_string_equal((const char *)secret_reveal(credentials.password).data, cases[i].password);
        }
        talloc_free(mem);
    }
}

static void counts_go_up_and_down(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct counts *counts = counts_new(mem);
    for (uint8_t i = 0; i < 200; i++) {
        struct count_key key = { .bytes = { i } };
        assert_int_equal(counts_enter(counts, &key), 1);
        assert_int_equal(counts_enter(counts, &key), 2);
    }
    struct count_key key = { .bytes = { 7 } };
    counts_leave(counts, &key);
    assert_int_equal(counts_of(counts, &key), 1);
    counts_leave(counts, &key);
    counts_leave(counts, &key);
    assert_int_equal(counts_of(counts, &key), 0);
    assert_int_equal(counts_enter(counts, &key), 1);
    talloc_free(mem);
}

static void deadlines_come_in_order(void **state)
{
    (void)state;
    struct deadlines heap = { 0 };
    struct deadline entries[500] = { 0 };
    srand(3);
    assert_true(deadlines_reserve(&heap, ARRAY_LENGTH(entries)));
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        entries[i].at_us = rand() % 1000;
        deadlines_add(&heap, &entries[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i += 3)
        deadlines_remove(&heap, &entries[i]);
    deadlines_remove(&heap, &entries[0]);
    int64_t last = -1;
    size_t seen = 0;
    for (struct deadline *first; (first = deadlines_first(&heap)) != NULL; seen++) {
        assert_true(first->at_us >= last);
        assert_int_not_equal((first - entries) % 3, 0);
        last = first->at_us;
        deadlines_remove(&heap, first);
    }
    assert_int_equal(seen, ARRAY_LENGTH(entries) - (ARRAY_LENGTH(entries) + 2) / 3);
    deadlines_free(&heap);
}

static enum status finish_wait(struct http_request *request, enum http_wake_reason reason, void *data)
{
    assert_string_equal(data, "data");
    assert_int_equal(http_body(request).length, 0);
    http_respond(request, 200, "text/plain", slice_of_text(reason == HTTP_WAKE_EVENT ? "event" : "other"));
    return STATUS_OK;
}

static enum status handle_offline(struct http_request *request)
{
    const char *way = http_query(request, "way");
    if (strcmp(way, "wait") == 0)
        return http_wait(request, 0, finish_wait, (void *)(uintptr_t) "data");
    if (strcmp(way, "none") == 0)
        return STATUS_OK;
    struct http_stream *stream = NULL;
    http_set_header(request, "X-Bad", "a\r\nb");
    http_set_header(request, "X-Good", http_header(request, "x-in"));
    TRY(http_stream_begin(request, 200, "text/plain", &stream));
    TRY(http_stream_write(stream, http_body(request)));
    TRY(http_stream_write(stream, slice_of_text("!")));
    http_stream_end(stream, true);
    return STATUS_OK;
}

static void offline_requests_run_handlers(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = config_default(mem);
    const struct http_service service = { .name = "test", .path = "/t", .methods = "POST", .handle = handle_offline };
    const char *const headers[] = { "X-In", "in", NULL };
    struct guid principal = { .bytes = { 1 } };
    struct http_request *request = offline_request(mem, &service, config, "POST", "/t?way=stream", headers,
                                                   slice_of_text("body"), principal, "alice");
    offline_run(request);
    struct offline_answer answer = offline_answer(request);
    assert_true(answer.is_streamed && answer.is_ended);
    assert_true(slice_equal(answer.body, slice_of_text("body!")));
    assert_string_equal(offline_answer_header(request, "x-good"), "in");
    assert_null(offline_answer_header(request, "X-Bad"));
    request = offline_request(mem, &service, config, "POST", "/t?way=wait", NULL, slice_of_text("body"), principal,
                              "alice");
    offline_run(request);
    assert_true(offline_answer(request).is_waiting);
    assert_int_equal(offline_answer(request).status, 0);
    offline_wake(request, HTTP_WAKE_EVENT);
    assert_true(slice_equal(offline_answer(request).body, slice_of_text("event")));
    request = offline_request(mem, &service, config, "POST", "/t?way=none", NULL, slice_of_text(""), principal,
                              "alice");
    offline_run(request);
    assert_int_equal(offline_answer(request).status, 500);
    assert_null(offline_request(mem, &service, config, "POST", "/../t", NULL, slice_of_text(""), principal, "alice"));
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_read_one_way),         cmocka_unit_test(query_values_are_decoded_once),
        cmocka_unit_test(credentials_are_utf8_then_latin1), cmocka_unit_test(counts_go_up_and_down),
        cmocka_unit_test(deadlines_come_in_order),          cmocka_unit_test(offline_requests_run_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
