#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/locks.h"

static struct lock outer, inner, also_inner;

static int make_locks(void **state)
{
    (void)state;
    lock_init(&outer, LOCK_HTTP_REQUEST);
    lock_init(&inner, LOCK_STORE_POOL);
    lock_init(&also_inner, LOCK_STORE_POOL);
    return 0;
}

static int destroy_locks(void **state)
{
    (void)state;
    lock_destroy(&outer);
    lock_destroy(&inner);
    lock_destroy(&also_inner);
    return 0;
}

static void order_of_the_table_is_fine(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        lock_take(&outer);
        lock_take(&inner);
        lock_release(&outer); /* not nested, still in order */
        lock_release(&inner);
    }
    lock_take(&inner);
    lock_release(&inner);
    lock_take(&outer);
    lock_release(&outer);
}

static void take_inner_then_outer(void)
{
    lock_take(&inner);
    lock_take(&outer);
}

static void take_same_rank_twice(void)
{
    lock_take(&inner);
    lock_take(&also_inner);
}

static void release_what_is_not_held(void)
{
    lock_release(&inner);
}

/* Runs it in a child and gives what that wrote; the child must have aborted. */
static void assert_aborts(void (*function)(void), const char *message)
{
    int ends[2];
    char text[2000] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        function();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGABRT);
    assert_non_null(strstr(text, message));
}

static void wrong_order_aborts_with_names(void **state)
{
    (void)state;
#ifdef NDEBUG
    skip();
#endif
    assert_aborts(take_inner_then_outer, "lock order broken: HTTP_REQUEST taken while STORE_POOL is held");
    assert_aborts(take_same_rank_twice, "lock order broken: STORE_POOL taken while STORE_POOL is held");
    assert_aborts(release_what_is_not_held, "lock STORE_POOL released but not held");
}

static void wait_ends_at_its_deadline(void **state)
{
    (void)state;
    pthread_cond_t condition;
    lock_condition_init(&condition);
    lock_take(&outer);
    int64_t before = clock_monotonic_us();
    while (lock_wait(&outer, &condition, before + 20000))
        ;
    assert_true(clock_monotonic_us() >= before + 20000);
    assert_int_equal(lock_wait(&outer, &condition, before), 0);
    lock_release(&outer);
    pthread_cond_destroy(&condition);
}

static void *signal_condition(void *data)
{
    lock_take(&outer);
    pthread_cond_signal(data);
    lock_release(&outer);
    return NULL;
}

static void wait_is_woken(void **state)
{
    (void)state;
    pthread_cond_t condition;
    pthread_t thread;
    lock_condition_init(&condition);
    lock_take(&outer);
    assert_int_equal(pthread_create(&thread, NULL, signal_condition, &condition), 0);
    assert_int_equal(lock_wait(&outer, &condition, clock_monotonic_us() + 10000000), 1);
    lock_release(&outer);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&condition);
}

static void *advance_clock(void *data)
{
    (void)data;
    usleep(10000);
    clock_test_advance(INSTANT_PER_HOUR);
    return NULL;
}

/* A deadline an hour ahead comes when a test turns the clock. */
static void wait_follows_the_test_clock(void **state)
{
    (void)state;
    pthread_cond_t condition;
    pthread_t thread;
    lock_condition_init(&condition);
    clock_test_freeze(instant_from_unix(0));
    int64_t deadline = clock_monotonic_us() + INT64_C(3600000000);
    assert_int_equal(pthread_create(&thread, NULL, advance_clock, NULL), 0);
    lock_take(&outer);
    while (lock_wait(&outer, &condition, deadline))
        ;
    lock_release(&outer);
    pthread_join(thread, NULL);
    assert_true(clock_now() == instant_from_unix(3600));
    clock_test_release();
    pthread_cond_destroy(&condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order_of_the_table_is_fine, make_locks, destroy_locks),
        cmocka_unit_test_setup_teardown(wrong_order_aborts_with_names, make_locks, destroy_locks),
        cmocka_unit_test_setup_teardown(wait_ends_at_its_deadline, make_locks, destroy_locks),
        cmocka_unit_test_setup_teardown(wait_is_woken, make_locks, destroy_locks),
        cmocka_unit_test_setup_teardown(wait_follows_the_test_clock, make_locks, destroy_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
