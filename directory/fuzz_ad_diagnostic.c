/* Diagnostic texts of a bind and range names of attributes, both written by a server. */
#include "bind_result.h"
#include "ldap_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = slice_text(NULL, slice_of(data, size));
    struct ldap_range range;
    if (text != NULL) {
        ad_diagnostic_code(text);
        ldap_range_parse(text, "member", &range);
    }
    talloc_free(text);
    return 0;
}
