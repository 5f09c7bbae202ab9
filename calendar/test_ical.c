/* iCalendar: what is refused, what a changed property does to kept lines, ids, zones, rules, and import(export(x)) == x over generated messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "bourse/calendar/ical.h"
#include "bourse/calendar/recurrence.h"
#include "bourse/model/properties.h"

enum { CAP = 4 << 20 };
#define OK(call) assert_int_equal((call), STATUS_OK)

static enum status read_text(TALLOC_CTX *mem, const char *text, struct ical_result *result)
{
    return ical_import(mem, slice_of_text(text), NULL, result);
}

static char *event(TALLOC_CTX *mem, const char *lines)
{
    return talloc_asprintf(mem, "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:u@example.com\nDTSTAMP:20260101T000000Z\n%sEND:VEVENT\nEND:VCALENDAR\n", lines);
}

static void refusals(void **state)
{
    (void)state;
    static const struct { const char *lines; enum status status; } cases[] = {
        { "DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\n", STATUS_INVALID_RECURRENCE },
        { "DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY\n", STATUS_INVALID_RECURRENCE },
        { "DTSTART:20260101T000000Z\nRRULE:FREQ=HOURLY;COUNT=3\n", STATUS_INVALID_RECURRENCE },
        { "DTSTART:20260101T000000Z\nRRULE:FREQ=SOMETIMES\n", STATUS_INVALID_RECURRENCE },
        { "DTSTART:20260101T000000Z\nRDATE:20260102T000000Z\nRRULE:FREQ=SECONDLY\n", STATUS_INVALID_RECURRENCE },
        { "SUMMARY:no start\n", STATUS_MALFORMED },
        { "DTSTART:tomorrow\n", STATUS_MALFORMED },
        { "DTSTART:99990101T000000Z\n", STATUS_MALFORMED },
        { "DTSTART:20260101T000000Z\nDTEND:never\n", STATUS_MALFORMED },
    };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ical_result result;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(read_text(mem, event(mem, cases[i].lines), &result), cases[i].status);
        assert_int_equal(result.refusal_count, 1);
        assert_int_equal(result.count, 0);
    }
    assert_int_equal(read_text(mem, "hello", &result), STATUS_MALFORMED);
    assert_int_equal(read_text(mem, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", &result), STATUS_MALFORMED);
    assert_int_equal(read_text(mem, "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", &result), STATUS_MALFORMED);
    char *deep = talloc_strdup(mem, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 20; i++)
        deep = talloc_asprintf_append(deep, "BEGIN:X\n");
    assert_int_equal(read_text(mem, deep, &result), STATUS_LIMIT_EXCEEDED);
    assert_int_equal(ical_import(mem, slice_of(deep, (size_t)ICAL_MAX_BYTES + 1), NULL, &result), STATUS_LIMIT_EXCEEDED);
    status_chain_clear();
    talloc_free(mem);
}

static void too_many_components(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ical_result result;
    struct buffer *text = buffer_new(mem, CAP);
    buffer_append_text(text, "BEGIN:VCALENDAR\n");
    for (size_t i = 0; i < ICAL_MAX_COMPONENTS; i++)
        buffer_append_text(text, "BEGIN:VEVENT\nEND:VEVENT\n");
    buffer_append_text(text, "END:VCALENDAR\n");
    assert_int_equal(ical_import(mem, buffer_slice(text), NULL, &result), STATUS_LIMIT_EXCEEDED);
    status_chain_clear();
    talloc_free(mem);
}

/* A good event beside a bad one is taken. */
static void one_bad_component_costs_only_itself(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ical_result result;
    OK(read_text(mem, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:bad\nEND:VEVENT\nBEGIN:VEVENT\nUID:good\nDTSTART:20260101T000000Z\nEND:VEVENT\nEND:VCALENDAR\n", &result));
    assert_int_equal(result.count, 1);
    assert_string_equal(result.entries[0].uid, "good");
    assert_int_equal(result.refusal_count, 1);
    talloc_free(mem);
}

static bool contains(struct buffer *text, const char *line)
{
    return strstr(buffer_text(text), line) != NULL;
}

/* Kept spellings are given back only while they mean what the property says. */
static void changed_properties_win(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ical_result result;
    struct ical_export_options options = { .now = INSTANT_UNIX_EPOCH };
    struct buffer *out = buffer_new(mem, CAP);
    OK(read_text(mem, event(mem, "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nSUMMARY;LANGUAGE=de:Alt\nPRIORITY:3\nLOCATION;X-A=b:Hier\nX-FOO:bar\n"
                                 "ATTENDEE;PARTSTAT=NEEDS-ACTION;X-N=1:mailto:a@example.com\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT10M\nEND:VALARM\n"), &result));
    struct message *message = result.entries[0].message;
    OK(bag_set_string(message->props, PROP_SUBJECT, "Neu"));
    OK(bag_set_int32(message->props, PROP_IMPORTANCE, 0));
    OK(bag_set_int32(message->props, PROP_REMINDER_DELTA, 20));
    OK(bag_set_int32(message->recipients[0].props, PROP_RECIPIENT_TRACK_STATUS, 3));
    OK(ical_export(mem, message, &options, out));
    assert_true(contains(out, "\r\nSUMMARY:Neu\r\n"));
    assert_true(contains(out, "\r\nPRIORITY:9\r\n"));
    assert_true(contains(out, "\r\nLOCATION;X-A=b:Hier\r\n"));
    assert_true(contains(out, "\r\nX-FOO:bar\r\n"));
    assert_true(contains(out, "PARTSTAT=ACCEPTED"));
    assert_true(contains(out, ";X-N=1:mailto:a@example.com"));
    assert_true(contains(out, "\r\nTRIGGER;RELATED=START:-PT20M\r\n"));
    assert_false(contains(out, "AUDIO"));
    talloc_free(mem);
}

static void methods_choose_the_class(void **state)
{
    (void)state;
    static const struct { const char *method, *answer, *class; } cases[] = {
        { "REQUEST", "NEEDS-ACTION", "IPM.Schedule.Meeting.Request" }, { "CANCEL", "NEEDS-ACTION", "IPM.Schedule.Meeting.Canceled" },
        { "REPLY", "ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos" },      { "REPLY", "DECLINED", "IPM.Schedule.Meeting.Resp.Neg" },
        { "REPLY", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent" },    { "COUNTER", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent" },
        { "PUBLISH", "ACCEPTED", "IPM.Appointment" },
    };
    struct ical_import_options options = { .as_mail = true };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct ical_result result;
        struct buffer *out = buffer_new(mem, CAP);
        char *text = talloc_asprintf(mem, "BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VEVENT\nUID:u\nDTSTART:20260101T000000Z\nORGANIZER:mailto:o@example.com\nATTENDEE;PARTSTAT=%s:mailto:a@example.com\n"
                                          "END:VEVENT\nEND:VCALENDAR\n", cases[i].method, cases[i].answer);
        OK(ical_import(mem, slice_of_text(text), &options, &result));
        assert_string_equal(bag_string(result.entries[0].message->props, PROP_MESSAGE_CLASS, ""), cases[i].class);
        OK(ical_export(mem, result.entries[0].message, NULL, out));
        assert_true(contains(out, talloc_asprintf(mem, "METHOD:%s\r\n", cases[i].method)));
        assert_true(contains(out, talloc_asprintf(mem, "PARTSTAT=%s", cases[i].answer)));
        assert_true(contains(out, "ORGANIZER:mailto:o@example.com\r\n"));
        talloc_free(mem);
    }
}

static void global_ids(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct civil_date date = { 2026, 3, 9 }, found;
    struct slice id = global_id_new(mem, INSTANT_UNIX_EPOCH), instance = global_id_of_instance(mem, id, date);
    assert_true(global_id_date(instance, &found) && found.year == 2026 && found.month == 3 && found.day == 9);
    assert_false(global_id_date(id, &found));
    assert_true(slice_equal(global_id_clean(mem, instance), id));
    assert_string_equal(global_id_text(mem, instance), global_id_text(mem, id));
    assert_true(slice_equal(global_id_of_text(mem, global_id_text(mem, instance)), id));
    assert_string_equal(global_id_text(mem, global_id_of_text(mem, "foreign@example.com")), "foreign@example.com");
    talloc_free(mem);
}

static void free_busy(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    const instant start = INSTANT_UNIX_EPOCH + 20000 * INSTANT_PER_DAY;
    struct ical_busy busy[] = { { start, start + INSTANT_PER_HOUR, 2 }, { start + INSTANT_PER_DAY, start + 2 * INSTANT_PER_DAY, 3 } };
    struct ical_free_busy told = { .method = ICAL_REPLY, .uid = "fb", .organizer = "o@example.com", .attendee = "a@example.com", .starts = start, .ends = start + 7 * INSTANT_PER_DAY,
                                   .dtstamp = start, .busy = busy, .busy_count = 2 };
    struct buffer *out = buffer_new(mem, CAP);
    struct ical_result result;
    OK(ical_export_free_busy(&told, out));
    OK(ical_import(mem, buffer_slice(out), NULL, &result));
    assert_int_equal(result.count, 1);
    struct ical_entry *entry = &result.entries[0];
    assert_true(entry->kind == ICAL_FREE_BUSY && entry->method == ICAL_REPLY && entry->message == NULL && entry->busy_count == 2);
    assert_true(entry->starts == told.starts && entry->ends == told.ends);
    for (size_t i = 0; i < 2; i++)
        assert_true(entry->busy[i].starts == busy[i].starts && entry->busy[i].ends == busy[i].ends && entry->busy[i].busy_status == busy[i].busy_status);
    assert_string_equal(entry->attendee, "a@example.com");
    talloc_free(mem);
}

/* The work that exceptions cost is bounded; what is beyond it stays an entry of its own, nothing goes. */
static void many_exceptions(void **state)
{
    (void)state;
    enum { EXCEPTIONS = 380 };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ical_result result;
    struct recurrence *recurrence;
    struct buffer *text = buffer_new(mem, CAP);
    buffer_append_text(text, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nDTSTART:20200101T090000Z\nDTEND:20200101T100000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n");
    for (int i = 0; i < EXCEPTIONS; i++) {
        struct civil_date day = civil_of_local(local_of_civil((struct civil_date){ 2020, 1, 1 }) + i * INSTANT_PER_DAY);
        char date[16];
        snprintf(date, sizeof date, "%04d%02d%02dT", (int)day.year % 10000, (int)day.month % 100, (int)day.day % 100);
        buffer_printf(text, "BEGIN:VEVENT\nUID:x\nRECURRENCE-ID:%s090000Z\nDTSTART:%s110000Z\nDTEND:%s120000Z\nEND:VEVENT\n", date, date, date);
    }
    buffer_append_text(text, "END:VCALENDAR\n");
    OK(ical_import(mem, buffer_slice(text), NULL, &result));
    OK(recurrence_parse(mem, bag_bytes(result.entries[0].message->props, PROP_APPOINTMENT_RECUR), &recurrence));
    assert_true(recurrence->exception_count > 300 && recurrence->exception_count < EXCEPTIONS);
    assert_int_equal(recurrence->exception_count + result.count - 1, EXCEPTIONS);
    talloc_free(mem);
}

/* ---- generated messages: what is exported comes back the same ---- */
static uint64_t seed;
static uint32_t pick(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static const char *some_text(TALLOC_CTX *mem)
{
    static const char *const words[] = { "a;b", "c,d", "back\\slash", "Grüße", "漢字 ", "\"quoted\"", "colon: x", "plain", "^caret", " lead" };
    char *text = talloc_strdup(mem, "");
    for (uint32_t i = 0, count = 1 + pick(12); i < count; i++)
        text = talloc_asprintf_append(text, "%s ", words[pick(ARRAY_LENGTH(words))]);
    return text;
}

static char *some_rule(TALLOC_CTX *mem)
{
    static const char *const rules[] = { "FREQ=DAILY;INTERVAL=%u", "FREQ=WEEKLY;INTERVAL=%u;BYDAY=MO,WE;WKST=MO", "FREQ=MONTHLY;INTERVAL=%u;BYDAY=2TU", "FREQ=MONTHLY;INTERVAL=%u;BYDAY=-1FR",
                                         "FREQ=MONTHLY;INTERVAL=%u;BYMONTHDAY=17", "FREQ=YEARLY;INTERVAL=%u;BYMONTH=5;BYMONTHDAY=9", "FREQ=YEARLY;INTERVAL=%u;BYMONTH=10;BYDAY=1SA" };
    uint32_t interval = 1 + pick(3);
    char *rule = talloc_asprintf(mem, "RRULE:%s", rules[pick(ARRAY_LENGTH(rules))]), *at = strstr(rule, "%u");
    at[0] = (char)('0' + interval);
    memmove(at + 1, at + 2, strlen(at + 2) + 1);
    return talloc_asprintf(mem, "%s%s\n", rule, pick(2) ? talloc_asprintf(mem, ";COUNT=%u", 2 + pick(60)) : pick(2) ? ";UNTIL=20301231T235959Z" : "");
}

/* A message made by the importer from a small random file, then its properties changed at random, as clients do. */
static struct message *some_message(TALLOC_CTX *mem)
{
    static const char *const zones[] = { "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "W. Europe Standard Time", "Pacific Standard Time" };
    struct ical_result result;
    const char *zone = zones[pick(ARRAY_LENGTH(zones))];
    uint32_t day = 1 + pick(28), month = 1 + pick(12), hour = pick(20);
    bool whole_days = pick(4) == 0;
    char *times = whole_days ? talloc_asprintf(mem, "DTSTART;VALUE=DATE:2026%02u%02u\n", month, day)
                             : talloc_asprintf(mem, "DTSTART;TZID=%s:2026%02u%02uT%02u1500\nDTEND;TZID=%s:2026%02u%02uT%02u4500\n", zone, month, day, hour, zone, month, day, hour + pick(4));
    OK(read_text(mem, event(mem, talloc_asprintf(mem, "%s%s", times, pick(2) ? some_rule(mem) : "")), &result));
    struct message *message = result.entries[0].message;
    OK(bag_set_string(message->props, PROP_SUBJECT, some_text(mem)));
    OK(bag_set_string(message->props, PROP_BODY, talloc_asprintf(mem, "%s\r\n%s", some_text(mem), some_text(mem))));
    OK(bag_set_string(message->props, PROP_LID_LOCATION, some_text(mem)));
    OK(bag_set_int32(message->props, PROP_SENSITIVITY, (int32_t)pick(4)));
    OK(bag_set_int32(message->props, PROP_IMPORTANCE, (int32_t)pick(3)));
    OK(bag_set_int32(message->props, PROP_BUSY_STATUS, (int32_t)pick(5)));
    OK(bag_set_int32(message->props, PROP_APPOINTMENT_SEQUENCE, (int32_t)pick(9)));
    const char *words[] = { some_text(mem), "Blue" };
    OK(bag_set_strings(message->props, PROP_CONTACTS, words, 1 + pick(2)));
    if (pick(2)) {
        OK(bag_set_bool(message->props, PROP_REMINDER_SET, true));
        OK(bag_set_int32(message->props, PROP_REMINDER_DELTA, (int32_t)pick(3000)));
    }
    return message;
}

static void assert_same(const struct message *a, const struct message *b, const char *text)
{
    static const prop_tag tags[] = { PROP_SUBJECT, PROP_BODY, PROP_SENSITIVITY, PROP_IMPORTANCE, PROP_BUSY_STATUS, PROP_APPOINTMENT_SEQUENCE, PROP_CONTACTS, PROP_LID_LOCATION,
        PROP_APPOINTMENT_START_WHOLE, PROP_APPOINTMENT_END_WHOLE, PROP_APPOINTMENT_RECUR, PROP_APPOINTMENT_SUB_TYPE, PROP_REMINDER_SET, PROP_REMINDER_DELTA, PROP_GLOBAL_OBJECT_ID,
        PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, PROP_CLIP_END, PROP_RECURRENCE_TYPE };
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++) {
        const struct value *left = bag_get(a->props, tags[i]), *right = bag_get(b->props, tags[i]);
        char was[300], now[300];
        if ((left == NULL) != (right == NULL) || (left != NULL && !value_equal(left, right)))
            fail_msg("%s became %s in\n%s", left != NULL ? value_describe(left, was, sizeof was) : "nothing", right != NULL ? value_describe(right, now, sizeof now) : "nothing", text);
    }
}

static void generated_messages_come_back(void **state)
{
    (void)state;
    const char *wanted = getenv("BOURSE_ICAL_MESSAGES");
    int count = wanted != NULL ? atoi(wanted) : 300;
    for (int i = 0; i < count; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct ical_result result;
        struct buffer *out = buffer_new(mem, CAP);
        seed = (uint64_t)i + 1;
        struct message *message = some_message(mem);
        OK(ical_export(mem, message, NULL, out));
        OK(ical_import(mem, buffer_slice(out), NULL, &result));
        assert_int_equal(result.count, 1);
        assert_same(message, result.entries[0].message, buffer_text(out));
        talloc_free(mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals), cmocka_unit_test(too_many_components), cmocka_unit_test(one_bad_component_costs_only_itself), cmocka_unit_test(changed_properties_win),
        cmocka_unit_test(methods_choose_the_class), cmocka_unit_test(global_ids), cmocka_unit_test(free_busy), cmocka_unit_test(many_exceptions), cmocka_unit_test(generated_messages_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
