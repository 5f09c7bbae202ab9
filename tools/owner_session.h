/* Acting as a mailbox's owner: import and export. */
#ifndef BOURSE_TOOLS_OWNER_SESSION_H
#define BOURSE_TOOLS_OWNER_SESSION_H

#include "bourse/groupware/session.h"
#include "tool.h"

/* The mailbox is made when it is not there yet. Prints why not; an exit code. */
int owner_session(struct tool *tool, struct groupware *groupware, const char *address, struct session **out);
/* ctl_export.c */
int export_run(struct tool *tool);

#endif
