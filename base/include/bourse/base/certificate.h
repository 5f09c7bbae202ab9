/* What is said of a certificate wherever one is loaded, by whatever TLS library. */
#ifndef BOURSE_BASE_CERTIFICATE_H
#define BOURSE_BASE_CERTIFICATE_H

#include <stdint.h>

/* Days before the end of a certificate from which on loading it is a warning. */
#define CERTIFICATE_WARN_DAYS 21

/* Logs that the certificate in the file `path` is used from now on and until when it is valid (Unix seconds), warns when that is soon or over, and sets the
 * metric of it. Any thread. */
void certificate_loaded(const char *path, int64_t expires);

#endif
