/* Structured log: one JSON object a line on a descriptor (stderr by default). Each event has a code in events.def, so a user's log
 * line leads to one line of source. Only edges log; libraries return errors. Thread-safe; a line is one write(2). */
#ifndef BOURSE_BASE_LOG_H
#define BOURSE_BASE_LOG_H

#include "bourse/base/status.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_event {
#define EVENT(name, code, level, text) EVENT_##name,
#include "bourse/base/events.def"
#undef EVENT
    EVENT_COUNT
};

/* `role` ("httpd") is written into every line; `fd` stays the caller's. Call before threads start. */
void log_open(const char *role, int fd, enum log_level least);
void log_set_level(enum log_level least);

/* The request id (also given to clients) of the work that this thread does now; NULL ends it. Copied (at most 40 bytes). */
void log_set_request(const char *request_id);
const char *log_request(void); /* "" when none */

/* Writes event with a message. With a status: its name and the thread's cause chain are added, and its fault counts: a fault of ours makes the
 * line an error, one of the client alone at most a notice.
 * Never pass secrets: use struct secret, which cannot be printed. */
#define log_event(event, ...) log_write((event), STATUS_OK, __VA_ARGS__)
#define log_failure(event, status, ...) log_write((event), (status), __VA_ARGS__)
void log_write(enum log_event event, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* For tests: gets each line instead of the descriptor; NULL ends it. */
void log_set_sink(void (*sink)(const char *line, void *data), void *data);

#endif
