#include "lists.h"

#include "bourse/base/text.h"
#include "bourse/groupware/distribution_list.h"
#include "bourse/groupware/named.h"
#include "output.h"

/* Members as they are now: what this request has set already, else the list that is changed. */
static enum status members_before(struct draft *draft, struct guid replica, struct list_member **out, size_t *count)
{
    const struct bag *props = draft->message->props, *before = draft->before;
    bool changed = bag_has(props, PROP_DISTRIBUTION_LIST_MEMBERS) || bag_has(props, PROP_DISTRIBUTION_LIST_STREAM);
    *out = NULL;
    *count = 0;
    if (!changed && before == NULL)
        return STATUS_OK;
    return list_members_of(draft, changed ? props : before, draft->folder.mailbox, replica, out, count, NULL);
}

static enum status forget_members(struct draft *draft)
{
    static const prop_tag tags[] = { PROP_DISTRIBUTION_LIST_MEMBERS, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS, PROP_DISTRIBUTION_LIST_STREAM,
                                     PROP_DISTRIBUTION_LIST_CHECKSUM };
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++)
        TRY(draft_remove(draft, tags[i]));
    return STATUS_OK;
}

/* What list_members_put has not set stays removed. */
static enum status put_members(struct draft *draft, struct guid replica, const struct list_member *members, size_t count)
{
    struct bag *props = draft->message->props;
    TRY(forget_members(draft));
    if (count == 0)
        return STATUS_OK;
    TRY(list_members_put(props, replica, members, count));
    for (size_t i = 0; i < draft->remove_count; i++)
        if (bag_has(props, draft->remove[i]))
            draft->remove[i--] = draft->remove[--draft->remove_count];
    return STATUS_OK;
}

/* A mailbox with an ItemId is a contact or a list of a contacts folder; all others are addresses. */
static enum status read_member(struct draft *draft, const struct xml_node *member, struct list_member *out)
{
    struct recipient person = { 0 };
    const struct xml_node *mailbox = xml_child(member, EWS_NS_TYPES, "Mailbox"), *item = xml_child(mailbox, EWS_NS_TYPES, "ItemId");
    const char *kind = xml_child_text(mailbox, EWS_NS_TYPES, "MailboxType"), *name = xml_child_text(mailbox, EWS_NS_TYPES, "Name");
    bool is_list = kind != NULL && strcmp(kind, "PrivateDL") == 0;
    int64_t change;
    if (item != NULL && (is_list || (kind != NULL && strcmp(kind, "Contact") == 0))) {
        const char *address = xml_child_text(mailbox, EWS_NS_TYPES, "EmailAddress");
        *out = (struct list_member){ .kind = is_list ? LIST_MEMBER_LIST : LIST_MEMBER_CONTACT, .display_name = name != NULL ? name : "",
                                     .address_type = is_list ? "MAPIPDL" : "SMTP", .address = address != NULL && !is_list ? address : "", .email_index = 1 };
        return id_read_item(draft->call, item, &out->item, &change);
    }
    TRY(mailbox_read(draft->call, mailbox, &person));
    *out = (struct list_member){ .kind = LIST_MEMBER_ONE_OFF, .display_name = person.display_name, .address_type = "SMTP", .address = person.smtp_address };
    return STATUS_OK;
}

enum status in_list_members(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct guid replica;
    struct list_member *before = NULL;
    size_t count = 0;
    (void)field;
    TRY(mailbox_replica(draft->call->session, draft->folder.mailbox, &replica));
    if (draft->appending)
        TRY(members_before(draft, replica, &before, &count));
    struct list_member *members = talloc_zero_array(draft, struct list_member, ROOM(count + xml_child_count(node)));
    if (members == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    for (size_t i = 0; i < count; i++)
        members[i] = before[i];
    for (const struct xml_node *member = node->child; member != NULL; member = member->next)
        TRY(read_member(draft, member, &members[count++]));
    return put_members(draft, replica, members, count);
}

static const char *key_of(TALLOC_CTX *mem, const struct list_member *member)
{
    struct buffer *text = buffer_new(mem, 1 << 16);
    if (text == NULL)
        return "";
    base64_append(text, member->entry_id);
    return buffer_text(text);
}

enum status list_remove_member(struct draft *draft, const char *key)
{
    struct guid replica;
    struct list_member *members = NULL;
    size_t count = 0, kept = 0;
    TRY(mailbox_replica(draft->call->session, draft->folder.mailbox, &replica));
    TRY(members_before(draft, replica, &members, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(key_of(draft, &members[i]), key) != 0)
            members[kept++] = members[i];
    return put_members(draft, replica, members, kept);
}

/* ---- answers ---- */

static struct slice item_id_xml(struct output *o, const struct list_member *member)
{
    struct buffer *text = buffer_new(o->call->mem, 4096);
    char *id = object_id_text(o->call->mem, &member->item);
    if (text == NULL || id == NULL)
        return (struct slice){ 0 };
    buffer_printf(text, "<t:ItemId Id=\"%s\"/>", id); /* base64: nothing to escape */
    return buffer_status(text) == STATUS_OK ? buffer_slice(text) : (struct slice){ 0 };
}

static void write_member(struct output *o, const struct list_member *member)
{
    static const char *const kinds[] = { [LIST_MEMBER_ONE_OFF] = "OneOff", [LIST_MEMBER_CONTACT] = "Contact", [LIST_MEMBER_LIST] = "PrivateDL",
                                         [LIST_MEMBER_PERSON] = "Mailbox", [LIST_MEMBER_GROUP] = "PublicDL" };
    bool has_item = (member->kind == LIST_MEMBER_CONTACT || member->kind == LIST_MEMBER_LIST) && member->item.item != 0;
    struct slice item = has_item ? item_id_xml(o, member) : (struct slice){ 0 };
    struct mailbox_text mailbox = { member->display_name, member->address, member->address_type, kinds[member->kind], item.length > 0 ? &item : NULL };
    xml_start(o->xml, "t:Member");
    xml_attribute(o->xml, "Key", key_of(o->call->mem, member));
    output_mailbox(o->xml, "t:Mailbox", &mailbox, o->call->version);
    xml_element(o->xml, "t:Status", "Normal");
    xml_end(o->xml);
}

void out_list_members(struct output *o, const struct field *field)
{
    struct guid replica;
    struct list_member *members = NULL;
    size_t count = 0;
    if (mailbox_replica(o->call->session, o->item->id.mailbox, &replica) == STATUS_OK &&
        list_members_of(o->call->mem, o->props, o->item->id.mailbox, replica, &members, &count, NULL) == STATUS_OK && count > 0) {
        xml_start(o->xml, field->element);
        for (size_t i = 0; i < count; i++)
            write_member(o, &members[i]);
        xml_end(o->xml);
    }
    status_chain_clear();
}
