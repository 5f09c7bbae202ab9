#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <unistd.h>

#include "bourse/base/locks.h"
#include "bourse/base/metrics.h"
#include "bourse/base/workers.h"

static atomic_int done;

static void count(void *data)
{
    (void)data;
    atomic_fetch_add(&done, 1);
}

/* A gate that holds jobs until it opens. */
struct gate {
    struct lock lock;
    pthread_cond_t changed;
    int waiting;
    bool is_open;
};

static void gate_init(struct gate *gate)
{
    lock_init(&gate->lock, LOCK_DAEMON);
    lock_condition_init(&gate->changed);
    gate->waiting = 0;
    gate->is_open = false;
}

static void gate_destroy(struct gate *gate)
{
    lock_destroy(&gate->lock);
    pthread_cond_destroy(&gate->changed);
}

static void wait_at_gate(void *data)
{
    struct gate *gate = data;
    lock_take(&gate->lock);
    gate->waiting++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->is_open)
        lock_wait(&gate->lock, &gate->changed, -1);
    lock_release(&gate->lock);
    atomic_fetch_add(&done, 1);
}

static void gate_until_waiting(struct gate *gate, int wanted)
{
    lock_take(&gate->lock);
    while (gate->waiting < wanted)
        lock_wait(&gate->lock, &gate->changed, -1);
    lock_release(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    lock_take(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->changed);
    lock_release(&gate->lock);
}

static void runs_every_job(void **state)
{
    (void)state;
    struct workers *workers;
    atomic_store(&done, 0);
    assert_int_equal(workers_start(NULL, "test-with-a-long-name", 4, 1000, &workers), STATUS_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(workers_submit(workers, count, NULL), STATUS_OK);
    assert_true(workers_drain(workers, 10));
    assert_int_equal(atomic_load(&done), 1000);
    assert_int_equal(workers_submit(workers, count, NULL), STATUS_CANCELLED);
    workers_stop(workers);
    workers_stop(workers);
    talloc_free(workers);
    assert_int_equal(metric_value(METRIC_WORKERS_BUSY), 0);
    assert_int_equal(metric_value(METRIC_WORKERS_QUEUED), 0);
}

static void full_queue_says_busy(void **state)
{
    (void)state;
    struct workers *workers;
    struct gate gate;
    gate_init(&gate);
    atomic_store(&done, 0);
    assert_int_equal(workers_start(NULL, "busy", 2, 3, &workers), STATUS_OK);
    assert_int_equal(workers_submit(workers, wait_at_gate, &gate), STATUS_OK);
    assert_int_equal(workers_submit(workers, wait_at_gate, &gate), STATUS_OK);
    gate_until_waiting(&gate, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(workers_submit(workers, count, NULL), STATUS_OK);
    assert_int_equal(workers_queued(workers), 3);
    assert_int_equal(workers_submit(workers, count, NULL), STATUS_BUSY);
    assert_int_equal(metric_value(METRIC_WORKERS_BUSY), 2);
    assert_int_equal(metric_value(METRIC_WORKERS_QUEUED), 3);
    assert_false(workers_drain(workers, 0));
    gate_open(&gate);
    assert_true(workers_drain(workers, 10));
    assert_int_equal(atomic_load(&done), 5);
    talloc_free(workers);
    gate_destroy(&gate);
}

/* With no queue at all each idle thread still takes a job. */
static void no_queue_means_hand_over(void **state)
{
    (void)state;
    struct workers *workers;
    struct gate gate;
    gate_init(&gate);
    assert_int_equal(workers_start(NULL, "direct", 2, 0, &workers), STATUS_OK);
    assert_int_equal(workers_submit(workers, wait_at_gate, &gate), STATUS_OK);
    assert_int_equal(workers_submit(workers, wait_at_gate, &gate), STATUS_OK);
    assert_int_equal(workers_submit(workers, wait_at_gate, &gate), STATUS_BUSY);
    gate_open(&gate);
    talloc_free(workers); /* stops, and waits for both */
    gate_destroy(&gate);
}

static char chain_seen[64];

static void look_at_chain(void *data)
{
    (void)data;
    status_chain_text(chain_seen, sizeof chain_seen);
}

static void leave_a_cause(void *data)
{
    (void)data;
    (void)status_fail(STATUS_CORRUPT, "of another job");
}

static void job_starts_with_a_clear_chain(void **state)
{
    (void)state;
    struct workers *workers;
    chain_seen[0] = 'x';
    assert_int_equal(workers_start(NULL, "chain", 1, 5, &workers), STATUS_OK);
    assert_int_equal(workers_submit(workers, leave_a_cause, NULL), STATUS_OK);
    assert_int_equal(workers_submit(workers, look_at_chain, NULL), STATUS_OK);
    assert_true(workers_drain(workers, 10));
    talloc_free(workers);
    assert_string_equal(chain_seen, "");
}

static void refuses_silly_sizes(void **state)
{
    (void)state;
    struct workers *workers;
    assert_int_equal(workers_start(NULL, "none", 0, 5, &workers), STATUS_INVALID_ARGUMENT);
    assert_null(workers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_every_job),
        cmocka_unit_test(full_queue_says_busy),
        cmocka_unit_test(no_queue_means_hand_over),
        cmocka_unit_test(job_starts_with_a_clear_chain),
        cmocka_unit_test(refuses_silly_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
