#include "recipients.h"

#include "address.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "locate.h"

/* Forwarding that points at each other ends here. */
enum { FORWARDING_DEPTH = 5 };

struct expansion {
    TALLOC_CTX *mem;
    struct groupware *groupware;
    struct envelope *envelope;
    struct targets *targets;
    size_t index; /* envelope recipient under work */
};

static bool has_local(const struct targets *targets, int64_t mailbox)
{
    for (size_t i = 0; i < targets->local_count; i++)
        if (targets->local[i].mailbox.id == mailbox)
            return true;
    return false;
}

static bool has_remote(const struct targets *targets, const char *address)
{
    for (size_t i = 0; i < targets->remote_count; i++)
        if (strcmp(targets->remote[i].address, address) == 0)
            return true;
    return false;
}

static enum status add_remote(struct expansion *work, const char *address)
{
    struct targets *targets = work->targets;
    if (has_remote(targets, address))
        return STATUS_OK;
    targets->remote = array_resize(work->mem, targets->remote, struct remote_target, targets->remote_count + 1);
    const char *copy = talloc_strdup(work->mem, address);
    if (targets->remote == NULL || copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    targets->remote[targets->remote_count++] = (struct remote_target){ .address = copy, .envelope_index = work->index };
    return STATUS_OK;
}

static enum status add_local(struct expansion *work, const struct recipient_entry *entry, const char *address)
{
    struct targets *targets = work->targets;
    struct mailbox_key key;
    TRY(locate_entry(work->mem, work->groupware, entry, &key));
    if (has_local(targets, key.id))
        return STATUS_OK;
    targets->local = array_resize(work->mem, targets->local, struct local_target, targets->local_count + 1);
    if (targets->local == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    targets->local[targets->local_count++] = (struct local_target){
        .mailbox = key, .address = address, .envelope_index = work->index,
        .receive_quota = entry->receive_quota > 0 ? (uint64_t)entry->receive_quota : 0,
    };
    return STATUS_OK;
}

static enum status add_entry(struct expansion *work, const struct recipient_entry *entry, const char *address, int depth);

static enum status add_address(struct expansion *work, const char *address, int depth)
{
    struct recipient_entry *entry = NULL;
    if (!address_is_local(work->groupware->config, address))
        return add_remote(work, address);
    enum status status = recipient_by_address(work->mem, work->groupware->directory, address, &entry);
    return status == STATUS_OK ? add_entry(work, entry, address, depth) : status;
}

static enum status follow_forwarding(struct expansion *work, const struct recipient_entry *entry, int depth)
{
    struct recipient_entry *other = NULL;
    if (entry->forwarding.address != NULL)
        return add_address(work, entry->forwarding.address, depth + 1);
    TRY(recipient_by_dn(work->mem, work->groupware->directory, entry->forwarding.dn, &other));
    return add_entry(work, other, other->address, depth + 1);
}

/* A forwarding that leads nowhere must not lose mail: the mailbox takes it then. */
static enum status add_mailbox(struct expansion *work, const struct recipient_entry *entry, const char *address, int depth)
{
    bool forwards = entry->forwarding.address != NULL || entry->forwarding.dn != NULL;
    bool delivered = false;
    if (forwards && depth < FORWARDING_DEPTH) {
        enum status status = follow_forwarding(work, entry, depth);
        if (status_info(status)->fault == FAULT_TEMPORARY)
            return status;
        delivered = status == STATUS_OK;
    }
    return delivered && !entry->forwarding.keeps_copy ? STATUS_OK : add_local(work, entry, address);
}

static enum status add_group(struct expansion *work, const struct recipient_entry *group, int depth)
{
    struct group_members *members = NULL;
    if (group->needs_sender_sign_in && guid_is_zero(work->envelope->submitter))
        return status_fail(STATUS_ACCESS_DENIED, "group %s takes mail from signed-in senders only", group->address != NULL ? group->address : "");
    TRY(group_expand(work->mem, work->groupware->directory, group->guid, &members));
    for (size_t i = 0; i < members->count; i++)
        TRY(add_entry(work, members->entries[i], members->entries[i]->address, depth + 1));
    return STATUS_OK;
}

static enum status add_entry(struct expansion *work, const struct recipient_entry *entry, const char *address, int depth)
{
    if (entry->kind == RECIPIENT_GROUP)
        return depth <= FORWARDING_DEPTH ? add_group(work, entry, depth) : status_fail(STATUS_LOOP_DETECTED, "forwarding loop");
    if (entry->has_mailbox)
        return add_mailbox(work, entry, address, depth);
    return entry->address != NULL ? add_remote(work, entry->address) : STATUS_OK;
}

static enum status expand_one(struct expansion *work, const struct envelope_recipient *recipient)
{
    struct recipient_entry *entry = NULL;
    if (guid_is_zero(recipient->route.guid))
        return add_remote(work, recipient->route.address);
    TRY(recipient_by_guid(work->mem, work->groupware->directory, recipient->route.guid, &entry));
    return add_entry(work, entry, recipient->address, 0);
}

enum status recipients_expand(TALLOC_CTX *mem, struct groupware *groupware, struct envelope *envelope, struct targets *out)
{
    *out = (struct targets){ 0 };
    struct expansion work = { .mem = mem, .groupware = groupware, .envelope = envelope, .targets = out };
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        struct envelope_recipient *recipient = &envelope->recipients[i];
        size_t locals = out->local_count, remotes = out->remote_count;
        work.index = i;
        recipient->result = expand_one(&work, recipient);
        if (status_info(recipient->result)->fault == FAULT_TEMPORARY || recipient->result == STATUS_NO_MEMORY)
            return recipient->result;
        if (recipient->result != STATUS_OK) { /* a group that is refused is refused whole */
            out->local_count = locals;
            out->remote_count = remotes;
        }
        if (out->local_count == locals + 1 && out->remote_count == remotes)
            out->local[locals].is_only_target = true;
    }
    return STATUS_OK;
}
