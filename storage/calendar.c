#include "bourse/storage/calendar.h"

#include <string.h>

#include "array_count.h"
#include "bourse/base/text.h"
#include "calendar_private.h"
#include "folder_private.h"
#include "item_index.h"
#include "message_private.h"

#define FOUND_MAX 1000
#define PREFIX_MAX 256

enum status store_calendar_window(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, instant from, instant to, size_t limit,
                                  struct calendar_row **out, size_t *count, bool *more)
{
    struct result *result = NULL;
    if (limit == 0 || limit > STORE_CALENDAR_ROWS)
        limit = STORE_CALENDAR_ROWS;
    TRY(TX_RUN(tx, mem, &result, calendar_window, .mailbox = mailbox, .folder = folder, .from = from, .to = to, .limit = (int64_t)limit + 1));
    *count = (size_t)result->row_count;
    *more = *count > limit;
    *count = *more ? limit : *count;
    *out = talloc_zero_array(mem, struct calendar_row, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar");
    for (size_t i = 0; i < *count; i++) {
        struct sql_calendar_window_out row;
        result_read(result, (int)i, STATEMENT_calendar_window, &row);
        (*out)[i] = (struct calendar_row){ row.item, row.starts, row.ends, row.busy_status, row.is_recurring };
    }
    talloc_free(result);
    return STATUS_OK;
}

/* ---- many calendars ---- */

enum status calendar_range_columns(TALLOC_CTX *mem, const struct calendar_range *ranges, size_t count, struct sql_int8s *mailboxes, struct sql_int8s *folders)
{
    int64_t *mailbox = talloc_array(mem, int64_t, array_count(count + 1)), *folder = talloc_array(mem, int64_t, array_count(count + 1));
    if (mailbox == NULL || folder == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendars");
    for (size_t i = 0; i < count; i++) {
        mailbox[i] = ranges[i].mailbox;
        folder[i] = ranges[i].folder;
    }
    *mailboxes = (struct sql_int8s){ mailbox, count };
    *folders = (struct sql_int8s){ folder, count };
    return STATUS_OK;
}

static enum status take_content(TALLOC_CTX *mem, const struct sql_calendar_windows_out *row, int64_t goid_hash, struct calendar_content *out)
{
    *out = (struct calendar_content){
        .range = (size_t)row->place - 1, .row = { row->item, row->starts, row->ends, row->busy_status, row->is_recurring },
        .sensitivity = row->sensitivity, .subject = row->subject, .is_meant = goid_hash != 0 && row->goid_hash == goid_hash,
    };
    return bytes_to_bag(mem, row->props, &out->props);
}

static enum status fetch_values(TALLOC_CTX *mem, struct transaction *tx, const struct calendar_content *contents, size_t count)
{
    struct bag **bags = talloc_array(mem, struct bag *, array_count(count + 1));
    size_t n = 0;
    if (bags == NULL)
        return status_fail(STATUS_NO_MEMORY, "values");
    for (size_t i = 0; i < count; i++)
        bags[n++] = contents[i].props;
    return message_load_values(mem, tx, bags, n);
}

enum status store_calendar_windows(TALLOC_CTX *mem, struct transaction *tx, const struct calendar_range *ranges, size_t range_count, instant from, instant to,
                                   size_t limit, struct slice goid, struct calendar_content **out, size_t *count, bool *cut)
{
    struct result *result = NULL;
    struct sql_int8s mailboxes, folders;
    int64_t goid_hash = global_id_hash(goid);
    size_t in_range = 0;
    TRY(calendar_range_columns(mem, ranges, range_count, &mailboxes, &folders));
    TRY(TX_RUN(tx, mem, &result, calendar_windows, .mailbox = mailboxes, .folder = folders, .from = from, .to = to, .limit = (int64_t)limit + 1));
    *count = 0;
    *out = talloc_zero_array(mem, struct calendar_content, array_count((size_t)result->row_count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendars");
    memset(cut, 0, range_count * sizeof *cut);
    for (int r = 0; r < result->row_count; r++) {
        struct sql_calendar_windows_out row;
        struct calendar_content *content = &(*out)[*count];
        result_read(result, r, STATEMENT_calendar_windows, &row);
        TRY(take_content(mem, &row, goid_hash, content));
        in_range = *count > 0 && content[-1].range == content->range ? in_range + 1 : 1;
        if (in_range > limit)
            cut[content->range] = true;
        else
            (*count)++;
    }
    return fetch_values(mem, tx, *out, *count);
}

enum status store_calendars_of_owners(TALLOC_CTX *mem, struct transaction *tx, const struct guid *owners, size_t count, const struct guid *principals,
                                      size_t principal_count, const char *config, struct owned_calendar *out)
{
    struct result *result = NULL;
    memset(out, 0, count * sizeof *out);
    TRY(TX_RUN(tx, mem, &result, calendars_of_owners, .owners = { owners, count }, .role = STORE_ROLE_CALENDAR, .own = principals[0],
               .principals = { principals, principal_count }, .config = config));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_calendars_of_owners_out row;
        result_read(result, r, STATEMENT_calendars_of_owners, &row);
        out[row.place - 1] = (struct owned_calendar){ .mailbox = row.mailbox, .guid = row.guid, .folder = row.folder, .rights = (uint32_t)row.rights,
                                                      .flags = (uint32_t)row.flags, .config = row.config };
    }
    return STATUS_OK;
}

/* ---- single items ---- */

static size_t bounded(size_t limit)
{
    return limit == 0 || limit > FOUND_MAX ? FOUND_MAX : limit;
}

static enum status found_array(TALLOC_CTX *mem, const struct result *result, struct found_item **out, size_t *count)
{
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct found_item, array_count(*count + 1));
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "found items");
}

enum status store_calendar_by_global_id(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct slice clean_id, size_t limit, struct found_item **out,
                                        size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, calendar_by_goid, .mailbox = mailbox, .goid_hash = global_id_hash(clean_id), .limit = (int64_t)bounded(limit)));
    TRY(found_array(mem, result, out, count));
    for (size_t i = 0; i < *count; i++) {
        struct sql_calendar_by_goid_out row;
        result_read(result, (int)i, STATEMENT_calendar_by_goid, &row);
        (*out)[i] = (struct found_item){ .item = row.item, .folder = row.folder };
    }
    return STATUS_OK;
}

enum status store_reminders_due(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, instant until, const struct found_item *after, size_t limit,
                                struct found_item **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, reminders_due, .mailbox = mailbox, .until = until, .after = after != NULL ? after->signal_time : 0,
               .after_item = after != NULL ? after->item : 0, .limit = (int64_t)bounded(limit)));
    TRY(found_array(mem, result, out, count));
    for (size_t i = 0; i < *count; i++) {
        struct sql_reminders_due_out row;
        result_read(result, (int)i, STATEMENT_reminders_due, &row);
        (*out)[i] = (struct found_item){ .item = row.item, .folder = row.folder, .signal_time = row.signal_time };
    }
    return STATUS_OK;
}

static enum status take_contacts(TALLOC_CTX *mem, const struct result *result, struct found_item **out, size_t *count)
{
    TRY(found_array(mem, result, out, count));
    for (size_t i = 0; i < *count; i++) {
        struct sql_contacts_by_address_out row;
        result_read(result, (int)i, STATEMENT_contacts_by_address, &row); /* contacts_by_file_as has the same columns */
        (*out)[i] = (struct found_item){ .item = row.item, .folder = row.folder, .file_as = row.file_as };
    }
    return STATUS_OK;
}

enum status store_contacts_by_address(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *address, size_t limit, struct found_item **out,
                                      size_t *count)
{
    struct result *result = NULL;
    char *folded = text_fold(mem, slice_trim(slice_of_text(address)));
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "address");
    TRY(TX_RUN(tx, mem, &result, contacts_by_address, .mailbox = mailbox, .address = folded, .limit = (int64_t)bounded(limit)));
    return take_contacts(mem, result, out, count);
}

/* For LIKE: its three special characters stand for themselves. */
static char *prefix_pattern(TALLOC_CTX *mem, const char *folded)
{
    char *pattern = talloc_array(mem, char, 2 * PREFIX_MAX + 2);
    size_t length = 0;
    for (size_t i = 0; pattern != NULL && folded[i] != '\0' && length < (size_t)2 * PREFIX_MAX - 1; i++) {
        if (strchr("%_\\", folded[i]) != NULL)
            pattern[length++] = '\\';
        pattern[length++] = folded[i];
    }
    if (pattern != NULL) {
        pattern[length++] = '%';
        pattern[length] = '\0';
    }
    return pattern;
}

enum status store_contacts_by_file_as(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *prefix, size_t limit, struct found_item **out,
                                      size_t *count)
{
    struct result *result = NULL;
    char *folded = text_fold(mem, utf8_prefix(slice_of_text(prefix), PREFIX_MAX));
    char *pattern = folded != NULL ? prefix_pattern(mem, folded) : NULL;
    if (pattern == NULL)
        return status_fail(STATUS_NO_MEMORY, "name");
    TRY(TX_RUN(tx, mem, &result, contacts_by_file_as, .mailbox = mailbox, .pattern = pattern, .limit = (int64_t)bounded(limit)));
    return take_contacts(mem, result, out, count);
}
