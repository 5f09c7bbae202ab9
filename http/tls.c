#include "tls.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bourse/base/certificate.h"

#define MOST_CERTIFICATES 16u

/* One loaded pair. Kept until the end: a handshake may still use it after a reload, and reloads are rare. */
struct certificate_set {
    struct certificate_set *older;
    gnutls_pcert_st chain[MOST_CERTIFICATES];
    int64_t expires; /* Unix seconds */
    unsigned count;
    gnutls_privkey_t key;
};

struct certificates {
    _Atomic(struct certificate_set *) current;
};

static void set_free(struct certificate_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        gnutls_pcert_deinit(&set->chain[i]);
    if (set->key != NULL)
        gnutls_privkey_deinit(set->key);
    free(set);
}

static int certificates_free(struct certificates *certificates)
{
    for (struct certificate_set *set = atomic_load(&certificates->current), *older; set != NULL; set = older) {
        older = set->older;
        set_free(set);
    }
    return 0;
}

struct certificates *certificates_new(TALLOC_CTX *mem)
{
    struct certificates *certificates = talloc_zero(mem, struct certificates);
    if (certificates != NULL)
        talloc_set_destructor(certificates, certificates_free);
    return certificates;
}

static enum status bad(const char *path, int code)
{
    status_set_client_text("%s: %s", path, gnutls_strerror(code));
    return status_fail(STATUS_CONFIGURATION, "%s: %s", path, gnutls_strerror(code));
}

static enum status load_chain(struct certificate_set *set, const char *path)
{
    gnutls_datum_t pem = { 0 };
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    int code = gnutls_load_file(path, &pem);
    if (code < 0)
        return bad(path, code);
    code = gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM,
                                        GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
    gnutls_free(pem.data);
    if (code < 0)
        return bad(path, code);
    /* A root at the end of a long chain may be missing: clients have it. */
    set->count = count < MOST_CERTIFICATES ? count : MOST_CERTIFICATES;
    if (count > 0)
        set->expires = gnutls_x509_crt_get_expiration_time(list[0]);
    code = gnutls_pcert_import_x509_list(set->chain, list, &set->count, 0);
    if (code < 0)
        set->count = 0;
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    return code < 0 ? bad(path, code) : STATUS_OK;
}

static enum status load_key(struct certificate_set *set, const char *path)
{
    gnutls_datum_t pem = { 0 };
    int code = gnutls_load_file(path, &pem);
    if (code < 0)
        return bad(path, code);
    code = gnutls_privkey_init(&set->key);
    if (code >= 0)
        code = gnutls_privkey_import_x509_raw(set->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return code < 0 ? bad(path, code) : STATUS_OK;
}

static enum status check_pair(struct certificate_set *set, const char *key_path)
{
    unsigned char of_key[64], of_certificate[64];
    size_t key_size = sizeof of_key, certificate_size = sizeof of_certificate;
    gnutls_pubkey_t public_key = NULL;
    int code = gnutls_pubkey_init(&public_key);
    if (code >= 0)
        code = gnutls_pubkey_import_privkey(public_key, set->key, 0, 0);
    if (code >= 0)
        code = gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size);
    if (code >= 0)
        code = gnutls_pubkey_get_key_id(set->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_certificate,
                                        &certificate_size);
    if (public_key != NULL)
        gnutls_pubkey_deinit(public_key);
    if (code < 0)
        return bad(key_path, code);
    if (key_size != certificate_size || memcmp(of_key, of_certificate, key_size) != 0)
        return bad(key_path, GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
    return STATUS_OK;
}

enum status certificates_load(struct certificates *certificates, const char *chain_path, const char *key_path)
{
    struct certificate_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "certificate");
    enum status status = load_chain(set, chain_path);
    if (status == STATUS_OK)
        status = load_key(set, key_path);
    if (status == STATUS_OK)
        status = check_pair(set, key_path);
    if (status != STATUS_OK) {
        set_free(set);
        return status;
    }
    set->older = atomic_load(&certificates->current);
    atomic_store(&certificates->current, set);
    certificate_loaded(chain_path, set->expires);
    return STATUS_OK;
}

bool certificates_current(struct certificates *certificates, gnutls_pcert_st **chain, unsigned *count,
                          gnutls_privkey_t *key)
{
    struct certificate_set *set = atomic_load(&certificates->current);
    if (set == NULL)
        return false;
    *chain = set->chain;
    *count = set->count;
    *key = set->key;
    return true;
}
