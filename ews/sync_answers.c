#include "sync_answers.h"

#include "response.h"

static enum status write_page(struct ews_call *call, const struct sync_answer *answer, const struct sync_page *page)
{
    response_message(call);
    xml_element(call->out, "m:SyncState", sync_position_text(call->mem, &page->position));
    xml_element_bool(call->out, answer->includes_last, page->includes_last);
    xml_start(call->out, "m:Changes");
    for (size_t i = 0; i < page->count; i++)
        TRY(answer->write(call, answer->shape, &page->changes[i]));
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status sync_answer(struct ews_call *call, const struct sync_answer *answer, enum status status, const struct sync_page *page)
{
    status = ews_recode(call, status, STATUS_FOLDER_NOT_FOUND, EWS_CODE_SYNC_FOLDER_NOT_FOUND);
    if (status == STATUS_OK)
        status = shape_bind(call, answer->shape, &answer->bound);
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    status = ews_give(call, &failure);
    TRY(status == STATUS_OK ? write_page(call, answer, page) : response_error(call, status, NULL));
    return response_end(call);
}
