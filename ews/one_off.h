/* Addresses in MAPI binary form: one-off entry ids [MS-OXCDATA] 2.2.5.1 and lists of them (FlatEntryList, 2.3.3), as reply-to recipients and members of
 * private distribution lists are kept. */
#ifndef EWS_ONE_OFF_H
#define EWS_ONE_OFF_H

#include "bourse/base/buffer.h"

struct one_off {
    const char *name, *type, *address; /* never NULL */
};

/* STATUS_MALFORMED for anything else (also for address book entry ids). Texts are on `mem`. */
enum status one_off_parse(TALLOC_CTX *mem, struct slice entry_id, struct one_off *out) MUST_CHECK;
void one_off_entry_id_append(struct buffer *out, const struct one_off *entry);

/* Entries that are not one-offs are left out. At most 1,000. */
enum status flat_entry_list_parse(TALLOC_CTX *mem, struct slice list, struct one_off **out, size_t *count) MUST_CHECK;
void flat_entry_list_append(struct buffer *out, const struct one_off *entries, size_t count);

#endif
