#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "bourse/base/loop.h"

struct trace {
    struct loop *loop;
    char text[64];
    size_t length;
    int count;
    struct loop_timer *timer;
    struct loop_watch *watch;
};

static void stop(void *data)
{
    struct trace *trace = data;
    loop_stop(trace->loop);
}

static void note_a(void *data)
{
    struct trace *trace = data;
    trace->text[trace->length++] = 'a';
}

static void note_b(void *data)
{
    struct trace *trace = data;
    trace->text[trace->length++] = 'b';
}

static void posts_run_in_order_before_the_stop(void **state)
{
    (void)state;
    struct trace trace = { .loop = loop_new(NULL) };
    assert_non_null(trace.loop);
    assert_int_equal(loop_post(trace.loop, note_a, &trace), STATUS_OK);
    assert_int_equal(loop_post(trace.loop, note_b, &trace), STATUS_OK);
    assert_int_equal(loop_post(trace.loop, note_a, &trace), STATUS_OK);
    loop_stop(trace.loop);
    loop_run(trace.loop);
    assert_string_equal(trace.text, "aba");
    /* A loop can run again. */
    assert_int_equal(loop_post(trace.loop, note_b, &trace), STATUS_OK);
    assert_int_equal(loop_post(trace.loop, stop, &trace), STATUS_OK);
    loop_run(trace.loop);
    assert_string_equal(trace.text, "abab");
    /* What is posted and never run is let go with the loop. */
    assert_int_equal(loop_post(trace.loop, note_b, &trace), STATUS_OK);
    talloc_free(trace.loop);
}

static void count_and_stop(void *data)
{
    struct trace *trace = data;
    if (++trace->count == 3) {
        talloc_free(trace->timer); /* from its own callback */
        loop_stop(trace->loop);
    }
}

static void timers_fire_and_cancel(void **state)
{
    (void)state;
    struct trace trace = { .loop = loop_new(NULL) };
    TALLOC_CTX *mem = talloc_new(NULL);
    assert_non_null(loop_timer_once(trace.loop, mem, 2000, note_b, &trace));
    assert_non_null(loop_timer_once(trace.loop, mem, 0, note_a, &trace));
    struct loop_timer *cancelled = loop_timer_once(trace.loop, mem, 1000, stop, &trace);
    talloc_free(cancelled);
    trace.timer = loop_timer_every(trace.loop, mem, 3000, count_and_stop, &trace);
    loop_run(trace.loop);
    assert_int_equal(trace.count, 3);
    assert_string_equal(trace.text, "ab");
    /* The loop may go first. */
    assert_non_null(loop_timer_once(trace.loop, mem, 1000000, stop, &trace));
    talloc_free(trace.loop);
    talloc_free(mem);
}

static void read_byte(int fd, void *data)
{
    struct trace *trace = data;
    char byte;
    assert_int_equal(read(fd, &byte, 1), 1);
    trace->text[trace->length++] = byte;
    if (byte == 'z')
        talloc_free(trace->watch);
}

static void on_signal(int signal_number, void *data)
{
    struct trace *trace = data;
    trace->count = signal_number;
    loop_stop(trace->loop);
}

static void watches_descriptors_and_signals(void **state)
{
    (void)state;
    struct trace trace = { .loop = loop_new(NULL) };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    trace.watch = loop_watch_readable(trace.loop, trace.loop, ends[0], read_byte, &trace);
    assert_non_null(trace.watch);
    assert_non_null(loop_watch_signal(trace.loop, trace.loop, SIGUSR1, on_signal, &trace));
    assert_int_equal(write(ends[1], "xyz!", 4), 4);
    assert_int_equal(loop_post(trace.loop, note_a, &trace), STATUS_OK);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    loop_run(trace.loop);
    assert_int_equal(trace.count, SIGUSR1);
    loop_stop(trace.loop);
    loop_run(trace.loop);
    talloc_free(trace.loop);
    close(ends[0]);
    close(ends[1]);
}

#define POSTS 2000

static void count_up(void *data)
{
    struct trace *trace = data;
    if (++trace->count == 2 * POSTS)
        loop_stop(trace->loop);
}

static void *post_many(void *data)
{
    struct trace *trace = data;
    for (int i = 0; i < POSTS; i++) {
        if (loop_post(trace->loop, count_up, trace) != STATUS_OK)
            return NULL;
    }
    return NULL;
}

static void other_threads_post(void **state)
{
    (void)state;
    struct trace trace = { .loop = loop_new(NULL) };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &trace), 0);
    loop_run(trace.loop);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(trace.count, 2 * POSTS);
    talloc_free(trace.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_run_in_order_before_the_stop),
        cmocka_unit_test(timers_fire_and_cancel),
        cmocka_unit_test(watches_descriptors_and_signals),
        cmocka_unit_test(other_threads_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
