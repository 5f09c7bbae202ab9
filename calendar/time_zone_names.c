/* Zones by id. The tables are made from CLDR's and Windows' lists (facts/); what the clocks do comes from the system's zone files. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "bourse/base/attributes.h"
#include "bourse/base/locks.h"
#include "bourse/base/text.h"
#include "time_zone_private.h"

static const struct windows_zone {
    const char *id, *iana_id, *display_name;
} windows_zones[] = {
#define WINDOWS_ZONE(id, iana, name) { id, iana, name },
#include "windows_zones.def"
#undef WINDOWS_ZONE
};

static const struct iana_zone {
    const char *id, *windows_id;
} iana_zones[] = {
#define IANA_ZONE(id, windows) { id, windows },
#include "iana_zones.def"
#undef IANA_ZONE
};

enum { WINDOWS_COUNT = sizeof windows_zones / sizeof windows_zones[0], IANA_COUNT = sizeof iana_zones / sizeof iana_zones[0], OTHERS_MAX = 256 };

/* Zones live as long as the process; a slot is written once, under the lock, and then only read. */
static _Atomic(const struct time_zone *) windows_slots[WINDOWS_COUNT], iana_slots[IANA_COUNT];
static _Atomic(const struct time_zone *) other_slots[OTHERS_MAX]; /* zone files newer than our table */
static struct lock cache_lock;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;

static void cache_start(void)
{
    lock_init(&cache_lock, LOCK_TIME_ZONES);
}

/* Whoever comes first has its zone kept. */
static const struct time_zone *keep(_Atomic(const struct time_zone *) *slot, struct time_zone *zone)
{
    pthread_once(&cache_once, cache_start);
    lock_take(&cache_lock);
    const struct time_zone *kept = atomic_load(slot);
    if (kept == NULL) {
        kept = zone;
        atomic_store(slot, zone);
    }
    lock_release(&cache_lock);
    if (kept != zone)
        talloc_free(zone);
    return kept;
}

static const struct time_zone utc = {
    .id = "UTC", .windows_id = "UTC", .iana_id = "Etc/UTC", .display_name = "(UTC) Coordinated Universal Time",
    .spans = &(const struct zone_span){ INT64_MIN, 0, false }, .span_count = 1, .spans_end = INT64_MAX,
};

const struct time_zone *time_zone_utc(void)
{
    return &utc;
}

static size_t windows_index(const char *id)
{
    size_t i = 0;
    while (i < WINDOWS_COUNT && !ascii_equal_nocase(windows_zones[i].id, id))
        i++;
    return i;
}

static const struct iana_zone *iana_row(const char *id);

bool zone_names_of(const char *id, struct time_zone *zone)
{
    const struct iana_zone *iana = iana_row(id);
    size_t windows = windows_index(iana != NULL ? iana->windows_id : id);
    if (iana == NULL && windows == WINDOWS_COUNT)
        return false;
    zone->windows_id = windows < WINDOWS_COUNT ? windows_zones[windows].id : "";
    zone->iana_id = iana != NULL ? iana->id : windows_zones[windows].iana_id;
    zone->display_name = windows < WINDOWS_COUNT ? windows_zones[windows].display_name : zone->iana_id;
    return true;
}

static struct time_zone *of_windows_rules(const struct windows_zone *row)
{
    const struct time_zone *zone;
    size_t count;
    const struct zone_rule *rules = windows_rules_of(row->id, &count);
    return rules != NULL && time_zone_of_rules(NULL, "", rules, count, &zone) == STATUS_OK ? talloc_steal(NULL, (void *)(uintptr_t)zone) : NULL;
}

static const struct time_zone *windows_zone(size_t index)
{
    const struct windows_zone *row = &windows_zones[index];
    const struct time_zone *kept = atomic_load(&windows_slots[index]);
    if (kept != NULL)
        return kept;
    if (ascii_equal_nocase(row->id, "UTC"))
        return &utc;
    struct time_zone *zone = row->iana_id[0] != '\0' ? zone_file_load(NULL, row->iana_id) : NULL;
    if (zone == NULL)
        zone = of_windows_rules(row);
    if (zone == NULL)
        return NULL;
    zone->id = row->id;
    (void)zone_names_of(row->id, zone);
    return keep(&windows_slots[index], zone);
}

static int compare_iana(const void *key, const void *row)
{
    const char *a = key, *b = ((const struct iana_zone *)row)->id;
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : (unsigned char)*a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : (unsigned char)*b;
        if (x != y || x == 0)
            return x - y;
    }
}

static const struct iana_zone *iana_row(const char *id)
{
    return bsearch(id, iana_zones, IANA_COUNT, sizeof iana_zones[0], compare_iana);
}

static const struct time_zone *iana_zone(const char *id)
{
    const struct iana_zone *row = iana_row(id);
    if (row == NULL)
        return NULL;
    const struct time_zone *kept = atomic_load(&iana_slots[row - iana_zones]);
    if (kept != NULL)
        return kept;
    struct time_zone *zone = zone_file_load(NULL, row->id);
    if (zone == NULL)
        return NULL;
    zone->id = row->id;
    (void)zone_names_of(row->id, zone);
    return keep(&iana_slots[row - iana_zones], zone);
}

/* An id that the tzdata package has got since our table was made. */
static const struct time_zone *newer_zone(const char *id)
{
    if (strchr(id, '/') == NULL || strncmp(id, "right/", 6) == 0 || strncmp(id, "posix/", 6) == 0)
        return NULL;
    size_t i = 0;
    for (const struct time_zone *zone; i < OTHERS_MAX && (zone = atomic_load(&other_slots[i])) != NULL; i++)
        if (strcmp(zone->id, id) == 0)
            return zone;
    struct time_zone *zone = i < OTHERS_MAX ? zone_file_load(NULL, id) : NULL;
    if (zone == NULL)
        return NULL;
    char *name = talloc_strdup(zone, id);
    if (name == NULL) {
        talloc_free(zone);
        return NULL;
    }
    zone->id = zone->iana_id = zone->display_name = name;
    struct zone_rule rule = zone_rule_of_year(zone, civil_of_local(clock_now()).year);
    zone->windows_id = windows_id_of_rule(&rule);
    const struct time_zone *kept = keep(&other_slots[i], zone);
    return strcmp(kept->id, id) == 0 ? kept : newer_zone(id); /* another thread took the slot for another zone */
}

/* "(UTC+01:00) Amsterdam, ...", as some clients write into TZID; the part in brackets changes with Windows' releases. */
static const struct time_zone *by_display_name(const char *name)
{
    const char *places = name[0] == '(' ? strchr(name, ')') : NULL;
    if (places == NULL)
        return NULL;
    for (size_t i = 0; i < WINDOWS_COUNT; i++)
        if (ascii_equal_nocase(strchr(windows_zones[i].display_name, ')'), places))
            return windows_zone(i);
    return NULL;
}

/* "/freeassociation.sourceforge.net/Europe/Berlin" [RFC 5545] 3.8.3.1: a globally unique id ends with the IANA id in practice. */
static const struct time_zone *by_tail(const char *id)
{
    const struct time_zone *zone = NULL;
    if (id[0] != '/')
        return NULL;
    for (const char *slash = id; zone == NULL && slash != NULL; slash = strchr(slash + 1, '/'))
        zone = slash[1] != '\0' && strchr(slash + 1, '/') != NULL ? iana_zone(slash + 1) : NULL;
    return zone;
}

const struct time_zone *time_zone_by_id(const char *id)
{
    if (id == NULL || id[0] == '\0')
        return NULL;
    if (ascii_equal_nocase(id, "tzone://Microsoft/Utc") || ascii_equal_nocase(id, "Z"))
        return &utc;
    const struct time_zone *zone = iana_zone(id);
    if (zone != NULL)
        return ascii_equal_nocase(id, "UTC") ? &utc : zone;
    size_t windows = windows_index(id);
    if (windows < WINDOWS_COUNT)
        return windows_zone(windows);
    zone = by_display_name(id);
    if (zone == NULL)
        zone = by_tail(id);
    return zone != NULL ? zone : newer_zone(id);
}
