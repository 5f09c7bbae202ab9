#include "working_hours.h"

#include <stdlib.h>
#include <unistd.h>

#include "bourse/base/wire.h"
#include "bourse/calendar/recurrence.h"
#include "bourse/storage/calendar.h"
#include "bourse/storage/settings.h"
#include "folder_view.h"

enum { VERSION = 1, CAP = 64 * 1024, MINUTES_A_DAY = 1440, HEAD = 13, PATH_CAP = 512 };

/* The zone that the machine runs in: TZ, else where /etc/localtime points. */
static const struct time_zone *server_zone(void)
{
    static const char marker[] = "/zoneinfo/";
    const char *name = getenv("TZ");
    char path[PATH_CAP];
    ssize_t length = readlink("/etc/localtime", path, sizeof path - 1);
    const struct time_zone *zone = name != NULL && name[0] != '\0' ? time_zone_by_id(name) : NULL;
    if (zone == NULL && length > 0) {
        path[length] = '\0';
        const char *at = strstr(path, marker);
        zone = at != NULL ? time_zone_by_id(at + sizeof marker - 1) : NULL;
    }
    return zone != NULL ? zone : time_zone_utc();
}

struct working_hours working_hours_default(void)
{
    return (struct working_hours){ .zone = server_zone(), .weekdays = WEEKDAYS_WORKING, .start_minute = 8 * 60, .end_minute = 17 * 60 };
}

static uint32_t number_at(struct slice packed, size_t at)
{
    const uint8_t *b = packed.data + at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool are_valid(const struct working_hours *hours)
{
    return (hours->weekdays & ~(uint32_t)WEEKDAYS_ALL) == 0 && hours->start_minute >= 0 && hours->end_minute <= MINUTES_A_DAY &&
           hours->start_minute <= hours->end_minute && hours->zone != NULL;
}

struct working_hours working_hours_unpack(TALLOC_CTX *mem, struct slice packed)
{
    struct working_hours hours = working_hours_default(), kept = hours;
    if (packed.length < HEAD || packed.data[0] != VERSION)
        return hours;
    kept.weekdays = number_at(packed, 1);
    kept.start_minute = (int32_t)number_at(packed, 5);
    kept.end_minute = (int32_t)number_at(packed, 9);
    if (time_zone_definition_parse(mem, slice_part(packed, HEAD, packed.length), &kept.zone) != STATUS_OK)
        return hours;
    return are_valid(&kept) ? kept : hours;
}

static enum status pack(const struct working_hours *hours, struct buffer *out)
{
    struct civil_date today = civil_of_local(time_zone_to_local(hours->zone, clock_now()));
    buffer_append_byte(out, VERSION);
    buffer_append_u32(out, hours->weekdays);
    buffer_append_u32(out, (uint32_t)hours->start_minute);
    buffer_append_u32(out, (uint32_t)hours->end_minute);
    TRY(time_zone_definition_pack(hours->zone, today.year, true, out));
    return buffer_status(out);
}

/* ---- public ---- */

static enum status calendar_folder(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, int64_t *folder)
{
    struct store_folder row;
    TRY(store_folder_by_role(mem, tx, key->id, STORE_ROLE_CALENDAR, &row));
    *folder = row.id;
    return STATUS_OK;
}

static enum status read_config(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, struct slice *out)
{
    int64_t folder = 0;
    uint32_t rights = 0;
    TRY(calendar_folder(mem, tx, key, &folder));
    TRY(access_in(tx, session, key, folder, &rights));
    if ((rights & (RIGHT_READ_ANY | RIGHT_FREE_BUSY_SIMPLE | RIGHT_FREE_BUSY_DETAILED)) == 0)
        return status_fail(STATUS_ACCESS_DENIED, "free/busy is not shared");
    *out = slice_of("", 0);
    enum status status = user_config_get(mem, tx, key->id, folder, WORKING_HOURS_CONFIG, out);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status working_hours_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct working_hours *out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct slice packed;
    TRY(folder_begin(mem, session, mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = read_config(mem, tx, session, &key, &packed);
    talloc_free(tx);
    TRY(status);
    *out = working_hours_unpack(mem, packed);
    return STATUS_OK;
}

static enum status write_config(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, struct slice packed)
{
    int64_t folder = 0;
    TRY(calendar_folder(mem, tx, key, &folder));
    TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(user_config_set(tx, key->id, folder, WORKING_HOURS_CONFIG, packed));
    return transaction_commit(tx);
}

enum status working_hours_set(struct session *session, const struct working_hours *hours)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *mem = talloc_new(session);
    struct buffer *packed = buffer_new(mem, CAP);
    if (!are_valid(hours)) {
        talloc_free(mem);
        return status_fail(STATUS_INVALID_ARGUMENT, "working hours");
    }
    enum status status = packed != NULL ? pack(hours, packed) : status_fail(STATUS_NO_MEMORY, "working hours");
    if (status == STATUS_OK)
        status = folder_begin(mem, session, session_mailbox(session), TRANSACTION_WRITE, &key, &tx);
    if (status == STATUS_OK)
        status = write_config(mem, tx, &key, buffer_slice(packed));
    talloc_free(mem);
    return status;
}
