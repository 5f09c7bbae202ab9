#include "basic.h"

#include "bourse/base/text.h"

bool scheme_is(struct slice value, const char *scheme, struct slice *rest)
{
    size_t length = strlen(scheme);
    struct slice trimmed = slice_trim(value);
    if (trimmed.length <= length || trimmed.data[length] != ' ' ||
        !slice_equal_ascii_nocase(slice_part(trimmed, 0, length), slice_of_text(scheme)))
        return false;
    *rest = slice_trim(slice_part(trimmed, length, trimmed.length));
    return true;
}

/* ISO-8859-1 code points are Unicode's first 256. */
static struct slice latin1_to_utf8(TALLOC_CTX *mem, struct slice bytes)
{
    uint8_t *text = talloc_array(mem, uint8_t, 2 * (unsigned)bytes.length + 1);
    size_t used = 0;
    for (size_t i = 0; text != NULL && i < bytes.length; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= 0x80)
            text[used++] = (uint8_t)(0xC0 | (byte >> 6));
        text[used++] = byte < 0x80 ? byte : (uint8_t)(0x80 | (byte & 0x3F));
    }
    return slice_of(text, used);
}

static enum status split(TALLOC_CTX *mem, struct slice text, struct basic_credentials *out)
{
    struct slice login, password = { 0 };
    if (!slice_split(text, ':', &login, &password))
        return status_fail(STATUS_MALFORMED, "Basic credentials without a colon");
    for (size_t i = 0; i < login.length; i++)
        if (login.data[i] < 0x20 || login.data[i] == 0x7F)
            return status_fail(STATUS_MALFORMED, "control character in the login name");
    out->login = slice_text(mem, login);
    out->password = secret_new(mem, password);
    if (out->login == NULL || out->password == NULL)
        return status_fail(STATUS_NO_MEMORY, "credentials");
    return STATUS_OK;
}

enum status basic_parse(TALLOC_CTX *mem, struct slice value, struct basic_credentials *out)
{
    struct slice encoded, bytes = { 0 };
    if (!scheme_is(value, "Basic", &encoded))
        return status_fail(STATUS_NOT_SUPPORTED, "authentication scheme");
    TALLOC_CTX *scratch = talloc_new(mem);
    if (scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "credentials");
    enum status status = base64_decode(scratch, encoded, &bytes);
    struct slice text = bytes;
    if (status == STATUS_OK && !utf8_is_valid(bytes))
        text = latin1_to_utf8(scratch, bytes);
    if (status == STATUS_OK)
        status = split(mem, text, out);
    secret_wipe((void *)(uintptr_t)text.data, text.length);
    secret_wipe((void *)(uintptr_t)bytes.data, bytes.length);
    talloc_free(scratch);
    return status;
}
