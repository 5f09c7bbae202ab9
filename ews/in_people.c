/* People in requests: t:Mailbox elements. */
#include "bourse/base/text.h"
#include "bourse/calendar/meeting.h"
#include "bourse/groupware/people.h"
#include "input.h"
#include "one_off.h"
#include "output.h"

static void fill(struct recipient *out, const char *name, const char *address)
{
    out->address_type = "SMTP";
    out->address = out->smtp_address = address;
    out->display_name = name != NULL && name[0] != '\0' ? name : address;
}

/* A name alone, or a legacy name: the address book must know exactly one such person. */
static enum status resolve(struct ews_call *call, const char *text, struct recipient *out)
{
    struct person *people = NULL;
    size_t count = 0;
    bool more = false;
    enum status status = people_resolve(call->mem, call->session, text, true, true, 2, &people, &count, &more);
    if (status == STATUS_NAME_NOT_FOUND || (status == STATUS_OK && (count != 1 || people[0].address[0] == '\0')))
        return ews_fail(call, EWS_CODE_MISSING_EMAIL, "%.100s", text);
    TRY(status);
    fill(out, people[0].display_name, people[0].address);
    return STATUS_OK;
}

static bool looks_like_address(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL && at != address && at[1] != '\0' && strpbrk(address, " \t\r\n<>,;") == NULL;
}

enum status mailbox_read(struct ews_call *call, const struct xml_node *mailbox, struct recipient *out)
{
    const char *address = xml_child_text(mailbox, EWS_NS_TYPES, "EmailAddress"), *name = xml_child_text(mailbox, EWS_NS_TYPES, "Name");
    const char *type = xml_child_text(mailbox, EWS_NS_TYPES, "RoutingType");
    char *trimmed = address != NULL ? slice_text(call->mem, slice_trim(slice_of_text(address))) : NULL;
    if (type != NULL && !ascii_equal_nocase(type, "SMTP") && !ascii_equal_nocase(type, "EX"))
        return ews_fail(call, EWS_CODE_ROUTING_TYPE, "%.30s", type);
    if (trimmed != NULL && looks_like_address(trimmed)) {
        fill(out, name, trimmed);
        return STATUS_OK;
    }
    if (trimmed != NULL && trimmed[0] != '\0')
        return resolve(call, trimmed, out);
    if (name != NULL && name[0] != '\0')
        return resolve(call, name, out);
    return ews_fail(call, EWS_CODE_MISSING_EMAIL, "mailbox without address and name");
}

enum status in_person(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct recipient person = { 0 };
    const struct person_tags *tags = person_tags_of(field->kind);
    const struct xml_node *mailbox = xml_child(node, EWS_NS_TYPES, "Mailbox");
    struct bag *props = draft->message->props;
    if (mailbox == NULL)
        return STATUS_OK;
    TRY(mailbox_read(draft->call, mailbox, &person));
    TRY(bag_set_string(props, tags->name, person.display_name));
    TRY(bag_set_string(props, tags->address, person.address));
    TRY(bag_set_string(props, tags->type, person.address_type));
    return bag_set_string(props, tags->smtp, person.smtp_address);
}

/* Recipients of the type go; *old gets them, as whoever stays keeps what is known of him (tracking). The organiser's own entry is no attendee and stays. */
static enum status take_type(struct message *message, enum recipient_type type, struct recipient **old, size_t *old_count)
{
    size_t kept = 0;
    *old_count = 0;
    *old = talloc_zero_array(message, struct recipient, ROOM(message->recipient_count));
    if (*old == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    for (size_t i = 0; i < message->recipient_count; i++) {
        if (message->recipients[i].type == type && !meeting_is_organizer_entry(&message->recipients[i]))
            (*old)[(*old_count)++] = message->recipients[i];
        else
            message->recipients[kept++] = message->recipients[i];
    }
    message->recipient_count = kept;
    return STATUS_OK;
}

static enum status add_person(struct draft *draft, const struct xml_node *mailbox, enum recipient_type type, const struct recipient *old, size_t old_count)
{
    struct recipient recipient = { 0 };
    TRY(mailbox_read(draft->call, mailbox, &recipient));
    recipient.type = type;
    for (size_t i = 0; i < draft->message->recipient_count; i++)
        if (meeting_is_organizer_entry(&draft->message->recipients[i]) &&
            ascii_equal_nocase(recipient_smtp(&draft->message->recipients[i]), recipient.smtp_address))
            return STATUS_OK;
    for (size_t i = 0; i < old_count; i++)
        if (ascii_equal_nocase(recipient_smtp(&old[i]), recipient.smtp_address))
            recipient.props = old[i].props;
    return message_add_recipient(draft->message, &recipient) != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "recipient");
}

enum status in_recipients(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    enum recipient_type type = recipient_type_of_kind(field->kind);
    struct recipient *old = NULL;
    size_t old_count = 0;
    if (!draft->appending)
        TRY(take_type(draft->message, type, &old, &old_count));
    draft->recipients_changed = true;
    for (const struct xml_node *mailbox = node->child; mailbox != NULL; mailbox = mailbox->next)
        TRY(add_person(draft, mailbox, type, old, old_count));
    return STATUS_OK;
}

enum status in_attendees(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    enum recipient_type type = recipient_type_of_kind(field->kind);
    struct recipient *old = NULL;
    size_t old_count = 0;
    if (!draft->appending)
        TRY(take_type(draft->message, type, &old, &old_count));
    draft->recipients_changed = true;
    for (const struct xml_node *attendee = node->child; attendee != NULL; attendee = attendee->next)
        TRY(add_person(draft, xml_child(attendee, EWS_NS_TYPES, "Mailbox"), type, old, old_count));
    return STATUS_OK;
}

enum status in_reply_to(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct one_off *before = NULL;
    size_t count = 0;
    if (draft->appending && draft->before != NULL &&
        flat_entry_list_parse(draft, bag_bytes(draft->before, field->tag), &before, &count) != STATUS_OK)
        count = 0;
    struct one_off *entries = talloc_zero_array(draft, struct one_off, ROOM(count + xml_child_count(node)));
    char *names = talloc_strdup(draft, "");
    struct buffer *list = buffer_new(draft, 1 << 20);
    if (entries == NULL || names == NULL || list == NULL)
        return status_fail(STATUS_NO_MEMORY, "reply-to");
    if (count > 0)
        memcpy(entries, before, count * sizeof *entries);
    for (const struct xml_node *mailbox = node->child; mailbox != NULL; mailbox = mailbox->next) {
        struct recipient person = { 0 };
        TRY(mailbox_read(draft->call, mailbox, &person));
        entries[count++] = (struct one_off){ person.display_name, person.address_type, person.address };
    }
    if (count == 0) {
        TRY(draft_remove(draft, PROP_REPLY_RECIPIENT_NAMES));
        return draft_remove(draft, field->tag);
    }
    for (size_t i = 0; i < count; i++)
        names = talloc_asprintf_append(names, "%s%s", i > 0 ? ";" : "", entries[i].name);
    flat_entry_list_append(list, entries, count);
    TRY(buffer_status(list));
    TRY(bag_set_bytes(draft->message->props, field->tag, buffer_slice(list)));
    return bag_set_string(draft->message->props, PROP_REPLY_RECIPIENT_NAMES, names);
}
