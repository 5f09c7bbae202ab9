/* From the text of an option to its value. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/base/buffer.h"
#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "config_table.h"

#define SECRET_FILE_MOST 65536

const char *const config_choices[CONFIG_COUNT] = {
#define CHOICES(section, name, words) [CONFIG_##section##_##name] = words,
#include "config_choices.def"
#undef CHOICES
};

const struct config_row config_rows[CONFIG_COUNT] = {
#define OPTION(section_, name_, type_, initial_, least_, most_, reload_, text_)                                    \
    { .section = #section_, .name = #name_, .type = CONFIG_TYPE_##type_, .initial = initial_, .least = least_,     \
      .most = most_, .reload = CONFIG_RELOAD_##reload_, .text = text_ },
#include "bourse/base/config.def"
#undef OPTION
};

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit size_units[] = {
    { "", 1 },
    { "B", 1 },
    { "KiB", INT64_C(1) << 10 },
    { "MiB", INT64_C(1) << 20 },
    { "GiB", INT64_C(1) << 30 },
    { "TiB", INT64_C(1) << 40 },
    { "kB", INT64_C(1000) },
    { "MB", INT64_C(1000000) },
    { "GB", INT64_C(1000000000) },
    { "TB", INT64_C(1000000000000) },
    { NULL, 0 },
};

static const struct unit duration_units[] = {
    { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 }, { NULL, 0 },
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

/* Digits at *at, moved behind them. False when there are none or too many. */
static bool read_digits(const char **at, int64_t *value)
{
    const char *first = *at;
    *value = 0;
    for (; isdigit((unsigned char)**at); (*at)++) {
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, **at - '0', value))
            return false;
    }
    return *at > first;
}

static const struct unit *find_unit(const struct unit *units, const char *name, size_t length)
{
    for (; units->name != NULL; units++) {
        if (slice_equal_ascii_nocase(slice_of_text(units->name), slice_of(name, length)))
            return units;
    }
    return NULL;
}

/* "12", "36 MiB"; with `may_repeat` also "1h30m". A leading minus is accepted for plain numbers. */
static bool parse_number(const char *text, const struct unit *units, bool may_repeat, int64_t *out)
{
    bool is_negative = units == no_units && *text == '-';
    const char *at = text + (is_negative ? 1 : 0);
    int64_t total = 0;
    do {
        int64_t value;
        if (!read_digits(&at, &value))
            return false;
        at += strspn(at, " ");
        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        const struct unit *unit = find_unit(units, at, length);
        at += length;
        at += strspn(at, " ");
        if (unit == NULL || __builtin_mul_overflow(value, unit->factor, &value) ||
            __builtin_add_overflow(total, value, &total))
            return false;
    } while (*at != '\0' && may_repeat);
    *out = is_negative ? -total : total;
    return *at == '\0';
}

bool config_write_bounds(const struct config_row *row, struct buffer *out)
{
    if (row->most != 0)
        buffer_printf(out, "%" PRId64 " to %" PRId64, row->least, row->most);
    else if (row->least != 0)
        buffer_printf(out, "at least %" PRId64, row->least);
    else
        return false;
    return true;
}

const char *config_type_text(enum config_type type)
{
    static const char *const texts[] = {
        [CONFIG_TYPE_BOOL] = "yes or no",
        [CONFIG_TYPE_INT] = "number",
        [CONFIG_TYPE_SIZE] = "size",
        [CONFIG_TYPE_DURATION] = "duration",
        [CONFIG_TYPE_TEXT] = "text",
        [CONFIG_TYPE_PATH] = "absolute path",
        [CONFIG_TYPE_LIST] = "list of texts",
        [CONFIG_TYPE_SECRET_FILE] = "absolute path of a file that holds the value",
    };
    return texts[type];
}

static bool parse_bool(const char *text, int64_t *out)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (ascii_equal_nocase(text, words[i])) {
            *out = (int64_t)(i % 2);
            return true;
        }
    }
    return false;
}

static bool number_in_bounds(const struct config_row *row, int64_t number, char problem[CONFIG_PROBLEM_SIZE])
{
    if (row->most != 0 && (number < row->least || number > row->most)) {
        snprintf(problem, CONFIG_PROBLEM_SIZE, "must be %" PRId64 " to %" PRId64 ", not %" PRId64, row->least, row->most,
                 number);
        return false;
    }
    if (number < row->least) {
        snprintf(problem, CONFIG_PROBLEM_SIZE, "must be at least %" PRId64 ", not %" PRId64, row->least, number);
        return false;
    }
    return true;
}

/* Example texts for messages, by type. */
static const char *number_examples(enum config_type type)
{
    return type == CONFIG_TYPE_SIZE ? "a size such as 512KiB or 36MiB" :
           type == CONFIG_TYPE_DURATION ? "a duration such as 30s, 5m, 4h or 2d" :
           type == CONFIG_TYPE_BOOL ? "yes or no" : "a number";
}

static bool value_number(const struct config_row *row, struct config_value *out, char problem[CONFIG_PROBLEM_SIZE])
{
    bool is_good = false;
    if (row->type == CONFIG_TYPE_BOOL)
        is_good = parse_bool(out->text, &out->number);
    else if (row->type == CONFIG_TYPE_SIZE)
        is_good = parse_number(out->text, size_units, false, &out->number);
    else if (row->type == CONFIG_TYPE_DURATION)
        is_good = parse_number(out->text, duration_units, true, &out->number);
    else
        is_good = parse_number(out->text, no_units, false, &out->number);
    if (!is_good) {
        snprintf(problem, CONFIG_PROBLEM_SIZE, "must be %s, not \"%.60s\"", number_examples(row->type), out->text);
        return false;
    }
    return row->type == CONFIG_TYPE_BOOL || number_in_bounds(row, out->number, problem);
}

static bool is_choice(const char *words, const char *text)
{
    struct slice rest = slice_of_text(words);
    while (rest.length > 0) {
        struct slice word;
        slice_split(rest, '|', &word, &rest);
        if (slice_equal(word, slice_of_text(text)))
            return true;
    }
    return false;
}

static bool value_text(const struct config_row *row, const char *words, const struct config_value *value,
                       char problem[CONFIG_PROBLEM_SIZE])
{
    bool is_path = row->type == CONFIG_TYPE_PATH || row->type == CONFIG_TYPE_SECRET_FILE;
    if (is_path && value->text[0] != '\0' && value->text[0] != '/') {
        snprintf(problem, CONFIG_PROBLEM_SIZE, "must be an absolute path, not \"%.100s\"", value->text);
        return false;
    }
    if (words != NULL && !is_choice(words, value->text)) {
        snprintf(problem, CONFIG_PROBLEM_SIZE, "must be one of %s, not \"%.60s\"", words, value->text);
        return false;
    }
    return true;
}

/* Elements between commas, trimmed, empty ones left out. */
static bool value_list(TALLOC_CTX *mem, struct config_value *out)
{
    size_t count = 1;
    for (const char *at = out->text; *at != '\0'; at++)
        count += *at == ',';
    const char **list = talloc_zero_size(mem, (count + 1) * sizeof *list);
    if (list == NULL)
        return false;
    struct slice rest = slice_of_text(out->text);
    for (size_t used = 0; rest.length > 0;) {
        struct slice element;
        slice_split(rest, ',', &element, &rest);
        element = slice_trim(element);
        if (element.length == 0)
            continue;
        list[used] = slice_text(list, element);
        if (list[used++] == NULL)
            return false;
    }
    out->list = list;
    return true;
}

static bool has_control_character(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    }
    return false;
}

bool config_value_parse(TALLOC_CTX *mem, const struct config_row *row, const char *text, struct config_value *out,
                        char problem[CONFIG_PROBLEM_SIZE])
{
    *out = (struct config_value){ .text = talloc_strdup(mem, text) };
    snprintf(problem, CONFIG_PROBLEM_SIZE, "out of memory");
    if (out->text == NULL)
        return false;
    if (has_control_character(out->text)) {
        snprintf(problem, CONFIG_PROBLEM_SIZE, "must not contain control characters");
        return false;
    }
    switch (row->type) {
    case CONFIG_TYPE_BOOL:
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_DURATION:
        return value_number(row, out, problem);
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_SECRET_FILE:
        return value_text(row, config_choices[row - config_rows], out, problem);
    case CONFIG_TYPE_LIST:
        return value_list(mem, out);
    }
    return false;
}

/* The whole regular file, at most `room` bytes, without its final newline. -1: errno says why. */
static ssize_t read_secret_bytes(const char *path, uint8_t *room, size_t size, mode_t *mode)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    struct stat about;
    ssize_t got = -1;
    if (fstat(fd, &about) == 0 && !S_ISREG(about.st_mode))
        errno = EINVAL;
    else if (about.st_size > (off_t)size)
        errno = EFBIG;
    else
        got = read(fd, room, size);
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    *mode = about.st_mode;
    if (got > 0 && room[got - 1] == '\n')
        got--;
    if (got > 0 && room[got - 1] == '\r')
        got--;
    return got;
}

bool config_secret_read(TALLOC_CTX *mem, const struct config_row *row, struct config_value *value,
                        char problem[CONFIG_PROBLEM_SIZE])
{
    if (value->text[0] == '\0')
        return true;
    snprintf(problem, CONFIG_PROBLEM_SIZE, "out of memory");
    uint8_t *room = talloc_size(mem, SECRET_FILE_MOST);
    if (room == NULL)
        return false;
    mode_t mode = 0;
    ssize_t length = read_secret_bytes(value->text, room, SECRET_FILE_MOST, &mode);
    if (length < 0)
        snprintf(problem, CONFIG_PROBLEM_SIZE, "cannot read \"%.120s\": %s", value->text, strerror(errno));
    else
        value->secret = secret_new(mem, slice_of(room, (size_t)length));
    secret_wipe(room, SECRET_FILE_MOST);
    talloc_free(room);
    if (value->secret != NULL && (mode & (S_IRWXO | S_IWGRP)) != 0)
        log_event(EVENT_CONFIG_WARNING, "%s.%s: \"%s\" has mode %04o: others may read or change it; use 0600 or 0640",
                  row->section, row->name, value->text, (unsigned)(mode & 07777));
    return value->secret != NULL;
}
