#include "tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <time.h>

const char *tls_error(char *out, size_t size)
{
    unsigned long code = ERR_get_error();
    if (code == 0)
        snprintf(out, size, "connection closed");
    else
        ERR_error_string_n(code, out, size);
    ERR_clear_error();
    return out;
}

static enum status bad_file(const char *path)
{
    char text[256];
    tls_error(text, sizeof text);
    status_set_client_text("%s: %s", path, text);
    return status_fail(STATUS_CONFIGURATION, "%s: %s", path, text);
}

static SSL_CTX *new_context(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

static enum status load_pair(SSL_CTX *context, const char *chain_path, const char *key_path)
{
    if (SSL_CTX_use_certificate_chain_file(context, chain_path) != 1)
        return bad_file(chain_path);
    if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(context) != 1)
        return bad_file(key_path);
    return STATUS_OK;
}

int64_t tls_expires(const SSL_CTX *context)
{
    struct tm end = { 0 };
    const X509 *certificate = SSL_CTX_get0_certificate(context);
    if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
        return 0;
    return timegm(&end);
}

enum status tls_server_context(const char *chain_path, const char *key_path, SSL_CTX **out)
{
    static const unsigned char id[] = "bourse-smtp";
    SSL_CTX *context = new_context(TLS_server_method());
    if (context == NULL)
        return status_fail(STATUS_NO_MEMORY, "TLS context");
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
    enum status status = load_pair(context, chain_path, key_path);
    if (status == STATUS_OK)
        *out = context;
    else
        SSL_CTX_free(context);
    return status;
}

enum status tls_client_context(SSL_CTX **out)
{
    SSL_CTX *context = new_context(TLS_client_method());
    if (context == NULL)
        return status_fail(STATUS_NO_MEMORY, "TLS context");
    SSL_CTX_set_default_verify_paths(context);
    *out = context;
    return STATUS_OK;
}
