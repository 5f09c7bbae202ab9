/* Giving up root once the ports are open. */
#ifndef BOURSE_DAEMON_PRIVILEGES_H
#define BOURSE_DAEMON_PRIVILEGES_H

#include "bourse/base/status.h"

/* Becomes `user` with its groups, for good, in all threads. Nothing to do when `user` is "" or not root. STATUS_CONFIGURATION. */
enum status privileges_drop(const char *user) MUST_CHECK;

#endif
