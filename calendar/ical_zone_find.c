/* What a TZID means: known names, vendors' spellings of them, the file's own rules. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "ical_value.h"

enum { MAX_ZONES = 500 };

struct file_zone {
    char *tzid;
    char *location; /* X-LIC-LOCATION, or NULL */
    struct text_block block;
    bool is_read;
    const struct time_zone *zone; /* of its rules; NULL when they cannot be read */
};
struct ical_zones {
    struct file_zone *items;
    size_t count;
};

static void remember(struct ical_zones *zones, const struct text_block *block)
{
    const struct text_line *tzid = block_find(block, "TZID"), *location = block_find(block, "X-LIC-LOCATION");
    if (tzid == NULL || zones->count == MAX_ZONES)
        return;
    char *name = text_unescaped(zones, tzid->value, " ");
    if (name != NULL)
        zones->items[zones->count++] = (struct file_zone){ .tzid = name, .location = location != NULL ? text_unescaped(zones, location->value, " ") : NULL, .block = *block };
}

enum status ical_zones_read(TALLOC_CTX *mem, const struct text_block *calendar, struct ical_zones **out)
{
    const struct text_line *line;
    struct text_block inner;
    *out = talloc_zero(mem, struct ical_zones);
    if (*out == NULL || ((*out)->items = array_new(*out, struct file_zone, MAX_ZONES)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "zones");
    for (size_t at = calendar->begin; block_next(calendar, &at, &line, &inner);) {
        if (line == NULL && slice_equal_ascii_nocase(block_name(&inner), slice_of_text("VTIMEZONE")))
            remember(*out, &inner);
    }
    return STATUS_OK;
}

/* The name itself, or what follows a vendor's prefix: "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin". */
static const struct time_zone *known_zone(const char *tzid)
{
    const struct time_zone *zone = time_zone_by_id(tzid);
    if (zone != NULL || tzid[0] != '/')
        return zone;
    for (const char *slash = strchr(tzid + 1, '/'); zone == NULL && slash != NULL; slash = strchr(slash + 1, '/'))
        zone = time_zone_by_id(slash + 1);
    return zone;
}

/* Old Outlook writes the display name: "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna". */
static const struct time_zone *zone_by_display_name(const char *tzid)
{
    for (size_t i = 0; tzid[0] == '(' && i < time_zone_windows_count(); i++) {
        const struct time_zone *zone = time_zone_windows_at(i);
        if (ascii_equal_nocase(time_zone_display_name(zone), tzid))
            return zone;
    }
    return NULL;
}

static bool agree(const struct time_zone *a, const struct time_zone *b, local_time when)
{
    instant now = time_zone_to_instant(a, when);
    for (int quarter = -2; quarter <= 2; quarter++) {
        instant at = now + quarter * 91 * INSTANT_PER_DAY;
        if (time_zone_offset(a, at) != time_zone_offset(b, at))
            return false;
    }
    return true;
}

static struct file_zone *find_in_file(struct ical_zones *zones, const char *tzid)
{
    for (size_t i = 0; i < zones->count; i++) {
        if (strcmp(zones->items[i].tzid, tzid) == 0)
            return &zones->items[i];
    }
    return NULL;
}

const struct time_zone *ical_zone_find(struct ical_zones *zones, struct slice tzid, local_time when)
{
    struct slice trimmed = slice_trim(tzid);
    if (trimmed.length >= 2 && trimmed.data[0] == '"')
        trimmed = slice_part(trimmed, 1, trimmed.length - 2);
    char *name = slice_text(zones, trimmed);
    if (name == NULL)
        return NULL;
    struct file_zone *own = find_in_file(zones, name);
    const struct time_zone *known = known_zone(name);
    if (known == NULL && own != NULL && own->location != NULL)
        known = known_zone(own->location);
    if (known == NULL)
        known = zone_by_display_name(name);
    if (own != NULL && !own->is_read) {
        own->is_read = true;
        if (ical_zone_of_block(zones, &own->block, name, &own->zone) != STATUS_OK)
            own->zone = NULL;
    }
    talloc_free(name);
    bool use_known = known != NULL && (own == NULL || own->zone == NULL || agree(known, own->zone, when));
    return use_known ? known : own != NULL ? own->zone : NULL;
}
