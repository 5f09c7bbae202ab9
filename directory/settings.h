/* The options of section "directory" as the code uses them: checked, immutable, shared by reference count. A reload makes new settings;
 * work that has begun keeps the old ones until it ends. */
#ifndef BOURSE_DIRECTORY_SETTINGS_H
#define BOURSE_DIRECTORY_SETTINGS_H

#include <stdatomic.h>

#include "bourse/base/clock.h"
#include "bourse/base/config.h"
#include "bourse/base/hash.h"
#include "profile.h"

#define SERVERS_MOST 16

struct settings {
    atomic_int references;
    uint32_t generation; /* grows with each reload: older connections are closed */
    enum profile profile;
    size_t server_count;
    const char *servers[SERVERS_MOST]; /* URIs without path, in order of preference */
    const char *base;
    const char *dns_domain; /* from the base's dc parts, "" when it has none */
    const char *bind_dn;
    const struct secret *bind_password; /* NULL: SASL EXTERNAL over ldapi */
    const char *ca_file;
    const char *mailbox_filter; /* "(...)", as configured */
    bool filter_has_not;
    char *_Atomic usable_filter; /* schema.h: without attributes that the server does not know; NULL until it was asked */
    const char *netbios_domain;
    const char *snapshot_path;
    const char *host_name;
    const char *keytab; /* "" : no Kerberos */
    bool ignores_exchange;
    bool plus_addressing;
    int64_t timeout_seconds;
    int64_t cache_ticks, stale_ticks; /* of instant */
    int64_t verified_us;
    size_t connections, cache_entries, group_depth, group_members;
    int64_t failures_per_account, failures_per_address;
    size_t range_step; /* tests: ask for so many values of a group at a time; 0: the server decides */
    struct hash256 identity; /* of base, profile and mailbox filter: cached answers belong to it */
};

/* One reference for the caller. STATUS_CONFIGURATION with the option's name in the client text. */
enum status settings_read(const struct config *config, uint32_t generation, struct settings **out) MUST_CHECK;
struct settings *settings_keep(struct settings *settings);
void settings_release(struct settings *settings);

#endif
