/* Cyrus SASL, made ready once for the process. */
#ifndef BOURSE_DIRECTORY_SASL_H
#define BOURSE_DIRECTORY_SASL_H

#include "bourse/base/status.h"

/* SASL keeps callbacks of every shape as one type. */
#define SASL_FUNCTION(function) ((int (*)(void))(void (*)(void))(function))

/* Initialises libldap, then SASL's server side with mutexes and options of our own (no configuration files, no password stores).
 * `keytab` is the Kerberos acceptor's key table, "" for none. Any number of calls; the last keytab counts. */
enum status sasl_prepare(const char *keytab) MUST_CHECK;

#endif
