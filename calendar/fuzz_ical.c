/* iCalendar from outside, and what was read written and read again: it must come out. */
#include <stdlib.h>

#include "bourse/calendar/ical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ical_import_options options = { .as_mail = size % 2 == 1 };
    struct ical_export_options export = { .now = INSTANT_UNIX_EPOCH };
    struct ical_result result;
    if (ical_import(mem, slice_of(data, size), &options, &result) == STATUS_OK) {
        for (size_t i = 0; i < result.count && i < 20; i++) {
            struct buffer *out = buffer_new(mem, 64u * 1024 * 1024);
            struct ical_result again;
            if (result.entries[i].message == NULL || ical_export(mem, result.entries[i].message, &export, out) != STATUS_OK)
                continue;
            if (ical_import(mem, buffer_slice(out), &options, &again) == STATUS_MALFORMED && again.refusal_count == 0)
                abort(); /* not even a VCALENDAR */
        }
    }
    status_chain_clear();
    talloc_free(mem);
    return 0;
}
