/* The server's session with a fake backend and a host that runs jobs at once. The first byte chooses the port and how the input is cut. */
#include <stdlib.h>

#include "bourse/base/log.h"
#include "testing/fake_backend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct connection {
    struct smtp_session *session;
    struct smtp_job *job;
    bool is_closed, is_starting_tls, is_held;
};

static void host_write(void *data, struct slice bytes)
{
    (void)data;
    if (bytes.length < 2 || bytes.data[bytes.length - 2] != '\r' || bytes.data[bytes.length - 1] != '\n')
        abort(); /* only whole lines */
}

static void host_start_tls(void *data)
{
    ((struct connection *)data)->is_starting_tls = true;
}

static void host_close(void *data)
{
    ((struct connection *)data)->is_closed = true;
}

static enum status host_submit(void *data, struct smtp_job *job)
{
    ((struct connection *)data)->job = job;
    return STATUS_OK;
}

static void host_delay(void *data, int64_t microseconds)
{
    (void)microseconds;
    ((struct connection *)data)->is_held = true;
}

static void host_more(void *data)
{
    (void)data;
}

static const struct smtp_host host = { .write = host_write, .start_tls = host_start_tls, .close = host_close, .submit = host_submit,
                                       .delay = host_delay, .more = host_more };

/* What the event loop would do between two inputs. False when nothing was to be done. */
static bool work(struct connection *connection)
{
    struct smtp_job *job = connection->job;
    if (job != NULL) {
        connection->job = NULL;
        smtp_job_run(job);
        smtp_job_finish(job);
        return true;
    }
    if (connection->is_starting_tls) {
        connection->is_starting_tls = false;
        smtp_session_tls_started(connection->session, "TLSv1.3");
        return true;
    }
    if (connection->is_held) {
        connection->is_held = false;
        smtp_session_resume(connection->session);
        return true;
    }
    return false;
}

static void drop(const char *line, void *data)
{
    (void)line;
    (void)data;
}

static void run(struct connection *connection, struct slice input, size_t piece)
{
    smtp_session_greet(connection->session);
    while (input.length > 0 && !connection->is_closed) {
        size_t taken = smtp_session_input(connection->session, slice_part(input, 0, piece));
        input = slice_part(input, taken, input.length);
        bool has_worked = false;
        while (!connection->is_closed && work(connection))
            has_worked = true;
        if (taken == 0 && !has_worked)
            abort(); /* stuck */
    }
    while (work(connection))
        ;
    (void)smtp_session_hang_up(connection->session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config *config;
    if (config == NULL) {
        config = config_default(NULL);
        log_set_sink(drop, NULL);
    }
    if (size == 0)
        return 0;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct fake_backend fake = { 0 };
    struct smtp_backend backend = fake_backend_of(&fake);
    struct connection connection = { 0 };
    struct smtp_session_options options = { .config = config, .backend = &backend, .host = &host, .host_data = &connection, .hostname = "mx.test",
                                            .service = (enum smtp_service)(data[0] % 3), .peer = "192.0.2.1", .is_tls_available = true,
                                            .is_tls = data[0] % 3 == SMTP_SERVICE_SUBMISSIONS };
    connection.session = smtp_session_new(mem, &options);
    if (connection.session != NULL)
        run(&connection, slice_of(data + 1, size - 1), data[0] / 3 == 0 ? size : data[0] / 3u);
    talloc_free(mem);
    return 0;
}
