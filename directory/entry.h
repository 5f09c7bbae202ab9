/* A recipient entry in its three forms: LDAP entry -> struct recipient_entry -> packed bytes (cache, snapshot) -> struct recipient_entry. */
#ifndef BOURSE_DIRECTORY_ENTRY_H
#define BOURSE_DIRECTORY_ENTRY_H

#include "bourse/directory/directory.h"
#include "ldap_search.h"

/* STATUS_OK with *out NULL: the entry is not one that can be used (no id). */
enum status entry_decode(TALLOC_CTX *mem, const struct settings *settings, const struct ldap_entry *from,
                         struct recipient_entry **out) MUST_CHECK;

void entry_pack(struct buffer *out, const struct recipient_entry *entry);
/* STATUS_CORRUPT for bytes that entry_pack did not write. */
enum status entry_unpack(TALLOC_CTX *mem, struct slice packed, struct recipient_entry **out) MUST_CHECK;

/* GUID as it stands in the profile's id attribute. */
bool entry_guid(const struct settings *settings, const struct ldap_entry *from, struct guid *out);
/* Appends the comparison that finds the entry by its GUID. */
void entry_guid_filter(struct buffer *out, enum profile profile, struct guid guid);

/* An SMTP address that can be written to: one '@', something on both sides, valid UTF-8 without blanks and control characters, at most 320 bytes. */
bool address_is_usable(const char *address);
/* True when the entry has the address, without regard to case; with_upn: the UPN counts too. */
bool entry_has_address(const struct recipient_entry *entry, const char *folded_address, bool with_upn);
/* Case-folded copy, the form of all keys. NULL when out of memory. */
char *key_fold(TALLOC_CTX *mem, const char *text);

#endif
