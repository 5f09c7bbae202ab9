/* TLS settings of both directions (OpenSSL): 1.2 and 1.3 only. */
#ifndef BOURSE_TRANSPORT_TLS_H
#define BOURSE_TRANSPORT_TLS_H

#include <openssl/ssl.h>

#include "bourse/base/status.h"

/* PEM files, chain leaf first. STATUS_CONFIGURATION when a file is missing, not PEM, or the key is not the certificate's. */
enum status tls_server_context(const char *chain_path, const char *key_path, SSL_CTX **out) MUST_CHECK;
/* When the certificate of a server context ends, Unix seconds. */
int64_t tls_expires(const SSL_CTX *context);
/* With the system's certificate authorities loaded; whether they are asked is decided a connection. */
enum status tls_client_context(SSL_CTX **out) MUST_CHECK;
/* Text of the oldest error in this thread's OpenSSL queue, which is emptied. */
const char *tls_error(char *out, size_t size);

#endif
