/* Find [MS-ASCMD] 2.2.1.2: the short form of Search, from 16.1 on. */
#include "body.h"
#include "bourse/model/properties.h"
#include "class.h"
#include "hierarchy.h"
#include "search.h"
#include "sync.h"

/* [MS-ASCMD] 2.2.3.177.2 */
enum { FIND_OK = 1, FIND_BAD = 2, FIND_HIERARCHY = 3, FIND_RANGE = 4 };

static enum status answer_status(struct eas_call *call, int status)
{
    wbxml_start(call->out, Find_Find);
    wbxml_element_int(call->out, Find_Status, status);
    wbxml_end(call->out);
    return STATUS_OK;
}

static void begin(struct eas_call *call, const char *store)
{
    wbxml_start(call->out, Find_Find);
    wbxml_element_int(call->out, Find_Status, FIND_OK);
    wbxml_start(call->out, Find_Response);
    wbxml_element(call->out, ItemOperations_Store, store);
    wbxml_element_int(call->out, Find_Status, FIND_OK);
}

static enum status end(struct eas_call *call, const struct eas_range *range, size_t count, size_t total)
{
    if (count > 0) {
        wbxml_element(call->out, Find_Range, eas_range_text(call->mem, range->first, count));
        wbxml_element_int(call->out, Find_Total, (int64_t)total);
    }
    while (wbxml_depth(call->out) > 0)
        wbxml_end(call->out);
    return STATUS_OK;
}

static void write_item(struct eas_call *call, const struct item *item)
{
    const struct bag *props = item->message->props;
    const char *address = bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), *name = bag_string(props, PROP_SENT_REPRESENTING_NAME, address);
    char text[EAS_TIME_SIZE];
    wbxml_start(call->out, Find_Result);
    wbxml_element(call->out, AirSync_Class, eas_class_of_item(item));
    wbxml_element(call->out, AirSync_ServerId, eas_item_id_text(call->mem, &item->id));
    wbxml_element_int(call->out, AirSync_CollectionId, item->id.folder);
    wbxml_start(call->out, Find_Properties);
    wbxml_element(call->out, Email_Subject, bag_string(props, PROP_SUBJECT, ""));
    if (item->received != 0)
        wbxml_element(call->out, Email_DateReceived, eas_time_dashes(item->received, text));
    wbxml_element(call->out, Email_DisplayTo, bag_string(props, PROP_DISPLAY_TO, NULL));
    wbxml_element(call->out, Find_DisplayCc, bag_string(props, PROP_DISPLAY_CC, NULL));
    wbxml_element(call->out, Find_DisplayBcc, bag_string(props, PROP_DISPLAY_BCC, NULL));
    wbxml_element_int(call->out, Email_Importance, bag_int32(props, PROP_IMPORTANCE, 1));
    wbxml_element_bool(call->out, Email_Read, item->is_read);
    wbxml_element_bool(call->out, Email2_IsDraft, item->is_draft);
    wbxml_element(call->out, Find_Preview, item->preview != NULL ? item->preview : "");
    wbxml_element_bool(call->out, Find_HasAttachments, item->has_attachments);
    if (*address != '\0')
        wbxml_element(call->out, Email_From, talloc_asprintf(call->mem, "\"%s\" <%s>", name, address));
    wbxml_end(call->out);
    wbxml_end(call->out);
}

static enum status find_items(struct eas_call *call, const struct wbxml_node *criterion, const struct eas_range *range)
{
    const struct wbxml_node *query = wbxml_child(criterion, Find_Query);
    const char *folder_text = wbxml_child_text(call->mem, query, AirSync_CollectionId);
    const char *class_name = wbxml_child_text(call->mem, query, AirSync_Class);
    int64_t folder = 0;
    struct eas_found found;
    struct eas_item_search search = { .words = wbxml_child_text(call->mem, query, Find_FreeText), .folders = &folder, .classes = &class_name,
                                      .class_count = class_name != NULL, .range = *range,
                                      .deep = wbxml_child_bool(wbxml_child(criterion, Find_Options), Find_DeepTraversal, false) };
    if (search.words == NULL || *search.words == '\0' || (class_name != NULL && eas_class_find(class_name) == NULL))
        return answer_status(call, FIND_BAD);
    if (folder_text != NULL && !eas_folder_id_parse(folder_text, &folder))
        return answer_status(call, FIND_HIERARCHY);
    search.folder_count = folder != 0;
    enum status status = eas_search_items(call, &search, &found);
    if (status == STATUS_FOLDER_NOT_FOUND)
        return answer_status(call, FIND_HIERARCHY);
    TRY(status);
    begin(call, "Mailbox");
    for (size_t i = 0; i < found.count; i++) {
        struct item *item = NULL;
        status = item_get(call->mem, call->session, &found.items[i]->id, ITEM_PROPERTIES, &item);
        if (status == STATUS_ITEM_NOT_FOUND)
            continue;
        TRY(status);
        write_item(call, item);
    }
    return end(call, range, found.count, found.total);
}

static enum status find_people(struct eas_call *call, const struct wbxml_node *criterion, const struct eas_range *range)
{
    const char *text = wbxml_child_text(call->mem, criterion, Find_Query);
    struct eas_picture_options pictures;
    struct person *people = NULL;
    size_t count = 0;
    bool more = false;
    if (text == NULL || *text == '\0')
        return answer_status(call, FIND_BAD);
    eas_picture_options_read(wbxml_child(wbxml_child(criterion, Find_Options), Find_Picture), Find_MaxSize, Find_MaxPictures, &pictures);
    enum status status = people_resolve(call->mem, call->session, text, true, false, range->last + 1, &people, &count, &more);
    if (status != STATUS_NAME_NOT_FOUND)
        TRY(status);
    begin(call, "GAL");
    size_t last = range->last + 1 < count ? range->last + 1 : count;
    for (size_t i = range->first; i < last; i++) {
        wbxml_start(call->out, Find_Result);
        wbxml_start(call->out, Find_Properties);
        TRY(eas_person_write(call, &people[i], &pictures));
        wbxml_end(call->out);
        wbxml_end(call->out);
    }
    return end(call, range, last > range->first ? last - range->first : 0, more ? count + 1 : count);
}

enum status cmd_find(struct eas_call *call)
{
    const struct wbxml_node *execute = wbxml_child(call->body, Find_ExecuteSearch);
    const struct wbxml_node *mailbox = wbxml_child(execute, Find_MailBoxSearchCriterion), *people = wbxml_child(execute, Find_GalSearchCriterion);
    const struct wbxml_node *criterion = mailbox != NULL ? mailbox : people;
    struct eas_range range;
    if (criterion == NULL || wbxml_child(call->body, Find_SearchId) == NULL)
        return answer_status(call, FIND_BAD);
    if (!eas_range_parse(wbxml_child_text(call->mem, wbxml_child(criterion, Find_Options), Find_Range), &range))
        return answer_status(call, FIND_RANGE);
    return mailbox != NULL ? find_items(call, criterion, &range) : find_people(call, criterion, &range);
}
