/* Wake-ups: each changed mailbox is told, here and in another process, joined within 20 ms; a lost connection means "look at everything". */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "bourse/storage/events.h"
#include "fixture.h"

struct told {
    pthread_mutex_t mutex;
    int64_t mailbox; /* that is waited for */
    int times, everything, all;
};

static void wake(int64_t mailbox, void *data)
{
    struct told *told = data;
    pthread_mutex_lock(&told->mutex);
    told->times += mailbox == told->mailbox;
    told->everything += mailbox == -1;
    told->all++;
    pthread_mutex_unlock(&told->mutex);
}

static int read_counter(struct told *told, const int *counter)
{
    pthread_mutex_lock(&told->mutex);
    int value = *counter;
    pthread_mutex_unlock(&told->mutex);
    return value;
}

static bool becomes(struct told *told, const int *counter, int least)
{
    for (int i = 0; i < 300 && read_counter(told, counter) < least; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    return read_counter(told, counter) >= least;
}

static void both_processes_are_told(void **state)
{
    struct fixture *f = *state;
    struct told here = { .mutex = PTHREAD_MUTEX_INITIALIZER, .mailbox = f->mailbox }, there = here;
    struct wakeups *mine = NULL, *others = NULL;
    struct store *other = NULL;
    OK(store_open(f->mem, &(struct store_options){ .connection = getenv("BOURSE_TEST_PGCONN"), .connections = 2 }, &other));
    OK(wakeups_start(f->mem, f->store, wake, &here, &mine));
    OK(wakeups_start(f->mem, other, wake, &there, &others));
    assert_true(becomes(&here, &here.everything, 1) && becomes(&there, &there.everything, 1));
    fixture_item(f, f->inbox, "wakes");
    assert_true(becomes(&here, &here.times, 1));
    assert_true(becomes(&there, &there.times, 1));
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    talloc_free(tx); /* reading wakes nobody */
    int before = read_counter(&there, &there.times);
    for (int i = 0; i < 30; i++)
        fixture_item(f, f->inbox, "burst");
    assert_true(becomes(&there, &there.times, before + 1));
    nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    assert_in_range(read_counter(&there, &there.times) - before, 1, 29); /* joined */
    fixture_execute(f, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' OR query LIKE '%%pg_notify%%' AND pid <> pg_backend_pid()");
    assert_true(becomes(&there, &there.everything, 2));
    before = read_counter(&there, &there.times);
    nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    fixture_item(f, f->inbox, "after");
    assert_true(becomes(&there, &there.times, before + 1));
    talloc_free(mine);
    talloc_free(others);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup(both_processes_are_told, fixture_mailbox) };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
