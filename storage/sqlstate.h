/* SQLSTATE -> status (private to storage). */
#ifndef BOURSE_STORAGE_SQLSTATE_H
#define BOURSE_STORAGE_SQLSTATE_H

#include "bourse/base/status.h"

/* `state`: five characters, or "" when the connection was lost. Everything that may go away by itself is temporary. */
enum status sqlstate_status(const char *state);

#endif
