#include "item_index.h"

#include <string.h>

#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "folder_private.h"

/* Clip times are midnights of the first and the last day in UTC [MS-OXOCAL] 2.2.1.14, 2.2.1.15; the day itself may begin and end 14 hours off, and
 * the last occurrence may go on into the next day. Expansion is exact; this only must not miss. */
#define BEFORE_CLIP (1 * INSTANT_PER_DAY)
#define BEHIND_CLIP (3 * INSTANT_PER_DAY)

/* Values above this size lie in blobs (prepare.c) and are not looked at: the checker, which reads stored bags, must come to the same rows. */
#define INLINE_MAX 4096
#define FILE_AS_MAX 256

static bool is_class(const char *message_class, const char *wanted)
{
    size_t length = strlen(wanted);
    return strncasecmp(message_class, wanted, length) == 0 && (message_class[length] == '\0' || message_class[length] == '.');
}

int64_t global_id_hash(struct slice clean_id)
{
    if (clean_id.length == 0 || clean_id.length > INLINE_MAX)
        return 0;
    int64_t hash = hash_short(hash_sha256(clean_id));
    return hash != 0 ? hash : 1;
}

static void take_series_times(const struct bag *props, struct sql_calendar_index_insert_in *row)
{
    instant first = bag_time(props, (prop_tag)PROP_CLIP_START, 0), last = bag_time(props, (prop_tag)PROP_CLIP_END, 0);
    row->starts = (first != 0 ? first : row->starts) - BEFORE_CLIP;
    row->ends = last != 0 && last < INT64_MAX - BEHIND_CLIP ? last + BEHIND_CLIP : INT64_MAX;
}

/* What calendar/ needs to expand a series [MS-OXOCAL] 2.2.1.41, 2.2.1.42, 2.2.1.44. */
static const prop_tag series_tags[] = { PROP_APPOINTMENT_RECUR, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, PROP_TIME_ZONE_STRUCT,
                                        PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY };

/* All of them, or, when one lies in a blob, nothing: then the properties are read. */
static enum status pack_series(TALLOC_CTX *mem, const struct bag *props, struct slice *out)
{
    struct bag *series = bag_new(mem);
    enum status status = series != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "series");
    *out = (struct slice){ 0 };
    for (size_t i = 0; status == STATUS_OK && i < sizeof series_tags / sizeof series_tags[0]; i++) {
        const struct value *value = bag_get(props, series_tags[i]);
        if (value != NULL && (value->form == VALUE_STORED || value->bytes.length > INLINE_MAX))
            return STATUS_OK;
        if (value != NULL)
            status = bag_set(series, value);
    }
    if (status == STATUS_OK)
        status = bag_to_bytes(mem, series, out);
    return status;
}

static bool index_calendar(const struct bag *props, struct sql_calendar_index_insert_in *row)
{
    row->starts = bag_time(props, (prop_tag)PROP_APPOINTMENT_START_WHOLE, bag_time(props, (prop_tag)PROP_COMMON_START, 0));
    row->ends = bag_time(props, (prop_tag)PROP_APPOINTMENT_END_WHOLE, bag_time(props, (prop_tag)PROP_COMMON_END, 0));
    row->is_recurring = bag_get(props, (prop_tag)PROP_APPOINTMENT_RECUR) != NULL;
    row->busy_status = (int16_t)bag_int32(props, (prop_tag)PROP_BUSY_STATUS, 2); /* busy [MS-OXOCAL] 2.2.1.2 */
    row->goid_hash = global_id_hash(bag_bytes(props, (prop_tag)PROP_CLEAN_GLOBAL_OBJECT_ID));
    if (row->starts <= 0)
        return false;
    if (row->is_recurring)
        take_series_times(props, row);
    if (row->ends < row->starts)
        row->ends = row->starts;
    return true;
}

static bool index_reminder(const struct bag *props, struct sql_reminder_insert_in *row)
{
    row->signal_time = bag_time(props, (prop_tag)PROP_REMINDER_SIGNAL_TIME, 0);
    return bag_bool(props, (prop_tag)PROP_REMINDER_SET, false) && row->signal_time > 0;
}

/* A directory person in a contact has an X.500 name there and the SMTP address beside it [MS-OXOCNTC] 2.2.1.2. */
static enum status add_address(TALLOC_CTX *mem, const struct bag *props, prop_tag address, prop_tag original, struct sql_texts *out)
{
    const char *text = bag_string(props, address, "");
    if (strchr(text, '@') == NULL)
        text = bag_string(props, original, "");
    struct slice trimmed = slice_trim(slice_of_text(text));
    if (strchr(text, '@') == NULL || trimmed.length > 320)
        return STATUS_OK;
    const char **items = (const char **)(uintptr_t)out->items;
    items[out->count] = text_fold(mem, trimmed);
    return items[out->count++] != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "address");
}

static enum status index_contact(TALLOC_CTX *mem, const struct bag *props, struct sql_contact_index_insert_in *row)
{
    row->addresses = (struct sql_texts){ talloc_zero_array(mem, const char *, 4), 0 };
    struct slice file_as = bag_text(props, (prop_tag)PROP_FILE_UNDER);
    row->file_as = text_fold(mem, utf8_prefix(slice_trim(file_as.length <= INLINE_MAX ? file_as : slice_of("", 0)), FILE_AS_MAX));
    if (row->addresses.items == NULL || row->file_as == NULL)
        return status_fail(STATUS_NO_MEMORY, "contact");
    TRY(add_address(mem, props, (prop_tag)PROP_EMAIL1_EMAIL_ADDRESS, (prop_tag)PROP_EMAIL1_ORIGINAL_DISPLAY_NAME, &row->addresses));
    TRY(add_address(mem, props, (prop_tag)PROP_EMAIL2_EMAIL_ADDRESS, (prop_tag)PROP_EMAIL2_ORIGINAL_DISPLAY_NAME, &row->addresses));
    return add_address(mem, props, (prop_tag)PROP_EMAIL3_EMAIL_ADDRESS, (prop_tag)PROP_EMAIL3_ORIGINAL_DISPLAY_NAME, &row->addresses);
}

enum status item_index_of(TALLOC_CTX *mem, const char *message_class, const struct bag *props, struct item_index *out)
{
    *out = (struct item_index){ 0 };
    out->has_reminder = index_reminder(props, &out->reminder);
    if (is_class(message_class, "IPM.Appointment"))
        out->has_calendar = index_calendar(props, &out->calendar);
    if (out->has_calendar && out->calendar.is_recurring)
        TRY(pack_series(mem, props, &out->calendar.series));
    out->has_contact = is_class(message_class, "IPM.Contact") || is_class(message_class, "IPM.DistList");
    return out->has_contact ? index_contact(mem, props, &out->contact) : STATUS_OK;
}

enum status item_index_send(struct transaction *tx, const struct item_index *index, int64_t mailbox, int64_t folder, int64_t item)
{
    struct sql_calendar_index_insert_in calendar = index->calendar;
    struct sql_reminder_insert_in reminder = index->reminder;
    struct sql_contact_index_insert_in contact = index->contact;
    calendar.mailbox = reminder.mailbox = contact.mailbox = mailbox;
    calendar.item = reminder.item = contact.item = item;
    calendar.folder = contact.folder = folder;
    if (index->has_calendar)
        TRY(tx_send_rows(tx, STATEMENT_calendar_index_insert, &calendar, 1));
    if (index->has_reminder)
        TRY(tx_send_rows(tx, STATEMENT_reminder_insert, &reminder, 1));
    return index->has_contact ? tx_send_rows(tx, STATEMENT_contact_index_insert, &contact, 1) : STATUS_OK;
}
