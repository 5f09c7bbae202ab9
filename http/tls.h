/* Certificates of the listener: loaded from files, replaced while it runs. */
#ifndef BOURSE_HTTP_TLS_H
#define BOURSE_HTTP_TLS_H

#include <gnutls/abstract.h>

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct certificates;

struct certificates *certificates_new(TALLOC_CTX *mem);
/* PEM files, chain leaf first. STATUS_CONFIGURATION when a file is missing, not PEM, or the key is not the
 * certificate's; what was loaded before stays in force. */
enum status certificates_load(struct certificates *certificates, const char *chain_path,
                              const char *key_path) MUST_CHECK;
/* What a new handshake gets. The pointers live until the certificates are freed. False when nothing was loaded. */
bool certificates_current(struct certificates *certificates, gnutls_pcert_st **chain, unsigned *count,
                          gnutls_privkey_t *key);

/* TLS 1.2 and 1.3, 128 bits and more. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

#endif
