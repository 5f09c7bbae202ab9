/* Text conversions: results are well-formed, and what can be turned back is the same. */
#include <stdlib.h>

#include "bourse/base/clock.h"
#include "bourse/base/guid.h"
#include "bourse/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_utf8(TALLOC_CTX *mem, struct slice input)
{
    char *repaired = utf8_repair(mem, input);
    char *clean = xml_clean(mem, input);
    char *folded = text_fold(mem, input);
    require(utf8_is_valid(slice_of_text(repaired)) && utf8_is_valid(slice_of_text(clean)) &&
            utf8_is_valid(slice_of_text(folded)));
    if (utf8_is_valid(input))
        require(slice_equal(slice_part(input, 0, strlen(repaired)), slice_of_text(repaired)));
    for (size_t max = 0; max < 8; max++)
        require(utf8_prefix(input, max).length <= max &&
                (!utf8_is_valid(input) || utf8_is_valid(utf8_prefix(input, max))));
}

static void check_utf16(TALLOC_CTX *mem, struct slice input)
{
    char *text;
    struct buffer *utf16 = buffer_new(mem, 1 << 24);
    if (utf16_to_utf8(mem, input, &text) == STATUS_OK)
        require(utf8_is_valid(slice_of_text(text)));
    if (!utf8_is_valid(input) || slice_find_byte(input, 0) >= 0)
        return;
    utf16_append(utf16, input);
    require(utf16_to_utf8(mem, buffer_slice(utf16), &text) == STATUS_OK);
    require(slice_equal(slice_of_text(text), input));
}

static void check_digits(TALLOC_CTX *mem, struct slice input)
{
    struct slice decoded, again;
    struct buffer *text = buffer_new(mem, 1 << 24);
    (void)!base64_decode(mem, input, &decoded);
    (void)!hex_decode(mem, input, &decoded);
    base64_append(text, input);
    require(base64_decode(mem, buffer_slice(text), &again) == STATUS_OK && slice_equal(again, input));
    buffer_reset(text);
    hex_append(text, input);
    require(hex_decode(mem, buffer_slice(text), &again) == STATUS_OK && slice_equal(again, input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice input = slice_of(data, size);
    check_utf8(mem, input);
    check_utf16(mem, input);
    check_digits(mem, input);
    char *text = slice_text(mem, input);
    instant when;
    struct guid guid;
    char out[INSTANT_TEXT_SIZE];
    if (text != NULL && instant_parse(text, &when))
        require(instant_parse(instant_format_precise(when, out), &when));
    if (text != NULL)
        (void)!guid_parse(text, &guid);
    talloc_free(mem);
    return 0;
}
