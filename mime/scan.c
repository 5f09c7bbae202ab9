/* Where the parts of a message are: one pass over the bytes.
 *
 * GMime reads the syntax within headers, but not this: its parser has no limit of parts (1 MB of empty parts: 261 MB and 1 s, 36 MB would
 * abort the process in g_malloc), costs depth times lines (9 MB nested 1,000 deep: 21 s), and does not tell where an embedded message
 * ends. Here a line is compared with the open boundaries by hash, parts and depth are limited, and every byte belongs to some part.
 * test_scan.c compares the result with GMime's tree. */
#include "parse.h"
#include "scan.h"

#include "bourse/base/text.h"

#define BOUNDARY_MAX 1000

struct frame { /* an open container, or the open leaf (always the last one) */
    uint32_t part;
    uint32_t hash;        /* of the boundary; only when `boundary` is not empty */
    struct slice boundary; /* empty: leaf, embedded message, or multipart whose end was seen */
    bool digest;
};

struct scan {
    TALLOC_CTX *mem;
    TALLOC_CTX *scratch;
    struct slice bytes;
    struct mime_limits limits;
    struct mime_structure *out;
    struct scan_part *details;
    uint32_t capacity;
    struct frame *frames;
    uint32_t depth;
};

static uint32_t hash_bytes(struct slice bytes)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ bytes.data[i]) * 16777619u;
    return hash;
}

static enum status add_part(struct scan *s, uint32_t parent, size_t header, uint32_t *index)
{
    if (s->out->count == s->capacity) {
        s->capacity = s->capacity == 0 ? 8 : s->capacity * 2;
        s->out->parts = talloc_realloc(s->out, s->out->parts, struct mime_part, s->capacity);
        s->details = talloc_realloc(s->mem, s->details, struct scan_part, s->capacity);
        TRY_MEMORY(s->out->parts);
        TRY_MEMORY(s->details);
    }
    *index = s->out->count++;
    s->out->parts[*index] = (struct mime_part){ .parent = parent, .container = MIME_NO_PART, .kind = MIME_LEAF, .attachment = -1,
                                                .header_offset = header, .body_offset = header,
                                                .type = "text/plain", .charset = "", .file_name = "", .content_id = "" };
    s->details[*index] = (struct scan_part){ 0 };
    return STATUS_OK;
}

/* Which open boundary does the line hold? -1: none. *closing: it ends the multipart [RFC 2046] 5.1.1. */
static int match_boundary(const struct scan *s, struct slice line, bool *closing)
{
    if (line.length < 3 || line.data[0] != '-' || line.data[1] != '-' || line.length > BOUNDARY_MAX)
        return -1;
    while (line.length > 2 && (line.data[line.length - 1] <= ' '))
        line.length--;
    struct slice text = slice_part(line, 2, line.length);
    bool dashes = text.length > 2 && memcmp(text.data + text.length - 2, "--", 2) == 0;
    struct slice shorter = slice_part(text, 0, dashes ? text.length - 2 : 0);
    uint32_t hash = hash_bytes(text), short_hash = dashes ? hash_bytes(shorter) : 0;
    for (uint32_t i = s->depth; i-- > 0;) {
        const struct frame *frame = &s->frames[i];
        if (frame->boundary.length == 0)
            continue;
        *closing = false;
        if (frame->hash == hash && slice_equal(frame->boundary, text))
            return (int)i;
        *closing = true;
        if (dashes && frame->hash == short_hash && slice_equal(frame->boundary, shorter))
            return (int)i;
    }
    return -1;
}

static bool any_boundary(const struct scan *s)
{
    for (uint32_t i = 0; i < s->depth; i++)
        if (s->frames[i].boundary.length != 0)
            return true;
    return false;
}

/* The next line from *at on that holds an open boundary; *at and *next get its begin and what follows it. */
static int next_boundary(const struct scan *s, size_t *at, size_t *next, bool *closing)
{
    if (!any_boundary(s))
        return -1;
    for (size_t start = *at; start < s->bytes.length;) {
        size_t end = line_end(s->bytes, start);
        if (s->bytes.data[start] == '-') {
            int frame = match_boundary(s, slice_part(s->bytes, start, end - start), closing);
            if (frame >= 0) {
                *at = start;
                *next = end;
                return frame;
            }
        }
        start = end;
    }
    return -1;
}

/* Ends all open parts above `keep`: their bodies reach to `end`. */
static void close_frames(struct scan *s, uint32_t keep, size_t end)
{
    while (s->depth > keep) {
        const struct frame *frame = &s->frames[--s->depth];
        struct mime_part *part = &s->out->parts[frame->part];
        part->body_length = end > part->body_offset ? end - part->body_offset : 0;
        if (frame->boundary.length != 0)
            part->flags |= MIME_PART_DAMAGED;
    }
}

/* The line break before a delimiter belongs to the delimiter. */
static size_t before_line_break(struct slice bytes, size_t at, size_t floor)
{
    if (at > floor && bytes.data[at - 1] == '\n')
        at--;
    if (at > floor && bytes.data[at - 1] == '\r')
        at--;
    return at;
}

static bool is_identity(enum mime_encoding encoding)
{
    return encoding == MIME_7BIT || encoding == MIME_8BIT || encoding == MIME_BINARY;
}

bool scan_is_message_type(const char *type)
{
    return strcmp(type, "message/rfc822") == 0 || strcmp(type, "message/global") == 0 || strcmp(type, "message/news") == 0;
}

/* Copies what the structure keeps of the fields. */
static void describe(struct scan *s, uint32_t index, const struct content_fields *fields, bool in_digest)
{
    struct mime_part *part = &s->out->parts[index];
    part->type = fields->type[0] != '\0' ? fields->type : in_digest ? "message/rfc822" : "text/plain";
    part->charset = fields->charset;
    part->file_name = fields->name;
    part->content_id = fields->content_id;
    part->encoding = fields->encoding;
    part->flags |= (fields->flowed ? MIME_PART_FLOWED : 0u) | (fields->delsp ? MIME_PART_DELSP : 0u) |
                   (fields->is_inline ? MIME_PART_INLINE : 0u) | (fields->is_attachment ? MIME_PART_ATTACHED : 0u);
    struct scan_part *detail = &s->details[index];
    *detail = (struct scan_part){ .method = fields->method, .protocol = fields->protocol, .report_type = fields->report_type,
                                  .smime_type = fields->smime_type, .start = fields->start, .location = fields->location };
    if (fields->has_encoding_error) /* [RFC 2045] 6.4: unknown encoding: opaque */
        part->type = "application/octet-stream";
}

/* Reads the header of part `index` from `at`; a boundary line ends it too. Returns where the body begins. */
static enum status read_header(struct scan *s, uint32_t index, size_t at, bool in_digest, struct content_fields *fields, size_t *body)
{
    struct mime_field field;
    size_t begin = at;
    bool closing, open = any_boundary(s);
    for (;;) {
        if (open && at < s->bytes.length && s->bytes.data[at] == '-' &&
            match_boundary(s, slice_part(s->bytes, at, line_end(s->bytes, at) - at), &closing) >= 0)
            break;
        enum header_line line = header_step(s->bytes, &at, &field);
        if (line == LINE_EMPTY || line == LINE_BODY || line == LINE_END)
            break;
    }
    struct mime_part *part = &s->out->parts[index];
    part->header_offset = begin;
    part->header_length = at - begin;
    part->body_offset = at;
    *body = at;
    TRY(content_fields_read(s->out, slice_part(s->bytes, begin, at - begin), &s->limits, fields));
    describe(s, index, fields, in_digest);
    return STATUS_OK;
}

static void push(struct scan *s, uint32_t part, struct slice boundary, bool digest)
{
    s->frames[s->depth++] = (struct frame){ .part = part, .boundary = boundary, .hash = hash_bytes(boundary), .digest = digest };
}

/* Reads one part's header at *at, and those of embedded messages that begin right there; leaves a frame for each. */
static enum status open_part(struct scan *s, uint32_t parent, size_t *at, bool in_digest)
{
    for (;;) {
        uint32_t index;
        struct content_fields fields;
        TRY(add_part(s, parent, *at, &index));
        TRY(read_header(s, index, *at, in_digest, &fields, at));
        struct mime_part *part = &s->out->parts[index];
        bool full = s->depth >= s->limits.depth;
        bool is_multipart = text_starts(part->type, "multipart/"), is_message = scan_is_message_type(part->type);
        if (full && (is_multipart || is_message)) {
            part->kind = MIME_OPAQUE;
            s->out->limited = true;
        } else if (is_multipart && fields.boundary[0] != '\0' && strlen(fields.boundary) < BOUNDARY_MAX && is_identity(part->encoding)) {
            part->kind = MIME_MULTIPART;
            push(s, index, slice_of_text(fields.boundary), strcmp(part->type, "multipart/digest") == 0);
            return STATUS_OK;
        } else if (is_multipart) { /* no boundary: shown as text */
            part->kind = MIME_OPAQUE;
            part->flags |= MIME_PART_DAMAGED;
        } else if (is_message) {
            part->kind = MIME_MESSAGE;
            if (is_identity(part->encoding)) {
                push(s, index, (struct slice){ 0 }, false);
                parent = index;
                in_digest = false;
                continue;
            }
        }
        push(s, index, (struct slice){ 0 }, false);
        return STATUS_OK;
    }
}

/* All that follows is one opaque part: the limit of parts is reached. */
static enum status take_rest(struct scan *s, uint32_t parent, size_t at)
{
    uint32_t index;
    TRY(add_part(s, parent, at, &index));
    struct mime_part *part = &s->out->parts[index];
    part->kind = MIME_OPAQUE;
    part->type = "application/octet-stream";
    part->flags = MIME_PART_ATTACHED;
    s->out->limited = true;
    s->frames[s->depth - 1].boundary = (struct slice){ 0 };
    push(s, index, (struct slice){ 0 }, false);
    close_frames(s, 0, s->bytes.length);
    return STATUS_OK;
}

static enum status scan_all(struct scan *s)
{
    size_t at = 0, next = 0;
    bool closing = false;
    TRY(open_part(s, MIME_NO_PART, &at, false));
    for (;;) {
        int frame = next_boundary(s, &at, &next, &closing);
        if (frame < 0)
            break;
        size_t floor = (size_t)s->out->parts[s->frames[s->depth - 1].part].body_offset;
        close_frames(s, (uint32_t)frame + 1, before_line_break(s->bytes, at, floor));
        at = next;
        if (closing) {
            s->frames[frame].boundary = (struct slice){ 0 };
            continue;
        }
        uint32_t parent = s->frames[frame].part;
        if (s->out->count >= s->limits.parts)
            return take_rest(s, parent, at);
        TRY(open_part(s, parent, &at, s->frames[frame].digest));
    }
    close_frames(s, 0, s->bytes.length);
    return STATUS_OK;
}

/* A multipart in which no part was found is shown as what it is: text. */
static void demote_empty_multiparts(struct scan *s)
{
    struct mime_structure *out = s->out;
    bool *has_child = talloc_zero_array(s->scratch, bool, out->count);
    for (uint32_t i = 0; has_child != NULL && i < out->count; i++)
        if (out->parts[i].parent != MIME_NO_PART)
            has_child[out->parts[i].parent] = true;
    for (uint32_t i = 0; has_child != NULL && i < out->count; i++) {
        struct mime_part *part = &out->parts[i];
        if (part->kind == MIME_MULTIPART && !has_child[i]) {
            part->kind = MIME_OPAQUE;
            part->flags |= MIME_PART_DAMAGED;
        }
        if (part->kind == MIME_OPAQUE && (part->flags & MIME_PART_DAMAGED) != 0 && text_starts(part->type, "multipart/"))
            part->type = "text/plain";
    }
}

enum status scan_message(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits, struct mime_structure **out,
                         struct scan_part **details)
{
    struct scan scan = { .mem = mem, .bytes = bytes, .limits = limits_effective(limits) };
    scan.out = talloc_zero(mem, struct mime_structure);
    TRY_MEMORY(scan.out);
    scan.scratch = scan.out;
    scan.out->message_size = bytes.length;
    scan.frames = talloc_array(scan.out, struct frame, scan.limits.depth + 2);
    TRY_MEMORY(scan.frames);
    TRY(scan_all(&scan));
    demote_empty_multiparts(&scan);
    talloc_free(scan.frames);
    *out = scan.out;
    *details = scan.details;
    return STATUS_OK;
}

enum status mime_structure_scan(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits, struct mime_structure **out)
{
    struct scan_part *details = NULL;
    return scan_message(mem, bytes, limits, out, &details);
}
