/* ResolveNames [MS-OXWSRSLNM] 3.1.4.1 */
#include "people.h"
#include "request_check.h"
#include "response.h"

#define RESOLUTIONS_MOST 100 /* [MS-OXWSRSLNM] 2.2.4.2 */

enum status op_resolve_names(struct ews_call *call)
{
    const struct xml_node *operation = call->operation;
    const char *scope = xml_attribute_of(operation, "SearchScope"), *entry = xml_child_text(operation, EWS_NS_MESSAGES, "UnresolvedEntry");
    bool directory = scope == NULL || strcmp(scope, "Contacts") != 0, contacts = scope == NULL || strcmp(scope, "ActiveDirectory") != 0;
    bool full = false, more = false;
    struct person *people = NULL;
    size_t count = 0;
    if (!request_parse_bool(xml_attribute_of(operation, "ReturnFullContactData"), &full))
        full = false;
    /* "smtp:someone@example.com" is how Outlook asks for an address as it is. */
    if (strncasecmp(entry, "smtp:", 5) == 0)
        entry += 5;
    enum status status = people_resolve(call->mem, call->session, entry, directory, contacts, RESOLUTIONS_MOST, &people, &count, &more);
    TRY(response_begin(call));
    if (status != STATUS_OK || count == 0) {
        status = status == STATUS_OK ? ews_fail(call, EWS_CODE_NO_RESULTS, "%.60s", entry) : ews_recode(call, status, STATUS_NAME_NOT_FOUND, EWS_CODE_NO_RESULTS);
        TRY(response_error(call, status, NULL));
        return response_end(call);
    }
    if (count > 1)
        response_warning(call, EWS_CODE_AMBIGUOUS);
    else
        response_message(call);
    xml_start(call->out, "m:ResolutionSet");
    xml_attribute_bool(call->out, "IncludesLastItemInRange", !more);
    xml_attribute_int(call->out, "TotalItemsInView", (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        xml_start(call->out, "t:Resolution");
        person_write_mailbox(call, &people[i]);
        if (full)
            person_write_contact(call, &people[i]);
        xml_end(call->out);
    }
    xml_end(call->out);
    response_message_end(call);
    return response_end(call);
}
