#include "message_text.h"

struct encoding {
    enum status (*write)(void *data, struct slice piece);
    void *data;
    bool is_in_body;
};

static enum status put(struct encoding *encoding, const char *text)
{
    return encoding->write(encoding->data, slice_of_text(text));
}

/* Where a line that is too long may be cut: not within a UTF-8 character. */
static size_t cut_of(struct slice line, size_t most)
{
    size_t cut = most;
    while (cut > most - 4 && (line.data[cut] & 0xC0) == 0x80)
        cut--;
    return cut;
}

static enum status put_line(struct encoding *encoding, struct slice line)
{
    size_t limit = MESSAGE_TEXT_LINE;
    while (line.length > limit) {
        size_t cut = cut_of(line, limit);
        if (line.data[0] == '.')
            TRY(put(encoding, "."));
        TRY(encoding->write(encoding->data, slice_part(line, 0, cut)));
        TRY(put(encoding, encoding->is_in_body ? "\r\n" : "\r\n "));
        line = slice_part(line, cut, line.length);
        limit = encoding->is_in_body ? MESSAGE_TEXT_LINE : MESSAGE_TEXT_LINE - 1;
    }
    if (line.length > 0 && line.data[0] == '.')
        TRY(put(encoding, "."));
    if (line.length > 0)
        TRY(encoding->write(encoding->data, line));
    encoding->is_in_body |= line.length == 0;
    return put(encoding, "\r\n");
}

/* The next line; CR LF, and CR and LF that stand alone, end it, so that no host can see another end of the text than ours. */
static struct slice next_line(struct slice *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->length);
    size_t length = end != NULL ? (size_t)(end - rest->data) : rest->length;
    const uint8_t *carriage_return = memchr(rest->data, '\r', length);
    size_t skip = end != NULL ? 1 : 0;
    if (carriage_return != NULL) {
        length = (size_t)(carriage_return - rest->data);
        skip = carriage_return + 1 < rest->data + rest->length && carriage_return[1] == '\n' ? 2 : 1;
    }
    struct slice line = slice_part(*rest, 0, length);
    *rest = slice_part(*rest, length + skip, rest->length);
    return line;
}

enum status message_text_encode(struct slice mime, enum status (*write)(void *data, struct slice piece), void *data)
{
    struct encoding encoding = { .write = write, .data = data };
    while (mime.length > 0)
        TRY(put_line(&encoding, next_line(&mime)));
    return put(&encoding, ".\r\n");
}

struct sink {
    struct peer *peer;
    int64_t timeout_us;
};

static enum status to_peer(void *data, struct slice piece)
{
    struct sink *sink = data;
    return peer_write(sink->peer, piece, sink->timeout_us);
}

enum status message_text_send(struct peer *peer, struct slice mime, int64_t timeout_us)
{
    struct sink sink = { .peer = peer, .timeout_us = timeout_us };
    TRY(message_text_encode(mime, to_peer, &sink));
    return peer_flush(peer, timeout_us);
}
