/* Sending mail: who may send as whom, the copy in Sent Items, recipients to mailboxes and queue. */
#ifndef BOURSE_GROUPWARE_SUBMIT_H
#define BOURSE_GROUPWARE_SUBMIT_H

#include "bourse/groupware/deliver.h"
#include "bourse/groupware/item.h"

/* May this person use `address` as sender? STATUS_OK for own addresses (aliases too) and mailboxes with send-as rights; STATUS_SEND_AS_DENIED otherwise.
 * *on_behalf: true when only "on behalf of" is granted. */
enum status submit_check_sender(struct groupware *groupware, struct guid person, const char *address, bool *on_behalf) MUST_CHECK;

struct submit_options {
    bool save_copy;
    const struct object_id *copy_folder; /* NULL: Sent Items of the mailbox that sends */
    const char *retry_key;               /* submit_message, submit_mime: the same text from the same mailbox is sent once (for two weeks); NULL: each call sends */
};
/* Sends an existing draft: recipients of the item, MIME made from it, accepted in one transaction; then the draft leaves its folder (moved to the copy folder,
 * or deleted). STATUS_MISSING_RECIPIENTS, STATUS_INVALID_RECIPIENTS, STATUS_SEND_AS_DENIED, STATUS_SEND_QUOTA_EXCEEDED. A repeated call after a lost answer does not
 * send twice (the item is gone: STATUS_ITEM_NOT_FOUND). */
enum status submit_item(struct session *session, const struct object_id *item, int64_t expected_change, const struct submit_options *options) MUST_CHECK;
/* Sends a message that was never saved (CreateItem SendOnly / SendAndSaveCopy). *saved gets the copy's id when one was saved. */
enum status submit_message(struct session *session, const struct message *message, const struct submit_options *options, struct object_id *saved) MUST_CHECK;
/* The same from MIME (EWS MimeContent, ActiveSync SendMail): recipients from To, Cc, Bcc; Bcc is removed before sending. */
enum status submit_mime(struct session *session, struct slice mime, const struct submit_options *options, struct object_id *saved) MUST_CHECK;

#endif
