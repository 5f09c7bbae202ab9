#include <stdio.h>

#include "directory_private.h"

#include "bourse/base/log.h"
#include "ldap_search.h"
#include "sasl.h"
#include "sign_in_state.h"
#include "snapshot.h"

#define ABSENT_MOST 10000
#define RENEWED_MOST_US INT64_C(600000000)

struct settings *directory_settings(struct directory *directory)
{
    lock_take(&directory->lock);
    struct settings *settings = settings_keep(directory->settings);
    lock_release(&directory->lock);
    return settings;
}

/* Newly known recipients are written soon; when only answers were renewed, there is time. */
static bool snapshot_is_due(struct directory *directory, uint64_t version, size_t count, bool at_once)
{
    lock_take(&directory->lock);
    bool is_old = clock_monotonic_us() - directory->snapshot_at_us >= RENEWED_MOST_US;
    bool is_due = directory->snapshot_version != version && (at_once || is_old || directory->snapshot_count != count);
    lock_release(&directory->lock);
    return is_due;
}

static void note_snapshot(struct directory *directory)
{
    uint64_t version = cache_version(directory->entries);
    size_t count = cache_count(directory->entries);
    lock_take(&directory->lock);
    directory->snapshot_version = version;
    directory->snapshot_count = count;
    directory->snapshot_at_us = clock_monotonic_us();
    lock_release(&directory->lock);
}

static void save_snapshot(struct directory *directory, bool at_once)
{
    struct settings *settings = directory_settings(directory);
    if (snapshot_is_due(directory, cache_version(directory->entries), cache_count(directory->entries), at_once)) {
        enum status status = snapshot_save(settings->snapshot_path, settings->identity, directory->entries);
        if (status != STATUS_OK)
            log_failure(EVENT_DIRECTORY_FAILED, status, "the memory of the directory cannot be written");
        note_snapshot(directory); /* what another role knew was taken over */
    }
    settings_release(settings);
}

static void load_snapshot(struct directory *directory, const struct settings *settings)
{
    enum status status = snapshot_load(settings->snapshot_path, settings->identity, directory->entries);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        log_failure(EVENT_DIRECTORY_FAILED, status, "what was known of the directory before is not used");
    note_snapshot(directory);
}

static int directory_close(struct directory *directory)
{
    save_snapshot(directory, true);
    ldap_pool_close(&directory->pool);
    browse_list_free(directory->list);
    settings_release(directory->settings);
    lock_destroy(&directory->lock);
    return 0;
}

enum status directory_open(TALLOC_CTX *mem, const struct config *config, struct directory **out)
{
    struct settings *settings = NULL;
    TRY(settings_read(config, 1, &settings));
    enum status status = sasl_prepare(settings->keytab);
    struct directory *directory = status == STATUS_OK ? talloc_zero(mem, struct directory) : NULL;
    if (directory != NULL) {
        directory->entries = cache_new(directory, settings->cache_entries);
        directory->absent = cache_new(directory, ABSENT_MOST);
        directory->sign_in = sign_in_state_new(directory);
    }
    if (directory == NULL || directory->entries == NULL || directory->absent == NULL || directory->sign_in == NULL) {
        talloc_free(directory);
        settings_release(settings);
        return status != STATUS_OK ? status : STATUS_NO_MEMORY;
    }
    directory->settings = settings;
    lock_init(&directory->lock, LOCK_DIRECTORY);
    ldap_pool_init(&directory->pool);
    talloc_set_destructor(directory, directory_close);
    load_snapshot(directory, settings);
    *out = directory;
    return STATUS_OK;
}

enum status directory_reload(struct directory *directory, const struct config *config)
{
    struct settings *settings = NULL, *old = directory_settings(directory);
    enum status status = settings_read(config, old->generation + 1, &settings);
    if (status != STATUS_OK) {
        settings_release(old);
        return status;
    }
    bool is_other = !hash_equal(old->identity, settings->identity);
    settings_release(old);
    cache_set_most(directory->entries, settings->cache_entries);
    lock_take(&directory->lock);
    old = directory->settings;
    directory->settings = settings;
    lock_release(&directory->lock);
    ldap_pool_prune(&directory->pool, settings->generation, true);
    verified_clear(directory->sign_in);
    if (is_other) {
        cache_clear(directory->entries);
        cache_clear(directory->absent);
    }
    settings_release(old);
    return STATUS_OK;
}

void directory_health(struct directory *directory, struct directory_health *out)
{
    struct ldap_pool *pool = &directory->pool;
    *out = (struct directory_health){ .cached_entries = cache_count(directory->entries) };
    lock_take(&pool->lock);
    out->is_up = pool->is_up;
    out->down_since = pool->down_since;
    snprintf(out->server, sizeof out->server, "%s", pool->server);
    snprintf(out->last_error, sizeof out->last_error, "%s", pool->last_error);
    for (int purpose = 0; purpose < LDAP_PURPOSE_COUNT; purpose++)
        out->open_connections += pool->open[purpose];
    lock_release(&pool->lock);
}

enum status directory_probe(struct directory *directory)
{
    static const char *const names[] = { LDAP_NO_ATTRS, NULL };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct settings *settings = directory_settings(directory);
    struct ldap_query query = { .scope = LDAP_ONE_ENTRY, .dn = settings->base, .filter = "(objectClass=*)", .attributes = names, .most = 1 };
    struct ldap_entries found = { 0 };
    enum status status = mem != NULL ? ldap_search_entries(mem, &directory->pool, settings, &query, &found) : STATUS_NO_MEMORY;
    if (status == STATUS_OK && found.count == 0)
        status = status_fail(STATUS_CONFIGURATION, "the base %s does not exist or cannot be read", settings->base);
    settings_release(settings);
    talloc_free(mem);
    return status;
}

void directory_tick(struct directory *directory)
{
    save_snapshot(directory, false);
    ldap_pool_prune(&directory->pool, 0, false);
}

void directory_forget(struct directory *directory, bool also_stale)
{
    struct settings *settings = directory_settings(directory);
    if (also_stale)
        cache_clear(directory->entries);
    else
        cache_age(directory->entries, clock_now() - settings->cache_ticks);
    cache_clear(directory->absent);
    verified_clear(directory->sign_in);
    settings_release(settings);
}
