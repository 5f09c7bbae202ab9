/* Windows of many calendars at once. */
#ifndef BOURSE_STORAGE_CALENDAR_PRIVATE_H
#define BOURSE_STORAGE_CALENDAR_PRIVATE_H

#include "bourse/storage/calendar.h"
#include "sql_types.h"

/* The ranges as parameters of a statement; their memory is `mem`'s. */
enum status calendar_range_columns(TALLOC_CTX *mem, const struct calendar_range *ranges, size_t count, struct sql_int8s *mailboxes,
                                   struct sql_int8s *folders) MUST_CHECK;

#endif
