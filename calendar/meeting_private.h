/* Shared by the meeting_*.c files. */
#ifndef BOURSE_CALENDAR_MEETING_PRIVATE_H
#define BOURSE_CALENDAR_MEETING_PRIVATE_H

#include "bourse/calendar/meeting.h"
#include "bourse/model/properties.h"

enum meeting_use { REQUEST = 1, RESPONSE = 2, OWN = 4 };
struct meeting_property {
    prop_tag tag;
    unsigned uses;
};
extern const struct meeting_property meeting_properties[];
extern const size_t meeting_property_count;

/* Hash of the organiser's text as it came last: the attendee's own notes in the item stay until the organiser's text changes. */
#define MEETING_PROP_TEXT_HASH ((prop_tag)0x67E70102u)

/* Copies those of `use` that `from` has. */
enum status meeting_copy_properties(struct bag *to, const struct bag *from, unsigned use) MUST_CHECK;
enum status meeting_copy_recipient(struct message *to, const struct recipient *from) MUST_CHECK;
/* Contents are shared with `from`; exceptions come along when asked for. */
enum status meeting_copy_attachments(struct message *to, const struct message *from, bool exceptions) MUST_CHECK;

/* SMTP address of a recipient, "" when it has none. */
const char *meeting_recipient_address(const struct recipient *recipient);
/* Number in the recipient's own properties. */
int32_t meeting_recipient_int(const struct recipient *recipient, prop_tag tag, int32_t absent);
/* The recipient's bag, made when missing; NULL when out of memory. */
struct bag *meeting_recipient_props(struct message *message, struct recipient *recipient);

/* CHANGED_* between two items (or an item and an update of it). */
enum status meeting_highlights(TALLOC_CTX *mem, const struct message *before, const struct message *after, uint32_t *out) MUST_CHECK;
/* The day in the message's global id. */
bool meeting_instance_date(const struct bag *props, struct civil_date *out);
enum status meeting_set_organizer(struct bag *props, const char *name, const char *address) MUST_CHECK;
enum status meeting_set_sender(struct bag *props, const char *name, const char *address) MUST_CHECK;
/* PROP_ALL_ATTENDEES_STRING and its parts from the recipients. */
enum status meeting_set_attendee_strings(struct message *message) MUST_CHECK;
/* Subject with a prefix before what the series calls itself. */
enum status meeting_set_subject(struct message *message, const char *prefix) MUST_CHECK;

#endif
