#include "settings.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "bourse/base/text.h"
#include "filter.h"

#define SYSTEM_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"

static enum status refuse(const char *option, const char *why)
{
    status_fail(STATUS_CONFIGURATION, "directory.%s: %s", option, why);
    status_set_client_text("directory.%s: %s", option, why);
    return STATUS_CONFIGURATION;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static enum status read_servers(const struct config *config, struct settings *settings)
{
    const char *const *uris = config_list(config, CONFIG_directory_uris);
    for (size_t i = 0; uris[i] != NULL; i++) {
        if (!has_prefix(uris[i], "ldaps://") && !has_prefix(uris[i], "ldap://") && !has_prefix(uris[i], "ldapi://"))
            return refuse("uris", "each must begin with ldaps://, ldap:// or ldapi://");
        if (settings->server_count == SERVERS_MOST)
            return refuse("uris", "at most 16 servers");
        const char *copy = talloc_strdup(settings, uris[i]);
        if (copy == NULL)
            return STATUS_NO_MEMORY;
        settings->servers[settings->server_count++] = copy;
    }
    return settings->server_count > 0 ? STATUS_OK : refuse("uris", "no LDAP server is named");
}

/* dc=example,dc=test -> example.test */
static const char *domain_of_base(TALLOC_CTX *mem, const char *base)
{
    char *domain = talloc_strdup(mem, "");
    struct slice rest = slice_of_text(base), part;
    bool more = true;
    while (more && domain != NULL) {
        more = slice_split(rest, ',', &part, &rest);
        part = slice_trim(part);
        if (part.length > 3 && strncasecmp((const char *)part.data, "dc=", 3) == 0)
            domain = talloc_asprintf_append(domain, "%s%.*s", domain[0] != '\0' ? "." : "", (int)(part.length - 3),
                                            (const char *)part.data + 3);
    }
    return domain;
}

static const char *host_name_of(TALLOC_CTX *mem, const struct config *config)
{
    const char *configured = config_text(config, CONFIG_server_hostname);
    char name[256] = "localhost";
    if (configured[0] != '\0')
        return talloc_strdup(mem, configured);
    if (gethostname(name, sizeof name - 1) != 0)
        return talloc_strdup(mem, "localhost");
    return talloc_strdup(mem, name);
}

static void note_not(const struct filter_item *item, void *data)
{
    bool *has_not = data;
    *has_not = *has_not || item->is_under_not;
}

static enum status read_names(const struct config *config, struct settings *settings)
{
    const char *filter = config_text(config, CONFIG_directory_mailbox_filter);
    if (!profile_by_name(config_text(config, CONFIG_directory_profile), &settings->profile))
        return refuse("profile", "must be openldap or active_directory");
    if (config_text(config, CONFIG_directory_base)[0] == '\0')
        return refuse("base", "is empty");
    if (filter[0] == '\0')
        filter = profile_mailbox_filter(settings->profile);
    if (!filter_parse(slice_of_text(filter), note_not, &settings->filter_has_not))
        return refuse("mailbox_filter", "is not an LDAP filter");
    const char *ca_file = config_text(config, CONFIG_directory_ca_file);
    settings->base = talloc_strdup(settings, config_text(config, CONFIG_directory_base));
    settings->bind_dn = talloc_strdup(settings, config_text(config, CONFIG_directory_bind_dn));
    settings->ca_file = talloc_strdup(settings, ca_file[0] != '\0' ? ca_file : SYSTEM_CERTIFICATES);
    settings->mailbox_filter = talloc_strdup(settings, filter);
    settings->netbios_domain = talloc_strdup(settings, config_text(config, CONFIG_directory_netbios_domain));
    settings->keytab = talloc_strdup(settings, config_text(config, CONFIG_directory_keytab));
    settings->snapshot_path = talloc_asprintf(settings, "%s/directory.snapshot", config_text(config, CONFIG_server_data_directory));
    settings->host_name = host_name_of(settings, config);
    if (settings->base == NULL || settings->bind_dn == NULL || settings->ca_file == NULL || settings->mailbox_filter == NULL ||
        settings->netbios_domain == NULL || settings->keytab == NULL || settings->snapshot_path == NULL ||
        settings->host_name == NULL)
        return STATUS_NO_MEMORY;
    settings->dns_domain = domain_of_base(settings, settings->base);
    return settings->dns_domain != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

/* A name without password would be an anonymous bind that looks like a signed-in one [RFC 4513] 5.1.2. */
static enum status read_credentials(const struct config *config, struct settings *settings)
{
    const struct secret *password = config_secret(config, CONFIG_directory_bind_password_file);
    if (settings->bind_dn[0] == '\0') {
        for (size_t i = 0; i < settings->server_count; i++) {
            if (!has_prefix(settings->servers[i], "ldapi://"))
                return refuse("bind_dn", "is empty, which works with ldapi:// only");
        }
        return STATUS_OK;
    }
    if (secret_is_empty(password))
        return refuse("bind_password_file", "is needed with bind_dn and must not be empty");
    settings->bind_password = secret_new(settings, secret_reveal(password));
    return settings->bind_password != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static void read_numbers(const struct config *config, struct settings *settings)
{
    settings->ignores_exchange = config_bool(config, CONFIG_directory_ignore_exchange_attributes);
    settings->plus_addressing = config_bool(config, CONFIG_directory_plus_addressing);
    settings->timeout_seconds = config_seconds(config, CONFIG_directory_timeout);
    settings->cache_ticks = config_seconds(config, CONFIG_directory_cache_time) * INSTANT_PER_SECOND;
    settings->stale_ticks = config_seconds(config, CONFIG_directory_stale_time) * INSTANT_PER_SECOND;
    settings->verified_us = config_seconds(config, CONFIG_directory_sign_in_cache_time) * 1000000;
    settings->connections = (size_t)config_int(config, CONFIG_directory_connections);
    settings->cache_entries = (size_t)config_int(config, CONFIG_directory_cache_entries);
    settings->group_depth = (size_t)config_int(config, CONFIG_directory_group_depth);
    settings->group_members = (size_t)config_int(config, CONFIG_directory_group_members);
    settings->failures_per_account = config_int(config, CONFIG_directory_failures_per_account);
    settings->failures_per_address = config_int(config, CONFIG_directory_failures_per_address);
}

static struct hash256 identity_of(const struct settings *settings)
{
    /* not the servers: another replica of the same directory gives the same answers, and what is old is asked for again */
    const struct slice pieces[] = { slice_of(settings->profile == PROFILE_OPENLDAP ? "O" : "A", 1), slice_of_text(settings->base),
                                    slice_of("", 1), slice_of_text(settings->mailbox_filter) };
    return hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
}

static int free_filter(struct settings *settings)
{
    free(atomic_load(&settings->usable_filter));
    return 0;
}

enum status settings_read(const struct config *config, uint32_t generation, struct settings **out)
{
    struct settings *settings = talloc_zero(NULL, struct settings);
    if (settings == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&settings->references, 1);
    talloc_set_destructor(settings, free_filter);
    settings->generation = generation;
    enum status status = read_servers(config, settings);
    if (status == STATUS_OK)
        status = read_names(config, settings);
    if (status == STATUS_OK)
        status = read_credentials(config, settings);
    if (status != STATUS_OK) {
        talloc_free(settings);
        return status;
    }
    read_numbers(config, settings);
    settings->identity = identity_of(settings);
    *out = settings;
    return STATUS_OK;
}

struct settings *settings_keep(struct settings *settings)
{
    atomic_fetch_add(&settings->references, 1);
    return settings;
}

void settings_release(struct settings *settings)
{
    if (settings != NULL && atomic_fetch_sub(&settings->references, 1) == 1)
        talloc_free(settings);
}
