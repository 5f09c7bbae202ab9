/* boursectl folder rights: the permission table of a folder. */
#ifndef BOURSE_TOOLS_FOLDER_RIGHTS_H
#define BOURSE_TOOLS_FOLDER_RIGHTS_H

#include "bourse/model/rights.h"
#include "tool.h"

/* A role's name without regard to case ("editor"), or a mask in hexadecimal with 0x. */
bool folder_rights_parse(const char *text, uint32_t *rights);
int folder_rights_list_run(struct tool *tool);
int folder_rights_set_run(struct tool *tool);

#endif
