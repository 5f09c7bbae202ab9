/* Personal lists as items: reading, replacing, and all addresses that one leads to. */
#include "bourse/groupware/distribution_list.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/groupware/named.h"
#include "bourse/model/properties.h"

enum { LISTS = 200 /* followed from one list */ };

static bool is_list(const struct item *item)
{
    return strncasecmp(bag_string(item->message->props, PROP_MESSAGE_CLASS, ""), "IPM.DistList", 12) == 0;
}

enum status list_members_get(TALLOC_CTX *mem, struct session *session, const struct object_id *list, struct list_member **out, size_t *count)
{
    struct item *item = NULL;
    struct guid replica;
    TRY(item_get(mem, session, list, ITEM_PROPERTIES | ITEM_BODIES, &item));
    if (!is_list(item))
        return status_fail(STATUS_INVALID_ARGUMENT, "not a distribution list");
    TRY(mailbox_replica(session, item->id.mailbox, &replica));
    return list_members_of(mem, item->message->props, item->id.mailbox, replica, out, count, NULL);
}

static enum status make_change(TALLOC_CTX *mem, struct session *session, const struct object_id *list, const struct list_member *members, size_t count,
                               struct bag **set)
{
    struct guid replica;
    *set = bag_new(mem);
    if (*set == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    TRY(mailbox_replica(session, list->mailbox, &replica));
    return list_members_put(*set, replica, members, count);
}

enum status list_members_set(TALLOC_CTX *mem, struct session *session, const struct object_id *list, const struct list_member *members, size_t count,
                             struct item **out)
{
    static const prop_tag forms[] = { PROP_DISTRIBUTION_LIST_STREAM, PROP_DISTRIBUTION_LIST_MEMBERS, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS,
                                      PROP_DISTRIBUTION_LIST_CHECKSUM };
    prop_tag gone[ARRAY_LENGTH(forms)];
    struct bag *set = NULL;
    struct item *item = NULL;
    TRY(item_get(mem, session, list, 0, &item));
    if (!is_list(item))
        return status_fail(STATUS_INVALID_ARGUMENT, "not a distribution list");
    TRY(make_change(mem, session, list, members, count, &set));
    struct item_change change = { .set = set, .remove = gone };
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
        if (!bag_has(set, forms[i]))
            gone[change.remove_count++] = forms[i];
    return item_update(mem, session, list, 0, CONFLICT_ALWAYS_OVERWRITE, &change, out);
}

/* ---- expansion ---- */

struct expansion {
    TALLOC_CTX *mem;
    struct session *session;
    struct object_id lists[LISTS]; /* found so far; those from `next` on are not read yet */
    size_t list_count, next;
    struct list_member *members;
    size_t count;
};

static enum status add_list(struct expansion *expansion, const struct object_id *list)
{
    for (size_t i = 0; i < expansion->list_count; i++)
        if (expansion->lists[i].item == list->item && guid_equal(expansion->lists[i].mailbox, list->mailbox))
            return STATUS_OK;
    if (expansion->list_count == LISTS)
        return status_fail(STATUS_LIMIT_EXCEEDED, "more than %d lists in a list", LISTS);
    expansion->lists[expansion->list_count++] = *list;
    return STATUS_OK;
}

static enum status add_member(struct expansion *expansion, const struct list_member *member)
{
    for (size_t i = 0; i < expansion->count; i++)
        if (ascii_equal_nocase(expansion->members[i].address, member->address))
            return STATUS_OK;
    if (expansion->count == LIST_MEMBERS)
        return status_fail(STATUS_LIMIT_EXCEEDED, "more than %d members", LIST_MEMBERS);
    expansion->members = array_resize(expansion->mem, expansion->members, struct list_member, expansion->count + 1);
    if (expansion->members == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    expansion->members[expansion->count++] = *member;
    return STATUS_OK;
}

/* A contact's address of today; what was kept with the list, when the contact is gone or hidden. */
static enum status refresh_contact(struct expansion *expansion, struct list_member *member)
{
    static const prop_tag addresses[] = { PROP_EMAIL1_EMAIL_ADDRESS, PROP_EMAIL2_EMAIL_ADDRESS, PROP_EMAIL3_EMAIL_ADDRESS };
    static const prop_tag types[] = { PROP_EMAIL1_ADDRESS_TYPE, PROP_EMAIL2_ADDRESS_TYPE, PROP_EMAIL3_ADDRESS_TYPE };
    struct item *contact = NULL;
    size_t which = member->email_index >= 1 && member->email_index <= ARRAY_LENGTH(addresses) ? member->email_index - 1 : 0;
    if (member->item.item == 0)
        return STATUS_OK;
    enum status status = item_get(expansion->mem, expansion->session, &member->item, ITEM_PROPERTIES, &contact);
    if (status_info(status)->fault == FAULT_CLIENT) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    const struct bag *props = contact->message->props;
    if (bag_text(props, addresses[which]).length > 0) {
        member->address = bag_string(props, addresses[which], "");
        member->address_type = bag_string(props, types[which], "SMTP");
    }
    return STATUS_OK;
}

static enum status take_member(struct expansion *expansion, struct list_member *member)
{
    if (member->kind == LIST_MEMBER_LIST)
        return member->item.item != 0 ? add_list(expansion, &member->item) : STATUS_OK;
    if (member->kind == LIST_MEMBER_CONTACT)
        TRY(refresh_contact(expansion, member));
    return member->address[0] != '\0' ? add_member(expansion, member) : STATUS_OK;
}

/* A list inside that is gone, or is hidden from the session, does not keep the others from their mail. */
static enum status take_list(struct expansion *expansion, const struct object_id *list, bool is_first)
{
    struct list_member *members = NULL;
    size_t count = 0;
    enum status status = list_members_get(expansion->mem, expansion->session, list, &members, &count);
    if (!is_first && status_info(status)->fault == FAULT_CLIENT) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    for (size_t i = 0; i < count; i++)
        TRY(take_member(expansion, &members[i]));
    return STATUS_OK;
}

enum status list_expand(TALLOC_CTX *mem, struct session *session, const struct object_id *list, struct list_member **out, size_t *count)
{
    struct expansion *expansion = talloc_zero(mem, struct expansion);
    if (expansion == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    expansion->mem = mem;
    expansion->session = session;
    expansion->members = array_new(mem, struct list_member, 0);
    TRY(add_list(expansion, list));
    while (expansion->next < expansion->list_count) {
        struct object_id next = expansion->lists[expansion->next];
        TRY(take_list(expansion, &next, expansion->next == 0));
        expansion->next++;
    }
    *out = expansion->members;
    *count = expansion->count;
    return STATUS_OK;
}
