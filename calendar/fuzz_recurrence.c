/* Recurrence blobs: what is read is given back in a form that reads the same, and is expanded within bounds. */
#include <stdlib.h>

#include "bourse/calendar/recurrence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_back(TALLOC_CTX *mem, const struct recurrence *recurrence)
{
    struct buffer *first = buffer_new(mem, 4 << 20), *second = buffer_new(mem, 4 << 20);
    struct recurrence *again;
    if (recurrence_pack(recurrence, first) != STATUS_OK || recurrence_parse(mem, buffer_slice(first), &again) != STATUS_OK ||
        recurrence_pack(again, second) != STATUS_OK || !slice_equal(buffer_slice(first), buffer_slice(second)))
        abort();
}

static void expand(TALLOC_CTX *mem, struct recurrence *recurrence)
{
    const struct time_zone *zone = time_zone_by_id("Europe/Berlin");
    struct occurrence_query query = { .from = recurrence->first_date, .to = INT64_MAX, .with_index = true };
    struct occurrence *list, one;
    size_t count;
    bool more;
    if (recurrence_expand(mem, recurrence, zone, &query, &list, &count, &more) != STATUS_OK || count > 1000)
        abort();
    for (size_t i = 1; i < count; i++)
        if (list[i].starts < list[i - 1].starts)
            abort();
    enum status last = recurrence_last(recurrence, zone, &one), first = recurrence_first(recurrence, zone, &one);
    if (first == STATUS_OK && (last != STATUS_OK || recurrence_delete(recurrence, recurrence, one.original_start) == STATUS_OCCURRENCE_CROSSING))
        abort();
    if (recurrence_complete(recurrence) == STATUS_OK && recurrence_find(recurrence, zone, recurrence->first_date, &one) == STATUS_OCCURRENCE_NOT_FOUND)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence *recurrence;
    if (recurrence_pattern_parse(mem, slice_of(data, size), &recurrence) == STATUS_OK)
        expand(mem, recurrence);
    if (recurrence_parse(mem, slice_of(data, size), &recurrence) == STATUS_OK) {
        give_back(mem, recurrence);
        expand(mem, recurrence);
    }
    talloc_free(mem);
    return 0;
}
