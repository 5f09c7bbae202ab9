/* Recurring tasks go on when an instance is completed [MS-OXOTASK] 3.1.4. Private to this folder. */
#ifndef BOURSE_GROUPWARE_TASK_SERIES_H
#define BOURSE_GROUPWARE_TASK_SERIES_H

#include "item_derive.h"

/* Moves the dates of a series' message to its next instance. *found false: that was the last one, nothing is changed. `completed`: the day that a
 * regenerating task counts from. STATUS_INVALID_PROPERTY for a pattern that cannot be read. */
enum status task_series_advance(struct message *message, instant completed, bool *found) MUST_CHECK;
/* Start and due of a new series that has none: its first day. */
enum status task_series_begin(struct message *message) MUST_CHECK;

#endif
