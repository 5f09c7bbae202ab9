#include "convert.h"

#include "bourse/base/text.h"

#define ID_TEXT_MOST 2048

bool id_format_of_word(const char *word, enum id_format *out)
{
    static const char *const words[] = { "EwsLegacyId", "EwsId", "EntryId", "HexEntryId", "StoreId", "OwaId" };
    for (size_t i = 0; word != NULL && i < ARRAY_LENGTH(words); i++)
        if (strcmp(words[i], word) == 0) {
            *out = (enum id_format)i;
            return true;
        }
    return false;
}

/* base64 for the query of a URL [RFC 3986] 2.1. */
static char *url_escape(TALLOC_CTX *mem, const char *text)
{
    char *out = talloc_strdup(mem, "");
    for (const char *c = text; out != NULL && *c != '\0'; c++)
        out = strchr("+/=", *c) != NULL ? talloc_asprintf_append(out, "%%%02X", (unsigned)*c) : talloc_asprintf_append(out, "%c", *c);
    return out;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static char *url_unescape(TALLOC_CTX *mem, const char *text)
{
    char *out = talloc_strdup(mem, text), *to = out;
    for (const char *c = text; out != NULL && *c != '\0'; c++) {
        bool escaped = *c == '%' && hex_digit(c[1]) >= 0 && hex_digit(c[2]) >= 0;
        *to++ = escaped ? (char)(hex_digit(c[1]) * 16 + hex_digit(c[2])) : *c;
        c += escaped ? 2 : 0;
    }
    if (out != NULL)
        *to = '\0';
    return out;
}

char *id_format_text(TALLOC_CTX *mem, enum id_format format, const struct object_id *id, struct guid replica)
{
    if (format == ID_EWS || format == ID_EWS_LEGACY)
        return object_id_text(mem, id);
    struct buffer *entry = buffer_new(mem, 512), *text = buffer_new(mem, ID_TEXT_MOST);
    if (id->kind == OBJECT_ATTACHMENT || entry == NULL || text == NULL)
        return NULL;
    entry_id_append(entry, id, replica);
    if (format == ID_HEX_ENTRY) {
        struct slice bytes = buffer_slice(entry);
        for (size_t i = 0; i < bytes.length; i++)
            buffer_printf(text, "%02X", bytes.data[i]);
    } else {
        base64_append(text, buffer_slice(entry));
    }
    return format == ID_OWA ? url_escape(mem, buffer_text(text)) : talloc_strdup(mem, buffer_text(text));
}

enum status id_format_parse(TALLOC_CTX *mem, enum id_format format, const char *text, struct object_id *out)
{
    struct slice bytes;
    if (text[0] == '\0' || strlen(text) > ID_TEXT_MOST)
        return status_fail(STATUS_INVALID_ID, "id of %zu characters", strlen(text));
    if (format == ID_EWS || format == ID_EWS_LEGACY)
        return object_id_parse(text, out);
    const char *plain = format == ID_OWA ? url_unescape(mem, text) : text;
    if (plain == NULL)
        return status_fail(STATUS_NO_MEMORY, "id");
    enum status status = format == ID_HEX_ENTRY ? hex_decode(mem, slice_of_text(plain), &bytes) : base64_decode(mem, slice_of_text(plain), &bytes);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : status_fail(STATUS_INVALID_ID, "id in no such form");
    status = entry_id_parse(bytes, out, NULL);
    return status == STATUS_OK || status == STATUS_NO_MEMORY ? status : status_fail(STATUS_INVALID_ID, "no entry id");
}
