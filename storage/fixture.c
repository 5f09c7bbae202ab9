#include "fixture.h"

#include "bourse/base/text.h"
#include "bourse/storage/check.h"
#include "bourse/storage/schema.h"

void fixture_ok(enum status status, const char *what, const char *file, int line)
{
    char chain[1024];
    if (status == STATUS_OK)
        return;
    fail_msg("%s:%d: %s: %s: %s", file, line, what, status_info(status)->name, status_chain_text(chain, sizeof chain));
}

int fixture_open(void **state)
{
    const char *conninfo = getenv("BOURSE_TEST_PGCONN");
    if (conninfo == NULL) {
        fprintf(stderr, "BOURSE_TEST_PGCONN is not set: run under tests/services/with-postgres\n");
        return -1;
    }
    struct fixture *f = talloc_zero(NULL, struct fixture);
    f->admin = PQconnectdb(conninfo);
    OK(store_open(f, &(struct store_options){ .connection = conninfo, .connections = 24 }, &f->store));
    OK(schema_apply(f->store, NULL, NULL));
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    PQfinish(f->admin);
    talloc_free(f);
    return 0;
}

struct transaction *fixture_begin(struct fixture *f, enum transaction_mode mode)
{
    struct transaction *tx = NULL;
    OK(transaction_begin(f->mem, f->store, mode, &tx));
    return tx;
}

struct transaction *fixture_write(struct fixture *f)
{
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_mailbox_lock(tx, f->mailbox, NULL));
    return tx;
}

void fixture_commit(struct transaction *tx)
{
    OK(transaction_commit(tx));
    talloc_free(tx);
}

int64_t fixture_new_mailbox(struct fixture *f)
{
    int64_t mailbox = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    f->owner = guid_new();
    OK(store_mailbox_create(tx, f->owner, MAILBOX_USER, "test@example.test", &mailbox));
    fixture_commit(tx);
    return mailbox;
}

int64_t fixture_role(struct fixture *f, enum store_role role)
{
    struct store_folder folder;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_folder_by_role(f->mem, tx, f->mailbox, role, &folder));
    talloc_free(tx);
    return folder.id;
}

int fixture_mailbox(void **state)
{
    struct fixture *f = *state;
    talloc_free(f->mem);
    f->mem = talloc_new(f);
    status_chain_clear();
    f->mailbox = fixture_new_mailbox(f);
    f->inbox = fixture_role(f, STORE_ROLE_INBOX);
    return 0;
}

static struct slice make_mime(TALLOC_CTX *mem, const char *subject, size_t size)
{
    struct buffer *buffer = buffer_new(mem, size + 4096);
    struct slice mime;
    buffer_printf(buffer, "Subject: %s\r\nMessage-ID: <%s@example.test>\r\n\r\n", subject, subject);
    unsigned random = 12345;
    while (buffer_length(buffer) < size) {
        random = random * 1103515245u + 12345u;
        buffer_printf(buffer, "word%u line of %s\r\n", random >> 16, subject);
    }
    OK(buffer_take(buffer, mem, &mime));
    return mime;
}

struct message *fixture_message(struct fixture *f, const char *subject, size_t mime_size)
{
    struct message *message = message_new(f->mem);
    OK(bag_set_string(message->props, (prop_tag)PROP_MESSAGE_CLASS, "IPM.Note"));
    OK(bag_set_string(message->props, (prop_tag)PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, (prop_tag)PROP_BODY, "Hello,\r\n\r\nthis is the body."));
    OK(bag_set_string(message->props, (prop_tag)PROP_SENT_REPRESENTING_NAME, "Alice Example"));
    OK(bag_set_string(message->props, (prop_tag)PROP_SENT_REPRESENTING_SMTP_ADDRESS, "alice@example.test"));
    OK(bag_set_string(message->props, (prop_tag)PROP_INTERNET_MESSAGE_ID, talloc_asprintf(message, "<%s@example.test>", subject)));
    OK(bag_set_string(message->props, (prop_tag)PROP_INTERNET_REFERENCES, "<a@example.test> <b@example.test>"));
    message_add_recipient(message, &(struct recipient){ .type = RECIPIENT_TO, .display_name = "Bob", .address_type = "SMTP",
                                                        .address = "bob@example.test", .smtp_address = "bob@example.test" });
    if (mime_size > 0) {
        message->mime.bytes = make_mime(message, subject, mime_size);
        message->mime.has_content = message->mime.mirrors = true;
    }
    return message;
}

struct prepared_message *fixture_prepared(struct fixture *f, const char *subject, size_t mime_size)
{
    struct prepared_message *prepared = NULL;
    OK(store_message_prepare(f->mem, f->store, fixture_message(f, subject, mime_size), &prepared));
    return prepared;
}

struct message_created fixture_item(struct fixture *f, int64_t folder, const char *subject)
{
    struct message_created created;
    struct prepared_message *prepared = fixture_prepared(f, subject, 0);
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, folder, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    return created;
}

struct store_folder fixture_folder(struct fixture *f, int64_t folder)
{
    struct store_folder out;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_folder_get(f->mem, tx, f->mailbox, folder, &out));
    talloc_free(tx);
    return out;
}

static PGresult *run(struct fixture *f, const char *sql)
{
    PGresult *result = PQexec(f->admin, sql);
    ExecStatusType kind = PQresultStatus(result);
    if (kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(f->admin));
    return result;
}

int64_t fixture_number(struct fixture *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = talloc_vasprintf(f, format, arguments);
    va_end(arguments);
    PGresult *result = run(f, sql);
    int64_t number = PQntuples(result) > 0 ? atoll(PQgetvalue(result, 0, 0)) : -1;
    PQclear(result);
    talloc_free(sql);
    return number;
}

void fixture_execute(struct fixture *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = talloc_vasprintf(f, format, arguments);
    va_end(arguments);
    PQclear(run(f, sql));
    talloc_free(sql);
}

static void unexpected(const struct check_finding *finding, void *data)
{
    (void)data;
    fprintf(stderr, "finding: %s: %s\n", finding->kind, finding->detail);
}

void fixture_check(struct fixture *f)
{
    struct check_result result;
    OK(check_mailbox(f->store, f->mailbox, true, false, unexpected, NULL, &result));
    assert_int_equal(result.findings, 0);
}
