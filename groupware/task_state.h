/* Status, percentage, completion and its date say one thing [MS-OXOTASK] 2.2.2.2.2 to 2.2.2.2.9; tasks and flagged items have them. Private to this folder. */
#ifndef BOURSE_GROUPWARE_TASK_STATE_H
#define BOURSE_GROUPWARE_TASK_STATE_H

#include "item_derive.h"

/* PidLidTaskStatus. */
enum task_status { TASK_NOT_STARTED = 0, TASK_IN_PROGRESS = 1, TASK_COMPLETE = 2, TASK_WAITING = 3, TASK_DEFERRED = 4 };

/* Makes the four agree, led by what the client changed. STATUS_INVALID_PROPERTY. */
enum status task_state_derive(struct message *message, const struct derive_context *context) MUST_CHECK;
/* Sets them. `when`: completion, 0: today. */
enum status task_state_complete(struct bag *props, instant when) MUST_CHECK;
enum status task_state_open(struct bag *props, enum task_status status, double percent) MUST_CHECK;
/* Start not after due (the changed one wins), PidLidCommonStart and -End with them, signal time of the reminder. */
enum status task_dates_derive(struct message *message, const struct derive_context *context) MUST_CHECK;

#endif
