/* The recurrence blob: samples of [MS-OXOCAL] 4.1 and made ones, hex to text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bourse/base/text.h"
#include "recurrence_private.h"

enum { BLOB_MAX = 64 * 1024 };

static const char *date_text(TALLOC_CTX *mem, local_time when)
{
    struct civil_date date = civil_of_local(when);
    int64_t minute = (when - local_midnight(when)) / INSTANT_PER_MINUTE;
    return talloc_asprintf(mem, "%04d-%02d-%02d %02d:%02d", (int)date.year, (int)date.month, (int)date.day, (int)(minute / 60), (int)(minute % 60));
}

/* All fields, one line each, as the golden rows have them. */
static char *dump(TALLOC_CTX *mem, const struct recurrence *r)
{
    char *text = talloc_asprintf(mem, "frequency=%x pattern=%x calendar=%u interval=%u weekdays=%u first=%u day=%u nth=%u month=%u sliding=%d end=%d count=%u", (unsigned)r->frequency,
                                 (unsigned)r->pattern, (unsigned)r->calendar_type, (unsigned)r->interval, (unsigned)r->weekdays, (unsigned)r->first_weekday,
                                 (unsigned)r->day_of_month, (unsigned)r->nth, (unsigned)r->month, r->is_sliding, (int)r->end, (unsigned)r->count);
    text = talloc_asprintf_append(text, " from=%s to=%s minutes=%u-%u", date_text(mem, r->first_date), date_text(mem, r->last_date), (unsigned)r->start_minute,
                                  (unsigned)r->end_minute);
    for (size_t i = 0; i < r->deleted_count; i++)
        text = talloc_asprintf_append(text, " deleted=%s", date_text(mem, r->deleted[i]));
    for (size_t i = 0; i < r->exception_count; i++) {
        const struct recurrence_exception *e = &r->exceptions[i];
        text = talloc_asprintf_append(text, " exception=%s>%s/%s overrides=%x subject=%s location=%s type=%u delta=%u busy=%u sub=%u color=%u reminder=%d attachment=%d highlight=%u",
                                      date_text(mem, e->original_start), date_text(mem, e->start), date_text(mem, e->end), (unsigned)e->overrides,
                                      e->subject != NULL ? e->subject : "-", e->location != NULL ? e->location : "-", (unsigned)e->meeting_type, (unsigned)e->reminder_delta,
                                      (unsigned)e->busy_status, (unsigned)e->sub_type, (unsigned)e->color, e->reminder_set, e->has_attachment, (unsigned)e->change_highlight);
    }
    return text;
}

static const struct {
    const char *name, *hex, *text;
} golden[] = {
#include "test_recurrence_blob.def"
};

static struct slice pack(TALLOC_CTX *mem, const struct recurrence *recurrence)
{
    struct buffer *out = buffer_new(mem, BLOB_MAX);
    assert_int_equal(recurrence_pack(recurrence, out), STATUS_OK);
    return buffer_slice(out);
}

static void samples_are_read_and_given_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct slice bytes;
        struct recurrence *recurrence;
        assert_int_equal(hex_decode(mem, slice_of_text(golden[i].hex), &bytes), STATUS_OK);
        if (recurrence_parse(mem, bytes, &recurrence) != STATUS_OK)
            fail_msg("%s is refused", golden[i].name);
        if (strcmp(dump(mem, recurrence), golden[i].text) != 0)
            fail_msg("%s is\n%s", golden[i].name, dump(mem, recurrence));
        assert_true(slice_equal(pack(mem, recurrence), bytes));
        struct recurrence *copy = recurrence_copy(mem, recurrence);
        talloc_free(recurrence);
        assert_true(slice_equal(pack(mem, copy), bytes));
        /* FirstDateTime of the samples follows from the rest. */
        assert_int_equal(recurrence_first_date_time(copy), copy->blob->first_date_time);
        talloc_free(mem);
    }
}

/* Cut anywhere, or with one more byte, it is refused. */
static void cut_blobs_are_refused(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        struct slice bytes;
        struct recurrence *recurrence;
        assert_int_equal(hex_decode(mem, slice_of_text(golden[i].hex), &bytes), STATUS_OK);
        for (size_t length = 0; length < bytes.length; length++)
            assert_int_equal(recurrence_parse(mem, slice_of(bytes.data, length), &recurrence), STATUS_MALFORMED);
        uint8_t *longer = talloc_zero_size(mem, bytes.length + 1);
        memcpy(longer, bytes.data, bytes.length);
        assert_int_equal(recurrence_parse(mem, slice_of(longer, bytes.length + 1), &recurrence), STATUS_MALFORMED);
    }
    talloc_free(mem);
}

/* Offset of a field in the first sample, the value written there. */
static void impossible_values_are_refused(void **state)
{
    static const struct {
        size_t at, size;
        uint32_t value;
    } rows[] = {
        { 0, 2, 0x3005 }, { 4, 2, 0x2009 }, { 4, 2, 0x200E }, { 4, 2, 0x200A + 2 }, { 6, 2, 5 }, { 14, 4, 0 }, { 22, 4, 0 }, { 22, 4, 128 }, { 26, 4, 0x2024 },
        { 30, 4, 0 }, { 34, 4, 7 }, { 38, 4, 0xFFFFFFFF }, { 38, 4, 70000 }, { 46, 4, 2 }, { 54, 4, 0x80000000 }, { 54, 4, 0x7FFFFFFF }, { 62, 4, 0x3005 },
        { 66, 4, 0x3005 }, { 70, 4, 1440 }, { 74, 4, 0 }, { 74, 4, 0x7FFFFFFF }, { 78, 2, 2 },
    };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes;
    struct recurrence *recurrence;
    (void)state;
    assert_int_equal(hex_decode(mem, slice_of_text(golden[0].hex), &bytes), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t *changed = talloc_memdup(mem, bytes.data, bytes.length);
        for (size_t j = 0; j < rows[i].size; j++)
            changed[rows[i].at + j] = (uint8_t)(rows[i].value >> (8 * j));
        if (recurrence_parse(mem, slice_of(changed, bytes.length), &recurrence) != STATUS_MALFORMED)
            fail_msg("row %zu is accepted", i);
    }
    talloc_free(mem);
}

/* A changed subject leaves its old bytes; the rest stays. */
static void changed_text_is_written_anew(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes, packed;
    struct recurrence *recurrence, *again;
    (void)state;
    assert_int_equal(hex_decode(mem, slice_of_text(golden[0].hex), &bytes), STATUS_OK);
    assert_int_equal(recurrence_parse(mem, bytes, &recurrence), STATUS_OK);
    recurrence->exceptions[0].subject = "\xC3\x84nderung \xF0\x9F\x99\x82";
    packed = pack(mem, recurrence);
    assert_int_equal(recurrence_parse(mem, packed, &again), STATUS_OK);
    assert_string_equal(again->exceptions[0].subject, recurrence->exceptions[0].subject);
    assert_string_equal(again->exceptions[0].location, "34/4141");
    assert_true(slice_equal(again->exceptions[0].blob->ansi_subject, slice_of_text("?nderung ?")));
    talloc_free(mem);
}

static void tasks_have_the_pattern_alone(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence task = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 3, .is_sliding = true, .first_date = local_of_civil((struct civil_date){ 2011, 4, 7 }) };
    struct recurrence *again;
    struct buffer *out = buffer_new(mem, BLOB_MAX), *second = buffer_new(mem, BLOB_MAX), *hex = buffer_new(mem, BLOB_MAX);
    (void)state;
    assert_int_equal(recurrence_complete(&task), STATUS_OK);
    assert_int_equal(recurrence_pattern_pack(&task, out), STATUS_OK);
    hex_append(hex, buffer_slice(out));
    assert_string_equal(buffer_text(hex), "043004300a2000000000a0050000e010000001000000232000000a00000000000000000000000000000020" "7edc0cdf80e95a");
    assert_int_equal(recurrence_pattern_parse(mem, buffer_slice(out), &again), STATUS_OK);
    assert_true(again->is_sliding);
    assert_int_equal(recurrence_pattern_pack(again, second), STATUS_OK);
    assert_true(slice_equal(buffer_slice(out), buffer_slice(second)));
    assert_int_equal(recurrence_parse(mem, buffer_slice(out), &again), STATUS_MALFORMED);
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_read_and_given_back), cmocka_unit_test(cut_blobs_are_refused), cmocka_unit_test(impossible_values_are_refused),
        cmocka_unit_test(changed_text_is_written_anew), cmocka_unit_test(tasks_have_the_pattern_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
