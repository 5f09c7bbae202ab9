/* SendMail, SmartForward, SmartReply [MS-ASCMD] 2.2.1.17, 2.2.1.19, 2.2.1.20: WBXML from 14.0 on, before the message itself with its options in the query. */
#include "bourse/calendar/time_zone.h"
#include "bourse/groupware/calendar.h"
#include "bourse/groupware/reply.h"
#include "body.h"
#include "hierarchy.h"
#include "sync.h"

enum { CLIENT_ID_MAX = 40 };

enum compose_kind { COMPOSE_NEW, COMPOSE_FORWARD, COMPOSE_REPLY };

struct compose {
    enum compose_kind kind;
    struct slice mime;
    bool save_copy, is_whole;
    const char *client_id;       /* NULL: none (12.1) */
    struct object_id source;     /* of COMPOSE_FORWARD, COMPOSE_REPLY */
};

/* ---- the request ---- */

/* An occurrence is told by its start. */
static enum status read_instance(struct eas_call *call, const char *text, struct object_id *id)
{
    struct item *series = NULL;
    struct recurrence *recurrence = NULL;
    const struct time_zone *zone = NULL;
    instant start = 0;
    if (!eas_time_parse(text, &start))
        return eas_fail(call, EAS_INVALID_DATE_TIME, "instance");
    TRY(item_get(call->mem, call->session, id, ITEM_PROPERTIES, &series));
    enum status status = calendar_series(call->mem, series, &recurrence, &zone);
    if (status == STATUS_NOT_FOUND) /* a request for one occurrence, a single item */
        return STATUS_OK;
    TRY(status);
    id->occurrence = local_minutes(time_zone_to_local(zone, start));
    return STATUS_OK;
}

/* A LongId is what Search gave: the item's id. */
static enum status read_source(struct eas_call *call, const char *folder, const char *item, const char *long_id, const char *instance, struct object_id *out)
{
    int64_t folder_number = 0, item_number = 0, asked = 0;
    const char *id = long_id != NULL ? long_id : item;
    if ((long_id != NULL) == (item != NULL))
        return eas_fail(call, EAS_INVALID_COMBINATION_OF_IDS, "source needs either an item or a long id");
    if (!eas_item_id_parse(id, &folder_number, &item_number))
        return eas_fail(call, EAS_ITEM_NOT_FOUND, "source %.64s", id);
    if (folder != NULL && long_id == NULL && (!eas_folder_id_parse(folder, &asked) || asked != folder_number))
        return eas_fail(call, EAS_ITEM_NOT_FOUND, "source %.64s is not in folder %.20s", id, folder);
    *out = eas_item_object(call, folder_number, item_number);
    return instance != NULL ? read_instance(call, instance, out) : STATUS_OK;
}

static enum status read_wbxml(struct eas_call *call, struct compose *out)
{
    const struct wbxml_node *body = call->body, *source = wbxml_child(body, ComposeMail_Source), *mime = wbxml_child(body, ComposeMail_Mime);
    const char *account = wbxml_child_text(call->mem, body, ComposeMail_AccountId);
    out->client_id = wbxml_child_text(call->mem, body, ComposeMail_ClientId);
    if (body == NULL || body->tag != call->command->root || mime == NULL || out->client_id == NULL || *out->client_id == '\0' || strlen(out->client_id) > CLIENT_ID_MAX)
        return eas_fail(call, EAS_INVALID_CONTENT, "no message, or no client id");
    if (account != NULL && *account != '\0') /* there is one account, and it has no id (Settings) */
        return eas_fail(call, EAS_INVALID_ACCOUNT_ID, "account %.40s", account);
    out->mime = mime->text;
    out->save_copy = wbxml_child_bool(body, ComposeMail_SaveInSentItems, false);
    out->is_whole = wbxml_child_bool(body, ComposeMail_ReplaceMime, false);
    if (wbxml_child(body, RightsManagement_TemplateID) != NULL)
        return eas_fail(call, EAS_IRM_FEATURE_DISABLED, "rights management");
    if (out->kind == COMPOSE_NEW)
        return STATUS_OK;
    return read_source(call, wbxml_child_text(call->mem, source, ComposeMail_FolderId), wbxml_child_text(call->mem, source, ComposeMail_ItemId),
                       wbxml_child_text(call->mem, source, ComposeMail_LongId), wbxml_child_text(call->mem, source, ComposeMail_InstanceId), &out->source);
}

static enum status read_mime(struct eas_call *call, struct compose *out)
{
    const struct eas_query *query = &call->query;
    out->mime = call->raw_body;
    out->save_copy = query->save_in_sent;
    if (out->kind == COMPOSE_NEW)
        return STATUS_OK;
    return read_source(call, query->collection_id, query->item_id, query->long_id, query->occurrence, &out->source);
}

/* ---- sending ---- */

static int status_of(const struct eas_call *call, enum status status)
{
    switch (status) {
    case STATUS_SEND_AS_DENIED:
        return EAS_MAIL_SUBMISSION_FAILED;
    case STATUS_MALFORMED:
    case STATUS_INVALID_MIME:
    case STATUS_TOO_COMPLEX:
        return EAS_INVALID_MIME;
    case STATUS_FOLDER_NOT_FOUND:
    case STATUS_ACCESS_DENIED:
        return EAS_ITEM_NOT_FOUND;
    default:
        return call->common_status; /* what the status table says */
    }
}

/* Reply or reply to all: the device does not say which. */
static enum reply_verb verb_of(const struct compose *compose)
{
    return compose->kind == COMPOSE_FORWARD ? REPLY_VERB_FORWARD : REPLY_VERB_REPLY;
}

static enum status send(struct eas_call *call, const struct compose *compose)
{
    struct object_id saved = { 0 };
    struct submit_options options = { .save_copy = compose->save_copy };
    if (compose->client_id != NULL)
        options.retry_key = talloc_asprintf(call->mem, "%s/%s", call->device->id, compose->client_id);
    enum status status = compose->kind == COMPOSE_NEW
                             ? submit_mime(call->session, compose->mime, &options, &saved)
                             : reply_send(call->session, &compose->source, compose->kind == COMPOSE_FORWARD, compose->is_whole, compose->mime, &options, &saved);
    if (status != STATUS_OK) {
        call->common_status = status_of(call, status);
        return status;
    }
    if (compose->client_id != NULL)
        TRY(device_client_id_put(call->session, call->device->id, compose->client_id, saved.item != 0 ? saved.item : 1));
    return compose->kind != COMPOSE_NEW ? reply_note(call->session, &compose->source, verb_of(compose)) : STATUS_OK;
}

/* A client id that was sent is told so; one whose request ended between sending and noting it is sent under the same retry key, so nobody gets it twice. */
static enum status compose_and_send(struct eas_call *call, enum compose_kind kind)
{
    struct compose compose = { .kind = kind };
    int64_t known = 0;
    TRY(call->raw_body.length > 0 ? read_mime(call, &compose) : read_wbxml(call, &compose));
    if (compose.client_id != NULL)
        TRY(device_client_id_get(call->session, call->device->id, compose.client_id, &known));
    if (known != 0)
        return eas_fail(call, EAS_MESSAGE_PREVIOUSLY_SENT, "client id %s", compose.client_id);
    TRY(send(call, &compose));
    call->is_empty = true;
    return STATUS_OK;
}

enum status cmd_send_mail(struct eas_call *call)
{
    return compose_and_send(call, COMPOSE_NEW);
}

enum status cmd_smart_forward(struct eas_call *call)
{
    return compose_and_send(call, COMPOSE_FORWARD);
}

enum status cmd_smart_reply(struct eas_call *call)
{
    return compose_and_send(call, COMPOSE_REPLY);
}
