/* ORGANIZER, ATTENDEE -> sender and recipients [MS-OXCICAL] 2.1.3.1.1.20.2, .16. */
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_import.h"

enum { FLAG_SENDABLE = 1, FLAG_ORGANIZER = 2 }; /* PidTagRecipientFlags [MS-OXOCAL] 2.2.4.10.1 */

char *address_of(TALLOC_CTX *mem, struct slice value)
{
    struct slice text = slice_trim(value), scheme = slice_part(text, 0, 7);
    if (slice_equal_ascii_nocase(scheme, slice_of_text("mailto:")))
        text = slice_trim(slice_part(text, 7, SIZE_MAX));
    if (slice_find_byte(text, '@') <= 0 || slice_find_byte(text, ' ') >= 0 || slice_find_byte(text, ':') >= 0 || text.length > 1000)
        return NULL;
    return utf8_is_valid(text) ? slice_text(mem, text) : NULL;
}

static enum status set_person(struct bag *props, const prop_tag tags[4], const char *name, const char *address)
{
    TRY(bag_set_string(props, tags[0], name));
    TRY(bag_set_string(props, tags[1], "SMTP"));
    TRY(bag_set_string(props, tags[2], address));
    return bag_set_string(props, tags[3], address);
}

static const prop_tag represented[] = { PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_ADDRESS_TYPE, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, PROP_SENT_REPRESENTING_SMTP_ADDRESS };
static const prop_tag sender[] = { PROP_SENDER_NAME, PROP_SENDER_ADDRESS_TYPE, PROP_SENDER_EMAIL_ADDRESS, PROP_SENDER_SMTP_ADDRESS };

/* Who the message is from; SENT-BY is who wrote it for them. */
static enum status set_author(struct import *import, const struct text_line *line, const char *address)
{
    char *name = line_param_text(import->mem, line, "CN"), *written_by = line_param_text(import->mem, line, "SENT-BY");
    const char *shown = name != NULL && name[0] != '\0' ? name : address;
    char *agent = written_by != NULL ? address_of(import->mem, slice_of_text(written_by)) : NULL;
    TRY(set_person(import->props, represented, shown, address));
    TRY(set_person(import->props, sender, agent != NULL ? agent : shown, agent != NULL ? agent : address));
    return import_keep_params(import, line, agent != NULL ? "CN PARTSTAT RSVP SENT-BY" : "CN PARTSTAT RSVP");
}

static enum recipient_type type_of(const struct text_line *line)
{
    int32_t user = ical_number_of(WORDS_calendar_user, line_param(line, "CUTYPE")), role = ical_number_of(WORDS_role, line_param(line, "ROLE"));
    return user > 0 ? (enum recipient_type)user : role > 0 ? (enum recipient_type)role : RECIPIENT_TO;
}

static enum status add_recipient(struct import *import, const struct text_line *line, const char *address, enum recipient_type type)
{
    char *name = line_param_text(import->mem, line, "CN");
    int32_t track = ical_number_of(WORDS_participation, line_param(line, "PARTSTAT"));
    bool is_organizer = ascii_equal_nocase(address, import->entry->organizer);
    struct bag *props = bag_new(import->mem);
    if (props == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipient");
    TRY(bag_set_int32(props, PROP_RECIPIENT_FLAGS, is_organizer ? FLAG_SENDABLE | FLAG_ORGANIZER : FLAG_SENDABLE));
    TRY(bag_set_int32(props, PROP_RECIPIENT_TRACK_STATUS, track > 0 ? track : 0));
    char *params = utf8_repair(import->mem, line->params);
    TRY(bag_set_string(props, PROP_ICALENDAR_PARAMETERS, params != NULL && params[0] != '\0' ? params : NULL));
    struct recipient recipient = { .type = type, .display_name = name != NULL ? name : "", .address_type = "SMTP", .address = address, .smtp_address = address, .props = props };
    bool added = message_add_recipient(import->message, &recipient) != NULL;
    talloc_free(props);
    return added ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "recipient");
}

/* In REPLY and COUNTER the first attendee writes to the organizer. */
static enum status import_reply(struct import *import, const struct text_line *organizer, const struct text_line *attendee)
{
    if (attendee != NULL && import->entry->attendee[0] != '\0')
        TRY(set_author(import, attendee, import->entry->attendee));
    return organizer != NULL && import->entry->organizer[0] != '\0' ? add_recipient(import, organizer, import->entry->organizer, RECIPIENT_TO) : STATUS_OK;
}

static enum status import_attendees(struct import *import)
{
    const struct text_line *line;
    struct text_block inner;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        if (line == NULL || !line_is(line, "ATTENDEE"))
            continue;
        char *address = address_of(import->mem, line->value);
        if (address != NULL)
            TRY(add_recipient(import, line, address, type_of(line)));
        else
            TRY(import_keep(import, line));
    }
    return STATUS_OK;
}

enum status import_people(struct import *import)
{
    const struct text_line *organizer = block_find(&import->block, "ORGANIZER"), *attendee = block_find(&import->block, "ATTENDEE");
    char *organizer_address = organizer != NULL ? address_of(import->mem, organizer->value) : NULL;
    char *attendee_address = attendee != NULL ? address_of(import->mem, attendee->value) : NULL;
    bool is_reply = import->file->options.as_mail && (import->file->method == ICAL_REPLY || import->file->method == ICAL_COUNTER);
    import->entry->organizer = organizer_address != NULL ? organizer_address : "";
    import->entry->attendee = attendee_address != NULL ? attendee_address : "";
    if (is_reply)
        return import_reply(import, organizer, attendee);
    if (organizer_address != NULL)
        TRY(set_author(import, organizer, organizer_address));
    else if (organizer != NULL)
        TRY(import_keep(import, organizer));
    return import_attendees(import);
}
