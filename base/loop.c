#include "bourse/base/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bourse/base/locks.h"

struct posted {
    struct posted *next;
    void (*function)(void *data);
    void *data;
};

/* What timers and watches share: an event that must go before its loop does. */
struct handle {
    struct handle *next;
    struct handle **link; /* what points here; NULL once the loop is gone */
    struct event *event;
};

struct loop {
    struct event_base *base;
    struct event *wake_event;
    int wake_descriptor; /* eventfd; a write wakes the loop */
    atomic_bool is_stopping;
    struct lock lock; /* guards the posted functions */
    struct posted *first;
    struct posted **last;
    struct handle *handles;
};

struct loop_timer {
    struct handle handle;
    void (*function)(void *data);
    void *data;
};

struct loop_watch {
    struct handle handle;
    void (*on_descriptor)(int fd, void *data);
    void (*on_signal)(int signal_number, void *data);
    void *data;
};

static struct posted *take_posted(struct loop *loop)
{
    lock_take(&loop->lock);
    struct posted *first = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    lock_release(&loop->lock);
    return first;
}

static void on_wake(evutil_socket_t fd, short what, void *data)
{
    (void)what;
    struct loop *loop = data;
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    /* Read before the queue is taken: what is posted together with the stop still runs. */
    bool is_stopping = atomic_load(&loop->is_stopping);
    struct posted *posted = take_posted(loop);
    while (posted != NULL) {
        struct posted *next = posted->next;
        posted->function(posted->data);
        free(posted);
        posted = next;
    }
    if (is_stopping)
        event_base_loopexit(loop->base, NULL);
}

static void free_handles(struct loop *loop)
{
    while (loop->handles != NULL) {
        struct handle *handle = loop->handles;
        loop->handles = handle->next;
        event_free(handle->event);
        handle->event = NULL;
        handle->link = NULL;
    }
}

static int free_loop(struct loop *loop)
{
    free_handles(loop);
    if (loop->wake_event != NULL)
        event_free(loop->wake_event);
    if (loop->base != NULL)
        event_base_free(loop->base);
    if (loop->wake_descriptor >= 0)
        close(loop->wake_descriptor);
    for (struct posted *posted = take_posted(loop); posted != NULL;) {
        struct posted *next = posted->next;
        free(posted);
        posted = next;
    }
    lock_destroy(&loop->lock);
    return 0;
}

static void use_threads(void)
{
    evthread_use_pthreads();
}

struct loop *loop_new(TALLOC_CTX *mem)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, use_threads);
    struct loop *loop = talloc_zero(mem, struct loop);
    if (loop == NULL)
        return NULL;
    lock_init(&loop->lock, LOCK_LOOP);
    loop->last = &loop->first;
    loop->wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    talloc_set_destructor(loop, free_loop);
    loop->base = event_base_new();
    if (loop->base != NULL && loop->wake_descriptor >= 0)
        loop->wake_event = event_new(loop->base, loop->wake_descriptor, EV_READ | EV_PERSIST, on_wake, loop);
    if (loop->wake_event == NULL || event_add(loop->wake_event, NULL) != 0) {
        talloc_free(loop);
        return NULL;
    }
    return loop;
}

void loop_run(struct loop *loop)
{
    event_base_dispatch(loop->base);
    atomic_store(&loop->is_stopping, false);
}

static void wake(struct loop *loop)
{
    uint64_t one = 1;
    /* EAGAIN means that the counter is full: the loop is awake anyway. */
    while (write(loop->wake_descriptor, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->is_stopping, true);
    wake(loop);
}

enum status loop_post(struct loop *loop, void (*function)(void *data), void *data)
{
    /* Not talloc: the poster is another thread. */
    struct posted *posted = malloc(sizeof *posted);
    if (posted == NULL)
        return status_fail(STATUS_NO_MEMORY, "post to loop");
    *posted = (struct posted){ .function = function, .data = data };
    lock_take(&loop->lock);
    *loop->last = posted;
    loop->last = &posted->next;
    lock_release(&loop->lock);
    wake(loop);
    return STATUS_OK;
}

static void unlink_handle(struct handle *handle)
{
    if (handle->link == NULL)
        return;
    *handle->link = handle->next;
    if (handle->next != NULL)
        handle->next->link = handle->link;
    event_free(handle->event); /* also from within its own callback */
}

/* Registers the event with the loop. False (and nothing registered) when the system refuses. */
static bool link_handle(struct loop *loop, struct handle *handle, struct event *event, const struct timeval *after)
{
    if (event == NULL)
        return false;
    if (event_add(event, after) != 0) {
        event_free(event);
        return false;
    }
    handle->event = event;
    handle->next = loop->handles;
    handle->link = &loop->handles;
    if (handle->next != NULL)
        handle->next->link = &handle->next;
    loop->handles = handle;
    return true;
}

static int free_timer(struct loop_timer *timer)
{
    unlink_handle(&timer->handle);
    return 0;
}

static int free_watch(struct loop_watch *watch)
{
    unlink_handle(&watch->handle);
    return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *data)
{
    (void)fd;
    (void)what;
    struct loop_timer *timer = data;
    timer->function(timer->data); /* may free the timer */
}

static struct loop_timer *new_timer(struct loop *loop, TALLOC_CTX *mem, int64_t microseconds, short flags,
                                    void (*function)(void *data), void *data)
{
    struct loop_timer *timer = talloc_zero(mem, struct loop_timer);
    if (timer == NULL)
        return NULL;
    timer->function = function;
    timer->data = data;
    if (microseconds < 0)
        microseconds = 0;
    struct timeval after = { .tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000 };
    if (!link_handle(loop, &timer->handle, event_new(loop->base, -1, flags, on_timer, timer), &after)) {
        talloc_free(timer);
        return NULL;
    }
    talloc_set_destructor(timer, free_timer);
    return timer;
}

struct loop_timer *loop_timer_once(struct loop *loop, TALLOC_CTX *mem, int64_t microseconds,
                                   void (*function)(void *data), void *data)
{
    return new_timer(loop, mem, microseconds, 0, function, data);
}

struct loop_timer *loop_timer_every(struct loop *loop, TALLOC_CTX *mem, int64_t microseconds,
                                    void (*function)(void *data), void *data)
{
    return new_timer(loop, mem, microseconds, EV_PERSIST, function, data);
}

static void on_watch(evutil_socket_t fd, short what, void *data)
{
    (void)what;
    struct loop_watch *watch = data;
    if (watch->on_signal != NULL)
        watch->on_signal(fd, watch->data);
    else
        watch->on_descriptor(fd, watch->data);
}

static struct loop_watch *new_watch(struct loop *loop, TALLOC_CTX *mem, int fd, short what, struct loop_watch model)
{
    struct loop_watch *watch = talloc_zero(mem, struct loop_watch);
    if (watch == NULL)
        return NULL;
    *watch = model;
    if (!link_handle(loop, &watch->handle, event_new(loop->base, fd, what | EV_PERSIST, on_watch, watch), NULL)) {
        talloc_free(watch);
        return NULL;
    }
    talloc_set_destructor(watch, free_watch);
    return watch;
}

struct loop_watch *loop_watch_readable(struct loop *loop, TALLOC_CTX *mem, int fd, void (*function)(int fd, void *data),
                                       void *data)
{
    return new_watch(loop, mem, fd, EV_READ, (struct loop_watch){ .on_descriptor = function, .data = data });
}

struct loop_watch *loop_watch_signal(struct loop *loop, TALLOC_CTX *mem, int signal_number,
                                     void (*function)(int signal_number, void *data), void *data)
{
    return new_watch(loop, mem, signal_number, EV_SIGNAL, (struct loop_watch){ .on_signal = function, .data = data });
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}
