/* Many entries by distinguished name, asked for in one go over one connection (the requests do not wait for each other). */
#ifndef BOURSE_DIRECTORY_LDAP_READ_H
#define BOURSE_DIRECTORY_LDAP_READ_H

#include "ldap_search.h"

/* out[i] is the entry of dns[i] if it exists, can be read and matches `filter`, else NULL; on `mem`. STATUS_DIRECTORY_UNAVAILABLE unless every
 * one was answered. */
enum status ldap_read_entries(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings, const char *const *dns,
                              size_t count, const char *filter, const char *const *attributes,
                              const struct ldap_entry **out) MUST_CHECK;

/* ldap_search.c: copies one entry of an answer. */
enum status ldap_copy_entry(TALLOC_CTX *mem, LDAP *ld, LDAPMessage *message, struct ldap_entry *out) MUST_CHECK;

#endif
