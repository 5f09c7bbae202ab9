/* ResolveNames [MS-OXWSRSLNM] 3.1.4.1 */
#include "people.h"
#include "request_check.h"
#include "response.h"

#define RESOLUTIONS_MOST 100 /* [MS-OXWSRSLNM] 2.2.4.2 */

struct resolve_request {
    bool directory, contacts, full;
};

static void write_set(struct ews_call *call, const struct person *people, size_t count, bool more, bool full)
{
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
}

static enum status resolve_one(struct ews_call *call, const struct resolve_request *request, const char *entry)
{
    struct person *people = NULL;
    size_t count = 0;
    bool more = false;
    /* "smtp:someone@example.com" is how Outlook asks for an address as it is. */
    if (strncasecmp(entry, "smtp:", 5) == 0)
        entry += 5;
    enum status status = people_resolve(call->mem, call->session, entry, request->directory, request->contacts, RESOLUTIONS_MOST, &people, &count, &more);
    if (status == STATUS_OK && count == 0)
        status = ews_fail(call, EWS_CODE_NO_RESULTS, "%.60s", entry);
    if (status != STATUS_OK)
        return response_error(call, ews_recode(call, status, STATUS_NAME_NOT_FOUND, EWS_CODE_NO_RESULTS), NULL);
    write_set(call, people, count, more, request->full);
    return STATUS_OK;
}

/* The schema has one name a call; some clients send several and expect an answer for each. */
enum status op_resolve_names(struct ews_call *call)
{
    const char *scope = xml_attribute_of(call->operation, "SearchScope");
    struct resolve_request request = { .directory = scope == NULL || strcmp(scope, "Contacts") != 0,
                                       .contacts = scope == NULL || strcmp(scope, "ActiveDirectory") != 0 };
    if (!request_parse_bool(xml_attribute_of(call->operation, "ReturnFullContactData"), &request.full))
        request.full = false;
    TRY(response_begin(call));
    const struct xml_node *entry = xml_child(call->operation, EWS_NS_MESSAGES, "UnresolvedEntry");
    for (; entry != NULL; entry = xml_next(entry, EWS_NS_MESSAGES, "UnresolvedEntry"))
        TRY(resolve_one(call, &request, xml_text_of(entry)));
    return response_end(call);
}
