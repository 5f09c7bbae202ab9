/* Quotas of mailboxes: their own, or the configured default. Private to this folder. */
#ifndef BOURSE_GROUPWARE_QUOTA_H
#define BOURSE_GROUPWARE_QUOTA_H

#include "bourse/storage/mailbox.h"
#include "groupware_state.h"

/* The quota that counts, in bytes: the mailbox's own one, or the option's when it has none; 0: no quota. */
uint64_t quota_limit(const struct groupware *groupware, uint64_t own, enum config_option option);
/* May `more` bytes be saved by the owner's client? As Exchange: refused only above the receive quota. STATUS_QUOTA_EXCEEDED. */
enum status quota_check_save(const struct groupware *groupware, const struct store_mailbox *mailbox, uint64_t more) MUST_CHECK;
/* STATUS_SEND_QUOTA_EXCEEDED. */
enum status quota_check_send(const struct groupware *groupware, const struct store_mailbox *mailbox) MUST_CHECK;

#endif
