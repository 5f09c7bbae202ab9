/* Header fields: walking, editing, addresses, words, dates. */
#include "bourse/mime/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mime_init();
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice in = slice_of(data, size), header, body;
    static const char *const remove[] = { "Bcc", "Return-Path", NULL };
    struct mime_field field;
    for (size_t at = 0; mime_field_next(in, &at, &field);) {
        struct mime_addresses list;
        char *text = NULL;
        instant when;
        if (mime_addresses_parse(mem, field.value, NULL, &list) != STATUS_OK || mime_words_decode(mem, field.value, &text) != STATUS_OK)
            __builtin_trap();
        for (size_t i = 0; i < list.count; i++)
            if (mime_address_format(mem, list.items[i].name, list.items[i].address, i % 2 == 0, &text) != STATUS_OK)
                __builtin_trap();
        (void)!mime_words_encode(mem, field.value, &text);
        (void)mime_date_parse(field.value, &when);
    }
    if (mime_header_edit(mem, in, remove, "X-Top: 1\r\n", "X-End: 1\r\n", &header, &body) != STATUS_OK || mime_count_hops(in) > size)
        __builtin_trap();
    talloc_free(mem);
    return 0;
}
