#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bourse/directory/directory.h"
#include "bourse/groupware/deliver.h"
#include "bourse/groupware/find.h"
#include "bourse/mime/header.h"
#include "bourse/storage/schema.h"

void fixture_ok(enum status status, const char *what, const char *file, int line)
{
    char chain[1024];
    if (status != STATUS_OK)
        fail_msg("%s:%d: %s: %s: %s", file, line, what, status_info(status)->name, status_chain_text(chain, sizeof chain));
}

static void set(struct fixture *f, const char *option, const char *variable)
{
    const char *value = getenv(variable);
    if (value == NULL)
        fail_msg("%s is not set: run under tests/services/with-postgres and with-openldap", variable);
    OK(config_set(f->config, talloc_asprintf(f, "%s=%s", option, value)));
}

static char *write_password(struct fixture *f, const char *folder)
{
    char *path = talloc_asprintf(f, "%s/password", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(chmod(path, 0600), 0);
    fputs(getenv("BOURSE_TEST_LDAP_PASSWORD"), file);
    fclose(file);
    return path;
}

static void configure(struct fixture *f)
{
    char folder[] = "/tmp/bourse-groupware-XXXXXX";
    assert_non_null(mkdtemp(folder));
    f->config = config_default(f);
    set(f, "database.connection", "BOURSE_TEST_PGCONN");
    set(f, "directory.uris", "BOURSE_TEST_LDAP_URI");
    set(f, "directory.base", "BOURSE_TEST_LDAP_BASE");
    set(f, "directory.bind_dn", "BOURSE_TEST_LDAP_BIND_DN");
    set(f, "directory.ca_file", "BOURSE_TEST_LDAP_CA");
    OK(config_set(f->config, talloc_asprintf(f, "directory.bind_password_file=%s", write_password(f, folder))));
    OK(config_set(f->config, talloc_asprintf(f, "server.data_directory=%s", folder)));
    OK(config_set(f->config, "server.hostname=mail.example.test"));
    OK(config_set(f->config, "server.domains=example.test"));
    OK(config_set(f->config, "database.connections=24"));
}

int fixture_open(void **state)
{
    struct fixture *f = talloc_zero(NULL, struct fixture);
    struct store *store = NULL;
    configure(f);
    OK(store_open_configured(f, f->config, &store));
    OK(schema_apply(store, NULL, NULL));
    talloc_free(store);
    OK(groupware_open(f, f->config, &f->groupware));
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    groupware_close(f->groupware);
    talloc_free(f);
    return 0;
}

int fixture_test(void **state)
{
    struct fixture *f = *state;
    f->mem = talloc_new(f);
    status_chain_clear();
    return 0;
}

int fixture_test_end(void **state)
{
    struct fixture *f = *state;
    TALLOC_FREE(f->mem);
    return 0;
}

struct session *fixture_session(struct fixture *f, const char *name)
{
    struct recipient_entry *entry = NULL;
    struct session *session = NULL;
    OK(recipient_by_address(f->mem, groupware_directory(f->groupware), talloc_asprintf(f->mem, "%s@example.test", name), &entry));
    OK(session_open(f->mem, f->groupware, entry->guid, &session));
    return session;
}

struct object_id fixture_folder(struct session *session, enum folder_role role)
{
    struct object_id id;
    OK(folder_id_of_role(session, session_mailbox(session), role, &id));
    return id;
}

struct slice fixture_mail(TALLOC_CTX *mem, const char *from, const char *to, const char *subject, const char *body)
{
    char *text = talloc_asprintf(mem, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: %s\r\n"
                                      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
                                 from, to, subject, mime_message_id_new(mem, "example.test"), body);
    return slice_of_text(text);
}

void fixture_deliver(struct fixture *f, const char *from, const char *to, const char *subject, const char *body)
{
    struct envelope_recipient recipient = { .address = to };
    struct envelope envelope = { .sender = from, .recipients = &recipient, .recipient_count = 1, .client = "test [127.0.0.1]", .protocol = "ESMTP",
                                 .greeting = "test" };
    OK(deliver_route(f->mem, f->groupware, to, &recipient.route));
    OK(deliver_accept(f->mem, f->groupware, &envelope, fixture_mail(f->mem, from, to, subject, body)));
    OK(recipient.result);
}

size_t fixture_list(struct fixture *f, struct session *session, const struct object_id *folder, struct item ***out)
{
    struct item_page *page = NULL;
    struct find_query query = { 0 };
    OK(item_find(f->mem, session, folder, &query, &page));
    *out = page->items;
    return page->count;
}
