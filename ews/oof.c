#include "oof.h"

const char *const oof_states[3] = { "Disabled", "Enabled", "Scheduled" };
const char *const oof_audiences[3] = { "None", "Known", "All" };

enum status oof_mailbox(struct ews_call *call, struct guid *out)
{
    const char *address = xml_child_text(xml_child(call->operation, EWS_NS_TYPES, "Mailbox"), EWS_NS_TYPES, "Address");
    char *trimmed = slice_text(call->mem, slice_trim(slice_of_text(address != NULL ? address : "")));
    if (trimmed == NULL)
        return status_fail(STATUS_NO_MEMORY, "mailbox");
    return ews_recode(call, session_find_mailbox(call->session, trimmed, out), STATUS_MAILBOX_NOT_FOUND, EWS_CODE_OOF_USER);
}
