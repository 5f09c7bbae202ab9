#include "bourse/groupware/reminder.h"

#include "bourse/base/memory.h"
#include "bourse/calendar/exception.h"
#include "bourse/model/properties.h"
#include "bourse/storage/calendar.h"
#include "folder_view.h"

enum { LIMIT_MAX = 1000, STEPS_MAX = 400 };

/* ---- series ---- */

static bool reminds(const struct occurrence *occurrence)
{
    const struct recurrence_exception *exception = occurrence->exception;
    return exception == NULL || (exception->overrides & OVERRIDE_REMINDER) == 0 || exception->reminder_set;
}

static instant delta_of(const struct occurrence *occurrence, instant delta)
{
    const struct recurrence_exception *exception = occurrence->exception;
    bool has_own = exception != NULL && (exception->overrides & OVERRIDE_REMINDER_DELTA) != 0;
    return has_own ? (instant)exception->reminder_delta * INSTANT_PER_MINUTE : delta;
}

enum status reminder_next_of_series(TALLOC_CTX *mem, const struct bag *props, instant after, instant *signal, instant *starts, int32_t *occurrence)
{
    struct recurrence *pattern = NULL;
    struct occurrence next;
    instant delta = (instant)bag_int32(props, PROP_REMINDER_DELTA, 15) * INSTANT_PER_MINUTE;
    TRY(series_pattern(mem, props, &pattern));
    const struct time_zone *zone = series_zone(mem, props);
    for (int step = 0; step < STEPS_MAX; step++) {
        TRY(recurrence_next(pattern, zone, after, &next));
        if (reminds(&next)) {
            *signal = next.starts - delta_of(&next, delta);
            *starts = next.starts;
            *occurrence = local_minutes(next.original_start);
            return STATUS_OK;
        }
        after = next.starts;
    }
    return status_fail(STATUS_OCCURRENCE_NOT_FOUND, "no occurrence of the next %d reminds", STEPS_MAX);
}

static bool is_series(const struct bag *props)
{
    return bag_bool(props, PROP_RECURRING, false) && bag_has(props, PROP_APPOINTMENT_RECUR);
}

/* ---- due ---- */

/* Fixed folders have their role's number as id. */
static bool is_silent_folder(int64_t folder)
{
    return folder == FOLDER_ROLE_DELETED_ITEMS || folder == FOLDER_ROLE_JUNK_EMAIL || folder == FOLDER_ROLE_DRAFTS || folder == FOLDER_ROLE_OUTBOX;
}

struct due {
    struct object_id *ids;
    instant *signals;
    size_t count;
};

static enum status find_due(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, instant until, size_t limit, struct due *out)
{
    struct found_item *found = NULL, *after = NULL;
    size_t count = 0;
    do {
        TRY(store_reminders_due(mem, tx, key->id, until, after, limit, &found, &count));
        for (size_t i = 0; i < count && out->count < limit; i++) {
            if (is_silent_folder(found[i].folder))
                continue;
            out->ids[out->count] = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = key->guid, .folder = found[i].folder, .item = found[i].item };
            out->signals[out->count++] = found[i].signal_time;
        }
        after = count > 0 ? &found[count - 1] : NULL;
    } while (count == limit && out->count < limit);
    return STATUS_OK;
}

/* PidLidReminderTime is the start of the occurrence that it reminds of [MS-OXORMDR] 2.2.1.4. */
static void place_in_series(TALLOC_CTX *mem, struct reminder *out)
{
    const struct bag *props = out->item->message->props;
    instant signal = 0, starts = 0, told = bag_time(props, PROP_REMINDER_TIME, 0);
    instant length = bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0) - bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0);
    out->master = out->id;
    if (reminder_next_of_series(mem, props, told > 0 ? told - 1 : out->signal - 1, &signal, &starts, &out->id.occurrence) == STATUS_OK) {
        out->starts = starts;
        out->ends = starts + (length > 0 ? length : 0);
    }
}

static void fill_reminder(TALLOC_CTX *mem, const struct item *item, instant signal, struct reminder *out)
{
    const struct bag *props = item->message->props;
    instant due = bag_time(props, PROP_TASK_DUE_DATE, bag_time(props, PROP_REMINDER_TIME, 0));
    *out = (struct reminder){ .id = item->id, .signal = signal, .item = item, .subject = bag_string(props, PROP_SUBJECT, ""), .location = bag_string(props, PROP_LOCATION, ""),
                              .starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, due), .ends = bag_time(props, PROP_APPOINTMENT_END_WHOLE, due) };
    if (is_series(props))
        place_in_series(mem, out);
}

static enum status load_due(TALLOC_CTX *mem, struct session *session, const struct due *due, struct reminder **out, size_t *count)
{
    struct item **items = array_new(mem, struct item *, due->count + 1);
    enum status *statuses = array_new(mem, enum status, due->count + 1);
    *out = array_new(mem, struct reminder, due->count + 1);
    TRY(items != NULL && statuses != NULL && *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "reminders"));
    TRY(item_get_many(mem, session, due->ids, due->count, ITEM_PROPERTIES | ITEM_BODIES, items, statuses)); /* ITEM_BODIES: large patterns lie apart */
    for (size_t i = 0; i < due->count; i++)
        if (items[i] != NULL)
            fill_reminder(mem, items[i], due->signals[i], &(*out)[(*count)++]);
    return STATUS_OK;
}

enum status reminders_due(TALLOC_CTX *mem, struct session *session, struct guid mailbox, instant until, size_t limit, struct reminder **out, size_t *count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    size_t most = limit == 0 || limit > LIMIT_MAX ? LIMIT_MAX : limit;
    struct due due = { .ids = array_new(mem, struct object_id, most), .signals = array_new(mem, instant, most) };
    *count = 0;
    TRY(due.ids != NULL && due.signals != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "reminders"));
    TRY(folder_begin(mem, session, mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = access_full_in(tx, session, &key);
    if (status == STATUS_OK)
        status = find_due(mem, tx, &key, until, most, &due);
    talloc_free(tx);
    return status == STATUS_OK ? load_due(mem, session, &due, out, count) : status;
}

/* ---- snooze, dismiss ---- */

static enum status load(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct item **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct object_id master = *id;
    master.occurrence = 0;
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = access_full_in(tx, session, &key);
    talloc_free(tx);
    TRY(status);
    TRY(item_get(mem, session, &master, ITEM_PROPERTIES | ITEM_BODIES, out));
    return bag_bool((*out)->message->props, PROP_REMINDER_SET, false) ? STATUS_OK : status_fail(STATUS_NOT_FOUND, "item without reminder");
}

static enum status save(TALLOC_CTX *mem, struct session *session, const struct item *item, const struct bag *set)
{
    struct item_change change = { .set = set };
    struct item *changed = NULL;
    return item_update(mem, session, &item->id, item->change_number, CONFLICT_AUTO_RESOLVE, &change, &changed);
}

static enum status snooze(TALLOC_CTX *mem, struct session *session, const struct object_id *id, instant until)
{
    struct item *item = NULL;
    struct bag *set = bag_new(mem);
    TRY(set != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "reminder"));
    TRY(load(mem, session, id, &item));
    TRY(bag_set_time(set, PROP_REMINDER_SIGNAL_TIME, until));
    return save(mem, session, item, set);
}

enum status reminder_snooze(struct session *session, const struct object_id *id, instant until)
{
    if (until <= clock_now())
        return status_fail(STATUS_INVALID_ARGUMENT, "reminder at a time that is over");
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = snooze(mem, session, id, until);
    talloc_free(mem);
    return status;
}

/* Where a series goes on: behind the occurrence that was shown, and not in the past. */
static enum status set_next(TALLOC_CTX *mem, const struct bag *props, struct bag *set)
{
    instant now = clock_now(), told = bag_time(props, PROP_REMINDER_TIME, 0), signal = 0, starts = 0;
    int32_t occurrence = 0;
    enum status status = reminder_next_of_series(mem, props, told > now ? told : now, &signal, &starts, &occurrence);
    if (status == STATUS_OCCURRENCE_NOT_FOUND)
        return bag_set_bool(set, PROP_REMINDER_SET, false);
    TRY(status);
    TRY(bag_set_time(set, PROP_REMINDER_TIME, starts));
    return bag_set_time(set, PROP_REMINDER_SIGNAL_TIME, signal);
}

/* Of an occurrence that the series has gone past already. */
static bool was_dismissed(TALLOC_CTX *mem, const struct object_id *id, const struct item *item)
{
    struct reminder shown;
    if (id->occurrence == 0 || !is_series(item->message->props))
        return false;
    fill_reminder(mem, item, bag_time(item->message->props, PROP_REMINDER_SIGNAL_TIME, 0), &shown);
    return shown.id.occurrence > id->occurrence;
}

static enum status dismiss(TALLOC_CTX *mem, struct session *session, const struct object_id *id)
{
    struct item *item = NULL;
    struct bag *set = bag_new(mem);
    TRY(set != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "reminder"));
    enum status status = load(mem, session, id, &item);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && was_dismissed(mem, id, item)))
        return STATUS_OK;
    TRY(status);
    TRY(is_series(item->message->props) ? set_next(mem, item->message->props, set) : bag_set_bool(set, PROP_REMINDER_SET, false));
    return save(mem, session, item, set);
}

enum status reminder_dismiss(struct session *session, const struct object_id *id)
{
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = dismiss(mem, session, id);
    talloc_free(mem);
    return status;
}
