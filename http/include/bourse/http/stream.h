/* An answer that is written piece by piece (chunked), from any thread: EWS GetStreamingEvents, long downloads.
 *
 * Pieces are queued and sent by the listener; writing never blocks. The stream keeps the request alive until
 * http_stream_end. */
#ifndef BOURSE_HTTP_STREAM_H
#define BOURSE_HTTP_STREAM_H

#include "bourse/http/service.h"

struct http_stream; /* opaque */

/* Sends the head of the answer now; http_set_header before it. From the request's own thread. The handle is valid until
 * http_stream_end. STATUS_CANCELLED when the client has gone already. */
enum status http_stream_begin(struct http_request *request, unsigned status, const char *content_type,
                              struct http_stream **out) MUST_CHECK;
/* Copies the piece into the queue. Any thread. STATUS_CANCELLED: the client has gone (call http_stream_end).
 * STATUS_BUSY: the client reads too slowly, more than `http_stream_queue_limit` bytes wait; nothing was queued, end the
 * stream or drop the piece. */
enum status http_stream_write(struct http_stream *stream, struct slice piece) MUST_CHECK;
#define HTTP_STREAM_QUEUE_LIMIT (4u << 20)
/* Bytes queued and not yet taken by the listener. */
size_t http_stream_queued(struct http_stream *stream);
/* Exactly once: the rest of the queue is sent, then the answer ends. `is_complete` false cuts the connection instead,
 * so that the client sees that the answer is broken. The request must not be used after it, except to return from the
 * handler. */
void http_stream_end(struct http_stream *stream, bool is_complete);
/* The same for a request that streams; NULL when it does not. */
struct http_stream *http_request_stream(const struct http_request *request);

#endif
