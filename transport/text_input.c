#include "text_input.h"

void text_input_start(struct text_input *input, size_t line_limit, void (*write)(void *data, const uint8_t *bytes, size_t length),
                      void *data)
{
    *input = (struct text_input){ .state = TEXT_LINE_START, .line_limit = line_limit, .write = write, .data = data };
}

static void put(struct text_input *input, const char *text, size_t length)
{
    input->write(input->data, (const uint8_t *)text, length);
}

/* Bytes of a line; broken where it is too long, but not within a UTF-8 character. In the header the break is a fold. */
static void put_line_bytes(struct text_input *input, const uint8_t *bytes, size_t length)
{
    while (input->line_length + length > input->line_limit) {
        size_t room = input->line_limit > input->line_length ? input->line_limit - input->line_length : 0;
        while (room < length && (bytes[room] & 0xC0) == 0x80)
            room++;
        if (room == length)
            break;
        input->write(input->data, bytes, room);
        put(input, input->is_in_body ? "\r\n" : "\r\n ", input->is_in_body ? 2 : 3);
        input->line_length = input->is_in_body ? 0 : 1;
        bytes += room;
        length -= room;
    }
    input->write(input->data, bytes, length);
    input->line_length += length;
}

/* The run up to the next CR or LF. Takes at least one byte when the first is neither. */
static size_t feed_run(struct text_input *input, struct slice piece)
{
    const uint8_t *line_feed = memchr(piece.data, '\n', piece.length);
    size_t length = line_feed != NULL ? (size_t)(line_feed - piece.data) : piece.length;
    const uint8_t *carriage_return = memchr(piece.data, '\r', length);
    if (carriage_return != NULL)
        length = (size_t)(carriage_return - piece.data);
    if (length > 0)
        put_line_bytes(input, piece.data, length);
    return length;
}

static void end_line(struct text_input *input)
{
    put(input, "\r\n", 2);
    if (input->state == TEXT_LINE_START_CR)
        input->is_in_body = true;
    input->line_length = 0;
    input->state = TEXT_LINE_START;
}

static void bare(struct text_input *input, enum text_input_state next)
{
    input->has_bare = true;
    input->state = next;
}

/* A byte at the start of a line or behind a dot there. True when it was consumed. */
static bool feed_line_start(struct text_input *input, uint8_t byte)
{
    bool is_dot = input->state == TEXT_DOT;
    if (byte == '.' && !is_dot) {
        input->state = TEXT_DOT;
        return true;
    }
    if (byte == '\r') {
        input->state = is_dot ? TEXT_DOT_CR : TEXT_LINE_START_CR;
        return true;
    }
    input->state = TEXT_LINE; /* behind a dot: the dot was stuffed and is dropped */
    return false;
}

/* The byte behind a CR. True when it was consumed. */
static bool feed_after_cr(struct text_input *input, uint8_t byte)
{
    if (byte == '\n') {
        if (input->state == TEXT_DOT_CR)
            input->state = TEXT_END;
        else
            end_line(input);
        return true;
    }
    bare(input, TEXT_LINE);
    put_line_bytes(input, (const uint8_t *)" ", 1);
    return false;
}

static bool feed_byte(struct text_input *input, uint8_t byte)
{
    switch (input->state) {
    case TEXT_LINE_START:
    case TEXT_DOT:
        return feed_line_start(input, byte);
    case TEXT_LINE_START_CR:
    case TEXT_DOT_CR:
    case TEXT_LINE_CR:
        return feed_after_cr(input, byte);
    case TEXT_LINE:
        if (byte == '\r')
            input->state = TEXT_LINE_CR;
        else
            bare(input, TEXT_LINE); /* a line feed; feed_run has taken all else */
        return true;
    case TEXT_END:
        break;
    }
    return false;
}

size_t text_input_feed(struct text_input *input, struct slice piece)
{
    size_t at = 0;
    while (at < piece.length && input->state != TEXT_END) {
        if (input->state == TEXT_LINE)
            at += feed_run(input, slice_part(piece, at, piece.length));
        if (at < piece.length && feed_byte(input, piece.data[at]))
            at++;
    }
    return at;
}

bool text_has_bare_line_ends(struct slice message)
{
    const uint8_t *end = message.data + message.length;
    size_t pairs = 0, carriage_returns = 0;
    for (const uint8_t *p = message.data; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) {
        if (p == message.data || p[-1] != '\r')
            return true;
        pairs++;
    }
    for (const uint8_t *p = message.data; p < end && (p = memchr(p, '\r', (size_t)(end - p))) != NULL; p++)
        carriage_returns++;
    return pairs != carriage_returns;
}
