/* GetUserAvailability [MS-OXWAVLS] 3.1.4.1 */
#include "bourse/groupware/availability.h"
#include "bourse/groupware/named.h"
#include "bourse/calendar/recurrence.h"
#include "convert.h"
#include "request_check.h"
#include "response.h"
#include "zones.h"

/* FreeBusyViewType [MS-OXWAVLS] 2.2.5.1: what a view holds. */
static const struct view_row {
    const char *word;
    bool merged, events, details;
} views[] = {
    { "None", false, false, false },
    { "MergedOnly", true, false, false },
    { "FreeBusy", false, true, false },
    { "FreeBusyMerged", true, true, false },
    { "Detailed", false, true, true },
    { "DetailedMerged", true, true, true },
};

static const char *const busy_words[] = { "Free", "Tentative", "Busy", "OOF", "WorkingElsewhere", "NoData" };

struct availability_request {
    const struct time_zone *zone;
    const char **addresses;
    enum attendee_kind *kinds;
    size_t count;
    const struct xml_node *view_options, *suggestion_options;
    const struct view_row *view;
    struct availability_query query;
    struct suggestion_query suggestions;
};

static int64_t number_of(const struct xml_node *node, const char *name, int64_t absent)
{
    int64_t number;
    const char *text = xml_child_text(node, EWS_NS_TYPES, name);
    return text != NULL && request_parse_int(text, &number) ? number : absent;
}

/* Times of the request are of its zone, the ones of TimeZone (2007) or TimeZoneContext, unless they have an offset. */
static enum status read_window(struct ews_call *call, const struct availability_request *request, const struct xml_node *window, instant *from, instant *to)
{
    const char *start = xml_child_text(window, EWS_NS_TYPES, "StartTime"), *end = xml_child_text(window, EWS_NS_TYPES, "EndTime");
    if (start == NULL || end == NULL || !zone_parse_time(call, request->zone, start, from) || !zone_parse_time(call, request->zone, end, to) || *to <= *from)
        return ews_fail(call, EWS_CODE_AVAILABILITY_INTERVAL, "window");
    return *to - *from <= AVAILABILITY_DAYS * INSTANT_PER_DAY ? STATUS_OK : ews_fail(call, EWS_CODE_AVAILABILITY_WINDOW, "window");
}

static enum attendee_kind kind_of(const char *word)
{
    static const char *const words[] = { [ATTENDEE_ORGANIZER] = "Organizer", [ATTENDEE_REQUIRED] = "Required", [ATTENDEE_OPTIONAL] = "Optional",
                                         [ATTENDEE_ROOM] = "Room", [ATTENDEE_RESOURCE] = "Resource" };
    for (size_t i = 0; word != NULL && i < ARRAY_LENGTH(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum attendee_kind)i;
    return ATTENDEE_REQUIRED;
}

static enum status read_people(struct ews_call *call, struct availability_request *out)
{
    const struct xml_node *list = xml_child(call->operation, EWS_NS_MESSAGES, "MailboxDataArray");
    size_t most = xml_child_count(list);
    if (most == 0)
        return ews_fail(call, EWS_CODE_AVAILABILITY_NOBODY, "MailboxDataArray");
    if (most > AVAILABILITY_TARGETS)
        return ews_fail(call, EWS_CODE_AVAILABILITY_TARGETS, "%zu", most);
    out->addresses = talloc_zero_array(call->mem, const char *, ROOM(most));
    out->kinds = talloc_zero_array(call->mem, enum attendee_kind, ROOM(most));
    if (out->addresses == NULL || out->kinds == NULL)
        return status_fail(STATUS_NO_MEMORY, "mailboxes");
    for (const struct xml_node *node = list->child; node != NULL; node = node->next) {
        const char *address = xml_child_text(xml_child(node, EWS_NS_TYPES, "Email"), EWS_NS_TYPES, "Address");
        char *trimmed = slice_text(call->mem, slice_trim(slice_of_text(address != NULL ? address : "")));
        if (trimmed == NULL)
            return status_fail(STATUS_NO_MEMORY, "mailboxes");
        out->kinds[out->count] = kind_of(xml_child_text(node, EWS_NS_TYPES, "AttendeeType"));
        out->addresses[out->count++] = trimmed;
    }
    return STATUS_OK;
}

static enum status read_view(struct ews_call *call, struct availability_request *out)
{
    const char *word = xml_child_text(out->view_options, EWS_NS_TYPES, "RequestedView");
    int64_t slot = number_of(out->view_options, "MergedFreeBusyIntervalInMinutes", 30);
    out->view = &views[1];
    for (size_t i = 0; word != NULL && i < ARRAY_LENGTH(views); i++)
        if (strcmp(views[i].word, word) == 0)
            out->view = &views[i];
    if (word != NULL && (strcmp(out->view->word, word) != 0 || out->view == &views[0]))
        return ews_fail(call, EWS_CODE_AVAILABILITY_VIEW, "%.30s", word);
    if (slot < 5 || slot > 1440)
        return ews_fail(call, EWS_CODE_AVAILABILITY_MERGED, "%" PRId64, slot);
    out->query = (struct availability_query){ .addresses = out->addresses, .count = out->count, .slot_minutes = (int32_t)slot,
                                              .ignore_global_id_hex = xml_child_text(out->suggestion_options, EWS_NS_TYPES, "GlobalObjectId") };
    return read_window(call, out, xml_child(out->view_options, EWS_NS_TYPES, "TimeWindow"), &out->query.from, &out->query.to);
}

static enum suggestion_quality quality_of(const char *word)
{
    static const char *const words[] = { [SUGGESTION_EXCELLENT] = "Excellent", [SUGGESTION_GOOD] = "Good", [SUGGESTION_FAIR] = "Fair", [SUGGESTION_POOR] = "Poor" };
    for (size_t i = 0; word != NULL && i < ARRAY_LENGTH(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum suggestion_quality)i;
    return SUGGESTION_FAIR;
}

/* [MS-OXWAVLS] 2.2.4.23 SuggestionsViewOptionsType and its bounds */
static enum status read_suggestions(struct ews_call *call, struct availability_request *out)
{
    const struct xml_node *options = out->suggestion_options;
    int64_t threshold = number_of(options, "GoodThreshold", 25), per_day = number_of(options, "MaximumResultsByDay", 10);
    int64_t outside = number_of(options, "MaximumNonWorkHourResultsByDay", 0), duration = number_of(options, "MeetingDurationInMinutes", 60);
    struct suggestion_attendee *attendees = talloc_zero_array(call->mem, struct suggestion_attendee, ROOM(out->count));
    if (threshold < 1 || threshold > 49 || per_day < 0 || per_day > 48 || outside < 0 || outside > 48 || duration < 30 || duration > 1440)
        return ews_fail(call, EWS_CODE_SUGGESTIONS, "SuggestionsViewOptions");
    if (attendees == NULL)
        return status_fail(STATUS_NO_MEMORY, "attendees");
    for (size_t i = 0; i < out->count; i++)
        attendees[i] = (struct suggestion_attendee){ out->addresses[i], out->kinds[i] };
    out->suggestions = (struct suggestion_query){ .attendees = attendees, .count = out->count, .zone = out->zone, .duration_minutes = (int32_t)duration,
                                                  .good_threshold_percent = (int32_t)threshold, .per_day = (size_t)per_day, .outside_hours_per_day = (size_t)outside,
                                                  .minimum = quality_of(xml_child_text(options, EWS_NS_TYPES, "MinimumSuggestionQuality")),
                                                  .ignore_global_id_hex = xml_child_text(options, EWS_NS_TYPES, "GlobalObjectId") };
    return read_window(call, out, xml_child(options, EWS_NS_TYPES, "DetailedSuggestionsWindow"), &out->suggestions.from, &out->suggestions.to);
}

static enum status read_request(struct ews_call *call, struct availability_request *out)
{
    const struct xml_node *operation = call->operation, *zone = xml_child(operation, EWS_NS_TYPES, "TimeZone");
    *out = (struct availability_request){ .zone = call->zone != NULL ? call->zone : time_zone_utc(),
                                          .view_options = xml_child(operation, EWS_NS_TYPES, "FreeBusyViewOptions"),
                                          .suggestion_options = xml_child(operation, EWS_NS_TYPES, "SuggestionsViewOptions") };
    if (zone != NULL)
        TRY(zone_read_serializable(call, zone, &out->zone));
    if (out->view_options == NULL && out->suggestion_options == NULL)
        return ews_fail(call, EWS_CODE_AVAILABILITY_NOTHING, "no view");
    TRY(read_people(call, out));
    if (out->view_options != NULL)
        TRY(read_view(call, out));
    return out->suggestion_options != NULL ? read_suggestions(call, out) : STATUS_OK;
}

/* ---- the answer ---- */

/* Times of the answer are wall clock of the request's zone [MS-OXWAVLS] 2.2.4.6. */
static void write_time(struct ews_call *call, const char *element, const struct time_zone *zone, instant when)
{
    char text[LOCAL_TEXT_SIZE];
    xml_element(call->out, element, zone_format_local(time_zone_to_local(zone, when), text));
}

static const char *entry_id_of(struct ews_call *call, const struct object_id *id)
{
    struct guid replica;
    const char *text = NULL;
    if (id->item != 0 && mailbox_replica(call->session, id->mailbox, &replica) == STATUS_OK)
        text = id_format_text(call->mem, ID_HEX_ENTRY, id, replica);
    status_chain_clear();
    return text;
}

static void write_details(struct ews_call *call, const struct busy_event *event)
{
    xml_start(call->out, "t:CalendarEventDetails");
    xml_element(call->out, "t:ID", entry_id_of(call, &event->item));
    if (!event->is_private) {
        xml_element(call->out, "t:Subject", event->subject);
        xml_element(call->out, "t:Location", event->location);
    }
    xml_element_bool(call->out, "t:IsMeeting", event->is_meeting);
    xml_element_bool(call->out, "t:IsRecurring", event->is_recurring);
    xml_element_bool(call->out, "t:IsException", event->is_exception);
    xml_element_bool(call->out, "t:IsReminderSet", event->is_reminder_set);
    xml_element_bool(call->out, "t:IsPrivate", event->is_private);
    xml_end(call->out);
}

static void write_events(struct ews_call *call, const struct availability_request *request, const struct availability *found, bool details)
{
    if (found->event_count == 0)
        return;
    xml_start(call->out, "t:CalendarEventArray");
    for (size_t i = 0; i < found->event_count; i++) {
        const struct busy_event *event = &found->events[i];
        xml_start(call->out, "t:CalendarEvent");
        write_time(call, "t:StartTime", request->zone, event->starts);
        write_time(call, "t:EndTime", request->zone, event->ends);
        xml_element(call->out, "t:BusyType", busy_words[event->status]);
        if (details && event->has_details)
            write_details(call, event);
        xml_end(call->out);
    }
    xml_end(call->out);
}

static void write_hours(struct ews_call *call, const struct working_hours *hours, int year)
{
    static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
    char *list = talloc_strdup(call->mem, "");
    if (hours->zone == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(days); i++)
        if (hours->weekdays & (1u << i))
            list = talloc_asprintf_append(list, "%s%s", list != NULL && list[0] != '\0' ? " " : "", days[i]);
    xml_start(call->out, "t:WorkingHours");
    zone_write_serializable(call, "t:TimeZone", hours->zone, year);
    xml_start(call->out, "t:WorkingPeriodArray");
    xml_start(call->out, "t:WorkingPeriod");
    xml_element(call->out, "t:DayOfWeek", list);
    xml_element_int(call->out, "t:StartTimeInMinutes", hours->start_minute);
    xml_element_int(call->out, "t:EndTimeInMinutes", hours->end_minute);
    xml_end(call->out);
    xml_end(call->out);
    xml_end(call->out);
}

/* The view that the caller's rights leave of the one asked for. */
static const struct view_row *view_given(const struct availability_request *request, const struct availability *found)
{
    return request->view->details && found->level < AVAILABILITY_DETAILS ? request->view - 2 : request->view;
}

static enum status status_of(struct ews_call *call, const struct availability *found)
{
    if (found->status == STATUS_OK && found->level == AVAILABILITY_NONE)
        return ews_fail(call, EWS_CODE_NO_FREE_BUSY, "no right to free/busy");
    enum status status = ews_recode(call, found->status, STATUS_ACCESS_DENIED, EWS_CODE_NO_FREE_BUSY);
    status = ews_recode(call, status, STATUS_TOO_COMPLEX, EWS_CODE_FREE_BUSY_GROUP);
    return ews_recode(call, status, STATUS_RECIPIENT_NOT_FOUND, EWS_CODE_FREE_BUSY_RECIPIENT);
}

static enum status write_response(struct ews_call *call, const struct availability_request *request, const struct availability *found)
{
    enum status status = status_of(call, found);
    const struct view_row *view = view_given(request, found);
    bool good = status == STATUS_OK;
    xml_start(call->out, "m:FreeBusyResponse");
    TRY(response_part(call, status));
    if (good) {
        xml_start(call->out, "m:FreeBusyView");
        xml_element(call->out, "t:FreeBusyViewType", view->word);
        if (view->merged)
            xml_element(call->out, "t:MergedFreeBusy", found->merged);
        if (view->events)
            write_events(call, request, found, view->details);
        write_hours(call, &found->hours, civil_of_local(time_zone_to_local(request->zone, request->query.from)).year);
        xml_end(call->out);
    }
    xml_end(call->out);
    return STATUS_OK;
}

static void write_conflicts(struct ews_call *call, const struct availability_request *request, const struct suggestion *suggestion)
{
    xml_start(call->out, "t:AttendeeConflictDataArray");
    for (size_t i = 0; i < request->count; i++) {
        bool known = suggestion->attendee_status[i] != BUSY_NO_DATA;
        xml_start(call->out, known ? "t:IndividualAttendeeConflictData" : "t:UnknownAttendeeConflictData");
        if (known)
            xml_element(call->out, "t:BusyType", busy_words[suggestion->attendee_status[i]]);
        xml_end(call->out);
    }
    xml_end(call->out);
}

static void write_day(struct ews_call *call, const struct availability_request *request, const struct suggestion_day *day)
{
    static const char *const qualities[] = { "Excellent", "Good", "Fair", "Poor" };
    char text[LOCAL_TEXT_SIZE];
    xml_start(call->out, "t:SuggestionDayResult");
    xml_element(call->out, "t:Date", zone_format_local(day->date, text));
    xml_element(call->out, "t:DayQuality", qualities[day->quality]);
    xml_start(call->out, "t:SuggestionArray");
    for (size_t i = 0; i < day->count; i++) {
        const struct suggestion *suggestion = &day->suggestions[i];
        xml_start(call->out, "t:Suggestion");
        write_time(call, "t:MeetingTime", request->zone, suggestion->starts);
        xml_element_bool(call->out, "t:IsWorkTime", suggestion->is_work_time);
        xml_element(call->out, "t:SuggestionQuality", qualities[suggestion->quality]);
        write_conflicts(call, request, suggestion);
        xml_end(call->out);
    }
    xml_end(call->out);
    xml_end(call->out);
}

static enum status write_suggestions(struct ews_call *call, const struct availability_request *request)
{
    struct suggestion_day *days = NULL;
    size_t count = 0;
    enum status status = availability_suggest(call->mem, call->session, &request->suggestions, &days, &count);
    bool good = status == STATUS_OK;
    xml_start(call->out, "m:SuggestionsResponse");
    TRY(response_part(call, status));
    if (good) {
        xml_start(call->out, "m:SuggestionDayResultArray");
        for (size_t i = 0; i < count; i++)
            write_day(call, request, &days[i]);
        xml_end(call->out);
    }
    xml_end(call->out);
    return STATUS_OK;
}

enum status op_get_user_availability(struct ews_call *call)
{
    struct availability_request request;
    struct availability *found = NULL;
    TRY(read_request(call, &request));
    if (request.view_options != NULL)
        TRY(availability_get(call->mem, call->session, &request.query, &found));
    TRY(response_bare(call));
    if (request.view_options != NULL) {
        xml_start(call->out, "m:FreeBusyResponseArray");
        for (size_t i = 0; i < request.count; i++)
            TRY(write_response(call, &request, &found[i]));
        xml_end(call->out);
    }
    if (request.suggestion_options != NULL)
        TRY(write_suggestions(call, &request));
    return response_end(call);
}
