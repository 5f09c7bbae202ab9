/* Goal 10: durable calendar events a second, free/busy of 20 people for a month beside the time of bare expansion, a month of a large calendar.
 *
 *     BOURSE_TEST_PG_FSYNC=on tests/services/with-postgres tests/services/with-openldap build/release/bench/calendar_bench [seconds]
 *
 * All through groupware, as protocols call it. Free/busy is asked for twenty mailboxes that the directory does not know, so that its answers, which are cached
 * in practice, do not count; raw expansion is the parsing and expanding of the same patterns without any database. */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "availability_events.h"
#include "bourse/base/clock.h"
#include "bourse/calendar/exception.h"
#include "bourse/directory/directory.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "bourse/storage/mailbox.h"
#include "bourse/storage/schema.h"

enum { PEOPLE = 20, SERIES_EACH = 15, SINGLES_EACH = 60, ROUNDS = 200, LARGE = 10000, LARGE_SERIES = 500, SLICE = 200, THREADS_MAX = 16, PAST_DAYS = 4000 };

static struct config *config;
static struct groupware *groupware;
static struct guid alice;
static double seconds = 5;
static instant month; /* midnight UTC where the looked-at month begins */
static _Atomic bool stop;
static _Atomic int64_t done;

static void must(enum status status, const char *what)
{
    char chain[1024];
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, status_info(status)->name, status_chain_text(chain, sizeof chain));
    exit(1);
}

static void set(const char *option, const char *value)
{
    must(config_set(config, talloc_asprintf(config, "%s=%s", option, value != NULL ? value : "")), option);
}

static void open_all(void)
{
    char folder[] = "/tmp/bourse-bench-XXXXXX", path[64];
    struct store *store = NULL;
    struct recipient_entry *entry = NULL;
    if (getenv("BOURSE_TEST_PGCONN") == NULL || getenv("BOURSE_TEST_LDAP_URI") == NULL || mkdtemp(folder) == NULL)
        exit(fprintf(stderr, "run under tests/services/with-postgres and with-openldap\n"));
    snprintf(path, sizeof path, "%s/password", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(getenv("BOURSE_TEST_LDAP_PASSWORD"), file) < 0 || fclose(file) != 0 || chmod(path, 0600) != 0)
        exit(1);
    config = config_default(NULL);
    set("database.connection", getenv("BOURSE_TEST_PGCONN"));
    set("directory.uris", getenv("BOURSE_TEST_LDAP_URI"));
    set("directory.base", getenv("BOURSE_TEST_LDAP_BASE"));
    set("directory.bind_dn", getenv("BOURSE_TEST_LDAP_BIND_DN"));
    set("directory.ca_file", getenv("BOURSE_TEST_LDAP_CA"));
    set("directory.bind_password_file", path);
    set("server.data_directory", folder);
    set("server.hostname", "mail.example.test");
    set("server.domains", "example.test");
    set("database.connections", "24");
    must(store_open_configured(config, config, &store), "store");
    must(schema_apply(store, NULL, NULL), "schema");
    talloc_free(store);
    must(groupware_open(config, config, &groupware), "groupware");
    must(recipient_by_address(config, groupware_directory(groupware), "alice@example.test", &entry), "alice");
    alice = entry->guid;
}

static struct message *event(TALLOC_CTX *mem, int number, instant starts)
{
    struct message *message = message_new(mem);
    must(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"), "class");
    must(bag_set_string(message->props, PROP_SUBJECT, talloc_asprintf(mem, "event %d", number)), "subject");
    must(bag_set_string(message->props, PROP_BODY, "Agenda\r\n\r\n1. what was decided\r\n2. what is open\r\n3. dates"), "body");
    must(bag_set_string(message->props, PROP_LID_LOCATION, "Room 4"), "location");
    must(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, starts), "start");
    must(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, starts + INSTANT_PER_HOUR), "end");
    return message;
}

/* Every week for years, in a zone with summer time. `last`: 0 without end. */
static void make_weekly(struct message *message, int number, local_time first, local_time last)
{
    struct buffer *recur = buffer_new(message, 65536), *zone = buffer_new(message, 65536);
    const struct time_zone *berlin = time_zone_by_id("Europe/Berlin");
    struct recurrence pattern = {
        .frequency = RECUR_WEEKLY, .pattern = RECUR_BY_WEEK, .interval = 1, .weekdays = 1u << (1 + number % 5), .first_date = local_midnight(first),
        .last_date = local_midnight(last != 0 ? last : first), .end = last != 0 ? RECUR_END_BY_DATE : RECUR_END_NEVER,
        .start_minute = (uint32_t)(480 + number % 16 * 30), .end_minute = (uint32_t)(540 + number % 16 * 30),
    };
    must(recurrence_complete(&pattern), "pattern");
    must(recurrence_pack(&pattern, recur), "pattern");
    must(time_zone_definition_pack(berlin, 2026, true, zone), "zone");
    must(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(recur)), "pattern");
    must(bag_set_bytes(message->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone)), "zone");
}

static void save(struct session *session, const struct object_id *folder, const struct message *message)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct item *item = NULL;
    must(item_create(mem, session, folder, message, &(struct item_create_options){ .is_read = true }, &item), "create");
    talloc_free(mem);
}

/* ---- creating ---- */

static void *create_loop(void *data)
{
    struct session *session = NULL;
    struct object_id folder;
    int number = *(int *)data;
    must(session_open(NULL, groupware, alice, &session), "session");
    must(folder_id_of_role(session, session_mailbox(session), FOLDER_ROLE_CALENDAR, &folder), "folder");
    while (!stop) {
        TALLOC_CTX *mem = talloc_new(NULL);
        save(session, &folder, event(mem, number++, month - PAST_DAYS * INSTANT_PER_DAY));
        done++;
        talloc_free(mem);
    }
    talloc_free(session);
    return NULL;
}

static void measure_creating(int threads)
{
    pthread_t list[THREADS_MAX];
    int first[THREADS_MAX];
    stop = false;
    done = 0;
    int64_t begun = clock_monotonic_us();
    for (int i = 0; i < threads; i++) {
        first[i] = i * 1000000;
        pthread_create(&list[i], NULL, create_loop, &first[i]);
    }
    struct timespec wait = { .tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
    nanosleep(&wait, NULL);
    stop = true;
    for (int i = 0; i < threads; i++)
        pthread_join(list[i], NULL);
    double took = (double)(clock_monotonic_us() - begun) / 1e6;
    printf("create: %d writers of one calendar, %.0f durable events/s\n", threads, (double)done / took);
}

/* ---- free/busy ---- */

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static double median_ms(int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, by_time);
    int64_t middle = times[count / 2];
    return (double)middle / 1000;
}

/* Straight into the store, as their owners are in no directory. */
static void fill_person(struct store *store, TALLOC_CTX *mem, int person, struct guid owner, struct slice patterns[], struct slice zones[])
{
    struct transaction *tx = NULL;
    int64_t mailbox = 0;
    must(transaction_begin(mem, store, TRANSACTION_WRITE, &tx), "begin");
    must(store_mailbox_create(tx, owner, MAILBOX_USER, "bench", &mailbox), "mailbox");
    for (int i = 0; i < SERIES_EACH + SINGLES_EACH; i++) {
        struct message *message = event(mem, i, month + (i % 28) * INSTANT_PER_DAY + (8 + i % 9) * INSTANT_PER_HOUR);
        struct prepared_message *prepared = NULL;
        struct message_created created;
        if (i < SERIES_EACH) {
            make_weekly(message, i, month - 300 * INSTANT_PER_DAY, 0);
            patterns[person * SERIES_EACH + i] = slice_copy(config, bag_bytes(message->props, PROP_APPOINTMENT_RECUR));
            zones[person * SERIES_EACH + i] = slice_copy(config, bag_bytes(message->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR));
            must(bag_set_time(message->props, PROP_CLIP_START, month - 300 * INSTANT_PER_DAY), "clip");
        }
        must(bag_set_int32(message->props, PROP_BUSY_STATUS, 2), "busy");
        must(store_message_prepare_in(mem, tx, message, &prepared), "prepare");
        must(store_message_create(tx, mailbox, (int64_t)FOLDER_ROLE_CALENDAR, prepared, &(struct message_place){ 0 }, &created), "create");
    }
    must(transaction_commit(tx), "commit");
}

static double expand_raw(const struct slice patterns[], const struct slice zones[])
{
    int64_t times[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        int64_t begun = clock_monotonic_us();
        for (int i = 0; i < PEOPLE * SERIES_EACH; i++) {
            struct recurrence *pattern = NULL;
            const struct time_zone *zone = NULL;
            struct occurrence *list = NULL;
            size_t count = 0;
            bool more = false;
            must(recurrence_parse(mem, patterns[i], &pattern), "parse");
            must(time_zone_definition_parse(mem, zones[i], &zone), "zone");
            must(recurrence_expand(mem, pattern, zone, &(struct occurrence_query){ .from = month, .to = month + 30 * INSTANT_PER_DAY }, &list, &count, &more), "expand");
        }
        times[round] = clock_monotonic_us() - begun;
        talloc_free(mem);
    }
    return median_ms(times, ROUNDS);
}

/* Processor time of this thread and of the database's sessions, ns: what is left to compare on a machine that does other work too. */
static int64_t processor_ns(PGconn *pg)
{
    struct timespec own;
    PGresult *rows = PQexec(pg, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    int64_t sum = own.tv_sec * 1000000000 + own.tv_nsec;
    for (int i = 0; i < PQntuples(rows); i++) {
        char path[64];
        long long spent = 0;
        snprintf(path, sizeof path, "/proc/%s/schedstat", PQgetvalue(rows, i, 0));
        FILE *file = fopen(path, "r");
        if (file != NULL && fscanf(file, "%lld", &spent) == 1)
            sum += spent;
        if (file != NULL)
            fclose(file);
    }
    PQclear(rows);
    return sum;
}

static void measure_free_busy(void)
{
    static struct slice patterns[PEOPLE * SERIES_EACH], zones[PEOPLE * SERIES_EACH];
    struct guid owners[PEOPLE];
    struct session *session = NULL;
    int64_t times[ROUNDS];
    size_t events = 0;
    must(session_open(NULL, groupware, alice, &session), "session");
    for (int i = 0; i < PEOPLE; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        owners[i] = guid_new();
        fill_person(session->groupware->store, mem, i, owners[i], patterns, zones);
        talloc_free(mem);
    }
    PGconn *pg = PQconnectdb(getenv("BOURSE_TEST_PGCONN"));
    int64_t spent = -processor_ns(pg);
    for (int round = 0; round < ROUNDS; round++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct busy_calendar calendars[PEOPLE] = { 0 };
        for (int i = 0; i < PEOPLE; i++)
            calendars[i].owner = owners[i];
        int64_t begun = clock_monotonic_us();
        must(busy_calendars_load(mem, session, calendars, PEOPLE, month, month + 30 * INSTANT_PER_DAY, slice_of("", 0)), "free/busy");
        times[round] = clock_monotonic_us() - begun;
        events = 0;
        for (int i = 0; i < PEOPLE; i++)
            events += calendars[i].event_count;
        talloc_free(mem);
    }
    spent += processor_ns(pg);
    double whole = median_ms(times, ROUNDS);
    int64_t bare = -processor_ns(pg);
    double raw = expand_raw(patterns, zones);
    bare += processor_ns(pg);
    PQfinish(pg);
    printf("free/busy: %d people, %d series and %d singles each, a month, %zu events: p50 %.2f ms; raw expansion %.2f ms; ratio %.2f\n", PEOPLE, SERIES_EACH,
           SINGLES_EACH, events, whole, raw, whole / raw);
    printf("free/busy: processor %.2f ms, database included; raw expansion %.2f ms; ratio %.2f\n", (double)spent / ROUNDS / 1e6, (double)bare / ROUNDS / 1e6,
           (double)spent / (double)bare);
    talloc_free(session);
}

/* ---- a month of a large calendar ---- */

/* A tenth of the series are still going on. */
static void fill_slice(struct session *session, int64_t folder, int first)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct transaction *tx = NULL;
    must(transaction_begin(mem, session->groupware->store, TRANSACTION_WRITE, &tx), "begin");
    must(store_mailbox_lock(tx, session->own.id, NULL), "lock");
    for (int i = first; i < first + SLICE; i++) {
        struct message *message = event(mem, i, month + ((i % 1500) - 1000) * INSTANT_PER_DAY);
        struct prepared_message *prepared = NULL;
        struct message_created created;
        if (i < LARGE_SERIES) {
            instant last = i % 10 == 0 ? 0 : month - (i % 300 + 40) * INSTANT_PER_DAY;
            make_weekly(message, i, month - 700 * INSTANT_PER_DAY, last);
            must(bag_set_time(message->props, PROP_CLIP_START, month - 700 * INSTANT_PER_DAY), "clip");
            if (last != 0)
                must(bag_set_time(message->props, PROP_CLIP_END, last), "clip");
        }
        must(store_message_prepare_in(mem, tx, message, &prepared), "prepare");
        must(store_message_create(tx, session->own.id, folder, prepared, &(struct message_place){ .is_read = true }, &created), "create");
    }
    must(transaction_commit(tx), "commit");
    talloc_free(mem);
}

static void measure_month(void)
{
    struct session *session = NULL;
    struct object_id top;
    struct folder *folder = NULL;
    int64_t times[ROUNDS / 4];
    size_t count = 0;
    must(session_open(NULL, groupware, alice, &session), "session");
    must(folder_id_of_role(session, session_mailbox(session), FOLDER_ROLE_CALENDAR, &top), "folder");
    must(folder_create(session, session, &top, "large", "IPF.Appointment", NULL, &folder), "folder");
    for (int first = 0; first < LARGE; first += SLICE)
        fill_slice(session, folder->id.folder, first);
    for (size_t round = 0; round < ROUNDS / 4; round++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct item_page *page = NULL;
        struct calendar_window window = { .from = month, .to = month + 30 * INSTANT_PER_DAY, .parts = ITEM_PROPERTIES };
        int64_t begun = clock_monotonic_us();
        must(calendar_view(mem, session, &folder->id, &window, &page), "view");
        times[round] = clock_monotonic_us() - begun;
        count = page->count;
        talloc_free(mem);
    }
    printf("month view: calendar of %d items with %d series, %zu shown: p50 %.2f ms\n", LARGE, LARGE_SERIES, count, median_ms(times, ROUNDS / 4));
    talloc_free(session);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        seconds = strtod(argv[1], NULL);
    month = clock_now() / INSTANT_PER_DAY * INSTANT_PER_DAY;
    open_all();
    measure_creating(1);
    measure_creating(8);
    measure_free_busy();
    measure_month();
    groupware_close(groupware);
    talloc_free(config);
    return 0;
}
