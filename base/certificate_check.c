#include "bourse/base/certificate_check.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

enum { CHAIN_DEPTH = 10, CERTIFICATE_MOST = 64 * 1024 };

static X509 *read_der(struct slice der)
{
    const unsigned char *at = (const unsigned char *)der.data;
    return der.length > 0 && der.length <= CERTIFICATE_MOST ? d2i_X509(NULL, &at, (long)der.length) : NULL;
}

static enum certificate_verdict verdict_of(int error, int depth)
{
    switch (error) {
    case X509_V_OK:
        return CERTIFICATE_VALID;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
        return CERTIFICATE_BAD_SIGNATURE;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return depth == 0 ? CERTIFICATE_TIME : CERTIFICATE_CHAIN_TIME;
    case X509_V_ERR_INVALID_PURPOSE:
        return depth == 0 ? CERTIFICATE_NOT_FOR_MAIL : CERTIFICATE_CHAIN_USE;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return CERTIFICATE_CHAIN_USE;
    case X509_V_ERR_CERT_REVOKED:
        return CERTIFICATE_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return CERTIFICATE_NO_REVOCATION;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        return CERTIFICATE_BROKEN_CHAIN;
    default: /* self-signed, an unknown authority */
        return CERTIFICATE_UNTRUSTED;
    }
}

static enum certificate_verdict verify(X509_STORE *store, X509 *certificate, STACK_OF(X509) *between, bool with_revocation)
{
    enum certificate_verdict verdict = CERTIFICATE_UNREADABLE;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context != NULL && X509_STORE_CTX_init(context, store, certificate, between) == 1) {
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SMIME_SIGN);
        X509_STORE_CTX_set_depth(context, CHAIN_DEPTH);
        if (with_revocation)
            X509_STORE_CTX_set_flags(context, X509_V_FLAG_CRL_CHECK);
        verdict = X509_verify_cert(context) == 1 ? CERTIFICATE_VALID : verdict_of(X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_error_depth(context));
    }
    X509_STORE_CTX_free(context);
    return verdict;
}

static STACK_OF(X509) *read_chain(const struct slice *chain, size_t count)
{
    STACK_OF(X509) *between = sk_X509_new_null();
    for (size_t i = 0; between != NULL && i < count; i++) {
        X509 *one = read_der(chain[i]);
        if (one != NULL && sk_X509_push(between, one) == 0)
            X509_free(one);
    }
    return between;
}

enum certificate_verdict certificate_check(struct slice certificate, const struct slice *chain, size_t chain_count, bool with_revocation)
{
    enum certificate_verdict verdict = CERTIFICATE_UNREADABLE;
    X509 *leaf = read_der(certificate);
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *between = read_chain(chain, chain_count);
    if (leaf != NULL && store != NULL && between != NULL && X509_STORE_set_default_paths(store) == 1)
        verdict = verify(store, leaf, between, with_revocation);
    sk_X509_pop_free(between, X509_free);
    X509_STORE_free(store);
    X509_free(leaf);
    return verdict;
}
