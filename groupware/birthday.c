#include "birthday.h"

#include "bourse/base/memory.h"
#include "bourse/calendar/recurrence.h"
#include "bourse/model/properties.h"
#include "bourse/storage/mailbox.h"
#include "folder_view.h"
#include "item_defaults.h"

enum { PATTERN_CAP = 4096, ENTRY_ID_CAP = 128, MINUTES_OF_DAY = 1440, ALL_DAY_REMINDER = 18 * 60 /* minutes, what Outlook gives all-day events */, BUSY_FREE = 0 };

/* "Ann Lee's Birthday" */
static const struct event {
    prop_tag date, link;
    const char *subject;
} events[] = {
    { PROP_BIRTHDAY_LOCAL, PROP_BIRTHDAY_EVENT_ENTRY_ID, "Birthday" },
    { PROP_WEDDING_ANNIVERSARY_LOCAL, PROP_ANNIVERSARY_EVENT_ENTRY_ID, "Anniversary" },
};

static bool is_contact(const char *message_class)
{
    return strncasecmp(message_class, "IPM.Contact", 11) == 0 && (message_class[11] == '\0' || message_class[11] == '.');
}

/* The event that a contact's property names, when it is an item of this mailbox; else 0. */
static int64_t linked_item(const struct bag *props, prop_tag link, const struct mailbox_key *mailbox)
{
    struct object_id id;
    struct guid replica;
    struct slice bytes = bag_bytes(props, link);
    if (bytes.length == 0)
        return 0;
    bool is_ours = entry_id_parse(bytes, &id, &replica) == STATUS_OK && id.kind == OBJECT_ITEM && guid_equal(replica, mailbox->replica);
    status_chain_clear();
    return is_ours ? id.item : 0;
}

/* NULL in *event when the item is gone, deleted, or no appointment. */
static enum status load_event(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *mailbox, int64_t item, struct message **event)
{
    struct loaded_message loaded;
    *event = NULL;
    if (item == 0)
        return STATUS_OK;
    enum status status = store_message_load(mem, tx, mailbox->id, item, MESSAGE_WHOLE, &loaded);
    if (status == STATUS_ITEM_NOT_FOUND) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    if (!loaded.row.is_soft_deleted && strncasecmp(loaded.row.message_class, "IPM.Appointment", 15) == 0)
        *event = loaded.message;
    return STATUS_OK;
}

/* Day and month of the date, every year from the year that it names. */
static enum status set_pattern(TALLOC_CTX *mem, struct bag *props, local_time day)
{
    struct civil_date date = civil_of_local(day);
    struct recurrence yearly = { .frequency = RECUR_YEARLY, .pattern = RECUR_BY_MONTH_DAY, .interval = 1, .day_of_month = (uint32_t)date.day,
                                 .month = (uint32_t)date.month, .end = RECUR_END_NEVER, .first_date = day, .end_minute = MINUTES_OF_DAY };
    struct buffer *packed = buffer_new(mem, PATTERN_CAP), *zone = buffer_new(mem, PATTERN_CAP);
    if (packed == NULL || zone == NULL)
        return status_fail(STATUS_NO_MEMORY, "birthday");
    TRY(recurrence_complete(&yearly));
    TRY(recurrence_pack(&yearly, packed));
    TRY(buffer_status(packed));
    TRY(time_zone_definition_pack(time_zone_utc(), date.year, true, zone));
    TRY(buffer_status(zone));
    TRY(bag_set_bytes(props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    return bag_set_bytes(props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone));
}

static enum status fill_new(struct bag *props)
{
    TRY(bag_set_string(props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    TRY(bag_set_bool(props, PROP_APPOINTMENT_SUB_TYPE, true)); /* all day */
    TRY(bag_set_int32(props, PROP_BUSY_STATUS, BUSY_FREE));
    TRY(bag_set_bool(props, PROP_REMINDER_SET, true));
    return bag_set_int32(props, PROP_REMINDER_DELTA, ALL_DAY_REMINDER);
}

static enum status fill_event(struct message *event, const struct bag *contact, const struct event *kind, struct derive_context *context)
{
    struct bag *props = event->props;
    local_time day = bag_time(contact, kind->date, 0);
    char *subject = talloc_asprintf(event, "%s's %s", bag_string(contact, PROP_DISPLAY_NAME, ""), kind->subject);
    if (subject == NULL)
        return status_fail(STATUS_NO_MEMORY, "birthday");
    TRY(bag_set_string(props, PROP_SUBJECT, subject));
    TRY(bag_set_time(props, PROP_APPOINTMENT_START_WHOLE, day));
    TRY(bag_set_time(props, PROP_APPOINTMENT_END_WHOLE, day + INSTANT_PER_DAY));
    TRY(set_pattern(event, props, day));
    struct derive_context own = { .is_new = true, .session = context->session, .mailbox = context->mailbox };
    TRY(item_fill_defaults(event, context->session, context->mailbox));
    return item_derive(event, &own);
}

/* The id is taken before, because the contact that names it is prepared before its event is written. */
static enum status reserve(TALLOC_CTX *mem, struct derive_context *context, struct object_id *out)
{
    struct transaction *tx = NULL;
    struct store_folder calendar;
    int64_t first = 0;
    TRY(transaction_begin(mem, context->session->groupware->store, TRANSACTION_WRITE, &tx));
    TRY(store_folder_by_role(mem, tx, context->mailbox->id, STORE_ROLE_CALENDAR, &calendar));
    TRY(store_mailbox_lock(tx, context->mailbox->id, NULL));
    TRY(store_mailbox_reserve_ids(tx, context->mailbox->id, 1, &first));
    *out = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = context->mailbox->guid, .folder = calendar.id, .item = first };
    enum status status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

static enum status make_event(struct message *contact, struct derive_context *context, const struct event *kind)
{
    struct object_id id;
    struct derive_companion companion = { .is_new = true, .message = message_new(contact) };
    struct buffer *link = buffer_new(contact, ENTRY_ID_CAP);
    if (companion.message == NULL || link == NULL)
        return status_fail(STATUS_NO_MEMORY, "birthday");
    TRY(reserve(contact, context, &id));
    TRY(fill_new(companion.message->props));
    TRY(fill_event(companion.message, contact->props, kind, context));
    entry_id_append(link, &id, context->mailbox->replica);
    TRY(buffer_status(link));
    TRY(bag_set_bytes(contact->props, kind->link, buffer_slice(link)));
    companion.folder = id.folder;
    companion.item = id.item;
    return derive_add_companion(context, &companion);
}

static bool is_due(const struct message *contact, const struct derive_context *context, const struct event *kind)
{
    if (context->before == NULL)
        return bag_has(contact->props, kind->date);
    return bag_time(context->before, kind->date, 0) != bag_time(contact->props, kind->date, 0) ||
           (bag_has(contact->props, kind->date) && !slice_equal(bag_text(context->before, PROP_DISPLAY_NAME), bag_text(contact->props, PROP_DISPLAY_NAME)));
}

static enum status find_event(struct message *contact, const struct derive_context *context, int64_t item, struct message **event)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(contact, context->session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = load_event(contact, tx, context->mailbox, item, event);
    talloc_free(tx);
    return status;
}

static enum status derive_event(struct message *contact, struct derive_context *context, const struct event *kind)
{
    struct derive_companion companion = { .item = context->is_new ? 0 : linked_item(contact->props, kind->link, context->mailbox) };
    struct message *event = NULL;
    if (!is_due(contact, context, kind))
        return STATUS_OK;
    TRY(find_event(contact, context, companion.item, &event));
    if (!bag_has(contact->props, kind->date)) {
        bag_remove(contact->props, kind->link);
        return event != NULL ? derive_add_companion(context, &companion) : STATUS_OK;
    }
    if (event == NULL)
        return make_event(contact, context, kind);
    companion.message = event;
    TRY(fill_event(event, contact->props, kind, context));
    return derive_add_companion(context, &companion);
}

enum status birthday_derive(struct message *contact, struct derive_context *context)
{
    if (context->session == NULL || context->mailbox == NULL || !session_owns(context->session, context->mailbox))
        return STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++)
        TRY(derive_event(contact, context, &events[i]));
    return STATUS_OK;
}

static enum status remove_linked(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *mailbox, const struct bag *contact)
{
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        struct message *event = NULL;
        int64_t item = linked_item(contact, events[i].link, mailbox);
        TRY(load_event(mem, tx, mailbox, item, &event));
        if (event != NULL)
            TRY(store_message_delete(tx, mailbox->id, &item, 1, STORE_DELETE_SOFT, NULL, NULL));
    }
    return STATUS_OK;
}

enum status birthday_remove(TALLOC_CTX *mem, struct transaction *tx, const struct session *session, const struct mailbox_key *mailbox, const int64_t *items,
                            const struct item_row *rows, size_t count)
{
    for (size_t i = 0; i < count && session_owns(session, mailbox); i++) {
        struct item_row row;
        if (items[i] == 0 || !is_contact(rows[i].message_class))
            continue;
        TRY(store_rows_get(mem, tx, mailbox->id, &rows[i].item, 1, true, &row));
        if (row.item != 0 && row.props != NULL)
            TRY(remove_linked(mem, tx, mailbox, row.props));
    }
    return STATUS_OK;
}
