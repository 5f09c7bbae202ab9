/* Open sessions by IP address, for smtp.sessions and smtp.sessions_per_address. Any thread. */
#ifndef BOURSE_TRANSPORT_ADDRESS_COUNTS_H
#define BOURSE_TRANSPORT_ADDRESS_COUNTS_H

#include <netinet/in.h>

#include "bourse/base/slice.h"

struct address_counts;

struct address_counts *address_counts_new(TALLOC_CTX *mem);
/* Counts one more unless a limit is reached. An IPv6 host is its /64 network. */
bool address_counts_add(struct address_counts *counts, const struct in6_addr *address, size_t most, size_t most_per_address);
/* The session is over but for its last reply: it counts among all, and no more for its address, whose next one may come as soon as it has read that reply. */
void address_counts_leave(struct address_counts *counts, const struct in6_addr *address);
void address_counts_remove(struct address_counts *counts, const struct in6_addr *address, bool has_left);
size_t address_counts_total(struct address_counts *counts);

/* IPv4 as mapped address. False for other families. */
struct sockaddr;
bool address_of_socket(const struct sockaddr *from, struct in6_addr *out);
/* "192.0.2.1" or "2001:db8::1". */
void address_text(const struct in6_addr *address, char out[INET6_ADDRSTRLEN]);

#endif
