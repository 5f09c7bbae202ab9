/* The SMTP server with a fake backend, for tests/protocol.py: no database, no directory.
 * smtp_test_server FOLDER [section.option=value]...: writes the ports to FOLDER/ports and each message taken to FOLDER/<n>.eml with its envelope
 * in FOLDER/<n>.txt. Ends on SIGTERM with a drain. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "bourse/base/log.h"
#include "bourse/base/loop.h"
#include "bourse/mime/limits.h"
#include "server.h"
#include "testing/fake_backend.h"

static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count;

static FILE *create(int number, const char *suffix)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%d.%s", folder, number, suffix);
    return fopen(path, "wb");
}

static void describe(FILE *file, const struct envelope *envelope)
{
    fprintf(file, "sender %s\nprotocol %s\ngreeting %s\nclient %s\nenvid %s\nfull %d\nutf8 %d\n8bit %d\nsigned %d\n", envelope->sender,
            envelope->protocol, envelope->greeting, envelope->client, envelope->envelope_id != NULL ? envelope->envelope_id : "-",
            envelope->return_full, envelope->smtputf8, envelope->body_8bit, !guid_is_zero(envelope->submitter));
    for (size_t i = 0; i < envelope->recipient_count; i++)
        fprintf(file, "recipient %s %u %s\n", envelope->recipients[i].address, envelope->recipients[i].notify,
                envelope->recipients[i].original_address != NULL ? envelope->recipients[i].original_address : "-");
}

static void taken(void *data, const struct envelope *envelope, struct slice mime)
{
    (void)data;
    pthread_mutex_lock(&lock);
    int number = ++count;
    pthread_mutex_unlock(&lock);
    FILE *content = create(number, "eml"), *text = create(number, "part");
    if (content == NULL || text == NULL)
        return;
    fwrite(mime.data, 1, mime.length, content);
    fclose(content);
    describe(text, envelope);
    fclose(text);
    char from[1024], to[1024];
    snprintf(from, sizeof from, "%s/%d.part", folder, number);
    snprintf(to, sizeof to, "%s/%d.txt", folder, number);
    rename(from, to);
}

static void on_signal(int number, void *data)
{
    (void)number;
    loop_stop(data);
}

static int fail(const char *what, enum status status)
{
    char text[512];
    fprintf(stderr, "%s: %s: %s\n", what, status_info(status)->name, status_chain_text(text, sizeof text));
    return 1;
}

static int serve(struct smtp_server *server, struct loop *loop, const struct smtp_listener *listeners)
{
    char path[1024], done[1024];
    snprintf(path, sizeof path, "%s/ports.part", folder);
    snprintf(done, sizeof done, "%s/ports", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return 1;
    for (size_t i = 0; i < 3; i++)
        fprintf(file, "%u\n", smtp_listen_port(listeners[i].socket));
    fclose(file);
    rename(path, done);
    loop_run(loop);
    smtp_server_drain(server, 5);
    smtp_server_stop(server);
    return 0;
}

int main(int argc, char **argv)
{
    struct config *config = config_default(NULL);
    struct workers *workers = NULL;
    struct smtp_server *server = NULL;
    struct loop *loop = loop_new(NULL);
    struct fake_backend fake = { .taken = taken };
    struct smtp_listener listeners[3] = { { .service = SMTP_SERVICE_RELAY }, { .service = SMTP_SERVICE_SUBMISSION }, { .service = SMTP_SERVICE_SUBMISSIONS } };
    if (argc < 2)
        return 2;
    folder = argv[1];
    log_open("smtpd", 2, LOG_LEVEL_INFO);
    mime_init();
    for (int i = 2; i < argc; i++) {
        enum status status = config_set(config, argv[i]);
        if (status != STATUS_OK)
            return fail(argv[i], status);
    }
    for (size_t i = 0; i < 3; i++) {
        enum status status = smtp_listen("127.0.0.1", 0, &listeners[i].socket);
        if (status != STATUS_OK)
            return fail("listen", status);
    }
    enum status status = workers_start(NULL, "smtpd", 4, 1000, &workers);
    if (status != STATUS_OK)
        return fail("workers", status);
    struct smtp_backend backend = fake_backend_of(&fake);
    struct smtp_server_options options = { .config = config, .workers = workers, .listeners = listeners, .listener_count = 3, .threads = 2 };
    status = smtp_server_start_with(NULL, &options, &backend, &server);
    if (status != STATUS_OK)
        return fail("start", status);
    loop_watch_signal(loop, loop, SIGTERM, on_signal, loop);
    int result = serve(server, loop, listeners);
    talloc_free(server);
    workers_stop(workers);
    talloc_free(workers);
    talloc_free(loop);
    talloc_free(config);
    return result;
}
