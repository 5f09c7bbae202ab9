/* Event loop of one thread (libevent): timers, descriptors, signals, and functions posted from other threads. */
#ifndef BOURSE_BASE_LOOP_H
#define BOURSE_BASE_LOOP_H

#include "bourse/base/status.h"
#include "bourse/base/slice.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct event_base;

/* The loop belongs to the thread that runs it. NULL when the system refuses. */
struct loop *loop_new(TALLOC_CTX *mem);
/* Runs until loop_stop; returns after the current callbacks end. */
void loop_run(struct loop *loop);
/* Any thread, signal-safe not. Functions posted before still run. Before loop_run it makes that return at once. */
void loop_stop(struct loop *loop);
/* Any thread: run `function(data)` in the loop's thread soon, in the order posted. */
enum status loop_post(struct loop *loop, void (*function)(void *data), void *data) MUST_CHECK;

/* Once after `microseconds`; the timer is a talloc child of `mem`: freeing it cancels it. */
struct loop_timer *loop_timer_once(struct loop *loop, TALLOC_CTX *mem, int64_t microseconds,
                                   void (*function)(void *data), void *data);
/* Every `microseconds` until freed. */
struct loop_timer *loop_timer_every(struct loop *loop, TALLOC_CTX *mem, int64_t microseconds,
                                    void (*function)(void *data), void *data);
/* Calls back while `fd` is readable; freeing it stops that (the descriptor stays open). */
struct loop_watch *loop_watch_readable(struct loop *loop, TALLOC_CTX *mem, int fd, void (*function)(int fd, void *data),
                                       void *data);
struct loop_watch *loop_watch_signal(struct loop *loop, TALLOC_CTX *mem, int signal_number,
                                     void (*function)(int signal_number, void *data), void *data);
/* For bufferevents and evconnlistener in transport. */
struct event_base *loop_base(struct loop *loop);

#endif
