/* People: sender, recipients, attendees, reply-to. */
#include "output.h"

#include "bourse/calendar/meeting.h"
#include "one_off.h"

void output_mailbox(struct xml_writer *xml, const char *element, const struct mailbox_text *mailbox, enum ews_version version)
{
    bool has_address = mailbox->address != NULL && mailbox->address[0] != '\0';
    bool has_name = mailbox->name != NULL && mailbox->name[0] != '\0';
    if (!has_address && !has_name)
        return;
    xml_start(xml, element);
    if (has_name)
        xml_element(xml, "t:Name", mailbox->name);
    if (has_address) {
        xml_element(xml, "t:EmailAddress", mailbox->address);
        xml_element(xml, "t:RoutingType", mailbox->type != NULL && mailbox->type[0] != '\0' ? mailbox->type : "SMTP");
    }
    if (version >= EWS_2010)
        xml_element(xml, "t:MailboxType", mailbox->kind != NULL ? mailbox->kind : "Mailbox");
    if (mailbox->item != NULL)
        xml_raw(xml, *mailbox->item);
    xml_end(xml);
}

const char *recipient_smtp(const struct recipient *recipient)
{
    if (recipient->smtp_address[0] != '\0')
        return recipient->smtp_address;
    return strcmp(recipient->address_type, "EX") != 0 ? recipient->address : "";
}

static const struct person_tags people[] = {
    { KIND_SENDER, PROP_SENDER_NAME, PROP_SENDER_SMTP_ADDRESS, PROP_SENDER_EMAIL_ADDRESS, PROP_SENDER_ADDRESS_TYPE },
    { KIND_FROM, PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_SMTP_ADDRESS, PROP_SENT_REPRESENTING_EMAIL_ADDRESS,
      PROP_SENT_REPRESENTING_ADDRESS_TYPE },
    { KIND_RECEIVED_BY, PROP_RECEIVED_BY_NAME, PROP_RECEIVED_BY_SMTP_ADDRESS, PROP_RECEIVED_BY_EMAIL_ADDRESS, PROP_RECEIVED_BY_ADDRESS_TYPE },
    { KIND_RECEIVED_REPRESENTING, PROP_RECEIVED_REPRESENTING_NAME, PROP_RECEIVED_REPRESENTING_SMTP_ADDRESS,
      PROP_RECEIVED_REPRESENTING_EMAIL_ADDRESS, PROP_RECEIVED_REPRESENTING_ADDRESS_TYPE },
};

const struct person_tags *person_tags_of(enum field_kind kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(people); i++)
        if (people[i].kind == kind)
            return &people[i];
    return NULL;
}

/* The SMTP address when it is known: never a legacy name, which clients cannot send to. */
static const char *address_of(const struct bag *props, const struct person_tags *tags)
{
    const char *smtp = bag_string(props, tags->smtp, ""), *address = bag_string(props, tags->address, "");
    if (smtp[0] != '\0')
        return smtp;
    return strcmp(bag_string(props, tags->type, "SMTP"), "EX") != 0 && address[0] != '/' ? address : "";
}

void out_person(struct output *o, const struct field *field)
{
    const struct person_tags *tags = person_tags_of(field->kind);
    struct mailbox_text mailbox = { .name = bag_string(o->props, tags->name, ""), .address = address_of(o->props, tags) };
    if (mailbox.name[0] == '\0' && mailbox.address[0] == '\0')
        return;
    xml_start(o->xml, field->element);
    output_mailbox(o->xml, "t:Mailbox", &mailbox, o->call->version);
    xml_end(o->xml);
}

enum recipient_type recipient_type_of_kind(enum field_kind kind)
{
    switch (kind) {
    case KIND_RECIPIENTS_CC: case KIND_ATTENDEES_OPTIONAL: return RECIPIENT_CC;
    case KIND_RECIPIENTS_BCC: case KIND_ATTENDEES_RESOURCES: return RECIPIENT_BCC;
    default: return RECIPIENT_TO;
    }
}

static void write_time_of(struct output *o, const char *element, const struct bag *props, prop_tag tag)
{
    instant when = bag_time(props, tag, 0);
    if (when > 0)
        xml_element_instant(o->xml, element, when);
}

/* What the attendee answered [MS-OXOCAL] 2.2.4.10, and when it would suit better. */
static void write_tracking(struct output *o, const struct recipient *recipient)
{
    const struct bag *props = recipient->props;
    int32_t status = props != NULL ? bag_int32(props, PROP_RECIPIENT_TRACK_STATUS, 0) : 0;
    if (props != NULL && (bag_int32(props, PROP_RECIPIENT_FLAGS, 0) & RECIPIENT_FLAG_ORGANIZER) != 0)
        status = RESPONSE_ORGANIZED;
    xml_element(o->xml, "t:ResponseType", enum_word(KIND_ENUM_RESPONSE, status));
    if (props == NULL)
        return;
    write_time_of(o, "t:LastResponseTime", props, PROP_RECIPIENT_TRACK_STATUS_TIME);
    if (o->call->version < EWS_2013 || !bag_bool(props, PROP_RECIPIENT_PROPOSED, false))
        return;
    write_time_of(o, "t:ProposedStart", props, PROP_RECIPIENT_PROPOSED_START_TIME);
    write_time_of(o, "t:ProposedEnd", props, PROP_RECIPIENT_PROPOSED_END_TIME);
}

static void write_recipients(struct output *o, const struct field *field, bool as_attendees)
{
    const struct message *message = o->item->message;
    bool open = false;
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        if (recipient->type != recipient_type_of_kind(field->kind))
            continue;
        if (!open)
            xml_start(o->xml, field->element);
        open = true;
        struct mailbox_text mailbox = { .name = recipient->display_name, .address = recipient_smtp(recipient) };
        if (as_attendees)
            xml_start(o->xml, "t:Attendee");
        output_mailbox(o->xml, "t:Mailbox", &mailbox, o->call->version);
        if (as_attendees) {
            write_tracking(o, recipient);
            xml_end(o->xml);
        }
    }
    if (open)
        xml_end(o->xml);
}

void out_recipients(struct output *o, const struct field *field)
{
    write_recipients(o, field, false);
}

void out_attendees(struct output *o, const struct field *field)
{
    write_recipients(o, field, true);
}

void out_reply_to(struct output *o, const struct field *field)
{
    struct one_off *entries = NULL;
    size_t count = 0;
    if (flat_entry_list_parse(o->call->mem, bag_bytes(o->props, field->tag), &entries, &count) != STATUS_OK || count == 0) {
        status_chain_clear();
        return;
    }
    xml_start(o->xml, field->element);
    for (size_t i = 0; i < count; i++)
        output_mailbox(o->xml, "t:Mailbox", &(struct mailbox_text){ .name = entries[i].name, .address = entries[i].address }, o->call->version);
    xml_end(o->xml);
}
