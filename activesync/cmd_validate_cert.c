/* ValidateCert [MS-ASCMD] 2.2.1.22. */
#include "bourse/base/certificate_check.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "call.h"

enum { VALIDATE_OK = 1, VALIDATE_PROTOCOL = 2, VALIDATE_MOST = 100 };

/* [MS-ASCMD] 2.2.3.177.18 */
static const int status_of_verdict[] = {
    [CERTIFICATE_VALID] = 1, [CERTIFICATE_UNREADABLE] = 10, [CERTIFICATE_BAD_SIGNATURE] = 3, [CERTIFICATE_UNTRUSTED] = 4, [CERTIFICATE_BROKEN_CHAIN] = 5,
    [CERTIFICATE_NOT_FOR_MAIL] = 6, [CERTIFICATE_TIME] = 7, [CERTIFICATE_CHAIN_TIME] = 8, [CERTIFICATE_CHAIN_USE] = 11, [CERTIFICATE_REVOKED] = 13,
    [CERTIFICATE_NO_REVOCATION] = 16,
};

/* Base64 or opaque DER; what is neither gives an empty slice, which is no certificate. */
static struct slice der_of(struct eas_call *call, const struct wbxml_node *node)
{
    struct slice der = { 0 };
    if (node->is_opaque)
        return node->text;
    if (base64_decode(call->mem, node->text, &der) != STATUS_OK)
        return (struct slice){ 0 };
    return der;
}

static enum status read_list(struct eas_call *call, const struct wbxml_node *list, struct slice **out, size_t *count)
{
    size_t most = wbxml_child_count(list);
    *count = 0;
    if (most > VALIDATE_MOST)
        return eas_fail(call, VALIDATE_PROTOCOL, "%zu certificates", most);
    *out = array_new(call->mem, struct slice, most + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "certificates");
    for (const struct wbxml_node *node = wbxml_child(list, ValidateCert_Certificate); node != NULL; node = wbxml_next(node, ValidateCert_Certificate))
        (*out)[(*count)++] = der_of(call, node);
    return STATUS_OK;
}

enum status cmd_validate_cert(struct eas_call *call)
{
    struct slice *chain = NULL, *certificates = NULL;
    size_t chain_count = 0, count = 0;
    bool with_revocation = wbxml_child_bool(call->body, ValidateCert_CheckCRL, false);
    TRY(read_list(call, wbxml_child(call->body, ValidateCert_CertificateChain), &chain, &chain_count));
    TRY(read_list(call, wbxml_child(call->body, ValidateCert_Certificates), &certificates, &count));
    if (count == 0)
        return eas_fail(call, VALIDATE_PROTOCOL, "no certificates");
    wbxml_start(call->out, ValidateCert_ValidateCert);
    wbxml_element_int(call->out, ValidateCert_Status, VALIDATE_OK);
    for (size_t i = 0; i < count; i++) {
        wbxml_start(call->out, ValidateCert_Certificate);
        wbxml_element_int(call->out, ValidateCert_Status, status_of_verdict[certificate_check(certificates[i], chain, chain_count, with_revocation)]);
        wbxml_end(call->out);
    }
    wbxml_end(call->out);
    return STATUS_OK;
}
