#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "bourse/base/clock.h"
#include "bourse/base/trace.h"

static void touch(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void only_the_switched_user_is_traced(void **state)
{
    (void)state;
    char folder[] = "/tmp/bourse-trace-XXXXXX", name[64], path[512], text[GUID_TEXT_SIZE], content[256] = "";
    struct guid who = guid_new(), other = guid_new();
    assert_non_null(mkdtemp(folder));
    assert_int_equal(trace_open(folder), STATUS_OK);
    assert_false(trace_is_on(who));
    touch(folder, "any.on");
    snprintf(name, sizeof name, "%s.on", guid_format(who, text));
    touch(folder, name);
    clock_test_freeze(clock_now());
    clock_test_advance(2 * INSTANT_PER_SECOND); /* the next look */
    assert_true(trace_is_on(who));
    assert_false(trace_is_on(other));
    trace_write(who, "test request", slice_of_text("hello"));
    snprintf(path, sizeof path, "%s/%s.log", folder, text);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t got = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[got] = '\0';
    assert_non_null(strstr(content, "test request (5 bytes)\nhello\n"));
    clock_test_advance((TRACE_FRESH_SECONDS + 2) * INSTANT_PER_SECOND); /* nobody keeps it fresh */
    assert_false(trace_is_on(who));
    clock_test_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(only_the_switched_user_is_traced) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
