/* Collected shapes of clients: what is read (dump), what is written, and that nothing of the file is lost on the way through.
 * BOURSE_GOLDEN_WRITE=1 writes the golden files anew; look at the difference before you commit it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <libical/ical.h>

#include "bourse/base/text.h"
#include "bourse/calendar/ical.h"
#include "bourse/calendar/recurrence.h"
#include "ical_lines.h"
#include "golden.h"

enum { CAP = 1 << 20 };

static bool is_mail(const char *name)
{
    static const char *const mails[] = { "exchange_reply", "cancel", "counter", "instance_request", "google_request" };
    for (size_t i = 0; i < ARRAY_LENGTH(mails); i++) {
        if (strncmp(name, mails[i], strlen(mails[i])) == 0)
            return true;
    }
    return false;
}

static void dump_entry(struct buffer *out, const struct ical_entry *entry)
{
    char when[INSTANT_TEXT_SIZE];
    buffer_printf(out, "entry kind %d method %s uid %s sequence %d", (int)entry->kind, ical_method_text(entry->method), entry->uid, (int)entry->sequence);
    if (entry->is_instance)
        buffer_printf(out, " instance %s%s", instant_format(entry->recurrence_id, when), entry->and_future ? " and future" : "");
    buffer_printf(out, "%s organizer %s attendee %s\n", entry->is_simplified ? " simplified" : "", entry->organizer, entry->attendee);
    for (size_t i = 0; i < entry->busy_count; i++) {
        buffer_printf(out, "  %d %s", (int)entry->busy[i].busy_status, instant_format(entry->busy[i].starts, when));
        buffer_printf(out, " %s\n", instant_format(entry->busy[i].ends, when));
    }
    if (entry->message != NULL)
        golden_dump_message(out, entry->message, 1);
}

static void export_all(TALLOC_CTX *mem, const struct ical_result *result, struct buffer *out)
{
    const struct message **messages = talloc_array(mem, const struct message *, (unsigned)result->count + 1);
    struct ical_export_options options = { .now = INSTANT_UNIX_EPOCH, .method = result->count > 0 ? result->entries[0].method : ICAL_NO_METHOD };
    size_t count = 0;
    for (size_t i = 0; i < result->count; i++) {
        if (result->entries[i].message != NULL)
            messages[count++] = result->entries[i].message;
    }
    if (count > 0)
        assert_int_equal(ical_export_all(mem, messages, count, &options, out), STATUS_OK);
}

/* libical is the other opinion: it must read every line that is written. (It calls an empty text, which RFC 5545 allows, an error.) */
static void assert_libical_reads(const char *name, const char *text)
{
    icalcomponent *calendar = icalparser_parse_string(text);
    assert_non_null(calendar);
    char *seen = icalcomponent_as_ical_string_r(calendar);
    for (const char *at = strstr(seen, "X-LIC-ERROR"); at != NULL; at = strstr(at + 1, "X-LIC-ERROR")) {
        const char *empty = strstr(at, "No value for");
        if (empty == NULL || empty - at > 60)
            fail_msg("%s: libical finds errors: %.300s", name, at);
    }
    icalmemory_free_buffer(seen);
    icalcomponent_free(calendar);
}

/* ---- is each line of the file in what was written? ---- */
static struct text_block calendar_block(TALLOC_CTX *mem, struct slice bytes)
{
    static const struct line_limits limits = { 10000, 1000, 8 };
    struct text_line *lines;
    size_t count;
    assert_int_equal(lines_read(mem, bytes, &limits, &lines, &count), STATUS_OK);
    assert_true(count > 0 && lines[0].end > 0);
    return (struct text_block){ .lines = lines, .begin = 1, .end = lines[0].end };
}

/* Lines whose form export chooses; the property dump shows that their meaning is kept. */
static bool is_chosen_by_export(const struct text_line *line)
{
    static const char *const names[] = { "DURATION", "EXDATE", "X-MICROSOFT-CDO-INSTTYPE", "X-MICROSOFT-CDO-ALLDAYEVENT" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (line_is(line, names[i]))
            return true;
    }
    return false;
}

static bool same_value(const struct text_line *a, const struct text_line *b)
{
    if (!slice_equal_ascii_nocase(a->name, b->name) || !slice_equal(a->value, b->value))
        return false;
    struct slice rest = a->params, name, value;
    char *plain, *other;
    while (param_next(&rest, &name, &value)) {
        char word[64];
        if (slice_equal(value, slice_of_text("DATE-TIME"))) /* the default type */
            continue;
        snprintf(word, sizeof word, "%.*s", (int)name.length, name.data);
        plain = line_param_text(NULL, a, word);
        other = line_param_text(NULL, b, word);
        bool same = plain != NULL && other != NULL && strcmp(plain, other) == 0;
        talloc_free(plain);
        talloc_free(other);
        if (!same)
            return false;
    }
    return true;
}

static bool has_line(const struct text_block *calendar, const struct text_line *line)
{
    for (size_t i = calendar->begin; i < calendar->end; i++) {
        if (same_value(line, &calendar->lines[i]))
            return true;
    }
    return false;
}

static void assert_nothing_lost(TALLOC_CTX *mem, const char *name, struct slice before, struct slice after)
{
    struct text_block in = calendar_block(mem, before), out = calendar_block(mem, after), inner;
    const struct text_line *line;
    for (size_t at = in.begin; block_next(&in, &at, &line, &inner);) {
        if (line != NULL || slice_equal(block_name(&inner), slice_of_text("VTIMEZONE")) || slice_equal(block_name(&inner), slice_of_text("VFREEBUSY")))
            continue;
        for (size_t i = inner.begin; i < inner.end; i++) {
            const struct text_line *now = &inner.lines[i];
            if (!is_chosen_by_export(now) && !has_line(&out, now))
                fail_msg("%s: lost %.*s\n%.*s", name, (int)now->whole.length, now->whole.data, (int)after.length, after.data);
        }
    }
}

static void check_file(const char *name)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes = golden_read(mem, "ical", name, "ics");
    struct ical_import_options options = { .zone = time_zone_by_id("Europe/Berlin"), .as_mail = is_mail(name) };
    struct ical_result result, again;
    struct buffer *dump = buffer_new(mem, CAP), *written = buffer_new(mem, CAP), *second = buffer_new(mem, CAP);
    assert_int_equal(ical_import(mem, bytes, &options, &result), STATUS_OK);
    assert_int_equal(result.refusal_count, 0);
    for (size_t i = 0; i < result.count; i++)
        dump_entry(dump, &result.entries[i]);
    golden_compare("ical", name, "txt", buffer_slice(dump));
    export_all(mem, &result, written);
    if (buffer_length(written) > 0) {
        golden_compare("ical", name, "out", buffer_slice(written));
        assert_libical_reads(name, buffer_text(written));
        /* whole days written as times become dates; display names of zones become ids */
        bool is_rewritten = strcmp(name, "outlook_all_day_times") == 0 || strcmp(name, "display_name_zone") == 0;
        if (!is_rewritten && (!options.as_mail || result.entries[0].method == ICAL_REQUEST))
            assert_nothing_lost(mem, name, bytes, buffer_slice(written));
        assert_int_equal(ical_import(mem, buffer_slice(written), &options, &again), STATUS_OK);
        export_all(mem, &again, second);
        if (!slice_equal(buffer_slice(written), buffer_slice(second)))
            fail_msg("%s: written again it is\n%s\nafter\n%s", name, buffer_text(second), buffer_text(written));
    }
    talloc_free(mem);
}

static void golden_files(void **state)
{
    (void)state;
    assert_true(golden_each("ical", "ics", check_file) >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(golden_files) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
