/* Sending what a client composed as an answer or forward; what the original remembers. */
#include "bourse/groupware/reply.h"

#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "item_view.h"

#include <strings.h>

enum { ICON_REPLIED = 0x105, ICON_FORWARDED = 0x106 /* [MS-OXOMSG] 2.2.1.10 */ };
enum { NATIVE_HTML = 3 };

enum status reply_note(struct session *session, const struct object_id *original, enum reply_verb verb)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct bag *set = bag_new(mem);
    struct item *item = NULL;
    struct item_change change = { .set = set };
    enum status status = set != NULL ? bag_set_int32(set, PROP_LAST_VERB_EXECUTED, (int32_t)verb) : status_fail(STATUS_NO_MEMORY, "verb");
    if (status == STATUS_OK)
        status = bag_set_time(set, PROP_LAST_VERB_EXECUTION_TIME, clock_now());
    if (status == STATUS_OK)
        status = bag_set_int32(set, PROP_ICON_INDEX, verb == REPLY_VERB_FORWARD ? ICON_FORWARDED : ICON_REPLIED);
    if (status == STATUS_OK)
        status = item_update(mem, session, original, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item);
    talloc_free(mem);
    return status_info(status)->fault == FAULT_CLIENT ? STATUS_OK : status;
}

static bool is_meeting(const struct item *original)
{
    const char *class = bag_string(original->message->props, PROP_MESSAGE_CLASS, "");
    return strncasecmp(class, "IPM.Schedule.Meeting.Request", 28) == 0 || (strncasecmp(class, "IPM.Appointment", 15) == 0 && meeting_is_meeting(original->message->props));
}

/* The client's text before the quoted one, the original's attachments behind the client's. */
static enum status compose(TALLOC_CTX *mem, struct session *session, struct message *message, const struct item *original, bool is_forward)
{
    struct bag *props = message->props;
    bool html = bag_int32(props, PROP_NATIVE_BODY, 1) == NATIVE_HTML;
    struct slice added = slice_copy(mem, html ? bag_bytes(props, PROP_HTML) : bag_text(props, PROP_BODY));
    static const prop_tag bodies[] = { PROP_HTML, PROP_BODY, PROP_RTF_COMPRESSED, PROP_NATIVE_BODY };
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        (void)bag_remove(props, bodies[i]);
    TRY(reply_quote(message, original, added, html));
    return reply_attachments(mem, session, message, original, !is_forward);
}

static enum status send_on(struct session *session, const struct object_id *original, const struct message *message, const struct submit_options *options)
{
    const struct bag *props = message->props;
    const char *html = NULL, *text = bag_string(props, PROP_BODY, NULL);
    if (bag_int32(props, PROP_NATIVE_BODY, 1) == NATIVE_HTML)
        html = slice_text(session, bag_bytes(props, PROP_HTML));
    return meeting_forward(session, original, message->recipients, message->recipient_count, html != NULL ? NULL : text, html, options->save_copy);
}

static enum status send(TALLOC_CTX *mem, struct session *session, const struct object_id *id, bool is_forward, bool is_whole, struct slice mime,
                        const struct submit_options *options, struct object_id *saved)
{
    struct item *original = NULL;
    struct message *message = NULL;
    TRY(item_get(mem, session, id, ITEM_ALL, &original));
    TRY(mime_import(mem, mime, &mime_limits_default, MIME_IMPORT_DELIVERY, &message));
    if (message->mime.is_signed) /* its bytes are what was signed */
        return submit_mime(session, mime, options, saved);
    if (message->recipient_count == 0)
        return status_fail(STATUS_MISSING_RECIPIENTS, "no recipients");
    if (is_forward && !is_whole && is_meeting(original))
        return send_on(session, id, message, options);
    TRY(message_materialise(mem, message));
    message->mime = (struct message_mime){ 0 };
    if (bag_string(message->props, PROP_SUBJECT, "")[0] == '\0') {
        char *subject = reply_subject(mem, original, is_forward);
        TRY(subject != NULL ? bag_set_string(message->props, PROP_SUBJECT, subject) : status_fail(STATUS_NO_MEMORY, "subject"));
    }
    TRY(reply_thread(message, original));
    if (!is_whole)
        TRY(compose(mem, session, message, original, is_forward));
    return submit_message(session, message, options, saved);
}

enum status reply_send(struct session *session, const struct object_id *original, bool is_forward, bool is_whole, struct slice mime, const struct submit_options *options,
                       struct object_id *saved)
{
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = send(mem, session, original, is_forward, is_whole, mime, options, saved);
    talloc_free(mem);
    return status;
}
