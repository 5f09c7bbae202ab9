/* The directory entry behind an address of a local domain. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ROUTE_ENTRY_H
#define BOURSE_GROUPWARE_ROUTE_ENTRY_H

#include "groupware_state.h"

/* Also finds who answers for postmaster and abuse. STATUS_RECIPIENT_NOT_FOUND, STATUS_DIRECTORY_UNAVAILABLE. */
enum status route_find_entry(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct recipient_entry **out) MUST_CHECK;

#endif
