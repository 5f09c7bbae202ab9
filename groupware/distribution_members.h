/* The forms that members of personal lists are kept in [MS-OXOCNTC] 2.2.2.2. Private to this folder. */
#ifndef BOURSE_GROUPWARE_DISTRIBUTION_MEMBERS_H
#define BOURSE_GROUPWARE_DISTRIBUTION_MEMBERS_H

#include "bourse/groupware/distribution_list.h"

/* PidLidDistributionListChecksum of PidLidDistributionListMembers. */
enum status distribution_checksum(struct bag *props) MUST_CHECK;

/* One member from its entry id and one-off entry id (may be empty). STATUS_INVALID_ID when neither can be read. */
enum status distribution_member_parse(TALLOC_CTX *mem, struct slice entry_id, struct slice one_off, struct guid mailbox, struct guid replica,
                                      struct list_member *out) MUST_CHECK;
/* Entry id (as given, or made) and one-off entry id of a member. */
enum status distribution_member_make(TALLOC_CTX *mem, const struct list_member *member, struct guid replica, struct slice *entry_id, struct slice *one_off) MUST_CHECK;

#endif
