/* Answers in parts: the WBXML document first, then the contents that it names by number [MS-ASCMD] 2.2.1.10.1.1. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "item_operations.h"

#define MULTIPART_TYPE "application/vnd.ms-sync.multipart"

enum { PARTS_MAX = 1000, ANSWER_CAP = 192 * 1024 * 1024, DEPTH_MAX = 32 };

struct parts {
    struct eas_call *call;
    struct wbxml_writer *out;
    struct slice list[PARTS_MAX];
    size_t count;                /* the first is the document */
};

/* The content of a body is text or bytes; that of a file is base64 in the document and bytes in a part. */
static enum status take_part(struct parts *parts, const struct wbxml_node *node)
{
    struct slice *part = &parts->list[parts->count];
    if (parts->count == PARTS_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "parts");
    *part = node->text;
    if (node->tag == ItemOperations_Data)
        TRY(base64_decode(parts->call->mem, node->text, part));
    wbxml_element_int(parts->out, ItemOperations_Part, (int64_t)parts->count++);
    return STATUS_OK;
}

static bool is_content(const struct wbxml_node *node)
{
    return node->tag == ItemOperations_Data || (node->tag == AirSyncBase_Data && node->parent != NULL && node->parent->tag == AirSyncBase_Body);
}

static enum status copy(struct parts *parts, const struct wbxml_node *node, int depth)
{
    if (is_content(node))
        return take_part(parts, node);
    wbxml_start(parts->out, node->tag);
    if (node->text.length > 0) {
        if (node->is_opaque)
            wbxml_put_bytes(parts->out, node->text);
        else
            wbxml_put_text(parts->out, node->text);
    }
    for (const struct wbxml_node *child = node->child; child != NULL && depth < DEPTH_MAX; child = child->next)
        TRY(copy(parts, child, depth + 1));
    wbxml_end(parts->out);
    return STATUS_OK;
}

static void append_head(struct buffer *answer, const struct parts *parts)
{
    size_t offset = 4 + parts->count * 8;
    buffer_append_u32(answer, (uint32_t)parts->count);
    for (size_t i = 0; i < parts->count; i++) {
        buffer_append_u32(answer, (uint32_t)offset);
        buffer_append_u32(answer, (uint32_t)parts->list[i].length);
        offset += parts->list[i].length;
    }
}

enum status eas_send_multipart(struct eas_call *call)
{
    const struct wbxml_node *root = NULL;
    struct parts *parts = talloc_zero(call->mem, struct parts);
    struct buffer *document = buffer_new(call->mem, ANSWER_CAP), *answer = buffer_new(call->mem, ANSWER_CAP);
    if (parts == NULL || document == NULL || answer == NULL)
        return status_fail(STATUS_NO_MEMORY, "parts");
    *parts = (struct parts){ .call = call, .out = wbxml_writer_new(call->mem, document, call->version), .count = 1 };
    if (parts->out == NULL)
        return status_fail(STATUS_NO_MEMORY, "parts");
    TRY(wbxml_finish(call->out));
    TRY(wbxml_parse(call->mem, buffer_slice(call->buffer), NULL, &root));
    TRY(copy(parts, root, 0));
    TRY(wbxml_finish(parts->out));
    parts->list[0] = buffer_slice(document);
    append_head(answer, parts);
    for (size_t i = 0; i < parts->count; i++)
        buffer_append_slice(answer, parts->list[i]);
    TRY(buffer_status(answer));
    http_respond_buffer(call->request, 200, MULTIPART_TYPE, answer);
    call->is_answered = true;
    return STATUS_OK;
}
