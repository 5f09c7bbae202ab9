/* Bodies from the original bytes and the structure [MS-OXCMAIL] 2.2.3.3. */
#include "read_bodies.h"

#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "bourse/model/properties.h"
#include "parse.h"
#include "tnef.h"

static bool is_body(const struct mime_part *part)
{
    return part->role == MIME_ROLE_TEXT_BODY || part->role == MIME_ROLE_HTML_BODY || part->role == MIME_ROLE_OTHER_BODY;
}

enum mime_native bodies_native(const struct mime_structure *structure)
{
    enum mime_native native = MIME_NATIVE_UNDEFINED;
    for (uint32_t i = 0; i < structure->count; i++) {
        const struct mime_part *part = &structure->parts[i];
        if (part->role == MIME_ROLE_HTML_BODY || part->role == MIME_ROLE_OTHER_BODY)
            return MIME_NATIVE_HTML;
        if (part->role == MIME_ROLE_TEXT_BODY)
            native = MIME_NATIVE_TEXT;
    }
    return native;
}

/* At most `cap` decoded bytes of a part. */
static enum status decode_some(TALLOC_CTX *mem, const struct body_source *source, uint32_t index, size_t cap, struct slice *out, bool *cut)
{
    const struct mime_part *part = &source->structure->parts[index];
    if (part->body_length <= cap)
        return mime_part_decode(mem, source->original, source->structure, index, SIZE_MAX / 4, out);
    struct mime_reader *reader = NULL;
    TRY(mime_part_open(mem, source->original, source->structure, index, &reader));
    uint8_t *bytes = bytes_new(mem, cap + 1);
    TRY_MEMORY(bytes);
    size_t got = 0;
    TRY(mime_reader_read(reader, bytes, cap, &got));
    *cut = *cut || got == cap;
    *out = slice_of(bytes, got);
    return STATUS_OK;
}

/* Without the uuencoded files that are attachments. Parts of them follow later in the table, in order. */
static enum status drop_uu_files(TALLOC_CTX *mem, const struct body_source *source, uint32_t index, struct slice *text)
{
    struct buffer *kept = buffer_new(mem, text->length + 1);
    TRY_MEMORY(kept);
    const struct mime_part *part = &source->structure->parts[index];
    size_t at = 0;
    for (uint32_t i = index + 1; i < source->structure->count; i++) {
        const struct mime_part *file = &source->structure->parts[i];
        if (file->kind != MIME_UU_FILE || file->parent != index)
            continue;
        uint64_t base = part->body_offset;
        if (file->header_offset < base + at)
            continue;
        size_t begin = (size_t)(file->header_offset - base), end = (size_t)(file->body_offset - base + file->body_length);
        buffer_append_slice(kept, slice_part(*text, at, begin - at));
        at = end;
    }
    buffer_append_slice(kept, slice_part(*text, at, text->length));
    return buffer_take(kept, mem, text);
}

/* Bare LF and bare CR become CR LF. Text that has only CR LF is not copied. */
static enum status normal_lines(TALLOC_CTX *mem, struct slice *text)
{
    bool clean = true;
    for (size_t i = 0; i < text->length && clean; i++) {
        const uint8_t *next = memchr(text->data + i, '\n', text->length - i);
        size_t at = next != NULL ? (size_t)(next - text->data) : text->length;
        clean = next == NULL || (at > 0 && text->data[at - 1] == '\r');
        i = at;
    }
    if (clean)
        return STATUS_OK;
    struct buffer *out = buffer_new(mem, text->length * 2 + 1);
    TRY_MEMORY(out);
    for (size_t at = 0; at < text->length;) {
        size_t end = line_end(*text, at), stop = end;
        if (stop > at && text->data[stop - 1] == '\n')
            stop--;
        bool broken = stop < end;
        if (stop > at && text->data[stop - 1] == '\r')
            stop--;
        buffer_append_slice(out, slice_part(*text, at, stop - at));
        if (broken)
            buffer_append_text(out, "\r\n");
        at = end;
    }
    return buffer_take(out, mem, text);
}

static enum status read_text_part(TALLOC_CTX *mem, const struct body_source *source, uint32_t index, size_t cap, struct slice *out, bool *cut)
{
    const struct mime_part *part = &source->structure->parts[index];
    struct slice bytes;
    bool uu = (part->flags & MIME_PART_HAS_UU) != 0;
    TRY(decode_some(mem, source, index, uu ? source->limits.body_bytes : cap + 16, &bytes, cut));
    if (uu)
        TRY(drop_uu_files(mem, source, index, &bytes));
    TRY(mime_text_to_utf8(mem, bytes, part->charset, cap + 16, out));
    if ((part->flags & MIME_PART_FLOWED) != 0)
        TRY(mime_text_unflow(mem, *out, (part->flags & MIME_PART_DELSP) != 0, cap + 16, out));
    return normal_lines(mem, out);
}

/* text/enriched [RFC 1896]: "<<" is '<', commands are dropped, one line break is a blank. As HTML, commands fall away by themselves. */
static enum status enriched_to_html(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out)
{
    struct buffer *html = buffer_new(mem, text.length * 5 + 64);
    TRY_MEMORY(html);
    for (size_t i = 0; i < text.length && buffer_length(html) < cap; i++) {
        uint8_t c = text.data[i];
        if (c == '<' && i + 1 < text.length && text.data[i + 1] == '<') {
            buffer_append_text(html, "&lt;");
            i++;
        } else if (c == '\n') {
            size_t breaks = 1;
            while (i + 1 < text.length && (text.data[i + 1] == '\n' || text.data[i + 1] == '\r'))
                breaks += text.data[++i] == '\n';
            for (size_t b = 1; b < breaks && b < 10; b++)
                buffer_append_text(html, "<br>");
            buffer_append_byte(html, '\n');
        } else if (c == '&') {
            buffer_append_text(html, "&amp;");
        } else {
            buffer_append_byte(html, c);
        }
    }
    return buffer_take(html, mem, out);
}

static enum status read_html_part(TALLOC_CTX *mem, const struct body_source *source, uint32_t index, size_t cap, struct slice *out, bool *cut)
{
    const struct mime_part *part = &source->structure->parts[index];
    struct slice bytes;
    TRY(decode_some(mem, source, index, cap, &bytes, cut));
    if (part->role == MIME_ROLE_HTML_BODY)
        return mime_html_to_utf8(mem, bytes, part->charset, cap, out);
    if (strcmp(part->type, "text/rtf") == 0)
        return mime_html_from_rtf(mem, bytes, cap, out);
    struct slice text;
    TRY(mime_text_to_utf8(mem, bytes, part->charset, cap, &text));
    return enriched_to_html(mem, text, cap, out);
}

struct group { /* body parts [first, end) of one group */
    uint32_t first, end;
    bool has_text, has_html;
};

static bool next_group(const struct mime_structure *structure, uint32_t *at, struct group *out)
{
    uint32_t i = *at;
    while (i < structure->count && !is_body(&structure->parts[i]))
        i++;
    if (i == structure->count)
        return false;
    *out = (struct group){ .first = i };
    for (uint32_t group = structure->parts[i].group; i < structure->count; i++) {
        const struct mime_part *part = &structure->parts[i];
        if (is_body(part) && part->group != group)
            break;
        out->has_text = out->has_text || part->role == MIME_ROLE_TEXT_BODY;
        out->has_html = out->has_html || (is_body(part) && part->role != MIME_ROLE_TEXT_BODY);
    }
    out->end = *at = i;
    return true;
}

static enum status put_text(TALLOC_CTX *mem, const struct body_source *source, uint32_t part, bool is_text, size_t room, struct buffer *out,
                            bool *cut)
{
    struct slice piece, html;
    if (is_text) {
        TRY(read_text_part(mem, source, part, room, &piece, cut));
    } else {
        size_t take = room < source->limits.body_bytes / 32 ? room * 32 + 65536 : source->limits.body_bytes;
        TRY(read_html_part(mem, source, part, take, &html, cut));
        TRY(mime_text_from_html(mem, html, room + 16, &piece));
    }
    struct slice before = buffer_slice(out);
    if (before.length > 0 && before.data[before.length - 1] != '\n' && piece.length > 0)
        buffer_append_text(out, "\r\n");
    buffer_append_slice(out, piece);
    return STATUS_OK;
}

static enum status put_html(TALLOC_CTX *mem, const struct body_source *source, uint32_t part, bool is_text, size_t room, struct buffer *out,
                            bool *cut)
{
    struct slice piece, text;
    if (is_text) {
        TRY(read_text_part(mem, source, part, room, &text, cut));
        TRY(mime_html_from_text(mem, text, room, &piece));
    } else {
        TRY(read_html_part(mem, source, part, room, &piece, cut));
    }
    buffer_append_slice(out, piece);
    return STATUS_OK;
}

static enum status assemble(TALLOC_CTX *mem, const struct body_source *source, bool want_html, size_t cap, struct slice *out, bool *made,
                            bool *cut)
{
    struct buffer *body = buffer_new(mem, cap + (1u << 20));
    TRY_MEMORY(body);
    struct group group;
    *made = true;
    for (uint32_t at = 0; next_group(source->structure, &at, &group);) {
        bool use_text = want_html ? !group.has_html : group.has_text;
        *made = *made && (want_html ? use_text : !use_text);
        for (uint32_t i = group.first; i < group.end; i++) {
            const struct mime_part *part = &source->structure->parts[i];
            if (!is_body(part) || (part->role == MIME_ROLE_TEXT_BODY) != use_text)
                continue;
            size_t length = buffer_length(body);
            if (length >= cap) {
                *cut = true;
                break;
            }
            TRY((want_html ? put_html : put_text)(mem, source, i, use_text, cap - length, body, cut));
        }
    }
    if (buffer_length(body) > cap) {
        *cut = true;
        buffer_truncate(body, utf8_prefix(buffer_slice(body), cap).length);
    }
    enum status status = buffer_take(body, mem, out);
    talloc_free(body);
    return status;
}

enum status bodies_text(TALLOC_CTX *mem, const struct body_source *source, size_t cap, struct slice *out, bool *made, bool *cut)
{
    return assemble(mem, source, false, cap, out, made, cut);
}

enum status bodies_html(TALLOC_CTX *mem, const struct body_source *source, size_t cap, struct slice *out, bool *made, bool *cut)
{
    return assemble(mem, source, true, cap, out, made, cut);
}

/* Rich bodies of winmail.dat: HTML, RTF, and text where MIME has none. */
static enum status read_tnef(TALLOC_CTX *mem, const struct body_source *source, unsigned want, struct mime_bodies *out)
{
    uint32_t index = 0;
    while (index < source->structure->count && source->structure->parts[index].role != MIME_ROLE_TNEF)
        index++;
    struct slice stream, rtf;
    struct tnef tnef;
    if (index == source->structure->count)
        return STATUS_OK;
    TRY(mime_part_decode(mem, source->original, source->structure, index, SIZE_MAX / 4, &stream));
    enum status status = tnef_parse(mem, stream, &source->limits, &tnef);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    struct slice html = bag_bytes(tnef.props, PROP_HTML), packed = bag_bytes(tnef.props, PROP_RTF_COMPRESSED);
    const char *text = bag_string(tnef.props, PROP_BODY, "");
    if (packed.length > 0) {
        out->rtf = packed;
        out->has_rtf = (want & MIME_WANT_RTF) != 0 || (want & MIME_WANT_NATIVE) != 0;
        out->native = MIME_NATIVE_RTF;
        if (html.length == 0 && mime_rtf_decompress(mem, packed, source->limits.body_bytes, &rtf) == STATUS_OK)
            TRY(mime_html_from_rtf(mem, rtf, source->limits.body_bytes, &html));
    }
    if (html.length > 0) {
        out->native = packed.length > 0 ? out->native : MIME_NATIVE_HTML;
        TRY(mime_html_to_utf8(mem, html, mime_charset_of_codepage(bag_int32(tnef.props, PROP_INTERNET_CODEPAGE, 0)), source->limits.body_bytes,
                              &out->html));
        out->has_html = true;
    }
    if (text[0] != '\0') {
        out->text = slice_of_text(text);
        out->has_text = true;
    } else if (html.length > 0) {
        TRY(mime_text_from_html(mem, out->html, source->limits.body_bytes, &out->text));
        out->has_text = out->text_is_made = true;
    }
    return STATUS_OK;
}

enum status mime_read_bodies(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, const struct mime_limits *limits,
                             unsigned want, struct mime_bodies *out)
{
    struct body_source source = { .original = original, .structure = structure, .limits = limits_effective(limits) };
    *out = (struct mime_bodies){ .native = bodies_native(structure) };
    if (original.length != structure->message_size)
        return status_fail(STATUS_CORRUPT, "mime structure is of another message");
    size_t cap = source.limits.body_bytes;
    bool has_parts = out->native != MIME_NATIVE_UNDEFINED;
    TRY(read_tnef(mem, &source, want, out));
    bool native_html = out->native == MIME_NATIVE_HTML;
    bool want_text = (want & MIME_WANT_TEXT) != 0 || ((want & MIME_WANT_NATIVE) != 0 && !native_html);
    bool want_html = (want & MIME_WANT_HTML) != 0 || ((want & MIME_WANT_NATIVE) != 0 && native_html);
    if (has_parts && want_text) {
        TRY(bodies_text(mem, &source, cap, &out->text, &out->text_is_made, &out->truncated));
        out->has_text = true;
    }
    if (has_parts && want_html && !out->has_html) {
        TRY(bodies_html(mem, &source, cap, &out->html, &out->html_is_made, &out->truncated));
        out->has_html = true;
    }
    out->has_text = out->has_text && want_text;
    out->has_html = out->has_html && want_html;
    return STATUS_OK;
}
