/* Conflicting and adjacent meetings of a calendar item or request [MS-OXWSMTGS] 2.2.4.9: what else is in the calendar then. One view of the calendar an item, kept for
 * the four fields. */
#include "output.h"

#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "bourse/groupware/calendar.h"

#define NEIGHBOURS_MOST 100
#define BUSY_FREE_STATUS 0

static bool is_same_meeting(const struct output *o, const struct item *other)
{
    struct slice own = bag_bytes(o->props, PROP_CLEAN_GLOBAL_OBJECT_ID), its = bag_bytes(other->message->props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    return (other->id.item == o->item->id.item && other->id.folder == o->item->id.folder) || (own.length > 0 && slice_equal(own, its));
}

static bool is_neighbour(const struct output *o, const struct item *other, bool adjacent)
{
    const struct bag *props = other->message->props;
    instant start = bag_time(o->props, PROP_APPOINTMENT_START_WHOLE, 0), end = bag_time(o->props, PROP_APPOINTMENT_END_WHOLE, 0);
    instant its_start = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), its_end = bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0);
    if (is_same_meeting(o, other) || bag_int32(props, PROP_BUSY_STATUS, 2) == BUSY_FREE_STATUS)
        return false;
    return adjacent ? its_end == start || its_start == end : its_start < end && its_end > start;
}

/* NULL when the calendar cannot be looked at: the fields are then left out. */
static const struct item_page *look(struct output *o)
{
    struct object_id folder;
    struct item_page *page = NULL;
    instant start = bag_time(o->props, PROP_APPOINTMENT_START_WHOLE, 0), end = bag_time(o->props, PROP_APPOINTMENT_END_WHOLE, 0);
    struct calendar_window window = { .from = start - INSTANT_PER_MINUTE, .to = end + INSTANT_PER_MINUTE, .parts = ITEM_PROPERTIES };
    if (o->embedded != NULL || start <= 0 || end < start)
        return NULL;
    enum status status = folder_id_of_role(o->call->session, o->item->id.mailbox, FOLDER_ROLE_CALENDAR, &folder);
    if (status == STATUS_OK)
        status = calendar_view(o->call->mem, o->call->session, &folder, &window, &page);
    if (status != STATUS_OK && status_info(status)->fault == FAULT_SERVER)
        log_failure(EVENT_ITEM_SKIPPED, status, "neighbours of an appointment");
    status_chain_clear();
    return status == STATUS_OK ? page : NULL;
}

static const struct item_page *neighbours(struct output *o)
{
    if (!o->neighbours_known)
        o->neighbours = look(o);
    o->neighbours_known = true;
    return o->neighbours;
}

void out_neighbour_count(struct output *o, const struct field *field)
{
    const struct item_page *page = neighbours(o);
    int64_t count = 0;
    if (page == NULL)
        return;
    for (size_t i = 0; i < page->count; i++)
        count += is_neighbour(o, page->items[i], field->kind == KIND_ADJACENT_COUNT);
    xml_element_int(o->xml, field->element, count);
}

static void write_neighbour(struct output *o, const struct item *item)
{
    const struct bag *props = item->message->props;
    xml_start(o->xml, "t:CalendarItem");
    output_item_id(o->call, "t:ItemId", &item->id, output_item_change(item));
    xml_element(o->xml, "t:Subject", bag_string(props, PROP_SUBJECT, NULL));
    xml_element_instant(o->xml, "t:Start", bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0));
    xml_element_instant(o->xml, "t:End", bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0));
    xml_element(o->xml, "t:LegacyFreeBusyStatus", enum_word(KIND_ENUM_BUSY, bag_int32(props, PROP_BUSY_STATUS, enum_default(KIND_ENUM_BUSY))));
    xml_element(o->xml, "t:Location", bag_string(props, PROP_LID_LOCATION, NULL));
    xml_end(o->xml);
}

void out_neighbours(struct output *o, const struct field *field)
{
    const struct item_page *page = neighbours(o);
    size_t written = 0;
    for (size_t i = 0; page != NULL && i < page->count && written < NEIGHBOURS_MOST; i++) {
        if (!is_neighbour(o, page->items[i], field->kind == KIND_ADJACENTS))
            continue;
        if (written++ == 0)
            xml_start(o->xml, field->element);
        write_neighbour(o, page->items[i]);
    }
    if (written > 0)
        xml_end(o->xml);
}
