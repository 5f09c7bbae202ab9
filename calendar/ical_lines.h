/* Content lines as iCalendar [RFC 5545] 3.1 and vCard [RFC 6350] 3.3 write them: unfolding, name, parameters, value, BEGIN/END blocks; and back, folded.
 * Linear in the input; nothing is copied but the unfolded text. */
#ifndef CALENDAR_ICAL_LINES_H
#define CALENDAR_ICAL_LINES_H

#include "bourse/base/buffer.h"

struct text_line {
    struct slice whole;  /* unfolded, as written */
    struct slice group;  /* "item1" of "item1.EMAIL"; empty */
    struct slice name;   /* any case */
    struct slice params; /* ";A=b;C=d", empty when there are none */
    struct slice value;  /* escaped as written */
    size_t end;          /* of a BEGIN line: index of its END; else 0 */
};

struct line_limits {
    size_t lines, blocks, depth;
};

/* All lines of `bytes` (CR LF, LF or CR); those without a colon and empty ones are left out. Soft breaks of quoted-printable values (vCard 2.1) are joined.
 * BEGIN and END are matched: STATUS_MALFORMED when they do not pair, STATUS_LIMIT_EXCEEDED. `text` of the lines lives on `mem`. */
enum status lines_read(TALLOC_CTX *mem, struct slice bytes, const struct line_limits *limits, struct text_line **out, size_t *count) MUST_CHECK;
/* Splits one unfolded line. False: it has no name or no colon. */
bool line_split(struct slice whole, struct text_line *out);

bool line_is(const struct text_line *line, const char *name);
/* The parameter's value as written, quotes included when it is a list; empty (data NULL) when absent. */
struct slice line_param(const struct text_line *line, const char *name);
/* The same, first value, without quotes, ^-escapes resolved [RFC 6868]; NULL when absent. */
char *line_param_text(TALLOC_CTX *mem, const struct text_line *line, const char *name);
/* Steps over the parameters: *rest begins as line->params. False at the end. A parameter without "=" (vCard 2.1) has an empty name. */
bool param_next(struct slice *rest, struct slice *name, struct slice *value);
/* Steps over a list that `separator` cuts, not inside quotes and not behind a backslash. *rest.data becomes NULL after the last one. */
bool list_next(struct slice *rest, char separator, struct slice *item);
/* The same for text values, where quotes are characters like others. */
bool text_next(struct slice *rest, char separator, struct slice *item);

/* What lies between a BEGIN and its END. */
struct text_block {
    const struct text_line *lines;
    size_t begin, end; /* indexes of the first inner line and of the END */
};
struct slice block_name(const struct text_block *block);
/* The next property line, or NULL and an inner block in *inner, in order. False at the end. *at begins as block->begin. */
bool block_next(const struct text_block *block, size_t *at, const struct text_line **line, struct text_block *inner);
/* First own line of that name, or NULL. */
const struct text_line *block_find(const struct text_block *block, const char *name);

/* ---- writing ---- */
/* Appends `length` bytes from `at` of the buffer's tail as one folded line: see line_end. */
void line_append_folded(struct buffer *out, struct slice line);
void param_append(struct buffer *out, const char *name, const char *value); /* ;NAME=value, quoted and ^-escaped when it must be */
/* Text with \\ \; \, \n escapes; CR is dropped. */
void text_append_escaped(struct buffer *out, struct slice text);
/* Back: \n becomes `newline`. NULL when out of memory. Other backslashes stand for the character behind them. */
char *text_unescaped(TALLOC_CTX *mem, struct slice value, const char *newline);

#endif
