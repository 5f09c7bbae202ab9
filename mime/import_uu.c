/* uuencoded files within text bodies [MS-OXCMAIL] 2.2.3.5: listed as parts, left out of the body. */
#include "import_state.h"

#include "parse.h"

/* "begin 644 name": offset of the name, 0 when the line is none. */
static size_t begin_line(struct slice line)
{
    if (line.length < 12 || memcmp(line.data, "begin ", 6) != 0)
        return 0;
    size_t i = 6;
    while (i < line.length && line.data[i] >= '0' && line.data[i] <= '7')
        i++;
    return (i == 9 || i == 10) && line.data[i] == ' ' ? i + 1 : 0;
}

/* A data line says how many bytes it has and is long enough; trailing blanks may be lost on the way. */
static bool data_line(struct slice line)
{
    if (line.length == 0 || line.data[0] < ' ' || line.data[0] > '`' || line.length > 100)
        return false;
    size_t bytes = (size_t)(line.data[0] - ' ') & 63, characters = (bytes + 2) / 3 * 4;
    for (size_t i = 1; i < line.length; i++)
        if (line.data[i] < ' ' || line.data[i] > '`')
            return false;
    return line.length - 1 <= characters + 2 && line.length + 3 >= characters / 2;
}

static struct slice without_break(struct slice line)
{
    while (line.length > 0 && (line.data[line.length - 1] == '\n' || line.data[line.length - 1] == '\r'))
        line.length--;
    return line;
}

struct uu_file {
    size_t begin, data, end; /* begin line, first data line, behind the end line */
    struct slice name;
};

static bool next_file(struct slice text, size_t *at, struct uu_file *out)
{
    bool inside = false, empty_line = false;
    for (size_t start = *at; start < text.length;) {
        size_t end = line_end(text, start);
        struct slice line = without_break(slice_part(text, start, end - start));
        if (inside && line.length == 3 && memcmp(line.data, "end", 3) == 0) {
            out->end = end;
            *at = end;
            return true;
        }
        if (inside && empty_line)
            inside = false;
        empty_line = inside && line.length <= 1;
        inside = inside && (data_line(line) || line.length == 0);
        size_t name = inside ? 0 : begin_line(line);
        if (name > 0) {
            *out = (struct uu_file){ .begin = start, .data = end, .name = slice_part(line, name, line.length) };
            inside = true;
            empty_line = false;
        }
        start = end;
    }
    *at = text.length;
    return false;
}

static enum status add_file(struct import *im, uint32_t owner, const struct uu_file *file)
{
    const struct mime_part *part = &im->structure->parts[owner];
    uint64_t base = part->body_offset;
    char *name = NULL;
    TRY(text_any_to_utf8(im->structure, slice_part(file->name, 0, 255), &name));
    for (char *p = name; *p != '\0'; p++)
        if ((uint8_t)*p < 32 || *p == '/' || *p == '\\')
            *p = '_';
    struct mime_part row = { .parent = owner, .container = MIME_NO_PART, .kind = MIME_UU_FILE, .encoding = MIME_UUENCODE,
                             .role = MIME_ROLE_ATTACHMENT, .header_offset = base + file->begin, .header_length = file->data - file->begin,
                             .body_offset = base + file->data, .body_length = file->end - file->data, .attachment = -1,
                             .type = "application/octet-stream", .charset = "", .file_name = name, .content_id = "" };
    uint32_t index;
    TRY(import_add_part(im, &row, &index));
    if (index != MIME_NO_PART)
        im->structure->parts[owner].flags |= MIME_PART_HAS_UU;
    return STATUS_OK;
}

static enum status find_files(struct import *im, uint32_t owner)
{
    const struct mime_part *part = &im->structure->parts[owner];
    struct slice raw = slice_part(im->bytes, (size_t)part->body_offset, (size_t)part->body_length);
    bool starts = raw.length > 6 && memcmp(raw.data, "begin ", 6) == 0;
    if (part->encoding > MIME_BINARY || raw.length == 0 ||
        (!starts && memmem(raw.data, raw.length, "\nbegin ", 7) == NULL))
        return STATUS_OK;
    struct uu_file file;
    for (size_t at = 0; next_file(raw, &at, &file);)
        TRY(add_file(im, owner, &file));
    return STATUS_OK;
}

enum status import_uu_files(struct import *im)
{
    uint32_t count = im->structure->count;
    for (uint32_t i = 0; i < count; i++)
        if (im->structure->parts[i].role == MIME_ROLE_TEXT_BODY && im->structure->parts[i].kind == MIME_LEAF)
            TRY(find_files(im, i));
    return STATUS_OK;
}
