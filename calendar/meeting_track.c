/* Responses and forwards in the organiser's item [MS-OXOCAL] 3.1.4.8.5, 2.2.4.10. */
#include "meeting_track.h"

#include "bourse/base/text.h"

static enum status set_proposal(struct bag *props, const struct bag *response, bool is_counter)
{
    bag_remove(props, PROP_RECIPIENT_PROPOSED_START_TIME);
    bag_remove(props, PROP_RECIPIENT_PROPOSED_END_TIME);
    TRY(bag_set_bool(props, PROP_RECIPIENT_PROPOSED, is_counter));
    if (!is_counter)
        return STATUS_OK;
    TRY(bag_set_time(props, PROP_RECIPIENT_PROPOSED_START_TIME, bag_time(response, PROP_APPOINTMENT_PROPOSED_START_WHOLE, 0)));
    return bag_set_time(props, PROP_RECIPIENT_PROPOSED_END_TIME, bag_time(response, PROP_APPOINTMENT_PROPOSED_END_WHOLE, 0));
}

/* How many attendees propose another time [MS-OXOCAL] 2.2.4.4. */
static enum status count_proposals(struct message *item)
{
    int32_t count = 0;
    for (size_t i = 0; i < item->recipient_count; i++)
        count += item->recipients[i].props != NULL && bag_bool(item->recipients[i].props, PROP_RECIPIENT_PROPOSED, false) ? 1 : 0;
    TRY(bag_set_int32(item->props, PROP_APPOINTMENT_PROPOSAL_NUMBER, count));
    return bag_set_bool(item->props, PROP_APPOINTMENT_COUNTER_PROPOSAL, count > 0);
}

enum status meeting_track_response(struct message *item, const struct message *response, const struct meeting_judgement *judgement)
{
    struct recipient *recipient = &item->recipients[judgement->attendee];
    struct bag *props = meeting_recipient_props(item, recipient);
    if (props == NULL)
        return status_fail(STATUS_NO_MEMORY, "tracking");
    instant when = bag_time(response->props, PROP_ATTENDEE_CRITICAL_CHANGE, bag_time(response->props, PROP_CLIENT_SUBMIT_TIME, 0));
    int32_t flags = bag_int32(props, PROP_RECIPIENT_FLAGS, RECIPIENT_FLAG_SENDABLE);
    TRY(bag_set_int32(props, PROP_RECIPIENT_TRACK_STATUS, (int32_t)judgement->status));
    if (when != 0)
        TRY(bag_set_time(props, PROP_RECIPIENT_TRACK_STATUS_TIME, when));
    if (judgement->is_occurrence)
        TRY(bag_set_int32(props, PROP_RECIPIENT_FLAGS, flags | RECIPIENT_FLAG_EXCEPTIONAL_RESPONSE));
    TRY(set_proposal(props, response->props, judgement->is_counter));
    return count_proposals(item);
}

enum status meeting_track_forward(struct message *item, const struct message *notification)
{
    const char *organizer = meeting_organizer_address(item->props);
    for (size_t i = 0; i < notification->recipient_count; i++) {
        struct recipient entry = notification->recipients[i];
        const char *address = meeting_recipient_address(&entry);
        if (address[0] == '\0' || ascii_equal_nocase(address, organizer) || meeting_find_attendee(item, address) >= 0)
            continue;
        entry.type = RECIPIENT_CC;
        entry.props = NULL;
        struct recipient *added = message_add_recipient(item, &entry);
        struct bag *props = added != NULL ? meeting_recipient_props(item, added) : NULL;
        if (props == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendee");
        TRY(bag_set_int32(props, PROP_RECIPIENT_FLAGS, RECIPIENT_FLAG_SENDABLE));
        TRY(bag_set_int32(props, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NOT_RESPONDED));
    }
    return meeting_set_attendee_strings(item);
}
