/* The parts of class_calendar.c: times and series, people, exceptions. Private to these. */
#ifndef ACTIVESYNC_CALENDAR_PARTS_H
#define ACTIVESYNC_CALENDAR_PARTS_H

#include "bourse/calendar/exception.h"
#include "bourse/groupware/calendar.h"
#include "class.h"

/* ---- calendar_times.c ---- */
/* The zone of an item: of its series, else of its start. */
const struct time_zone *calendar_zone_of(TALLOC_CTX *mem, const struct bag *props);
/* From 16.0 on, whole-day events have dates, written as midnights UTC, and no zone [MS-ASCAL] 2.2.2.1. */
bool calendar_is_floating(const struct eas_call *call, const struct bag *props);
const char *calendar_time_text(bool is_floating, const struct time_zone *zone, instant when, char text[]);
/* The wall clock that a time of the device means; NULL text or a bad one: false. */
bool calendar_local_of_text(bool is_floating, const struct time_zone *zone, const char *text, local_time *out);
enum status calendar_zone_write(struct eas_call *call, struct wbxml_writer *out, const struct bag *props) MUST_CHECK;
/* StartTime, EndTime, Timezone and Recurrence of `data`. `before`: the item or occurrence that is changed, NULL: a new one. `is_occurrence`: series elements are not looked at. */
enum status calendar_times_read(struct eas_call *call, const struct wbxml_node *data, const struct bag *before, bool is_occurrence, struct item_change *change,
                                struct bag *set) MUST_CHECK;

/* ---- calendar_people.c ---- */
void calendar_organizer_write(struct wbxml_writer *out, const struct bag *props);
void calendar_attendees_write(struct wbxml_writer *out, const struct message *message);
/* Recipients of the Attendees element on call->mem. */
enum status calendar_attendees_read(struct eas_call *call, const struct wbxml_node *attendees, struct recipient **out, size_t *count) MUST_CHECK;
/* A new item that somebody else organises (12.1 to 14.1). */
enum status calendar_organizer_read(struct eas_call *call, const struct wbxml_node *data, struct bag *set) MUST_CHECK;

/* ---- class_calendar.c ---- */
void calendar_location_write(struct wbxml_writer *out, const struct bag *props);
/* What an item and an occurrence have in common: fields, place, reminder, categories, body. */
enum status calendar_common_read(struct eas_call *call, const struct wbxml_node *data, const struct bag *before, const struct eas_ghosts *ghosts, struct item_change *change,
                                 struct bag *set) MUST_CHECK;
int32_t calendar_busy_shown(const struct bag *props);

/* ---- calendar_exceptions.c ---- */
enum status calendar_exceptions_write(struct eas_call *call, struct wbxml_writer *out, const struct item *master, const struct recurrence *pattern,
                                      const struct time_zone *zone, const struct eas_options *options) MUST_CHECK;
/* Exceptions of a new series, into the message itself. */
enum status calendar_exceptions_add(struct eas_call *call, const struct wbxml_node *data, struct message *master) MUST_CHECK;
/* Exceptions of a series that is there (12.1 to 14.1), each as a change of its occurrence; *last is the item after the last change, NULL when none was needed. */
enum status calendar_exceptions_change(struct eas_call *call, const struct wbxml_node *exceptions, const struct object_id *master, struct item **last) MUST_CHECK;

#endif
