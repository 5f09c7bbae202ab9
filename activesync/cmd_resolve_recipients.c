/* ResolveRecipients [MS-ASCMD] 2.2.1.15: names to addresses, with free/busy and pictures. The directory holds no certificates that are read: each person has none. */
#include "bourse/base/memory.h"
#include "bourse/groupware/availability.h"
#include "body.h"
#include "search.h"

/* [MS-ASCMD] 2.2.3.177.12 */
enum { RESOLVE_OK = 1, RESOLVE_AMBIGUOUS = 2, RESOLVE_AMBIGUOUS_CUT = 3, RESOLVE_NONE = 4, RESOLVE_PROTOCOL = 5, CERTIFICATES_NONE = 7 };
enum { TYPE_DIRECTORY = 1, TYPE_CONTACT = 2 };
enum { TO_MOST = 100, AMBIGUOUS_DEFAULT = 19, AMBIGUOUS_MOST = 9999, SLOT_MINUTES = 30 };

struct resolution {
    struct eas_call *call;
    bool wants_certificates, wants_availability;
    int64_t ambiguous;
    instant from, to;
    struct eas_picture_options pictures;
};

static enum status read_options(struct eas_call *call, struct resolution *out)
{
    const struct wbxml_node *options = wbxml_child(call->body, ResolveRecipients_Options), *availability = wbxml_child(options, ResolveRecipients_Availability);
    int64_t retrieval = 1;
    *out = (struct resolution){ .call = call, .ambiguous = AMBIGUOUS_DEFAULT };
    if (wbxml_child(options, ResolveRecipients_CertificateRetrieval) != NULL &&
        !wbxml_child_number(options, ResolveRecipients_CertificateRetrieval, 1, 3, &retrieval))
        return eas_fail(call, RESOLVE_PROTOCOL, "certificate retrieval");
    if (wbxml_child(options, ResolveRecipients_MaxAmbiguousRecipients) != NULL &&
        !wbxml_child_number(options, ResolveRecipients_MaxAmbiguousRecipients, 0, AMBIGUOUS_MOST, &out->ambiguous))
        return eas_fail(call, RESOLVE_PROTOCOL, "ambiguous recipients");
    out->wants_certificates = retrieval > 1;
    eas_picture_options_read(wbxml_child(options, ResolveRecipients_Picture), ResolveRecipients_MaxSize, ResolveRecipients_MaxPictures, &out->pictures);
    if (availability == NULL || call->version < V14_0)
        return STATUS_OK;
    const char *from = wbxml_child_text(call->mem, availability, ResolveRecipients_StartTime), *to = wbxml_child_text(call->mem, availability, ResolveRecipients_EndTime);
    if (from == NULL || to == NULL || !eas_time_parse(from, &out->from) || !eas_time_parse(to, &out->to) || out->from >= out->to)
        return eas_fail(call, RESOLVE_PROTOCOL, "span of the availability");
    out->wants_availability = true;
    return STATUS_OK;
}

static int availability_status(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return RESOLVE_OK;
    case STATUS_TOO_COMPLEX:
        return EAS_AVAILABILITY_DL_LIMIT_REACHED;
    default:
        return status_info(status)->fault == FAULT_TEMPORARY ? EAS_AVAILABILITY_TRANSIENT_FAILURE : EAS_AVAILABILITY_FAILURE;
    }
}

/* Digits: 0 free, 1 tentative, 2 busy, 3 away, 4 not known [MS-ASCMD] 2.2.3.106; working elsewhere is free there. */
static void to_wire_digits(char *merged)
{
    for (char *digit = merged; digit != NULL && *digit != '\0'; digit++)
        *digit = *digit == '0' + BUSY_WORKING_ELSEWHERE ? '0' : *digit == '0' + BUSY_NO_DATA ? '4' : *digit;
}

static enum status write_availability(struct resolution *resolution, const struct person *person)
{
    struct eas_call *call = resolution->call;
    struct availability *found = NULL;
    const struct availability_query query = { .addresses = &person->address, .count = 1, .from = resolution->from, .to = resolution->to,
                                              .slot_minutes = SLOT_MINUTES };
    if (!resolution->wants_availability)
        return STATUS_OK;
    enum status status = availability_get(call->mem, call->session, &query, &found);
    if (status == STATUS_OK)
        status = found[0].status;
    wbxml_start(call->out, ResolveRecipients_Availability);
    wbxml_element_int(call->out, ResolveRecipients_Status, availability_status(status));
    if (status == STATUS_OK) {
        to_wire_digits(found[0].merged);
        wbxml_element(call->out, ResolveRecipients_MergedFreeBusy, found[0].merged);
    }
    wbxml_end(call->out);
    return STATUS_OK;
}

static enum status write_person(struct resolution *resolution, const struct person *person, bool is_one)
{
    static const eas_tag picture_tags[] = { ResolveRecipients_Picture, ResolveRecipients_Status, ResolveRecipients_Data };
    struct wbxml_writer *out = resolution->call->out;
    wbxml_start(out, ResolveRecipients_Recipient);
    wbxml_element_int(out, ResolveRecipients_Type, person->kind == PERSON_STORE_CONTACT ? TYPE_CONTACT : TYPE_DIRECTORY);
    wbxml_element(out, ResolveRecipients_DisplayName, person->display_name);
    wbxml_element(out, ResolveRecipients_EmailAddress, person->address);
    if (is_one)
        TRY(write_availability(resolution, person));
    if (resolution->wants_certificates) {
        wbxml_start(out, ResolveRecipients_Certificates);
        wbxml_element_int(out, ResolveRecipients_Status, CERTIFICATES_NONE);
        wbxml_element_int(out, ResolveRecipients_CertificateCount, 0);
        wbxml_end(out);
    }
    TRY(eas_picture_write(resolution->call, person->address, &resolution->pictures, picture_tags));
    wbxml_end(out);
    return STATUS_OK;
}

static enum status resolve(struct resolution *resolution, const char *to)
{
    struct eas_call *call = resolution->call;
    struct person *people = NULL;
    size_t count = 0, limit = resolution->ambiguous > 0 ? (size_t)resolution->ambiguous : 1;
    bool more = false;
    enum status status = people_resolve(call->mem, call->session, to, true, true, limit > 1 ? limit : 2, &people, &count, &more);
    if (status != STATUS_NAME_NOT_FOUND)
        TRY(status);
    int result = status == STATUS_NAME_NOT_FOUND || count == 0 ? RESOLVE_NONE
                 : count == 1 && !more                         ? RESOLVE_OK
                 : more || count > limit                       ? RESOLVE_AMBIGUOUS_CUT
                                                               : RESOLVE_AMBIGUOUS;
    size_t shown = result == RESOLVE_OK ? 1 : resolution->ambiguous == 0 || result == RESOLVE_NONE ? 0 : count < limit ? count : limit;
    wbxml_start(call->out, ResolveRecipients_Response);
    wbxml_element(call->out, ResolveRecipients_To, to);
    wbxml_element_int(call->out, ResolveRecipients_Status, result);
    if (result != RESOLVE_NONE)
        wbxml_element_int(call->out, ResolveRecipients_RecipientCount, (int64_t)count + more);
    for (size_t i = 0; i < shown; i++)
        TRY(write_person(resolution, &people[i], result == RESOLVE_OK));
    wbxml_end(call->out);
    return STATUS_OK;
}

enum status cmd_resolve_recipients(struct eas_call *call)
{
    struct resolution resolution;
    size_t count = 0;
    const struct wbxml_node *first = wbxml_child(call->body, ResolveRecipients_To);
    TRY(read_options(call, &resolution));
    for (const struct wbxml_node *node = first; node != NULL; node = wbxml_next(node, ResolveRecipients_To))
        count++;
    if (count == 0 || count > TO_MOST)
        return eas_fail(call, RESOLVE_PROTOCOL, "%zu names", count);
    wbxml_start(call->out, ResolveRecipients_ResolveRecipients);
    wbxml_element_int(call->out, ResolveRecipients_Status, RESOLVE_OK);
    for (const struct wbxml_node *node = first; node != NULL; node = wbxml_next(node, ResolveRecipients_To)) {
        const char *to = wbxml_text(call->mem, node);
        if (to == NULL || *to == '\0' || strlen(to) > 256)
            return eas_fail(call, RESOLVE_PROTOCOL, "name of a recipient");
        TRY(resolve(&resolution, to));
    }
    wbxml_end(call->out);
    return STATUS_OK;
}
