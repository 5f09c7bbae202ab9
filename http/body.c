/* A request's body while it comes: memory up to http.body_in_memory, then a file without a name. */
#include "life.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bourse/base/log.h"

enum status body_begin(struct http_request *request, uint64_t limit)
{
    struct http_body *body = &request->body;
    body->limit = limit;
    body->memory = buffer_new(request, (size_t)config_size(request->config, CONFIG_http_body_in_memory) + 1);
    if (body->memory == NULL)
        return status_fail(STATUS_NO_MEMORY, "request body");
    return STATUS_OK;
}

static enum status open_spool(struct http_request *request)
{
    const char *folder = config_text(request->config, CONFIG_server_data_directory);
    int spool = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool < 0)
        spool = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool < 0)
        return status_fail(errno == ENOSPC ? STATUS_DISK_FULL : STATUS_INTERNAL, "spool file in %s: %s", folder,
                           strerror(errno));
    request->body.spool = spool;
    return STATUS_OK;
}

static enum status write_all(int file, struct slice data)
{
    while (data.length > 0) {
        ssize_t written = write(file, data.data, data.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return status_fail(errno == ENOSPC || errno == EDQUOT ? STATUS_DISK_FULL : STATUS_INTERNAL,
                               "spool file: %s", strerror(errno));
        data = slice_part(data, (size_t)written, data.length);
    }
    return STATUS_OK;
}

enum status body_append(struct http_request *request, struct slice piece)
{
    struct http_body *body = &request->body;
    if (piece.length > body->limit - body->length) {
        limit_hit(request->server, "request body", request->remote_address);
        return status_fail(STATUS_LIMIT_EXCEEDED, "body above %" PRIu64 " bytes", body->limit);
    }
    body->length += piece.length;
    if (body->spool < 0 && body->length > (uint64_t)config_size(request->config, CONFIG_http_body_in_memory)) {
        TRY(open_spool(request));
        TRY(write_all(body->spool, buffer_slice(body->memory)));
        TALLOC_FREE(body->memory);
    }
    if (body->spool >= 0)
        return write_all(body->spool, piece);
    buffer_append_slice(body->memory, piece);
    return buffer_status(body->memory);
}

enum status body_finish(struct http_request *request)
{
    struct http_body *body = &request->body;
    if (body->spool < 0) {
        body->whole = body->memory != NULL ? buffer_slice(body->memory) : slice_of(NULL, 0);
        return STATUS_OK;
    }
    void *mapping = mmap(NULL, (size_t)body->length, PROT_READ, MAP_PRIVATE, body->spool, 0);
    if (mapping == MAP_FAILED)
        return status_fail(STATUS_NO_MEMORY, "mapping of a body of %" PRIu64 " bytes", body->length);
    body->mapping = mapping;
    body->whole = slice_of(mapping, (size_t)body->length);
    return STATUS_OK;
}

void body_drop(struct http_request *request)
{
    struct http_body *body = &request->body;
    TALLOC_FREE(body->memory);
    if (body->mapping != NULL)
        munmap(body->mapping, (size_t)body->length);
    if (body->spool >= 0)
        close(body->spool);
    body->mapping = NULL;
    body->spool = -1;
    body->whole = slice_of(NULL, 0);
}
