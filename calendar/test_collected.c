/* Collected files of other programs: each is taken, or refused with a cause, in bounded time; and what was taken, written and read again is the
 * same. BOURSE_ICAL_FOLDER=/some/folder looks at every .ics and .vcf below that folder (libical's test data, say, which is not ours to ship)
 * instead of those in golden/, and says how many of each there were; BOURSE_ICAL_DIFFERENCES=1 also shows each difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ftw.h>
#include <string.h>
#include <time.h>

#include "bourse/calendar/ical.h"
#include "bourse/calendar/vcard.h"
#include "golden.h"

enum { FILE_CAP = 16 << 20, DUMP_CAP = 512 << 20, SECONDS_A_FILE = 20 };

static struct {
    size_t files, taken, refused, partly, components, refusals, changed, findings;
} counted;
static const char *wanted_ending;

static struct slice read_file(TALLOC_CTX *mem, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = talloc_size(mem, FILE_CAP);
    size_t length = fread(bytes, 1, FILE_CAP, file);
    fclose(file);
    return slice_of(bytes, length);
}

/* What fails the test; all files are looked at first. */
__attribute__((format(printf, 2, 3))) static void finding(const char *path, const char *format, ...)
{
    char text[4000];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    print_message("FINDING %s: %s\n", path, text);
    counted.findings++;
}

static void check_clean(const char *path, enum status status)
{
    if (status != STATUS_OK && status != STATUS_MALFORMED && status != STATUS_LIMIT_EXCEEDED && status != STATUS_INVALID_RECURRENCE)
        finding(path, "%s", status_client_text(status));
    status_chain_clear();
}

/* Start of the first line that is not the same. */
static size_t first_difference(const char *a, const char *b)
{
    size_t same = 0, line = 0;
    for (; a[same] == b[same] && a[same] != '\0'; same++) {
        if (a[same] == '\n')
            line = same + 1;
    }
    return line;
}

/* Properties may differ where docs/calendar.md says that the form does; then they are only counted. */
static void compare_properties(const char *path, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    size_t at = first_difference(a, b);
    counted.changed++;
    if (getenv("BOURSE_ICAL_DIFFERENCES") != NULL)
        print_message("%s:\n  first  %.*s\n  second %.*s\n", path, (int)strcspn(a + at, "\n"), a + at, (int)strcspn(b + at, "\n"), b + at);
}

static void compare_text(const char *path, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    size_t at = first_difference(a, b);
    finding(path, "written again it differs:\n%.300s\nis now\n%.300s", a + at, b + at);
}

/* ---- iCalendar ---- */
static const char *dump_calendar(TALLOC_CTX *mem, const struct ical_result *result)
{
    struct buffer *out = buffer_new(mem, DUMP_CAP);
    for (size_t i = 0; i < result->count; i++) {
        const struct ical_entry *entry = &result->entries[i];
        if (entry->message == NULL)
            continue;
        buffer_printf(out, "entry kind %d uid %s sequence %d instance %d %lld simplified %d organizer %s\n", (int)entry->kind, entry->uid, (int)entry->sequence,
                      entry->is_instance, (long long)entry->recurrence_id, entry->is_simplified, entry->organizer);
        golden_dump_message(out, entry->message, 1);
    }
    return buffer_text(out);
}

static size_t export_calendar(TALLOC_CTX *mem, const char *path, const struct ical_result *result, struct buffer *out)
{
    struct ical_export_options options = { .now = INSTANT_UNIX_EPOCH };
    const struct message **messages = talloc_array(mem, const struct message *, (unsigned)result->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < result->count; i++) {
        if (result->entries[i].message != NULL)
            messages[count++] = result->entries[i].message;
    }
    char why[500];
    if (count > 0 && ical_export_all(mem, messages, count, &options, out) != STATUS_OK)
        finding(path, "cannot be written: %s", status_chain_text(why, sizeof why));
    return buffer_length(out) > 0 ? count : 0;
}

static bool read_again(TALLOC_CTX *mem, const char *path, struct buffer *written, const struct ical_import_options *options, struct ical_result *again)
{
    if (ical_import(mem, buffer_slice(written), options, again) == STATUS_OK && again->refusal_count == 0)
        return true;
    finding(path, "what was written is refused: %s\n%.2000s", again->refusal_count > 0 ? again->refusals[0].why : "all of it", buffer_text(written));
    return false;
}

static void count_calendar(enum status status, const struct ical_result *first)
{
    counted.components += first->count;
    counted.refusals += first->refusal_count;
    counted.taken += status == STATUS_OK && first->refusal_count == 0;
    counted.partly += status == STATUS_OK && first->refusal_count > 0;
    counted.refused += status != STATUS_OK;
    for (size_t i = 0; i < first->refusal_count && getenv("BOURSE_ICAL_DIFFERENCES") != NULL; i++)
        print_message("  refused: %s\n", first->refusals[i].why);
}

static void check_calendar(TALLOC_CTX *mem, const char *path, struct slice bytes)
{
    struct ical_import_options options = { .zone = time_zone_by_id("Europe/Berlin") };
    struct ical_result first = { 0 }, again = { 0 };
    struct buffer *written = buffer_new(mem, DUMP_CAP), *second = buffer_new(mem, DUMP_CAP);
    enum status status = ical_import(mem, bytes, &options, &first);
    count_calendar(status, &first);
    check_clean(path, status);
    if (status != STATUS_OK || export_calendar(mem, path, &first, written) == 0 || !read_again(mem, path, written, &options, &again))
        return;
    export_calendar(mem, path, &again, second);
    compare_properties(path, dump_calendar(mem, &first), dump_calendar(mem, &again));
    compare_text(path, buffer_text(written), buffer_text(second));
}

/* As the calendar part of a mail, where each event is one message. Which lines an answer or a cancellation has is iTIP's choice. */
static void check_mail(TALLOC_CTX *mem, const char *path, struct slice bytes)
{
    struct ical_import_options options = { .zone = time_zone_by_id("Europe/Berlin"), .as_mail = true };
    struct ical_export_options export = { .now = INSTANT_UNIX_EPOCH };
    struct ical_result first = { 0 }, again;
    check_clean(path, ical_import(mem, bytes, &options, &first));
    for (size_t i = 0; i < first.count; i++) {
        struct buffer *written = buffer_new(mem, DUMP_CAP);
        const struct message *message = first.entries[i].message;
        if (message == NULL || strcmp(bag_string(message->props, PROP_MESSAGE_CLASS, ""), "IPM.Note") == 0)
            continue; /* METHOD:ADD and the like */
        if (ical_export(mem, message, &export, written) != STATUS_OK)
            finding(path, "event %zu cannot be written", i);
        else
            read_again(mem, path, written, &options, &again);
        talloc_free(written);
    }
}

/* ---- vCard ---- */
static const char *dump_cards(TALLOC_CTX *mem, const struct vcard_result *result)
{
    struct buffer *out = buffer_new(mem, DUMP_CAP);
    for (size_t i = 0; i < result->count; i++) {
        buffer_printf(out, "card %s group %d\n", result->entries[i].uid, result->entries[i].is_group);
        golden_dump_message(out, result->entries[i].message, 1);
    }
    return buffer_text(out);
}

static void export_cards(const char *path, const struct vcard_result *result, struct buffer *out)
{
    for (size_t i = 0; i < result->count; i++) {
        if (vcard_export(out, result->entries[i].message, NULL, out) != STATUS_OK)
            finding(path, "cannot be written");
    }
}

static void check_cards(TALLOC_CTX *mem, const char *path, struct slice bytes)
{
    struct vcard_result first, again;
    struct buffer *written = buffer_new(mem, DUMP_CAP), *second = buffer_new(mem, DUMP_CAP);
    enum status status = vcard_import(mem, bytes, &first);
    check_clean(path, status);
    counted.taken += status == STATUS_OK;
    counted.refused += status != STATUS_OK;
    if (status != STATUS_OK || first.count == 0)
        return;
    counted.components += first.count;
    export_cards(path, &first, written);
    if (vcard_import(mem, buffer_slice(written), &again) != STATUS_OK || again.count != first.count)
        finding(path, "what was written is refused:\n%.2000s", buffer_text(written));
    export_cards(path, &again, second);
    compare_properties(path, dump_cards(mem, &first), dump_cards(mem, &again));
    compare_text(path, buffer_text(written), buffer_text(second));
}

static int look_at(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)where;
    const char *dot = strrchr(path, '.');
    if (type != FTW_F || dot == NULL || strcmp(dot, wanted_ending) != 0)
        return 0;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes = read_file(mem, path);
    clock_t began = clock();
    if (strcmp(wanted_ending, ".vcf") == 0) {
        check_cards(mem, path, bytes);
    } else {
        check_calendar(mem, path, bytes);
        check_mail(mem, path, bytes);
    }
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    if (seconds > SECONDS_A_FILE)
        finding(path, "%.1f s", seconds);
    counted.files++;
    talloc_free(mem);
    return 0;
}

static void look_below(const char *ending)
{
    const char *folder = getenv("BOURSE_ICAL_FOLDER");
    memset(&counted, 0, sizeof counted);
    wanted_ending = ending;
    assert_int_equal(nftw(folder != NULL ? folder : "golden", look_at, 16, FTW_PHYS), 0);
    print_message("%s: %zu files, %zu taken, %zu in part, %zu refused; %zu components, %zu more refused; %zu differ when read again\n", ending, counted.files,
                  counted.taken, counted.partly, counted.refused, counted.components, counted.refusals, counted.changed);
    assert_int_equal(counted.findings, 0);
    if (folder == NULL)
        assert_true(counted.files > 5 && counted.refused == 0);
}

static void calendars(void **state)
{
    (void)state;
    look_below(".ics");
}

static void cards(void **state)
{
    (void)state;
    look_below(".vcf");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(calendars), cmocka_unit_test(cards) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
