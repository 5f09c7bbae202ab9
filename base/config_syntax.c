/* A look at the whole file before libconfuse reads it. libconfuse takes an open section or string at the end of the file for closed, skips characters
 * that it does not know, expands environment variables, and keeps the state of its scanner after some errors, so that a good file
 * behind a bad one fails. All that is refused here, with a line number. */
#include <string.h>

#include "config_table.h"

#define DEEPEST 2 /* a list in a section */

struct scan {
    struct slice rest;
    int line;
    int depth;
    int section_line; /* where the outermost open brace is */
    const char *problem;
};

static bool fail(struct scan *scan, const char *problem)
{
    scan->problem = problem;
    return false;
}

static void advance(struct scan *scan, size_t count)
{
    for (size_t i = 0; i < count && i < scan->rest.length; i++)
        scan->line += scan->rest.data[i] == '\n';
    scan->rest = slice_part(scan->rest, count, scan->rest.length);
}

static uint8_t at(const struct scan *scan, size_t index)
{
    return index < scan->rest.length ? scan->rest.data[index] : 0;
}

static void skip_line_comment(struct scan *scan)
{
    ptrdiff_t end = slice_find_byte(scan->rest, '\n');
    advance(scan, end >= 0 ? (size_t)end : scan->rest.length);
}

static bool skip_block_comment(struct scan *scan)
{
    const void *end = memmem(scan->rest.data + 2, scan->rest.length - 2, "*/", 2);
    if (end == NULL)
        return fail(scan, "comment has no end");
    advance(scan, (size_t)((const uint8_t *)end - scan->rest.data) + 2);
    return true;
}

static bool skip_string(struct scan *scan, uint8_t quote)
{
    size_t length = 1;
    for (; at(scan, length) != quote; length++) {
        uint8_t byte = at(scan, length);
        if (byte == 0 || byte == '\n')
            return fail(scan, "string has no end on its line");
        if (quote == '"' && byte == '$' && at(scan, length + 1) == '{')
            return fail(scan, "environment variables are not expanded; write ${ in single quotes if it is meant");
        if (byte != '\\')
            continue;
        uint8_t next = at(scan, length + 1);
        if (next == quote || next == '\\')
            length++;
        else if (quote == '"')
            return fail(scan, "only \\\" and \\\\ may stand after a backslash");
    }
    advance(scan, length + 1);
    return true;
}

static bool skip_brace(struct scan *scan, uint8_t brace)
{
    if (brace == '{') {
        if (scan->depth == 0)
            scan->section_line = scan->line;
        if (++scan->depth > DEEPEST)
            return fail(scan, "too many opening braces");
    } else if (--scan->depth < 0) {
        return fail(scan, "closing brace without an opening one");
    }
    advance(scan, 1);
    return true;
}

/* A word without quotes. */
static bool skip_word(struct scan *scan)
{
    size_t length = 0;
    while (at(scan, length) != 0 && strchr(" \t\r\n#\"'={}()+,*", at(scan, length)) == NULL)
        length++;
    if (length == 0)
        return fail(scan, "unexpected character; texts other than plain words need quotes");
    if (scan->rest.data[length - 1] == '$' && at(scan, length) == '{')
        return fail(scan, "environment variables are not expanded");
    advance(scan, length);
    return true;
}

static bool skip_token(struct scan *scan)
{
    uint8_t first = at(scan, 0), second = at(scan, 1);
    if (first == ' ' || first == '\t' || first == '\n' || first == ',' || first == '=')
        advance(scan, 1);
    else if ((first == '\r' && second == '\n') || (first == '+' && second == '='))
        advance(scan, 2);
    else if (first == '#' || (first == '/' && second == '/'))
        skip_line_comment(scan);
    else if (first == '/' && second == '*')
        return skip_block_comment(scan);
    else if (first == '"' || first == '\'')
        return skip_string(scan, first);
    else if (first == '{' || first == '}')
        return skip_brace(scan, first);
    else
        return skip_word(scan);
    return true;
}

bool config_syntax_check(struct slice text, int *line, const char **problem)
{
    struct scan scan = { .rest = text, .line = 1 };
    bool is_good = true;
    while (is_good && scan.rest.length > 0)
        is_good = skip_token(&scan);
    if (is_good && scan.depth > 0) {
        scan.line = scan.section_line;
        is_good = fail(&scan, "the section that begins here is not closed");
    }
    *line = scan.line;
    *problem = scan.problem;
    return is_good;
}
