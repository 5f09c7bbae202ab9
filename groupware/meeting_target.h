/* What the id of a call on meetings names, and the calendar item behind it. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_TARGET_H
#define BOURSE_GROUPWARE_MEETING_TARGET_H

#include "meeting_store.h"
#include "session_state.h"

struct meeting_target {
    struct session *session;
    struct mailbox_key mailbox;   /* of the calendar */
    enum meeting_message kind;    /* NONE: the id is a calendar item's */
    struct message *message;      /* the meeting message, or the calendar item; whole */
    int64_t message_item;         /* the meeting message; 0: the id is a calendar item's */
    int64_t item;                 /* in the calendar; 0: none */
    bool is_occurrence;           /* of the series `item` */
    local_time original_start;
    struct meeting_judgement judgement; /* of a meeting message */
    struct message *received;     /* the meeting message as the mailbox has it */
    bool is_copy;                 /* a delegate's: `mailbox` is its owner's, the message lies in another one */
};
/* Rights `any` or `own` on what the id names. No transaction may be open. */
enum status meeting_target_find(TALLOC_CTX *mem, struct session *session, const struct object_id *id, uint32_t any, uint32_t own,
                                struct meeting_target *out) MUST_CHECK;

#endif
