#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"

#define NOON_TEXT "2026-11-21T12:00:00Z"

static char last_line[20000];
static int line_count;

static void keep_line(const char *line, void *data)
{
    (void)data;
    snprintf(last_line, sizeof last_line, "%s", line);
    line_count++;
}

static int start(void **state)
{
    (void)state;
    instant noon;
    assert_true(instant_parse(NOON_TEXT, &noon));
    clock_test_freeze(noon);
    log_open("httpd", STDERR_FILENO, LOG_LEVEL_INFO);
    log_set_sink(keep_line, NULL);
    log_set_request(NULL);
    status_chain_clear();
    line_count = 0;
    last_line[0] = '\0';
    return 0;
}

static int stop(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    clock_test_release();
    return 0;
}

static void line_is_one_object(void **state)
{
    (void)state;
    log_event(EVENT_STARTED, "port %d", 25);
    assert_string_equal(last_line, "{\"time\":\"" NOON_TEXT "\",\"level\":\"notice\",\"role\":\"httpd\",\"code\":\"B100\","
                                   "\"event\":\"STARTED\",\"message\":\"port 25\"}");
}

static void failure_has_status_cause_and_request(void **state)
{
    (void)state;
    log_set_request("req-1");
    assert_string_equal(log_request(), "req-1");
    enum status status = status_fail(STATUS_STORE_UNAVAILABLE, "connect \"db\"");
    log_failure(EVENT_HTTP_FAILED, status, "GetItem");
    assert_non_null(strstr(last_line, "\"level\":\"error\""));
    assert_non_null(strstr(last_line, "\"request\":\"req-1\",\"message\":\"GetItem\",\"status\":\"STORE_UNAVAILABLE\","
                                      "\"cause\":\"connect \\\"db\\\" (test_log.c:"));
    log_set_request(NULL);
    assert_string_equal(log_request(), "");
    log_event(EVENT_STARTED, "x");
    assert_null(strstr(last_line, "request"));
}

static void hostile_text_stays_in_its_string(void **state)
{
    (void)state;
    log_event(EVENT_STARTED, "%s", "a\"b\\c\nd\re\tf\x01g\x7Fh\xFFi\xE2\x82\xACj");
    assert_non_null(strstr(last_line, "\"message\":\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g\\u007fh\xEF\xBF\xBDi\xE2\x82\xACj\"}"));
    assert_null(strchr(last_line, '\n'));
}

static void long_text_is_cut_and_marked(void **state)
{
    (void)state;
    char *text = malloc(100001);
    memset(text, 1, 100000);
    text[100000] = '\0';
    log_set_request(text);
    (void)status_fail(STATUS_CORRUPT, "%s", text);
    for (int i = 0; i < 20; i++)
        (void)status_add(STATUS_CORRUPT, "%s", text);
    log_failure(EVENT_STORE_FAILED, STATUS_CORRUPT, "%s", text);
    free(text);
    size_t length = strlen(last_line);
    assert_true(length < 16384);
    assert_non_null(strstr(last_line, "\\u0001\xE2\x80\xA6\",\"status\":\"CORRUPT\""));
    assert_string_equal(last_line + length - 2, "\"}");
}

static void level_decides_what_shows(void **state)
{
    (void)state;
    log_event(EVENT_TRACE, "debug is below info");
    assert_int_equal(line_count, 0);
    log_set_level(LOG_LEVEL_DEBUG);
    log_event(EVENT_TRACE, "now it shows");
    assert_int_equal(line_count, 1);
    log_set_level(LOG_LEVEL_ERROR);
    log_event(EVENT_STARTED, "notice is below error");
    assert_int_equal(line_count, 1);
    /* A fault of ours raises the event, one of the client lowers it. */
    log_failure(EVENT_SMTP_REFUSED, STATUS_INTERNAL, "ours");
    assert_int_equal(line_count, 2);
    assert_non_null(strstr(last_line, "\"level\":\"error\""));
    log_failure(EVENT_HTTP_FAILED, STATUS_ITEM_NOT_FOUND, "the client's");
    assert_int_equal(line_count, 2);
}

#define THREADS 4
#define LINES_EACH 200

static void *write_many(void *data)
{
    for (int i = 0; i < LINES_EACH; i++)
        log_event(EVENT_STARTED, "thread %s line %d %0300d", (const char *)data, i, i);
    return NULL;
}

/* Lines of several threads never mix: each is whole. */
static void descriptor_gets_whole_lines(void **state)
{
    (void)state;
    char path[] = "/tmp/bourse-test-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    log_set_sink(NULL, NULL);
    FILE *file = fdopen(fd, "a+");
    log_open("smtpd", fileno(file), LOG_LEVEL_INFO);
    pthread_t threads[THREADS];
    char names[THREADS][2] = { "a", "b", "c", "d" };
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_open("httpd", STDERR_FILENO, LOG_LEVEL_INFO);
    rewind(file);
    char line[1000];
    int count = 0;
    for (; fgets(line, sizeof line, file) != NULL; count++) {
        assert_int_equal(strncmp(line, "{\"time\":\"" NOON_TEXT "\"", 30), 0);
        assert_string_equal(line + strlen(line) - 3, "\"}\n");
    }
    fclose(file);
    assert_int_equal(count, THREADS * LINES_EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(line_is_one_object, start, stop),
        cmocka_unit_test_setup_teardown(failure_has_status_cause_and_request, start, stop),
        cmocka_unit_test_setup_teardown(hostile_text_stays_in_its_string, start, stop),
        cmocka_unit_test_setup_teardown(long_text_is_cut_and_marked, start, stop),
        cmocka_unit_test_setup_teardown(level_decides_what_shows, start, stop),
        cmocka_unit_test_setup_teardown(descriptor_gets_whole_lines, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
