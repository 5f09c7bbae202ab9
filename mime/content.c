/* Content-* fields of a part. GMime reads the syntax (RFC 2045 parameters, RFC 2231, RFC 2047 in parameters, and the broken forms). */
#include "parse.h"

#include "bourse/base/text.h"

#include <gmime/gmime.h>
#include <strings.h>

static const struct {
    const char *name;
    enum mime_encoding encoding;
} encodings[] = {
    { "7bit", MIME_7BIT }, { "8bit", MIME_8BIT }, { "binary", MIME_BINARY }, { "quoted-printable", MIME_QUOTED_PRINTABLE },
    { "base64", MIME_BASE64 }, { "x-uuencode", MIME_UUENCODE }, { "uuencode", MIME_UUENCODE }, { "x-uue", MIME_UUENCODE },
};

static enum mime_encoding read_encoding(const char *text, bool *error)
{
    size_t length = strcspn(text, " \t;(");
    for (size_t i = 0; i < ARRAY_LENGTH(encodings); i++)
        if (strlen(encodings[i].name) == length && strncasecmp(text, encodings[i].name, length) == 0)
            return encodings[i].encoding;
    *error = length > 0;
    return MIME_8BIT;
}

/* RFC 2231 allows any number of sections; a value with more parameters than the limit is cut before the parser sees it. */
static void cut_parameters(char *text, uint32_t most)
{
    uint32_t seen = 0;
    for (char *p = text; *p != '\0'; p++)
        if (*p == ';' && ++seen > most) {
            *p = '\0';
            return;
        }
}

static const char *take(TALLOC_CTX *mem, const char *text)
{
    return text == NULL || *text == '\0' ? "" : utf8_repair(mem, slice_of_text(text));
}

static const char *take_lower(TALLOC_CTX *mem, const char *text)
{
    char *copy = text == NULL ? NULL : utf8_repair(mem, slice_of_text(text));
    if (copy != NULL)
        ascii_lower(copy);
    return copy != NULL ? copy : "";
}

/* A file name goes to clients' disks: no directories, no control characters. */
static const char *take_file_name(TALLOC_CTX *mem, const char *text)
{
    if (text == NULL || *text == '\0')
        return "";
    char *decoded = NULL, *slash;
    if (mime_words_decode(mem, slice_of_text(text), &decoded) != STATUS_OK)
        return "";
    while ((slash = strpbrk(decoded, "/\\")) != NULL)
        decoded = slash + 1;
    for (char *p = decoded; *p != '\0'; p++)
        if ((uint8_t)*p < 32 || *p == 127)
            *p = '_';
    return decoded;
}

static GMimeParserOptions *loose_options(void)
{
    static GMimeParserOptions *options;
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        static const char *charsets[] = { "utf-8", "windows-1252", NULL };
        options = g_mime_parser_options_new();
        g_mime_parser_options_set_fallback_charsets(options, charsets);
        g_once_init_leave(&ready, 1);
    }
    return options;
}

/* "type/subtype" or "type/subtype; charset=token": what most parts have. */
static bool read_simple_type(TALLOC_CTX *mem, const char *text, struct content_fields *out)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._/");
    const char *rest = text + length;
    const char *slash = memchr(text, '/', length);
    if (slash == NULL || slash == text || slash + 1 == rest || memchr(slash + 1, '/', (size_t)(rest - slash - 1)) != NULL)
        return false;
    rest += strspn(rest, " \t");
    const char *charset = "";
    if (*rest == ';') {
        rest += 1 + strspn(rest + 1, " \t");
        if (strncasecmp(rest, "charset=", 8) != 0)
            return false;
        rest += 8;
        bool quoted = *rest == '"';
        const char *token = rest + quoted;
        size_t token_length = strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
        rest = token + token_length + quoted;
        if (token_length == 0 || (quoted && token[token_length] != '"') || *rest != '\0')
            return false;
        char *copy = talloc_strndup(mem, token, token_length);
        if (copy == NULL)
            return false;
        ascii_lower(copy);
        charset = copy;
    } else if (*rest != '\0') {
        return false;
    }
    char *type = talloc_strndup(mem, text, length);
    if (type == NULL)
        return false;
    ascii_lower(type);
    out->type = type;
    out->charset = charset;
    return true;
}

static void read_type(TALLOC_CTX *mem, const char *text, struct content_fields *out)
{
    if (read_simple_type(mem, text, out))
        return;
    if (strchr(text, '/') == NULL) { /* "text" alone, as very old agents write */
        out->type = text_starts(text, "text") ? "text/plain" : "";
        return;
    }
    GMimeContentType *type = g_mime_content_type_parse(loose_options(), text);
    if (type == NULL)
        return;
    const char *media = g_mime_content_type_get_media_type(type), *subtype = g_mime_content_type_get_media_subtype(type);
    if (media != NULL && subtype != NULL && *media != '\0' && *subtype != '\0') {
        char *joined = talloc_asprintf(mem, "%s/%s", media, subtype);
        out->type = take_lower(mem, joined);
    }
    out->boundary = take(mem, g_mime_content_type_get_parameter(type, "boundary"));
    out->charset = take_lower(mem, g_mime_content_type_get_parameter(type, "charset"));
    out->method = take(mem, g_mime_content_type_get_parameter(type, "method"));
    out->protocol = take_lower(mem, g_mime_content_type_get_parameter(type, "protocol"));
    out->report_type = take_lower(mem, g_mime_content_type_get_parameter(type, "report-type"));
    out->smime_type = take_lower(mem, g_mime_content_type_get_parameter(type, "smime-type"));
    out->start = take(mem, g_mime_content_type_get_parameter(type, "start"));
    if (out->name[0] == '\0')
        out->name = take_file_name(mem, g_mime_content_type_get_parameter(type, "name"));
    const char *format = g_mime_content_type_get_parameter(type, "format");
    const char *delsp = g_mime_content_type_get_parameter(type, "delsp");
    out->flowed = format != NULL && strcasecmp(format, "flowed") == 0;
    out->delsp = delsp != NULL && strcasecmp(delsp, "yes") == 0;
    g_object_unref(type);
}

static void read_disposition(TALLOC_CTX *mem, const char *text, struct content_fields *out)
{
    out->is_inline = text_starts(text, "inline");
    out->is_attachment = text_starts(text, "attachment");
    if (strchr(text, ';') == NULL)
        return;
    GMimeContentDisposition *disposition = g_mime_content_disposition_parse(loose_options(), text);
    if (disposition == NULL)
        return;
    const char *name = take_file_name(mem, g_mime_content_disposition_get_parameter(disposition, "filename"));
    if (name[0] != '\0')
        out->name = name;
    g_object_unref(disposition);
}

static const char *without_brackets(char *text)
{
    size_t length = strlen(text);
    if (text[0] == '<' && length >= 2 && text[length - 1] == '>') {
        text[length - 1] = '\0';
        return text + 1;
    }
    return text;
}

static enum status read_field(TALLOC_CTX *mem, const struct mime_field *field, const struct mime_limits *limits, unsigned *seen,
                              struct content_fields *out)
{
    static const char *const names[] = { "Type", "Disposition", "Transfer-Encoding", "ID", "Location" };
    struct slice suffix = slice_part(field->name, 8, field->name.length);
    size_t which = 0;
    while (which < ARRAY_LENGTH(names) && !name_is(suffix, names[which]))
        which++;
    if (which == ARRAY_LENGTH(names) || (*seen & 1u << which) != 0) /* the first of several counts */
        return STATUS_OK;
    *seen |= 1u << which;
    char *text = field_text(mem, field->value, limits->header_field_bytes);
    TRY_MEMORY(text);
    cut_parameters(text, limits->parameter_sections);
    switch (which) {
    case 0: read_type(mem, text, out); break;
    case 1: read_disposition(mem, text, out); break;
    case 2: out->encoding = read_encoding(text, &out->has_encoding_error); break;
    case 3: out->content_id = without_brackets(text); break;
    default: out->location = text; break;
    }
    return STATUS_OK;
}

enum status content_fields_read(TALLOC_CTX *mem, struct slice header, const struct mime_limits *limits, struct content_fields *out)
{
    *out = (struct content_fields){ .type = "", .boundary = "", .charset = "", .name = "", .method = "", .protocol = "",
                                    .report_type = "", .smime_type = "", .start = "", .content_id = "", .location = "" };
    struct mime_field field;
    size_t at = 0;
    unsigned seen = 0;
    uint32_t fields = 0;
    while (mime_field_next(header, &at, &field) && fields++ < limits->header_fields && at <= limits->header_bytes)
        if (field.name.length > 8 && slice_equal_ascii_nocase(slice_part(field.name, 0, 8), slice_of_text("Content-")))
            TRY(read_field(mem, &field, limits, &seen, out));
    if (!utf8_is_valid(slice_of_text(out->content_id)))
        out->content_id = take(mem, out->content_id);
    if (!utf8_is_valid(slice_of_text(out->location)))
        out->location = take(mem, out->location);
    return STATUS_OK;
}
