/* Compiled zone files (TZif) [RFC 8536] of the system's tzdata package, which distributions renew several times a year. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/base/wire.h"
#include "time_zone_private.h"

enum { FILE_MAX = 1 << 20, TYPES_MAX = 256, RULE_TEXT_MAX = 127, LAST_YEAR = 2100, OFFSET_MAX = 26 * 3600 };

struct header {
    uint32_t utc_flags, wall_flags, leaps, times, types, characters;
};

static struct header read_header(struct wire *wire, char *version)
{
    struct slice magic = wire_bytes(wire, 4);
    if (wire->status == STATUS_OK && memcmp(magic.data, "TZif", 4) != 0)
        wire_fail(wire, STATUS_MALFORMED);
    *version = (char)wire_u8(wire);
    wire_skip(wire, 15);
    struct header header;
    header.utc_flags = wire_u32_be(wire);
    header.wall_flags = wire_u32_be(wire);
    header.leaps = wire_u32_be(wire);
    header.times = wire_u32_be(wire);
    header.types = wire_u32_be(wire);
    header.characters = wire_u32_be(wire);
    return header;
}

static void skip_block(struct wire *wire, const struct header *header, size_t time_size)
{
    uint64_t size = (uint64_t)header->times * (time_size + 1) + (uint64_t)header->types * 6 + header->characters + (uint64_t)header->leaps * (time_size + 4) +
                    header->wall_flags + header->utc_flags;
    if (wire_check_count(wire, size, 1))
        wire_skip(wire, (size_t)size);
}

/* FILETIME of Unix seconds; far away ones become the ends of the scale. */
static instant instant_of(int64_t unix_seconds)
{
    const int64_t most = INT64_C(400000000000); /* 12,000 years: sums with days stay far from overflow */
    if (unix_seconds > most || unix_seconds < -most)
        unix_seconds = unix_seconds > 0 ? most : -most;
    return unix_seconds * INSTANT_PER_SECOND + INSTANT_UNIX_EPOCH;
}

/* A season that the file calls daylight time though its clock is behind (Ireland's winter, Morocco's Ramadan) is standard time here, and the seasons
 * around it are daylight time: so Windows and clients see these zones. */
static void order_seasons(struct zone_span *spans, size_t count)
{
    bool before = true, here = spans[0].is_daylight; /* as the file says */
    for (size_t i = 0; i < count; i++) {
        bool next = i + 1 < count && spans[i + 1].is_daylight;
        if (i > 0 && here && !before && spans[i].offset < spans[i - 1].offset) {
            spans[i].is_daylight = false;
            spans[i - 1].is_daylight = true;
            if (i + 1 < count && spans[i + 1].offset > spans[i].offset)
                spans[i + 1].is_daylight = true;
        }
        before = here;
        here = next;
    }
}

/* Behind the last entry of the file, by its rule, until LAST_YEAR. */
static size_t add_years(struct zone_span *spans, size_t count, const struct year_rule *rule)
{
    int32_t year = spans[count - 1].begins == INT64_MIN ? 1970 : civil_of_local(spans[count - 1].begins).year;
    struct zone_span near[YEAR_SPANS_MAX];
    for (; year <= LAST_YEAR; year++) {
        size_t found = year_rules_spans(rule, 1, year, near);
        for (size_t i = 1; i < found; i++) {
            bool later = near[i].begins > spans[count - 1].begins;
            if (later && civil_of_local(near[i].begins).year <= LAST_YEAR && near[i].offset != spans[count - 1].offset)
                spans[count++] = near[i];
        }
    }
    return count;
}

static struct time_zone *build(TALLOC_CTX *mem, const struct header *header, struct wire *wire, const struct year_rule *rule)
{
    struct wire times = wire_sub(wire, (size_t)header->times * 8), kinds = wire_sub(wire, header->times), types = wire_sub(wire, (size_t)header->types * 6);
    int32_t offsets[TYPES_MAX];
    bool daylight[TYPES_MAX];
    for (uint32_t i = 0; i < header->types; i++) {
        offsets[i] = (int32_t)wire_u32_be(&types);
        daylight[i] = wire_u8(&types) != 0;
        (void)wire_u8(&types);
        if (offsets[i] > OFFSET_MAX || offsets[i] < -OFFSET_MAX)
            return NULL;
    }
    struct time_zone *zone = talloc_zero(mem, struct time_zone);
    size_t room = header->times + 1 + (rule != NULL ? 2 * (size_t)(LAST_YEAR - 1600 + 1) : 0), count = 1;
    struct zone_span *spans = zone != NULL ? talloc_size(zone, room * sizeof(struct zone_span)) : NULL;
    if (spans == NULL)
        return NULL;
    spans[0] = (struct zone_span){ INT64_MIN, offsets[0], daylight[0] };
    for (uint32_t i = 0; i < header->times; i++) {
        instant begins = instant_of((int64_t)wire_u64_be(&times));
        uint8_t kind = wire_u8(&kinds);
        if (kind >= header->types || begins < spans[count - 1].begins)
            return NULL;
        struct zone_span span = { begins, offsets[kind], daylight[kind] };
        if (span.offset == spans[count - 1].offset && span.is_daylight == spans[count - 1].is_daylight)
            continue;
        spans[count++] = span;
    }
    order_seasons(spans, count);
    zone->spans_end = INT64_MAX;
    if (rule != NULL) {
        count = add_years(spans, count, rule);
        struct year_rule *kept = talloc_memdup(zone, rule, sizeof *rule);
        if (kept == NULL)
            return NULL;
        zone->rules = kept;
        zone->rule_count = 1;
        zone->spans_end = local_of_civil((struct civil_date){ LAST_YEAR - 1, 1, 1 });
    }
    zone->spans = talloc_realloc_size(zone, spans, count * sizeof *spans);
    zone->span_count = count;
    zone->id = zone->windows_id = zone->iana_id = zone->display_name = "";
    return zone;
}

/* The text between two line feeds at the end. False: there is none or it is more than we understand; then the file's entries are all there is. */
static bool read_rule(struct wire *wire, struct year_rule *rule)
{
    char text[RULE_TEXT_MAX + 1];
    size_t length = 0;
    if (wire_u8(wire) != '\n')
        return false;
    while (wire_left(wire) > 0 && length < RULE_TEXT_MAX) {
        char byte = (char)wire_u8(wire);
        if (byte == '\n')
            break;
        text[length++] = byte;
    }
    text[length] = '\0';
    return length > 0 && zone_file_parse_rule(text, rule);
}

struct time_zone *zone_file_parse(TALLOC_CTX *mem, struct slice bytes)
{
    struct wire wire = wire_over(bytes);
    char version;
    struct header header = read_header(&wire, &version);
    skip_block(&wire, &header, 4);
    if (wire.status != STATUS_OK || version < '2')
        return NULL;
    header = read_header(&wire, &version);
    struct wire after = wire;
    skip_block(&after, &header, 8);
    if (after.status != STATUS_OK || header.types == 0 || header.types > TYPES_MAX)
        return NULL;
    struct year_rule rule;
    TALLOC_CTX *scratch = talloc_new(mem);
    if (scratch == NULL)
        return NULL;
    struct time_zone *zone = build(scratch, &header, &wire, read_rule(&after, &rule) ? &rule : NULL);
    zone = talloc_steal(mem, zone);
    talloc_free(scratch);
    return zone;
}

static bool name_is_safe(const char *id)
{
    for (const char *p = id; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr("_+-/", *p) == NULL)
            return false;
    return id[0] != '\0' && id[0] != '/' && strlen(id) < 64;
}

static struct slice read_whole(TALLOC_CTX *mem, const char *path)
{
    struct slice none = { NULL, 0 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return none;
    struct stat about;
    uint8_t *data = NULL;
    ssize_t got = -1;
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0 && about.st_size <= FILE_MAX) {
        data = talloc_size(mem, (size_t)about.st_size);
        got = data != NULL ? read(file, data, (size_t)about.st_size) : -1;
    }
    (void)close(file);
    return got > 0 ? slice_of(data, (size_t)got) : none;
}

struct time_zone *zone_file_load(TALLOC_CTX *mem, const char *id)
{
    const char *folder = getenv("TZDIR");
    char path[256];
    if (!name_is_safe(id) || snprintf(path, sizeof path, "%s/%s", folder != NULL && folder[0] == '/' ? folder : "/usr/share/zoneinfo", id) >= (int)sizeof path)
        return NULL;
    TALLOC_CTX *scratch = talloc_new(mem);
    struct slice bytes = scratch != NULL ? read_whole(scratch, path) : slice_of(NULL, 0);
    struct time_zone *zone = bytes.length > 0 ? zone_file_parse(mem, bytes) : NULL;
    talloc_free(scratch);
    return zone;
}
