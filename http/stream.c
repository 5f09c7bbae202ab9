#include "bourse/http/stream.h"

#include <stdlib.h>

#include "life.h"

struct stream_piece {
    struct stream_piece *next;
    size_t length, sent;
    uint8_t data[];
};

/* Smallest block that libmicrohttpd allocates with a streamed answer; pieces go into the connection's own buffer. */
#define BLOCK ((size_t)128)

static void drop_pieces(struct http_stream *stream)
{
    while (stream->first != NULL) {
        struct stream_piece *piece = stream->first;
        stream->first = piece->next;
        free(piece);
    }
    stream->last = NULL;
    stream->queued = 0;
}

void stream_free(struct http_stream *stream)
{
    if (stream == NULL)
        return;
    drop_pieces(stream);
    lock_destroy(&stream->lock);
    free(stream);
}

static struct http_stream *stream_new(struct http_request *request)
{
    struct http_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->request = request;
    lock_init(&stream->lock, LOCK_HTTP_REQUEST);
    return stream;
}

enum status http_stream_begin(struct http_request *request, unsigned status, const char *content_type,
                              struct http_stream **out)
{
    if (request->answer.is_set)
        return status_fail(STATUS_INTERNAL, "stream after an answer");
    struct http_stream *stream = stream_new(request);
    if (stream == NULL)
        return status_fail(STATUS_NO_MEMORY, "stream");
    request->stream = stream;
    http_respond(request, status, content_type, slice_of(NULL, 0));
    request_own(request);
    *out = stream;
    if (request->server == NULL)
        return STATUS_OK;
    request->phase = PHASE_ANSWERED;
    MHD_resume_connection(request->mhd);
    return STATUS_OK;
}

static void append_piece(struct http_stream *stream, struct stream_piece *piece)
{
    if (stream->last == NULL)
        stream->first = piece;
    else
        stream->last->next = piece;
    stream->last = piece;
    stream->queued += piece->length;
}

/* Holding the lock. */
static void wake_listener(struct http_stream *stream)
{
    if (!stream->is_suspended)
        return;
    stream->is_suspended = false;
    MHD_resume_connection(stream->request->mhd);
}

enum status http_stream_write(struct http_stream *stream, struct slice data)
{
    if (data.length == 0)
        return STATUS_OK;
    struct stream_piece *piece = malloc(sizeof *piece + data.length);
    if (piece == NULL)
        return status_fail(STATUS_NO_MEMORY, "stream piece");
    piece->next = NULL;
    piece->length = data.length;
    piece->sent = 0;
    memcpy(piece->data, data.data, data.length);
    lock_take(&stream->lock);
    enum status status = stream->is_gone                                          ? STATUS_CANCELLED
                         : stream->queued + data.length > HTTP_STREAM_QUEUE_LIMIT ? STATUS_BUSY
                                                                                  : STATUS_OK;
    if (status == STATUS_OK) {
        append_piece(stream, piece);
        wake_listener(stream);
    }
    lock_release(&stream->lock);
    if (status == STATUS_OK)
        return STATUS_OK;
    free(piece);
    return status_fail(status, status == STATUS_BUSY ? "client reads too slowly" : "client has gone");
}

size_t http_stream_queued(struct http_stream *stream)
{
    lock_take(&stream->lock);
    size_t queued = stream->queued;
    lock_release(&stream->lock);
    return queued;
}

void http_stream_end(struct http_stream *stream, bool is_complete)
{
    lock_take(&stream->lock);
    bool is_first = !stream->is_ended;
    stream->is_ended = true;
    stream->is_complete = is_complete;
    if (is_first)
        wake_listener(stream);
    lock_release(&stream->lock);
    if (is_first)
        request_disown(stream->request);
}

void stream_gone(struct http_stream *stream)
{
    lock_take(&stream->lock);
    stream->is_gone = true;
    drop_pieces(stream);
    wake_listener(stream);
    lock_release(&stream->lock);
}

/* Copies out of the queue's front. */
static size_t take(struct http_stream *stream, char *to, size_t room)
{
    size_t taken = 0;
    while (stream->first != NULL && taken < room) {
        struct stream_piece *piece = stream->first;
        size_t part = piece->length - piece->sent < room - taken ? piece->length - piece->sent : room - taken;
        memcpy(to + taken, piece->data + piece->sent, part);
        piece->sent += part;
        taken += part;
        stream->queued -= part;
        if (piece->sent < piece->length)
            break;
        stream->first = piece->next;
        if (stream->first == NULL)
            stream->last = NULL;
        free(piece);
    }
    return taken;
}

/* Listener: next bytes, or sleep until there are some. Suspending inside the lock makes sure that a writer's resume
 * comes after it. */
static ssize_t read_stream(void *data, uint64_t position, char *to, size_t room)
{
    struct http_stream *stream = data;
    (void)position;
    ssize_t result = 0;
    lock_take(&stream->lock);
    size_t taken = take(stream, to, room);
    if (taken > 0)
        result = (ssize_t)taken;
    else if (stream->is_gone || (stream->is_ended && !stream->is_complete))
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    else if (stream->is_ended)
        result = MHD_CONTENT_READER_END_OF_STREAM;
    else {
        stream->is_suspended = true;
        MHD_suspend_connection(stream->request->mhd);
    }
    lock_release(&stream->lock);
    return result;
}

struct slice stream_pieces(TALLOC_CTX *mem, struct http_stream *stream)
{
    uint8_t *all = talloc_size(mem, stream->queued + 1);
    size_t at = 0;
    for (const struct stream_piece *piece = stream->first; all != NULL && piece != NULL; piece = piece->next) {
        memcpy(all + at, piece->data, piece->length);
        at += piece->length;
    }
    return slice_of(all, at);
}

struct MHD_Response *stream_response(struct http_stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream, NULL);
}
