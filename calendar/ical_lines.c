#include "ical_lines.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"

static bool contains_nocase(struct slice text, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= text.length; i++) {
        if (slice_equal_ascii_nocase(slice_of(text.data + i, length), slice_of(word, length)))
            return true;
    }
    return false;
}

/* One physical line without its end. */
static struct slice next_physical(struct slice *rest)
{
    size_t length = 0;
    while (length < rest->length && rest->data[length] != '\n' && rest->data[length] != '\r')
        length++;
    struct slice line = slice_of(rest->data, length);
    size_t skip = length < rest->length ? 1 : 0;
    if (skip == 1 && rest->data[length] == '\r' && length + 1 < rest->length && rest->data[length + 1] == '\n')
        skip = 2;
    *rest = slice_part(*rest, length + skip, SIZE_MAX);
    return line;
}

/* Does the line so far end in a soft break of quoted-printable? The name and parameters that say so are within the first 256 bytes, which keeps this linear. */
static bool is_soft_break(struct slice line)
{
    if (line.length == 0 || line.data[line.length - 1] != '=')
        return false;
    struct slice head = slice_part(line, 0, 256);
    ptrdiff_t colon = slice_find_byte(head, ':');
    return colon > 0 && contains_nocase(slice_part(head, 0, (size_t)colon), "QUOTED-PRINTABLE");
}

/* Appends the next logical line and says where it begins; false at the end of input. */
static bool unfold(struct slice *rest, struct buffer *text, size_t *start)
{
    if (rest->length == 0)
        return false;
    *start = buffer_length(text);
    buffer_append_slice(text, next_physical(rest));
    while (rest->length > 0) {
        struct slice line = slice_part(buffer_slice(text), *start, SIZE_MAX);
        bool soft = is_soft_break(line);
        if (soft)
            buffer_truncate(text, buffer_length(text) - 1);
        else if (rest->data[0] != ' ' && rest->data[0] != '\t')
            break;
        struct slice more = next_physical(rest);
        bool folded = more.length > 0 && (more.data[0] == ' ' || more.data[0] == '\t');
        buffer_append_slice(text, !soft && folded ? slice_part(more, 1, SIZE_MAX) : more);
    }
    return true;
}

/* End of the parameters: the first colon outside quotes. When quotes do not pair, the first colon at all. */
static size_t find_colon(struct slice whole)
{
    bool quoted = false;
    for (size_t i = 0; i < whole.length; i++) {
        if (whole.data[i] == '"')
            quoted = !quoted;
        else if (whole.data[i] == ':' && !quoted)
            return i;
    }
    ptrdiff_t first = slice_find_byte(whole, ':');
    return first < 0 ? whole.length : (size_t)first;
}

bool line_split(struct slice whole, struct text_line *out)
{
    size_t colon = find_colon(whole);
    *out = (struct text_line){ .whole = whole, .value = slice_part(whole, colon + 1, SIZE_MAX) };
    struct slice head = slice_part(whole, 0, colon);
    if (colon >= whole.length || !utf8_is_valid(head))
        return false;
    size_t name = 0;
    while (name < head.length && head.data[name] != ';')
        name++;
    out->params = slice_part(head, name, SIZE_MAX);
    struct slice full = slice_trim(slice_part(head, 0, name));
    if (!slice_split(full, '.', &out->group, &out->name)) {
        out->group = slice_of(NULL, 0);
        out->name = full;
    }
    return out->name.length > 0;
}

static enum status match_blocks(struct text_line *lines, size_t count, const struct line_limits *limits)
{
    size_t stack[64], depth = 0, blocks = 0;
    for (size_t i = 0; i < count; i++) {
        if (line_is(&lines[i], "BEGIN")) {
            if (depth >= limits->depth || depth >= ARRAY_LENGTH(stack) || ++blocks > limits->blocks)
                return status_fail(STATUS_LIMIT_EXCEEDED, "too many or too deep components at line %zu", i);
            stack[depth++] = i;
        } else if (line_is(&lines[i], "END")) {
            if (depth == 0 || !slice_equal_ascii_nocase(slice_trim(lines[stack[depth - 1]].value), slice_trim(lines[i].value)))
                return status_fail(STATUS_MALFORMED, "END at line %zu closes nothing", i);
            lines[stack[--depth]].end = i;
        }
    }
    return depth == 0 ? STATUS_OK : status_fail(STATUS_MALFORMED, "a component is not closed");
}

static enum status split_all(TALLOC_CTX *mem, struct slice bytes, const struct line_limits *limits, struct buffer *text, size_t **starts, size_t *count)
{
    size_t room = 0;
    for (size_t start = 0; unfold(&bytes, text, &start);) {
        if (buffer_length(text) == start)
            continue;
        if (*count >= limits->lines)
            return status_fail(STATUS_LIMIT_EXCEEDED, "more than %zu lines", limits->lines);
        if (*count + 1 >= room) {
            room = room * 2 + 64;
            *starts = array_resize(mem, *starts, size_t, room);
            if (*starts == NULL)
                return status_fail(STATUS_NO_MEMORY, "lines");
        }
        (*starts)[(*count)++] = start;
        (*starts)[*count] = buffer_length(text);
    }
    return buffer_status(text);
}

enum status lines_read(TALLOC_CTX *mem, struct slice bytes, const struct line_limits *limits, struct text_line **out, size_t *count)
{
    if (bytes.length >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0)
        bytes = slice_part(bytes, 3, SIZE_MAX);
    struct buffer *text = buffer_new(mem, bytes.length + 1);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "lines");
    size_t *starts = NULL, found = 0;
    TRY(split_all(mem, bytes, limits, text, &starts, &found));
    struct slice all = buffer_slice(text);
    *count = 0;
    *out = array_new(mem, struct text_line, found);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "lines");
    for (size_t i = 0; i < found; i++) {
        if (line_split(slice_part(all, starts[i], starts[i + 1] - starts[i]), &(*out)[*count]))
            (*count)++;
    }
    talloc_free(starts);
    return match_blocks(*out, *count, limits);
}

bool line_is(const struct text_line *line, const char *name)
{
    return slice_equal_ascii_nocase(line->name, slice_of_text(name));
}

static bool next_item(struct slice *rest, char separator, bool has_quotes, struct slice *item)
{
    if (rest->data == NULL)
        return false;
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->length && (quoted || rest->data[i] != (uint8_t)separator); i++) {
        if (has_quotes && rest->data[i] == '"')
            quoted = !quoted;
        else if (rest->data[i] == '\\' && i + 1 < rest->length)
            i++;
    }
    *item = slice_part(*rest, 0, i);
    *rest = i < rest->length ? slice_part(*rest, i + 1, SIZE_MAX) : slice_of(NULL, 0);
    return true;
}

bool list_next(struct slice *rest, char separator, struct slice *item)
{
    return next_item(rest, separator, true, item);
}

bool text_next(struct slice *rest, char separator, struct slice *item)
{
    return next_item(rest, separator, false, item);
}

bool param_next(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->length == 0 || rest->data[0] != ';')
        return false;
    bool quoted = false;
    size_t i = 1;
    for (; i < rest->length && (quoted || rest->data[i] != ';'); i++)
        quoted ^= rest->data[i] == '"';
    struct slice param = slice_part(*rest, 1, i - 1);
    *rest = slice_part(*rest, i, SIZE_MAX);
    if (!slice_split(param, '=', name, value)) {
        *name = slice_of(NULL, 0);
        *value = param;
    }
    *name = slice_trim(*name);
    return true;
}

struct slice line_param(const struct text_line *line, const char *name)
{
    struct slice rest = line->params, found, value;
    while (param_next(&rest, &found, &value)) {
        if (slice_equal_ascii_nocase(found, slice_of_text(name)))
            return value;
    }
    return slice_of(NULL, 0);
}

char *line_param_text(TALLOC_CTX *mem, const struct text_line *line, const char *name)
{
    struct slice value = line_param(line, name), first;
    if (value.data == NULL || !list_next(&value, ',', &first))
        return NULL;
    char *text = talloc_array(mem, char, (unsigned)first.length + 1);
    if (text == NULL)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < first.length; i++) {
        char c = (char)first.data[i], next = i + 1 < first.length ? (char)first.data[i + 1] : '\0';
        if (c == '^' && (next == 'n' || next == '\'' || next == '^')) {
            c = next == 'n' ? '\n' : next == '\'' ? '"' : '^';
            i++;
        } else if (c == '"' || c == '\0') {
            continue;
        }
        text[used++] = c;
    }
    text[used] = '\0';
    return text;
}

struct slice block_name(const struct text_block *block)
{
    return slice_trim(block->lines[block->begin - 1].value);
}

bool block_next(const struct text_block *block, size_t *at, const struct text_line **line, struct text_block *inner)
{
    if (*at >= block->end)
        return false;
    const struct text_line *now = &block->lines[*at];
    *line = now->end == 0 ? now : NULL;
    *inner = (struct text_block){ .lines = block->lines, .begin = *at + 1, .end = now->end };
    *at = now->end == 0 ? *at + 1 : now->end + 1;
    return true;
}

const struct text_line *block_find(const struct text_block *block, const char *name)
{
    const struct text_line *line;
    struct text_block inner;
    for (size_t at = block->begin; block_next(block, &at, &line, &inner);) {
        if (line != NULL && line_is(line, name))
            return line;
    }
    return NULL;
}
