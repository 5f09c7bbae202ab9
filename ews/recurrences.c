#include "recurrences.h"

#include "request_check.h"
#include "zones.h"

enum part { INTERVAL = 1, DAYS = 2, DAY = 4, NTH = 8, DAY_OF_MONTH = 16, MONTH = 32, FIRST_DAY = 64 };

static const struct pattern_row {
    const char *element;
    enum recurrence_frequency frequency;
    enum recurrence_pattern pattern;
    unsigned parts;
    bool sliding;
} patterns[] = {
#define PATTERN(element, frequency, pattern, parts, sliding) { element, frequency, pattern, parts, sliding },
#include "patterns.def"
#undef PATTERN
};

static const struct {
    const char *word;
    uint32_t mask;
} day_words[] = {
    { "Sunday", WEEKDAY_SUNDAY }, { "Monday", WEEKDAY_MONDAY }, { "Tuesday", WEEKDAY_TUESDAY }, { "Wednesday", WEEKDAY_WEDNESDAY },
    { "Thursday", WEEKDAY_THURSDAY }, { "Friday", WEEKDAY_FRIDAY }, { "Saturday", WEEKDAY_SATURDAY }, { "Day", WEEKDAYS_ALL },
    { "Weekday", WEEKDAYS_WORKING }, { "WeekendDay", WEEKDAY_SUNDAY | WEEKDAY_SATURDAY },
};
static const char *const nth_words[] = { "First", "Second", "Third", "Fourth", "Last" };
static const char *const month_words[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" };

/* ---- reading ---- */

static enum status read_number(struct ews_call *call, const struct xml_node *node, const char *name, int64_t most, enum ews_code code, uint32_t *out)
{
    int64_t number;
    const char *text = xml_child_text(node, EWS_NS_TYPES, name);
    if (text == NULL || !request_parse_int(text, &number) || number < 1 || number > most)
        return ews_fail(call, code, "%s = %.20s", name, text != NULL ? text : "");
    *out = (uint32_t)number;
    return STATUS_OK;
}

static uint32_t mask_of(struct slice word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(day_words); i++)
        if (slice_equal(word, slice_of_text(day_words[i].word)))
            return day_words[i].mask;
    return 0;
}

static enum status read_days(struct ews_call *call, const struct xml_node *node, uint32_t *out)
{
    struct slice rest = slice_trim(slice_of_text(xml_child_text(node, EWS_NS_TYPES, "DaysOfWeek"))), word;
    bool more = rest.length > 0;
    for (*out = 0; more;) {
        struct slice whole = rest;
        more = slice_split(whole, ' ', &word, &rest);
        *out |= mask_of(slice_trim(word));
    }
    return *out != 0 ? STATUS_OK : ews_fail(call, EWS_CODE_RECURRENCE_DAYS, "DaysOfWeek");
}

/* 1-based place of the child's word; 0 when it is not there. */
static uint32_t place_of(const struct xml_node *node, const char *name, const char *const *words, size_t count)
{
    const char *text = xml_child_text(node, EWS_NS_TYPES, name);
    for (size_t i = 0; text != NULL && i < count; i++)
        if (strcmp(words[i], text) == 0)
            return (uint32_t)i + 1;
    return 0;
}

/* MAPI counts years in months, and so does the pattern's interval there; here a yearly pattern is every year. */
static enum status read_pattern(struct ews_call *call, const struct xml_node *node, const struct pattern_row *row, struct recurrence *out)
{
    const char *first_day = xml_child_text(node, EWS_NS_TYPES, "FirstDayOfWeek");
    out->frequency = row->frequency;
    out->pattern = row->pattern;
    out->is_sliding = row->sliding;
    out->interval = 1;
    if (row->parts & INTERVAL)
        TRY(read_number(call, node, "Interval", row->frequency == RECUR_DAILY ? 999 : 99, EWS_CODE_RECURRENCE_INTERVAL, &out->interval));
    if (row->parts & (DAYS | DAY))
        TRY(read_days(call, node, &out->weekdays));
    if (row->parts & NTH)
        out->nth = place_of(node, "DayOfWeekIndex", nth_words, ARRAY_LENGTH(nth_words));
    if (row->parts & MONTH)
        out->month = place_of(node, "Month", month_words, ARRAY_LENGTH(month_words));
    if (row->parts & DAY_OF_MONTH)
        TRY(read_number(call, node, "DayOfMonth", 31, EWS_CODE_RECURRENCE_DAY, &out->day_of_month));
    for (uint32_t i = 0; (row->parts & FIRST_DAY) && first_day != NULL && i < 7; i++)
        if (strcmp(day_words[i].word, first_day) == 0)
            out->first_weekday = i;
    return STATUS_OK;
}

static enum status read_range(struct ews_call *call, const struct xml_node *node, struct recurrence *out)
{
    const char *start = xml_child_text(node, EWS_NS_TYPES, "StartDate"), *end = xml_child_text(node, EWS_NS_TYPES, "EndDate");
    out->end = RECUR_END_NEVER;
    if (start == NULL || !zone_parse_date(start, &out->first_date))
        return ews_fail(call, EWS_CODE_RECURRENCE, "StartDate");
    if (strcmp(node->name, "NumberedRecurrence") == 0) {
        out->end = RECUR_END_AFTER_COUNT;
        return read_number(call, node, "NumberOfOccurrences", 999, EWS_CODE_RECURRENCE_COUNT, &out->count);
    }
    if (strcmp(node->name, "EndDateRecurrence") != 0)
        return STATUS_OK;
    out->end = RECUR_END_BY_DATE;
    if (end == NULL || !zone_parse_date(end, &out->last_date))
        return ews_fail(call, EWS_CODE_RECURRENCE, "EndDate");
    return out->last_date >= out->first_date ? STATUS_OK : ews_fail(call, EWS_CODE_RECURRENCE_END, "EndDate before StartDate");
}

/* A regeneration has no day of its own: the pattern is read off its first date [MS-OXOTASK] 2.2.2.2.15. */
static void fill_sliding(struct recurrence *recurrence)
{
    struct civil_date date = civil_of_local(recurrence->first_date);
    if (!recurrence->is_sliding)
        return;
    recurrence->weekdays = recurrence->frequency == RECUR_WEEKLY ? 1u << local_weekday(recurrence->first_date) : 0;
    recurrence->day_of_month = (uint32_t)date.day;
    recurrence->month = (uint32_t)date.month;
}

enum status recurrence_read(struct ews_call *call, const struct xml_node *node, struct recurrence **out)
{
    const struct xml_node *pattern = node->child, *range = pattern != NULL ? pattern->next : NULL;
    struct recurrence *recurrence = talloc_zero(call->mem, struct recurrence);
    if (recurrence == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    if (pattern == NULL || range == NULL)
        return ews_fail(call, EWS_CODE_RECURRENCE, "pattern or range missing");
    for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++)
        if (strcmp(patterns[i].element, pattern->name) == 0)
            TRY(read_pattern(call, pattern, &patterns[i], recurrence));
    TRY(read_range(call, range, recurrence));
    fill_sliding(recurrence);
    TRY(recurrence_complete(recurrence));
    *out = recurrence;
    return STATUS_OK;
}

/* ---- writing ---- */

static const char *days_text(TALLOC_CTX *mem, uint32_t mask)
{
    char *text = talloc_strdup(mem, "");
    for (size_t i = 0; i < 7; i++)
        if (mask & day_words[i].mask)
            text = talloc_asprintf_append(text, "%s%s", text != NULL && text[0] != '\0' ? " " : "", day_words[i].word);
    return text;
}

/* One word for the days of an nth pattern. A set that has none (Monday and Tuesday) cannot be said: its first day stands for it. */
static const char *day_text(uint32_t mask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(day_words); i++)
        if (day_words[i].mask == mask)
            return day_words[i].word;
    for (size_t i = 0; i < 7; i++)
        if (mask & day_words[i].mask)
            return day_words[i].word;
    return "Day";
}

static enum recurrence_pattern gregorian(enum recurrence_pattern pattern)
{
    switch (pattern) {
    case RECUR_HIJRI_MONTH_DAY: case RECUR_HIJRI_MONTH_END: case RECUR_BY_MONTH_END: return RECUR_BY_MONTH_DAY;
    case RECUR_HIJRI_NTH: return RECUR_BY_NTH;
    default: return pattern;
    }
}

static const struct pattern_row *row_of(const struct recurrence *recurrence)
{
    enum recurrence_pattern pattern = gregorian(recurrence->pattern);
    /* "Every weekday" is daily in its frequency and weekly in its pattern [MS-OXOCAL] 2.2.1.44.1; "every 12 months" is a year. */
    enum recurrence_frequency frequency = pattern == RECUR_BY_WEEK ? RECUR_WEEKLY : recurrence->frequency;
    for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++)
        if (patterns[i].frequency == frequency && patterns[i].pattern == pattern && patterns[i].sliding == recurrence->is_sliding)
            return &patterns[i];
    return recurrence->is_sliding ? &patterns[ARRAY_LENGTH(patterns) - 4] : &patterns[5];
}

static void write_pattern(struct ews_call *call, const struct recurrence *recurrence, const struct pattern_row *row)
{
    struct xml_writer *out = call->out;
    bool month_end = recurrence->pattern == RECUR_BY_MONTH_END || recurrence->pattern == RECUR_HIJRI_MONTH_END;
    uint32_t day = month_end || recurrence->day_of_month == 0 ? 31 : recurrence->day_of_month;
    xml_start(out, talloc_asprintf(call->mem, "t:%s", row->element));
    if (row->parts & INTERVAL)
        xml_element_int(out, "t:Interval", recurrence->interval > 0 ? recurrence->interval : 1);
    if (row->parts & DAYS)
        xml_element(out, "t:DaysOfWeek", days_text(call->mem, recurrence->weekdays));
    if (row->parts & DAY)
        xml_element(out, "t:DaysOfWeek", day_text(recurrence->weekdays));
    if (row->parts & NTH)
        xml_element(out, "t:DayOfWeekIndex", nth_words[(recurrence->nth + 4) % 5]);
    if (row->parts & DAY_OF_MONTH)
        xml_element_int(out, "t:DayOfMonth", day);
    if (row->parts & MONTH)
        xml_element(out, "t:Month", month_words[(recurrence->month + 11) % 12]);
    if ((row->parts & FIRST_DAY) && call->version >= EWS_2010_SP1)
        xml_element(out, "t:FirstDayOfWeek", day_words[recurrence->first_weekday % 7].word);
    xml_end(out);
}

static void write_range(struct ews_call *call, const struct recurrence *recurrence)
{
    static const char *const elements[] = { [RECUR_END_NEVER] = "t:NoEndRecurrence", [RECUR_END_BY_DATE] = "t:EndDateRecurrence",
                                            [RECUR_END_AFTER_COUNT] = "t:NumberedRecurrence" };
    char date[LOCAL_TEXT_SIZE];
    xml_start(call->out, elements[recurrence->end]);
    xml_element(call->out, "t:StartDate", zone_format_date(recurrence->first_date, date));
    if (recurrence->end == RECUR_END_BY_DATE)
        xml_element(call->out, "t:EndDate", zone_format_date(recurrence->last_date, date));
    if (recurrence->end == RECUR_END_AFTER_COUNT)
        xml_element_int(call->out, "t:NumberOfOccurrences", recurrence->count);
    xml_end(call->out);
}

void recurrence_write(struct ews_call *call, const char *element, const struct recurrence *recurrence)
{
    xml_start(call->out, element);
    write_pattern(call, recurrence, row_of(recurrence));
    write_range(call, recurrence);
    xml_end(call->out);
}
