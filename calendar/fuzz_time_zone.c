/* Time zones in properties, zone files, TZ texts: the first byte says which. */
#include <stdlib.h>

#include "time_zone_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files may hold offsets that rules cannot. */
static void use(TALLOC_CTX *mem, const struct time_zone *zone, bool is_of_rules)
{
    struct buffer *out = buffer_new(mem, 1 << 20);
    const struct time_zone *again;
    for (int year = 1700; year <= 4400; year += 150) {
        local_time when = local_of_civil((struct civil_date){ year, 1 + year % 12, 1 + year % 28 });
        instant at = time_zone_to_instant(zone, when);
        if (at - when > 2 * INSTANT_PER_DAY || when - at > 2 * INSTANT_PER_DAY || time_zone_to_local(zone, at) < when - 3 * INSTANT_PER_DAY)
            abort();
    }
    enum status status = time_zone_definition_pack(zone, 2026, false, out);
    if (status == STATUS_OK && is_of_rules && time_zone_definition_parse(mem, buffer_slice(out), &again) != STATUS_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct time_zone *zone = NULL;
    struct slice bytes = slice_of(data + 1, size - 1);
    enum status status = STATUS_MALFORMED;
    struct year_rule rule;
    char *text = slice_text(mem, bytes);
    switch (data[0]) {
    case 'S':
        status = time_zone_struct_parse(mem, bytes, &zone);
        break;
    case 'D':
        status = time_zone_definition_parse(mem, bytes, &zone);
        break;
    case 'A':
        status = time_zone_activesync_parse(mem, bytes, &zone);
        break;
    case 'F':
        zone = zone_file_parse(mem, bytes);
        status = zone != NULL ? STATUS_OK : STATUS_MALFORMED;
        break;
    case 'T':
        if (text != NULL)
            (void)zone_file_parse_rule(text, &rule);
        break;
    default:
        (void)time_zone_by_id(text);
    }
    if (status == STATUS_OK)
        use(mem, zone, data[0] != 'F');
    talloc_free(mem);
    return 0;
}
