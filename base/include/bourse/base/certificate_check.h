/* Whether a certificate that mail was signed or is encrypted with can be trusted. */
#ifndef BOURSE_BASE_CERTIFICATE_CHECK_H
#define BOURSE_BASE_CERTIFICATE_CHECK_H

#include <stddef.h>

#include "bourse/base/slice.h"

enum certificate_verdict {
    CERTIFICATE_VALID,
    CERTIFICATE_UNREADABLE,     /* not a certificate */
    CERTIFICATE_BAD_SIGNATURE,
    CERTIFICATE_UNTRUSTED,      /* its authority is none that the system trusts */
    CERTIFICATE_BROKEN_CHAIN,   /* an issuer is missing */
    CERTIFICATE_NOT_FOR_MAIL,   /* its purpose is another */
    CERTIFICATE_TIME,           /* expired, or not yet valid */
    CERTIFICATE_CHAIN_TIME,     /* the same of an issuer */
    CERTIFICATE_CHAIN_USE,      /* an issuer may not issue */
    CERTIFICATE_REVOKED,
    CERTIFICATE_NO_REVOCATION,  /* asked for, but no list of revoked certificates is here */
};

/* Checks the DER bytes `certificate` for S/MIME against the system's authorities; `chain`: further DER certificates that may stand between (not trusted by themselves).
 * `with_revocation`: without a revocation list at hand the verdict is NO_REVOCATION (lists are not fetched). */
enum certificate_verdict certificate_check(struct slice certificate, const struct slice *chain, size_t chain_count, bool with_revocation);

#endif
