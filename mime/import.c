/* MIME -> message: the order of the steps. */
#include "bourse/mime/import.h"

#include "import_state.h"
#include "parse.h"
#include "tnef.h"

#define EMBEDDED_DEPTH 16 /* a full import opens no deeper messages: they stay attachments of bytes */

static enum status find_ends(struct import *im)
{
    uint32_t count = im->structure->count;
    uint32_t *ends = talloc_array(im->scratch, uint32_t, count);
    TRY_MEMORY(ends);
    for (uint32_t i = count; i-- > 0;)
        ends[i] = 0;
    for (uint32_t i = count; i-- > 0;) {
        if (ends[i] < i + 1)
            ends[i] = i + 1;
        uint32_t parent = im->structure->parts[i].parent;
        if (parent != MIME_NO_PART && ends[parent] < ends[i])
            ends[parent] = ends[i];
    }
    im->ends = ends;
    return STATUS_OK;
}

enum status import_add_part(struct import *im, const struct mime_part *part, uint32_t *index)
{
    struct mime_structure *structure = im->structure;
    if (structure->count >= im->limits.parts) {
        im->limited = true;
        *index = MIME_NO_PART;
        return STATUS_OK;
    }
    structure->parts = talloc_realloc(structure, structure->parts, struct mime_part, structure->count + 1);
    TRY_MEMORY(structure->parts);
    *index = structure->count++;
    structure->parts[*index] = *part;
    return STATUS_OK;
}

static enum status pack_structure(struct import *im)
{
    struct buffer *packed = buffer_new(im->mem, 64u << 20);
    TRY_MEMORY(packed);
    TRY(mime_structure_pack(im->structure, packed));
    enum status status = buffer_take(packed, im->message, &im->message->mime.structure);
    talloc_free(packed);
    return status;
}

static enum status run(struct import *im)
{
    TRY(find_ends(im));
    TRY(import_headers(im));
    TRY(import_roles(im));
    TRY(import_uu_files(im));
    if (im->tnef != MIME_NO_PART)
        TRY(import_tnef(im));
    if (im->report != MIME_NO_PART)
        TRY(import_report(im));
    TRY(import_bodies(im));
    TRY(import_attachments(im));
    if (!bag_has(im->message->props, PROP_MESSAGE_CLASS))
        TRY(bag_set_string(im->message->props, PROP_MESSAGE_CLASS, im->message_class != NULL ? im->message_class : "IPM.Note"));
    TRY(import_thread(im));
    im->limited = im->limited || im->structure->limited;
    if (im->limited && (im->flags & MIME_IMPORT_STRICT) != 0)
        return status_fail(STATUS_LIMIT_EXCEEDED, "mime: message is beyond a limit");
    return pack_structure(im);
}

static enum status import_bytes(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits, unsigned flags, unsigned level,
                                struct message **out)
{
    struct import im = { .mem = mem, .bytes = bytes, .limits = limits_effective(limits), .flags = flags, .embedded_depth = level,
                         .calendar = MIME_NO_PART, .report = MIME_NO_PART, .tnef = MIME_NO_PART };
    struct scan_part *details = NULL;
    im.scratch = talloc_new(mem);
    TRY_MEMORY(im.scratch);
    im.message = message_new(mem);
    enum status status = im.message != NULL ? scan_message(im.scratch, bytes, limits, &im.structure, &details) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        im.details = details;
        im.detail_count = im.structure->count;
        im.message->mime = (struct message_mime){ .bytes = bytes, .mirrors = true, .has_content = import_is_delivery(&im) };
        status = run(&im);
        im.message->mime.is_signed = im.is_signed;
    }
    talloc_free(im.scratch);
    if (status != STATUS_OK)
        talloc_free(im.message);
    else
        *out = im.message;
    return status;
}

enum status mime_import(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits, unsigned flags, struct message **out)
{
    return import_bytes(mem, bytes, limits, flags, 0, out);
}

enum status mime_import_embedded(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                                 const struct mime_limits *limits, unsigned flags, struct message **out)
{
    struct mime_limits effective = limits_effective(limits);
    if (part >= structure->count)
        return status_fail(STATUS_INVALID_ARGUMENT, "mime part %u of %u", part, structure->count);
    const struct mime_part *row = &structure->parts[part];
    bool tnef = row->kind == MIME_TNEF_FILE && strcmp(row->type, "application/ms-tnef") == 0;
    if (row->kind != MIME_MESSAGE && !tnef)
        return status_fail(STATUS_INVALID_ARGUMENT, "mime part %u is no message", part);
    struct slice bytes;
    TRY(mime_part_decode(mem, original, structure, part, effective.attachment_bytes, &bytes));
    if (tnef)
        return tnef_import_message(mem, bytes, &effective, 1, out);
    return import_bytes(mem, bytes, limits, flags, 1, out);
}

/* Full import: the message within a part, or NULL when it lies too deep. */
enum status import_embedded_part(struct import *im, uint32_t part, struct message **out)
{
    *out = NULL;
    if (im->embedded_depth >= EMBEDDED_DEPTH) {
        im->limited = true;
        return STATUS_OK;
    }
    struct slice bytes;
    enum status status = mime_part_decode(im->message, im->bytes, im->structure, part, im->limits.attachment_bytes, &bytes);
    if (status == STATUS_LIMIT_EXCEEDED) {
        im->limited = true;
        return STATUS_OK;
    }
    TRY(status);
    return import_bytes(im->message, bytes, &im->limits, im->flags, im->embedded_depth + 1, out);
}
