#include "meeting_delegate.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/meeting.h"
#include "bourse/mime/header.h"
#include "bourse/model/properties.h"
#include "delegate_rows.h"
#include "locate.h"

struct settings {
    bool is_automatic;
    enum delegate_delivery delivery;
    struct guid *delegates;
    size_t count;
};

static enum status read_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct settings *out)
{
    TRY(meeting_processing_in(mem, tx, mailbox, &out->is_automatic));
    TRY(delegate_delivery_in(mem, tx, mailbox, &out->delivery));
    return delegate_copies_in(mem, tx, mailbox, &out->delegates, &out->count);
}

static enum status read_settings(struct delivery_step *step, struct settings *out)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(step->mem, step->groupware->store, TRANSACTION_READ, &tx));
    enum status status = read_in(step->mem, tx, step->mailbox->id, out);
    talloc_free(tx);
    return status;
}

/* ---- a delegate's copy ---- */

static char *delegator_of(struct delivery_step *step)
{
    struct mime_field field;
    if (!mime_field_find(step->mime, MEETING_DELEGATOR_FIELD, 0, &field))
        return NULL;
    return slice_text(step->mem, slice_trim(field.value));
}

/* Is the addressee one who gets copies of this owner's meeting mail? */
static enum status check_delegate(struct delivery_step *step, const struct recipient_entry *owner, bool *out)
{
    struct mailbox_key key;
    struct recipient_entry *me = NULL;
    struct transaction *tx = NULL;
    uint32_t flags = 0;
    TRY(recipient_by_address(step->mem, step->groupware->directory, step->address, &me));
    TRY(locate_by_owner(step->mem, step->groupware, owner->guid, false, &key));
    TRY(transaction_begin(step->mem, step->groupware->store, TRANSACTION_READ, &tx));
    enum status status = delegate_rows_flags(step->mem, tx, key.id, me->guid, &flags);
    talloc_free(tx);
    *out = (flags & DELEGATE_MEETING_COPIES) != 0;
    return status;
}

static enum status name_owner(struct delivery_step *step, const struct recipient_entry *owner)
{
    struct bag *set = delivery_set(step);
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegate's copy");
    const char *name = owner->display_name != NULL ? owner->display_name : owner->address;
    TRY(bag_set_bool(set, PROP_DELEGATE_MAIL, true));
    TRY(bag_set_int32(set, PROP_MEETING_TYPE, MEETING_TYPE_DELEGATOR_COPY));
    TRY(bag_set_string(set, PROP_RECEIVED_REPRESENTING_NAME, name));
    TRY(bag_set_string(set, PROP_RECEIVED_REPRESENTING_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(set, PROP_RECEIVED_REPRESENTING_EMAIL_ADDRESS, owner->address));
    return bag_set_string(set, PROP_RECEIVED_REPRESENTING_SMTP_ADDRESS, owner->address);
}

static bool is_lasting(enum status status)
{
    return status != STATUS_OK && status_info(status)->fault != FAULT_TEMPORARY && status != STATUS_NO_MEMORY;
}

static enum status look_for_owner(struct delivery_step *step, bool *is_copy)
{
    struct recipient_entry *owner = NULL;
    char *address = delegator_of(step);
    *is_copy = false;
    if (address == NULL)
        return STATUS_OK;
    enum status status = recipient_by_address(step->mem, step->groupware->directory, address, &owner);
    if (status == STATUS_OK)
        status = check_delegate(step, owner, is_copy);
    if (is_lasting(status)) { /* the field is somebody's invention */
        status_chain_clear();
        *is_copy = false;
        return STATUS_OK;
    }
    TRY(status);
    return *is_copy ? name_owner(step, owner) : STATUS_OK;
}

/* ---- copies for delegates ---- */

static enum status find_addresses(struct delivery_step *step, const struct settings *settings, const char ***out, size_t *count)
{
    *count = 0;
    *out = array_new(step->mem, const char *, settings->count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegates");
    for (size_t i = 0; i < settings->count; i++) {
        struct recipient_entry *entry = NULL;
        enum status status = recipient_by_guid(step->mem, step->groupware->directory, settings->delegates[i], &entry);
        if (is_lasting(status)) {
            status_chain_clear();
            continue;
        }
        TRY(status);
        if (entry->address != NULL && !ascii_equal_nocase(entry->address, meeting_organizer_address(step->message->props)))
            (*out)[(*count)++] = entry->address;
    }
    return STATUS_OK;
}

/* The message as it came, but for the trace of its delivery here. */
static enum status copy_of(struct delivery_step *step, struct slice *out)
{
    static const char *const trace[] = { "Return-Path", MEETING_DELEGATOR_FIELD, NULL };
    struct slice header = { 0 }, body = { 0 };
    char *field = talloc_asprintf(step->mem, MEETING_DELEGATOR_FIELD ": %s\r\n", step->address);
    if (field == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegate's copy");
    TRY(mime_header_edit(step->mem, step->mime, trace, field, NULL, &header, &body));
    struct buffer *copy = buffer_new(step->mem, header.length + body.length + 1);
    if (copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegate's copy");
    buffer_append_slice(copy, header);
    buffer_append_slice(copy, body);
    TRY(buffer_status(copy));
    *out = buffer_slice(copy);
    return STATUS_OK;
}

static enum status send_copies(struct delivery_step *step, const struct settings *settings)
{
    struct outgoing mail = { .sender = step->address, .origin = step->address };
    const char **addresses = NULL;
    TRY(find_addresses(step, settings, &addresses, &mail.recipient_count));
    if (mail.recipient_count == 0)
        return STATUS_OK;
    mail.recipients = addresses;
    TRY(copy_of(step, &mail.mime));
    TRY(delivery_add_outgoing(step, &mail, NULL, 0));
    if (settings->delivery == DELEGATE_DELIVERY_ONLY_DELEGATES)
        step->folder = (int64_t)FOLDER_ROLE_DELETED_ITEMS;
    return STATUS_OK;
}

enum status meeting_delegate_plan(struct delivery_step *step, struct meeting_plan *out)
{
    struct settings settings = { 0 };
    TRY(look_for_owner(step, &out->is_delegate_copy));
    TRY(read_settings(step, &settings));
    out->is_automatic = settings.is_automatic;
    if (out->is_delegate_copy || settings.count == 0 || settings.delivery == DELEGATE_DELIVERY_ONLY_OWNER)
        return STATUS_OK;
    return send_copies(step, &settings);
}
