#include "bind_result.h"

#include <stdlib.h>

struct meaning {
    int64_t code;
    enum status status;
    const char *text;
};

#define AD_CODE(...)
#define POLICY(...)
#define RESULT(...)

static const struct meaning ad_codes[] = {
#undef AD_CODE
#define AD_CODE(code, status, text) { code, STATUS_##status, text },
#include "bind_result.def"
#undef AD_CODE
#define AD_CODE(...)
};

static const struct meaning policies[] = {
#undef POLICY
#define POLICY(code, status, text) { code, STATUS_##status, text },
#include "bind_result.def"
#undef POLICY
#define POLICY(...)
};

static const struct meaning results[] = {
#undef RESULT
#define RESULT(code, status, text) { code, STATUS_##status, text },
#include "bind_result.def"
#undef RESULT
};

uint32_t ad_diagnostic_code(const char *diagnostic)
{
    static const char mark[] = ", data ";
    const char *at = strstr(diagnostic, mark);
    if (at == NULL)
        return 0;
    at += sizeof mark - 1;
    size_t digits = strspn(at, "0123456789abcdefABCDEF"); /* strtoul alone would take blanks, signs and 0x */
    if (digits == 0 || digits > 8 || (at[digits] != ',' && at[digits] != '\0'))
        return 0;
    return (uint32_t)strtoul(at, NULL, 16);
}

static const struct meaning *find(const struct meaning *table, size_t count, int64_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].code == code)
            return &table[i];
    }
    return NULL;
}

enum status bind_result_status(const struct ldap_bind_answer *answer, const char **text)
{
    const struct meaning *meaning = find(policies, ARRAY_LENGTH(policies), answer->policy);
    if (meaning == NULL && answer->must_change)
        meaning = find(policies, ARRAY_LENGTH(policies), PP_changeAfterReset);
    if (meaning == NULL && answer->code == LDAP_SUCCESS) {
        *text = "right";
        return STATUS_OK;
    }
    if (meaning == NULL && answer->code == LDAP_INVALID_CREDENTIALS)
        meaning = find(ad_codes, ARRAY_LENGTH(ad_codes), ad_diagnostic_code(answer->diagnostic));
    if (meaning == NULL)
        meaning = find(results, ARRAY_LENGTH(results), answer->code);
    *text = meaning != NULL ? meaning->text : ldap_err2string(answer->code);
    return meaning != NULL ? meaning->status : STATUS_SIGN_IN_UNAVAILABLE;
}
