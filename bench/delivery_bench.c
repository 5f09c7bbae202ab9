/* Goals 1 and 3: durable deliveries a second through the committer, beside the ceiling of one plain statement in the same run.
 *
 *     BOURSE_TEST_PG_FSYNC=on tests/services/with-postgres build/release/bench/delivery_bench [seconds [threads [mailboxes]]]
 *
 * With threads only the committer is measured.
 * Ceiling: each connection runs one CTE statement (counter update, message row, body row of 10 KB) in a transaction of its own.
 * CPU is that of the processes, so it says more than the speed on a machine that does other things too. */
#include <ctype.h>
#include <dirent.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/model/properties.h"
#include "bourse/storage/delivery.h"
#include "bourse/storage/schema.h"

#define MAILBOXES 64
#define MESSAGE_BYTES 10240
#define THREADS_MAX 64

static const char *conninfo;
static struct store *store;
static struct committer *committer;
static int64_t mailboxes[MAILBOXES];
static size_t mailbox_count;
static _Atomic int64_t done;
static _Atomic bool stop;

static void must(enum status status, const char *what)
{
    char chain[1024];
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, status_info(status)->name, status_chain_text(chain, sizeof chain));
    exit(1);
}

/* Text of words, so that it compresses as mail does. */
static void fill_mime(char *out, size_t size, int64_t number)
{
    uint64_t random = (uint64_t)number * 2654435761u + 1;
    size_t at = (size_t)snprintf(out, size, "From: a@example.test\r\nTo: b@example.test\r\nSubject: bench %lld\r\n"
                                            "Message-ID: <%lld@bench.example.test>\r\n\r\n", (long long)number, (long long)number);
    while (at + 20 < size) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        at += (size_t)snprintf(out + at, size - at, "%llx %s", (unsigned long long)(random >> 44), random >> 60 == 0 ? "\r\n" : "");
    }
}

static struct message *make_message(TALLOC_CTX *mem, int64_t number)
{
    static __thread char mime[MESSAGE_BYTES];
    struct message *message = message_new(mem);
    fill_mime(mime, sizeof mime, number);
    char *id = talloc_asprintf(message, "<%lld@bench.example.test>", (long long)number);
    must(bag_set_string(message->props, (prop_tag)PROP_SUBJECT, "a message of the bench"), "bag");
    must(bag_set_string(message->props, (prop_tag)PROP_INTERNET_MESSAGE_ID, id), "bag");
    must(bag_set_string(message->props, (prop_tag)PROP_SENT_REPRESENTING_SMTP_ADDRESS, "a@example.test"), "bag");
    must(bag_set_string(message->props, (prop_tag)PROP_DISPLAY_TO, "b@example.test"), "bag");
    must(bag_set_string(message->props, (prop_tag)PROP_BODY, slice_text(message, slice_of(mime, 2000))), "bag");
    message->mime = (struct message_mime){ .bytes = slice_of(mime, strlen(mime)), .has_content = true, .mirrors = true };
    return message;
}

static _Atomic int64_t next_number;

static void *session(void *data)
{
    int64_t self = (int64_t)(intptr_t)data;
    while (!atomic_load(&stop)) {
        TALLOC_CTX *mem = talloc_new(NULL);
        int64_t number = atomic_fetch_add(&next_number, 1);
        struct prepared_message *prepared = NULL;
        struct delivery_recipient recipient = { .mailbox = mailboxes[(size_t)(self + number) % mailbox_count], .address = "b@example.test" };
        must(store_message_prepare(mem, store, make_message(mem, number), &prepared), "prepare");
        struct delivery delivery = { .idempotency = hash_sha256(slice_of(&number, sizeof number)), .message = prepared,
                                     .recipients = &recipient, .recipient_count = 1 };
        must(committer_submit(committer, &delivery), "deliver");
        if (recipient.result == STATUS_OK)
            atomic_fetch_add(&done, 1);
        talloc_free(mem);
    }
    return NULL;
}

static int64_t ceiling_boxes = MAILBOXES; /* 1: all wait for the lock of one row */

static const char ceiling_sql[] =
    "WITH c AS (UPDATE bench_counter SET cn = cn + 1 WHERE box = $1::int8 RETURNING cn), "
    "m AS (INSERT INTO bench_message SELECT $1::int8, cn, 5, 'a subject', 'a@example.test', now() FROM c) "
    "INSERT INTO bench_body SELECT $1::int8, cn, $2::bytea FROM c";

static void *ceiling(void *data)
{
    int64_t self = (int64_t)(intptr_t)data;
    static __thread char mime[MESSAGE_BYTES];
    PGconn *pg = PQconnectdb(conninfo);
    PQclear(PQprepare(pg, "c", ceiling_sql, 2, NULL));
    while (!atomic_load(&stop)) {
        char box[24];
        int64_t number = atomic_fetch_add(&next_number, 1);
        fill_mime(mime, sizeof mime, number);
        snprintf(box, sizeof box, "%lld", (long long)((self + number) % ceiling_boxes));
        const char *values[] = { box, mime };
        int lengths[] = { 0, (int)strlen(mime) }, formats[] = { 0, 1 };
        PGresult *result = PQexecPrepared(pg, "c", 2, values, lengths, formats, 0);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            fprintf(stderr, "ceiling: %s\n", PQerrorMessage(pg));
            exit(1);
        }
        PQclear(result);
        atomic_fetch_add(&done, 1);
    }
    PQfinish(pg);
    return NULL;
}

/* User and system ticks of a process from /proc, by its id; `parent`: 0, or the parent that it must have. */
static long ticks_of(const char *pid, long parent)
{
    char path[64], text[1024] = "";
    long ppid = 0, times[4] = { 0 };
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "r");
    size_t length = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    const char *rest = length > 0 ? strrchr(text, ')') : NULL;
    if (rest == NULL || sscanf(rest, ") %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld", &ppid, &times[0], &times[1], &times[2], &times[3]) != 5)
        return 0;
    return parent != 0 && ppid != parent ? 0 : parent != 0 ? times[0] + times[1] : times[0] + times[1] + times[2] + times[3];
}

/* CPU seconds of the database server: the postmaster with its ended children, and the running ones. */
static double server_cpu(void)
{
    const char *pid = getenv("BOURSE_TEST_PG_PID");
    DIR *folder = pid != NULL ? opendir("/proc") : NULL;
    long ticks = pid != NULL ? ticks_of(pid, 0) : 0;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]))
            ticks += ticks_of(entry->d_name, atol(pid));
    if (folder != NULL)
        closedir(folder);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* CPU seconds a 1,000 of what the last measure() did. */
static double cpu_here, cpu_server;

static double measure(void *(*work)(void *data), int threads, int64_t seconds)
{
    double here = own_cpu(), server = server_cpu();
    pthread_t list[THREADS_MAX];
    atomic_store(&done, 0);
    atomic_store(&stop, false);
    int64_t began = clock_monotonic_us();
    for (int i = 0; i < threads; i++)
        pthread_create(&list[i], NULL, work, (void *)(intptr_t)i);
    struct timespec pause = { .tv_sec = seconds };
    nanosleep(&pause, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < threads; i++)
        pthread_join(list[i], NULL);
    double thousands = (double)atomic_load(&done) / 1000;
    cpu_here = (own_cpu() - here) / thousands;
    cpu_server = (server_cpu() - server) / thousands;
    return thousands * 1e9 / (double)(clock_monotonic_us() - began);
}

static void make_ceiling_tables(void)
{
    PGconn *pg = PQconnectdb(conninfo);
    PGresult *result = PQexec(pg, "CREATE TABLE bench_counter (box int8 PRIMARY KEY, cn int8) WITH (fillfactor = 50);"
                                  "CREATE TABLE bench_message (box int8, cn int8, folder int8, subject text, sender text, at timestamptz, PRIMARY KEY (box, cn));"
                                  "CREATE TABLE bench_body (box int8, cn int8, body bytea, PRIMARY KEY (box, cn));"
                                  "INSERT INTO bench_counter SELECT i, 0 FROM generate_series(0, 63) i");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fprintf(stderr, "%s", PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

static void make_mailboxes(TALLOC_CTX *mem)
{
    for (int i = 0; i < MAILBOXES; i++) {
        struct transaction *tx = NULL;
        must(transaction_begin(mem, store, TRANSACTION_WRITE, &tx), "begin");
        must(store_mailbox_create(tx, guid_new(), MAILBOX_USER, NULL, &mailboxes[i]), "mailbox");
        must(transaction_commit(tx), "commit");
        talloc_free(tx);
    }
}

static int measure_one(TALLOC_CTX *mem, int64_t seconds, int argc, char **argv)
{
    int threads = atoi(argv[2]);
    mailbox_count = argc > 3 ? (size_t)atol(argv[3]) : MAILBOXES;
    if (threads < 1 || threads > THREADS_MAX || mailbox_count < 1 || mailbox_count > MAILBOXES)
        return 2;
    double ours = measure(session, threads, seconds);
    printf("%d threads, %zu mailboxes: %.0f msg/s, CPU s/1,000: PostgreSQL %.3f, here %.3f\n", threads, mailbox_count, ours, cpu_server, cpu_here);
    talloc_free(mem);
    return 0;
}

int main(int argc, char **argv)
{
    static const int threads[] = { 1, 8, 32 };
    int64_t seconds = argc > 1 ? atoll(argv[1]) : 3;
    TALLOC_CTX *mem = talloc_new(NULL);
    conninfo = getenv("BOURSE_TEST_PGCONN");
    must(conninfo != NULL ? STATUS_OK : STATUS_CONFIGURATION, "run it under tests/services/with-postgres");
    must(store_open(mem, &(struct store_options){ .connection = conninfo, .connections = 8 }, &store), "open");
    must(schema_apply(store, NULL, NULL), "schema");
    make_mailboxes(mem);
    make_ceiling_tables();
    must(committer_start(mem, store, NULL, &committer), "committer");
    if (argc > 2)
        return measure_one(mem, seconds, argc, argv);
    printf("%8s %16s %16s %7s   %s\n", "threads", "committer msg/s", "one statement/s", "ratio", "CPU s/1,000: PostgreSQL + here (one statement)");
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        mailbox_count = MAILBOXES;
        double top = measure(ceiling, threads[i], seconds), top_cpu = cpu_server;
        double ours = measure(session, threads[i], seconds);
        printf("%8d %16.0f %16.0f %6.0f%%   %.3f + %.3f (%.3f)\n", threads[i], ours, top, ours * 100 / top, cpu_server, cpu_here, top_cpu);
    }
    mailbox_count = 1;
    ceiling_boxes = 1;
    double lock = measure(ceiling, 10, seconds), lock_cpu = cpu_server;
    double hot = measure(session, 10, seconds);
    printf("%8d %16.0f %16.0f %6.0f%%   %.3f + %.3f (%.3f) one hot mailbox: the ceiling is that of its row's lock, each message committed alone\n", 10, hot, lock,
           hot * 100 / lock, cpu_server, cpu_here, lock_cpu);
    talloc_free(mem);
    return 0;
}
