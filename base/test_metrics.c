#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "bourse/base/metrics.h"

static void counts_and_exports(void **state)
{
    (void)state;
    struct buffer *out = buffer_new(NULL, 1 << 20);
    metric_add(METRIC_SMTP_ACCEPTED, 2);
    metric_add(METRIC_SMTP_ACCEPTED, 1);
    metric_set(METRIC_QUEUE_LENGTH, 17);
    metric_add(METRIC_QUEUE_LENGTH, -4);
    metric_observe_us(METRIC_HTTP_TIME, 500);
    metric_observe_us(METRIC_HTTP_TIME, 501);
    metric_observe_us(METRIC_HTTP_TIME, 1500000);
    metric_observe_us(METRIC_HTTP_TIME, INT64_C(3600000000));
    metric_observe_us(METRIC_HTTP_TIME, -5);
    assert_int_equal(metric_value(METRIC_SMTP_ACCEPTED), 3);
    assert_int_equal(metric_value(METRIC_QUEUE_LENGTH), 13);
    assert_int_equal(metric_value(METRIC_HTTP_TIME), 5);
    metrics_write(out, "smtpd");
    static const char *const expected[] = {
        "# HELP bourse_smtp_accepted_total Messages accepted\n# TYPE bourse_smtp_accepted_total counter\n"
        "bourse_smtp_accepted_total{role=\"smtpd\"} 3\n",
        "# TYPE bourse_queue_recipients gauge\nbourse_queue_recipients{role=\"smtpd\"} 13\n",
        "# TYPE bourse_http_request_seconds histogram\nbourse_http_request_seconds_bucket{role=\"smtpd\",le=\"0.0005\"} 2\n"
        "bourse_http_request_seconds_bucket{role=\"smtpd\",le=\"0.001\"} 3\n",
        "bourse_http_request_seconds_bucket{role=\"smtpd\",le=\"2.5\"} 4\n",
        "bourse_http_request_seconds_bucket{role=\"smtpd\",le=\"60\"} 4\n"
        "bourse_http_request_seconds_bucket{role=\"smtpd\",le=\"+Inf\"} 5\n"
        "bourse_http_request_seconds_sum{role=\"smtpd\"} 3601.501001\n"
        "bourse_http_request_seconds_count{role=\"smtpd\"} 5\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        assert_non_null(strstr(buffer_text(out), expected[i]));
    buffer_reset(out);
    metrics_write(out, "a\"b\\c\nd");
    assert_non_null(strstr(buffer_text(out), "{role=\"a\\\"b\\\\c\\nd\"} 3\n"));
    talloc_free(out);
}

static void *count_many(void *data)
{
    (void)data;
    for (int i = 0; i < 10000; i++) {
        metric_add(METRIC_DELIVERED, 1);
        metric_observe_us(METRIC_STORE_TIME, i);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_value(METRIC_DELIVERED), 40000);
    assert_int_equal(metric_value(METRIC_STORE_TIME), 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_exports),
        cmocka_unit_test(threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
