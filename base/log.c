#include "bourse/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/text.h"

/* Bytes of a finished line, and what the escaped message and cause may take of it; the rest is enough for all other members. */
#define LINE_SIZE 16384
#define MESSAGE_TEXT 4096
#define MESSAGE_ESCAPED 8192
#define CAUSE_TEXT 2560
#define CAUSE_ESCAPED 6144
#define REQUEST_SIZE 41
#define REQUEST_ESCAPED 256

struct event_row {
    const char *name;
    const char *code;
    enum log_level level;
};

static const struct event_row events[] = {
#define EVENT(name_, code_, level_, text_) { .name = #name_, .code = code_, .level = LOG_LEVEL_##level_ },
#include "bourse/base/events.def"
#undef EVENT
};

static const char *const level_names[] = { "error", "warning", "notice", "info", "debug" };

static char log_role[32] = "bourse";
static atomic_int log_descriptor = STDERR_FILENO;
static atomic_int log_least = LOG_LEVEL_INFO;
static _Thread_local char request[REQUEST_SIZE];

static pthread_mutex_t sink_mutex = PTHREAD_MUTEX_INITIALIZER;
static void (*sink_function)(const char *line, void *data);
static void *sink_data;
static atomic_bool sink_is_set;

void log_open(const char *role, int fd, enum log_level least)
{
    snprintf(log_role, sizeof log_role, "%s", role);
    atomic_store(&log_descriptor, fd);
    log_set_level(least);
}

void log_set_level(enum log_level least)
{
    atomic_store(&log_least, (int)least);
}

void log_set_request(const char *request_id)
{
    snprintf(request, sizeof request, "%s", request_id != NULL ? request_id : "");
}

const char *log_request(void)
{
    return request;
}

void log_set_sink(void (*sink)(const char *line, void *data), void *data)
{
    pthread_mutex_lock(&sink_mutex);
    sink_function = sink;
    sink_data = data;
    atomic_store(&sink_is_set, sink != NULL);
    pthread_mutex_unlock(&sink_mutex);
}

/* A line under construction; it never overflows: members are bounded so that all fit. */
struct line {
    char bytes[LINE_SIZE];
    size_t length;
};

static void line_text(struct line *line, const char *text)
{
    size_t length = strlen(text);
    if (length < LINE_SIZE - line->length) {
        memcpy(line->bytes + line->length, text, length);
        line->length += length;
    }
}

/* The JSON form [RFC 8259] 7 of one character of valid UTF-8 into `out`; returns its length. */
static size_t escape_character(struct slice character, char out[8])
{
    uint8_t first = character.data[0];
    const char *shorthand = first == '"' ? "\\\"" : first == '\\' ? "\\\\" : first == '\n' ? "\\n" :
                            first == '\r' ? "\\r" : first == '\t' ? "\\t" : NULL;
    if (shorthand != NULL)
        return (size_t)snprintf(out, 8, "%s", shorthand);
    if (first < 0x20 || first == 0x7F)
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)first);
    memcpy(out, character.data, character.length);
    return character.length;
}

/* Appends a JSON string of at most `most` escaped bytes; longer text ends in an ellipsis, ill-formed UTF-8 becomes U+FFFD. */
static void line_string(struct line *line, const char *text, size_t most)
{
    struct slice rest = slice_of_text(text);
    size_t used = 0;
    line_text(line, "\"");
    while (rest.length > 0) {
        char escaped[8];
        size_t step;
        bool is_valid = utf8_step(rest, &step);
        struct slice character = is_valid ? slice_part(rest, 0, step) : slice_of_text("\xEF\xBF\xBD");
        size_t length = escape_character(character, escaped);
        if (used + length > most) {
            line_text(line, "\xE2\x80\xA6");
            break;
        }
        memcpy(line->bytes + line->length, escaped, length);
        line->length += length;
        used += length;
        rest = slice_part(rest, step, rest.length);
    }
    line_text(line, "\"");
}

static void line_member(struct line *line, const char *name, const char *value, size_t most)
{
    line_text(line, line->length > 1 ? ",\"" : "\"");
    line_text(line, name);
    line_text(line, "\":");
    line_string(line, value, most);
}

/* A failure of ours always shows; one that only the client can mend is no alarm. */
static enum log_level level_of(enum log_event event, enum status status)
{
    enum log_level level = events[event].level;
    enum status_fault fault = status_info(status)->fault;
    if (fault == FAULT_SERVER)
        return LOG_LEVEL_ERROR;
    if (fault == FAULT_CLIENT && level < LOG_LEVEL_NOTICE)
        return LOG_LEVEL_NOTICE;
    return level;
}

static void build_line(struct line *line, enum log_event event, enum status status, const char *message)
{
    char time[INSTANT_TEXT_SIZE];
    line_text(line, "{");
    line_member(line, "time", instant_format_precise(clock_now(), time), sizeof time);
    line_member(line, "level", level_names[level_of(event, status)], 16);
    line_member(line, "role", log_role, 64);
    line_member(line, "code", events[event].code, 16);
    line_member(line, "event", events[event].name, 64);
    if (request[0] != '\0')
        line_member(line, "request", request, REQUEST_ESCAPED);
    line_member(line, "message", message, MESSAGE_ESCAPED);
    if (status != STATUS_OK) {
        char cause[CAUSE_TEXT];
        line_member(line, "status", status_info(status)->name, 64);
        line_member(line, "cause", status_chain_text(cause, sizeof cause), CAUSE_ESCAPED);
    }
    line_text(line, "}\n");
}

/* One write(2): on pipes and files in append mode lines of several threads and processes do not mix. A full non-blocking
 * descriptor loses the line: work must not stop for its log. */
static void write_line(const struct line *line)
{
    size_t done = 0;
    while (done < line->length) {
        ssize_t wrote = write(atomic_load(&log_descriptor), line->bytes + done, line->length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return;
        done += (size_t)wrote;
    }
}

/* True if a sink took the line. */
static bool give_to_sink(struct line *line)
{
    if (!atomic_load(&sink_is_set))
        return false;
    pthread_mutex_lock(&sink_mutex);
    bool is_given = sink_function != NULL;
    if (is_given) {
        line->bytes[line->length - 1] = '\0';
        sink_function(line->bytes, sink_data);
        line->bytes[line->length - 1] = '\n';
    }
    pthread_mutex_unlock(&sink_mutex);
    return is_given;
}

void log_write(enum log_event event, enum status status, const char *format, ...)
{
    if ((int)level_of(event, status) > atomic_load(&log_least))
        return;
    int saved_errno = errno;
    char message[MESSAGE_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct line line;
    line.length = 0;
    build_line(&line, event, status, message);
    if (!give_to_sink(&line))
        write_line(&line);
    errno = saved_errno;
}
