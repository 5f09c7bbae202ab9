#include "out_of_office_store.h"
#include "rules_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First byte: which reader. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice input = slice_of(data, size);
    struct slice rest = slice_part(input, 1, size);
    struct rule_term *terms = NULL;
    struct out_of_office settings;
    struct rule rule;
    size_t count = 0;
    status_chain_clear();
    if (size > 0 && data[0] % 3 == 0 && rule_terms_unpack(mem, rest, &terms, &count) == STATUS_OK && count > 0) {
        struct slice again;
        if (rule_terms_pack(mem, terms, count, &again) != STATUS_OK)
            __builtin_trap(); /* what can be read can be written */
    }
    if (size > 0 && data[0] % 3 == 1 && out_of_office_unpack(mem, rest, &settings) == STATUS_OK && settings.internal == NULL)
        __builtin_trap();
    if (size > 0 && data[0] % 3 == 2) {
        struct stored_rule stored = { .name = "", .provider = "", .condition = slice_part(rest, 0, size / 3), .extra = slice_part(rest, size / 3, size) };
        if (rule_of_stored(mem, &stored, &rule) != STATUS_OK)
            rule.id = 0;
    }
    talloc_free(mem);
    return 0;
}
