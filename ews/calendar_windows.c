#include "calendar_windows.h"

#include "fields.h"
#include "request_check.h"
#include "zones.h"

#define LONGEST (2 * 366 * INSTANT_PER_DAY) /* ErrorCalendarViewRangeTooBig [MS-OXWSCDATA] 2.2.5.24 */

static enum status read_edge(struct ews_call *call, const struct xml_node *view, const char *attribute, instant *out)
{
    const char *text = xml_attribute_of(view, attribute);
    return text != NULL && zone_parse_time(call, NULL, text, out) ? STATUS_OK : ews_fail(call, EWS_CODE_PROPERTY_VALUE, "CalendarView %s", attribute);
}

enum status calendar_window_parse(struct ews_call *call, const struct xml_node *view, struct view_window *out)
{
    int64_t most = 0;
    const char *text = xml_attribute_of(view, "MaxEntriesReturned");
    TRY(read_edge(call, view, "StartDate", &out->window.from));
    TRY(read_edge(call, view, "EndDate", &out->window.to));
    if (out->window.to < out->window.from)
        return ews_fail(call, EWS_CODE_CALENDAR_END, "CalendarView");
    if (out->window.to - out->window.from > LONGEST)
        return ews_fail(call, EWS_CODE_VIEW_RANGE, "CalendarView");
    if (text != NULL && (!request_parse_int(text, &most) || most < 1))
        return ews_fail(call, EWS_CODE_PAGING_ROWS, "%.20s", text);
    out->most = (size_t)most;
    return STATUS_OK;
}

/* The view counts all there is; MaxEntriesReturned cuts what is given. */
enum status calendar_window_find(struct ews_call *call, const struct object_id *folder, const struct view_window *view, struct item_page **out)
{
    struct folder *calendar = NULL;
    TRY(folder_get(call->mem, call->session, folder, &calendar));
    if (!class_has_prefix(calendar->folder_class, "IPF.Appointment"))
        return ews_fail(call, EWS_CODE_CALENDAR_VIEW, "%s", calendar->folder_class);
    TRY(ews_recode(call, calendar_view(call->mem, call->session, folder, &view->window, out), STATUS_TOO_COMPLEX, EWS_CODE_VIEW_COUNT));
    struct item_page *page = *out;
    page->total = page->count;
    page->includes_last = view->most == 0 || page->count <= view->most;
    if (!page->includes_last)
        page->count = view->most;
    page->next_offset = page->count;
    return STATUS_OK;
}
