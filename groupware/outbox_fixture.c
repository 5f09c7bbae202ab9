#include "outbox_fixture.h"

#include "bourse/groupware/deliver.h"
#include "bourse/mime/header.h"
#include "bourse/model/properties.h"

void outbox_deliver_mime(struct fixture *f, const char *from, const char *to, struct slice mime)
{
    struct envelope_recipient recipient = { .address = to };
    struct envelope envelope = { .sender = from, .recipients = &recipient, .recipient_count = 1, .client = "test [127.0.0.1]", .protocol = "ESMTP", .greeting = "test" };
    OK(deliver_route(f->mem, f->groupware, to, &recipient.route));
    OK(deliver_accept(f->mem, f->groupware, &envelope, mime));
    OK(recipient.result);
}

void outbox_deliver(struct fixture *f, const char *from, const char *to, const char *subject, const char *fields, const char *body)
{
    char *text = talloc_asprintf(f->mem, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: %s\r\n%s"
                                         "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
                                 from[0] != '\0' ? from : "x@partner.test", to, subject, mime_message_id_new(f->mem, "partner.test"), fields, body);
    outbox_deliver_mime(f, from, to, slice_of_text(text));
}

static size_t pump_once(struct fixture *f)
{
    struct queue_work *work = NULL;
    size_t count = 0, done = 0;
    OK(queue_lease(f->mem, f->groupware, 60, 100, NULL, 0, &work, &count));
    for (size_t i = 0; i < count; i++) {
        struct queue_result results[16] = { { 0 } };
        enum status statuses[16];
        struct slice mime;
        bool is_local = strcmp(work[i].destination, QUEUE_LOCAL) == 0;
        assert_true(work[i].recipient_count <= 16);
        if (is_local) {
            OK(queue_content(f->mem, f->groupware, work[i].message, &mime));
            OK(queue_deliver_local(f->mem, f->groupware, &work[i], mime, statuses));
        }
        for (size_t r = 0; r < work[i].recipient_count; r++) {
            results[r] = (struct queue_result){ .recipient = work[i].recipients[r].id, .enhanced = "", .text = "", .host = "",
                                                .outcome = is_local ? statuses[r] == STATUS_OK ? QUEUE_SENT : QUEUE_FAIL : QUEUE_DEFER };
            done += is_local;
        }
        OK(queue_record(f->groupware, &work[i], results, work[i].recipient_count, (struct slice){ 0 }));
    }
    return done;
}

size_t outbox_pump(struct fixture *f)
{
    size_t all = 0, more;
    for (int round = 0; round < 20 && (more = pump_once(f)) > 0; round++)
        all += more;
    return all;
}

bool outbox_take(struct fixture *f, const char *destination, const char **recipient, const char **sender, const char **mime)
{
    struct queue_work *work = NULL;
    struct slice content;
    size_t count = 0;
    const char *busy[] = { QUEUE_LOCAL };
    bool found = false;
    *mime = "";
    OK(queue_lease(f->mem, f->groupware, 60, 100, busy, 1, &work, &count));
    for (size_t i = 0; i < count; i++) {
        bool is_it = !found && strcmp(work[i].destination, destination) == 0;
        struct queue_result result = { .recipient = work[i].recipients[0].id, .enhanced = "", .text = "", .host = "",
                                       .outcome = is_it ? QUEUE_SENT : QUEUE_DEFER };
        if (is_it) {
            OK(queue_content(f->mem, f->groupware, work[i].message, &content));
            *mime = slice_text(f->mem, content);
            *recipient = work[i].recipients[0].address;
            *sender = work[i].sender;
        }
        found = found || is_it;
        OK(queue_record(f->groupware, &work[i], &result, 1, (struct slice){ 0 }));
    }
    return found;
}

struct item *outbox_find(struct fixture *f, struct session *session, enum folder_role role, const char *subject)
{
    struct item **items = NULL, *found = NULL;
    struct object_id folder = fixture_folder(session, role);
    size_t count = fixture_list(f, session, &folder, &items);
    for (size_t i = 0; i < count; i++)
        if (strcmp(bag_string(items[i]->message->props, PROP_SUBJECT, ""), subject) == 0) {
            assert_null(found);
            found = items[i];
        }
    return found;
}
