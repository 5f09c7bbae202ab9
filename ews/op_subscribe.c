/* Subscribe [MS-OXWSNTIF] 3.1.4.4 */
#include "bourse/groupware/subscribe.h"
#include "ids.h"
#include "notify.h"
#include "request_check.h"
#include "response.h"

static enum status read_folders(struct ews_call *call, const struct xml_node *request, struct subscription_options *out)
{
    bool all = false;
    const struct xml_node *list = xml_child(request, EWS_NS_TYPES, "FolderIds");
    const char *all_word = xml_attribute_of(request, "SubscribeToAllFolders");
    if (all_word != NULL && !request_parse_bool(all_word, &all))
        all = false;
    if (all == (list != NULL))
        return ews_fail(call, EWS_CODE_SUBSCRIPTION_REQUEST, "FolderIds and SubscribeToAllFolders");
    out->all_folders = all;
    out->mailbox = session_mailbox(call->session);
    if (list == NULL)
        return STATUS_OK;
    struct object_id *folders = talloc_zero_array(call->mem, struct object_id, ROOM(xml_child_count(list)));
    if (folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folders");
    for (const struct xml_node *node = list->child; node != NULL; node = node->next) {
        int64_t change;
        TRY(id_read_folder(call, node, &folders[out->folder_count++], &change));
    }
    out->folders = folders;
    out->mailbox = folders[0].mailbox;
    return STATUS_OK;
}

static enum status read_request(struct ews_call *call, const struct xml_node *request, struct subscription_options *out)
{
    *out = (struct subscription_options){ .kinds = notify_kinds(xml_child(request, EWS_NS_TYPES, "EventTypes")),
                                          .streaming = strcmp(request->name, "StreamingSubscriptionRequest") == 0,
                                          .watermark = xml_child_text(request, EWS_NS_TYPES, "Watermark") };
    if (strcmp(request->name, "PushSubscriptionRequest") == 0)
        return ews_fail(call, EWS_CODE_PUSH_NOT_OFFERED, "push");
    if (out->streaming && call->version < EWS_2010_SP1)
        return ews_fail(call, EWS_CODE_WRONG_VERSION_OPERATION, "streaming before Exchange2010_SP1");
    const char *minutes = xml_child_text(request, EWS_NS_TYPES, "Timeout");
    if (!out->streaming && (minutes == NULL || !request_parse_int(minutes, &out->timeout_minutes) || out->timeout_minutes < 1 || out->timeout_minutes > 1440))
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "Timeout must be from 1 to 1440 minutes.");
    return read_folders(call, request, out);
}

enum status op_subscribe(struct ews_call *call)
{
    struct subscription_options options;
    char *id = NULL, *watermark = NULL;
    enum status status = read_request(call, call->operation->child, &options);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    if (status == STATUS_OK)
        status = subscription_create(call->mem, call->session, &options, &id, &watermark);
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    status = ews_give(call, &failure);
    if (status != STATUS_OK) {
        TRY(response_error(call, status, NULL));
        return response_end(call);
    }
    response_message(call);
    xml_element(call->out, "m:SubscriptionId", id);
    if (!options.streaming)
        xml_element(call->out, "m:Watermark", watermark);
    response_message_end(call);
    return response_end(call);
}
