/* Meetings between real mailboxes: create, deliver, answer, change, cancel; series and single occurrences; attendees on other hosts. Every mail is counted. */
#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "bourse/groupware/delegate.h"
#include "bourse/groupware/deliver.h"
#include "bourse/groupware/submit.h"
#include "bourse/model/properties.h"
#include "outbox_fixture.h"

static const struct meeting_options to_all = { .notice = MEETING_SEND_TO_ALL, .save_copy = true };
static const struct meeting_options to_changed = { .notice = MEETING_SEND_TO_CHANGED };
static const struct meeting_options to_none = { .notice = MEETING_SEND_TO_NONE };

/* Tomorrow at nine, so that reminders lie ahead. */
static instant morning(void)
{
    instant now = clock_now();
    return now - now % INSTANT_PER_DAY + INSTANT_PER_DAY + 9 * INSTANT_PER_HOUR;
}

static void invite(struct message *message, const char *address, enum recipient_type type)
{
    struct recipient recipient = { .type = type, .display_name = "", .address_type = "SMTP", .address = address, .smtp_address = address };
    assert_non_null(message_add_recipient(message, &recipient));
}

static struct message *appointment(struct fixture *f, const char *subject)
{
    struct message *message = message_new(f->mem);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_BODY, "the agenda"));
    OK(bag_set_string(message->props, PROP_LID_LOCATION, "Blue room"));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, morning()));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, morning() + INSTANT_PER_HOUR));
    return message;
}

/* Ten days in a row, UTC. */
static struct message *series(struct fixture *f, const char *subject)
{
    struct message *message = appointment(f, subject);
    local_time start = (local_time)morning();
    struct recurrence pattern = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = RECUR_END_AFTER_COUNT, .count = 10,
                                  .first_date = local_midnight(start), .last_date = local_midnight(start), .start_minute = 9 * 60, .end_minute = 10 * 60 };
    struct buffer *packed = buffer_new(f->mem, 4096), *zone = buffer_new(f->mem, 4096);
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, packed));
    OK(time_zone_definition_pack(time_zone_utc(), 2026, true, zone));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone)));
    OK(bag_set_bool(message->props, PROP_RECURRING, true));
    return message;
}

static struct object_id occurrence_of(const struct object_id *master, int day)
{
    struct object_id id = *master;
    id.occurrence = local_minutes((local_time)morning() + day * INSTANT_PER_DAY);
    return id;
}

static struct item *whole(struct fixture *f, struct session *session, const struct object_id *id)
{
    struct item *item = NULL;
    OK(item_get(f->mem, session, id, ITEM_ALL, &item));
    return item;
}

static struct item *in_calendar(struct fixture *f, struct session *session, const char *subject)
{
    struct item *item = outbox_find(f, session, FOLDER_ROLE_CALENDAR, subject);
    return item != NULL ? whole(f, session, &item->id) : NULL;
}

static int32_t number(const struct item *item, prop_tag tag)
{
    return bag_int32(item->message->props, tag, -1);
}

static instant starts(const struct item *item)
{
    return bag_time(item->message->props, PROP_APPOINTMENT_START_WHOLE, 0);
}

static int32_t tracked(const struct item *item, const char *address)
{
    ptrdiff_t at = meeting_find_attendee(item->message, address);
    if (at < 0)
        fail_msg("%s is no attendee", address);
    const struct bag *props = item->message->recipients[at].props;
    return props != NULL ? bag_int32(props, PROP_RECIPIENT_TRACK_STATUS, 0) : 0;
}

static struct object_id create(struct fixture *f, struct session *session, const struct message *message, const struct meeting_options *options)
{
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    struct item *item = NULL;
    OK(calendar_create(f->mem, session, &folder, message, options, &item));
    return item->id;
}

static void update(struct fixture *f, struct session *session, const struct object_id *id, const struct bag *set, const struct meeting_options *options)
{
    struct item_change change = { .set = set };
    struct item *item = NULL;
    OK(calendar_update(f->mem, session, id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, options, &item));
}

static void move_to(struct fixture *f, struct session *session, const struct object_id *id, instant start)
{
    struct bag *set = bag_new(f->mem);
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, start));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, start + INSTANT_PER_HOUR));
    update(f, session, id, set, &to_all);
}

static void respond(struct session *session, const struct object_id *id, enum meeting_response response, struct object_id *calendar_item)
{
    struct meeting_answer answer = { .response = response, .body = "well", .send = true, .save_copy = true };
    OK(meeting_respond(session, id, &answer, calendar_item));
}

static const char *taken(struct fixture *f, const char *destination)
{
    const char *recipient = "", *sender = "", *mime = "";
    return outbox_take(f, destination, &recipient, &sender, &mime) ? mime : "";
}

/* ---- tests ---- */

static void request_enters_calendars_and_answers_are_tracked(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *carol = fixture_session(f, "carol");
    struct message *message = appointment(f, "kick-off");
    struct object_id entry, again;
    invite(message, "bob@example.test", RECIPIENT_TO);
    invite(message, "carol@example.test", RECIPIENT_CC);
    struct object_id id = create(f, alice, message, &to_all);
    assert_int_equal(outbox_pump(f), 2);
    assert_non_null(outbox_find(f, alice, FOLDER_ROLE_SENT_ITEMS, "kick-off"));
    struct item *mine = whole(f, alice, &id), *request = outbox_find(f, bob, FOLDER_ROLE_INBOX, "kick-off"), *his = in_calendar(f, bob, "kick-off");
    assert_int_equal(number(mine, PROP_RESPONSE_STATUS), RESPONSE_ORGANIZED);
    assert_non_null(request);
    assert_non_null(his);
    assert_string_equal(bag_string(request->message->props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Request");
    assert_int_equal(number(whole(f, bob, &request->id), PROP_MEETING_TYPE), MEETING_TYPE_REQUEST);
    assert_int_equal(number(his, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    assert_int_equal(number(his, PROP_BUSY_STATUS), 1);
    assert_int_equal(starts(his), morning());
    assert_string_equal(meeting_organizer_address(his->message->props), "alice@example.test");
    assert_true(meeting_find_attendee(his->message, "carol@example.test") >= 0);
    assert_non_null(strstr(bag_string(his->message->props, PROP_BODY, ""), "the agenda"));
    OK(meeting_calendar_item(bob, &request->id, &entry));
    assert_int_equal(entry.item, his->id.item);

    respond(bob, &request->id, MEETING_ACCEPT, &again);
    assert_int_equal(again.item, his->id.item);
    assert_null(outbox_find(f, bob, FOLDER_ROLE_INBOX, "kick-off"));
    assert_non_null(outbox_find(f, bob, FOLDER_ROLE_SENT_ITEMS, "Accepted: kick-off"));
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &id), "bob@example.test"), RESPONSE_ACCEPTED);
    assert_int_equal(tracked(whole(f, alice, &id), "carol@example.test"), RESPONSE_NONE);
    assert_non_null(outbox_find(f, alice, FOLDER_ROLE_INBOX, "Accepted: kick-off"));
    respond(bob, &entry, MEETING_ACCEPT, NULL);
    assert_int_equal(outbox_pump(f), 0); /* the same answer again: no mail */

    struct item *hers = in_calendar(f, carol, "kick-off");
    struct meeting_answer counter = { .response = MEETING_TENTATIVE, .send = true, .proposed_start = morning() + INSTANT_PER_DAY,
                                      .proposed_end = morning() + INSTANT_PER_DAY + INSTANT_PER_HOUR };
    OK(meeting_respond(carol, &hers->id, &counter, NULL));
    assert_int_equal(outbox_pump(f), 1);
    mine = whole(f, alice, &id);
    ptrdiff_t at = meeting_find_attendee(mine->message, "carol@example.test");
    assert_int_equal(tracked(mine, "carol@example.test"), RESPONSE_TENTATIVE);
    assert_true(bag_bool(mine->message->recipients[at].props, PROP_RECIPIENT_PROPOSED, false));
    assert_int_equal(bag_time(mine->message->recipients[at].props, PROP_RECIPIENT_PROPOSED_START_TIME, 0), counter.proposed_start);
    assert_int_equal(starts(mine), morning());
}

static void updates_and_cancellations_reach_all(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *carol = fixture_session(f, "carol");
    struct message *message = appointment(f, "budget");
    struct bag *set = bag_new(f->mem);
    invite(message, "bob@example.test", RECIPIENT_TO);
    struct object_id id = create(f, alice, message, &to_all);
    assert_int_equal(outbox_pump(f), 1);
    respond(bob, &in_calendar(f, bob, "budget")->id, MEETING_ACCEPT, NULL);
    assert_int_equal(outbox_pump(f), 1);

    OK(bag_set_string(set, PROP_BODY, "a longer agenda")); /* small: the answer stays */
    update(f, alice, &id, set, &to_all);
    assert_int_equal(outbox_pump(f), 1);
    struct item *his = in_calendar(f, bob, "budget");
    assert_non_null(strstr(bag_string(his->message->props, PROP_BODY, ""), "a longer agenda"));
    assert_int_equal(number(his, PROP_RESPONSE_STATUS), RESPONSE_ACCEPTED);
    assert_int_equal(tracked(whole(f, alice, &id), "bob@example.test"), RESPONSE_ACCEPTED);
    update(f, alice, &id, set, &to_all);
    assert_int_equal(outbox_pump(f), 0); /* nothing that anybody sees has changed */

    move_to(f, alice, &id, morning() + 3 * INSTANT_PER_HOUR);
    assert_int_equal(outbox_pump(f), 1);
    his = in_calendar(f, bob, "budget");
    assert_int_equal(starts(his), morning() + 3 * INSTANT_PER_HOUR);
    assert_int_equal(number(his, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    assert_int_equal(tracked(whole(f, alice, &id), "bob@example.test"), RESPONSE_NONE);
    assert_int_equal(number(whole(f, alice, &id), PROP_APPOINTMENT_SEQUENCE), 1);

    struct item *mine = whole(f, alice, &id), *changed = NULL; /* carol comes, told alone */
    struct message *list = message_new(f->mem);
    invite(list, "bob@example.test", RECIPIENT_TO);
    invite(list, "carol@example.test", RECIPIENT_TO);
    struct item_change change = { .replace_recipients = true, .recipients = list->recipients, .recipient_count = list->recipient_count };
    OK(calendar_update(f->mem, alice, &id, mine->change_number, CONFLICT_NEVER_OVERWRITE, &change, &to_changed, &changed));
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(starts(in_calendar(f, carol, "budget")), morning() + 3 * INSTANT_PER_HOUR);
    change.recipients = list->recipients + 1; /* bob goes, told alone */
    change.recipient_count = 1;
    OK(calendar_update(f->mem, alice, &id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &to_changed, &changed));
    assert_int_equal(outbox_pump(f), 1);
    assert_non_null(in_calendar(f, bob, "Canceled: budget"));
    assert_null(in_calendar(f, carol, "Canceled: budget"));

    OK(meeting_cancel(alice, &id, "no money", NULL, &to_all));
    assert_int_equal(outbox_pump(f), 1);
    struct item *cancelled = in_calendar(f, carol, "Canceled: budget"), *notice = outbox_find(f, carol, FOLDER_ROLE_INBOX, "Canceled: budget");
    assert_true(meeting_is_cancelled(cancelled->message->props));
    assert_int_equal(number(cancelled, PROP_BUSY_STATUS), 0);
    assert_null(in_calendar(f, alice, "budget"));
    assert_int_equal(meeting_respond(carol, &cancelled->id, &(struct meeting_answer){ .send = true }, NULL), STATUS_MEETING_CANCELLED);
    OK(meeting_remove(carol, &notice->id));
    assert_null(in_calendar(f, carol, "Canceled: budget"));
    assert_null(outbox_find(f, carol, FOLDER_ROLE_INBOX, "Canceled: budget"));
    assert_int_equal(outbox_pump(f), 0);
}

static void occurrences_of_a_series_go_their_own_ways(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct message *message = series(f, "stand-up");
    struct object_id id, his;
    invite(message, "bob@example.test", RECIPIENT_TO);
    id = create(f, alice, message, &to_all);
    assert_int_equal(outbox_pump(f), 1);
    struct item *entry = in_calendar(f, bob, "stand-up");
    assert_non_null(entry);
    assert_true(bag_has(entry->message->props, PROP_APPOINTMENT_RECUR));
    his = entry->id;
    respond(bob, &his, MEETING_ACCEPT, NULL);
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &id), "bob@example.test"), RESPONSE_ACCEPTED);

    struct object_id third = occurrence_of(&id, 2), his_third = occurrence_of(&his, 2), fourth = occurrence_of(&id, 3), his_fourth = occurrence_of(&his, 3);
    move_to(f, alice, &third, morning() + 2 * INSTANT_PER_DAY + 2 * INSTANT_PER_HOUR);
    assert_int_equal(outbox_pump(f), 1);
    struct item *moved = whole(f, bob, &his_third);
    assert_int_equal(starts(moved), morning() + 2 * INSTANT_PER_DAY + 2 * INSTANT_PER_HOUR);
    assert_int_equal(number(moved, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    assert_int_equal(number(whole(f, bob, &his), PROP_RESPONSE_STATUS), RESPONSE_ACCEPTED);
    assert_int_equal(starts(whole(f, bob, &his_fourth)), morning() + 3 * INSTANT_PER_DAY);

    respond(bob, &his_third, MEETING_TENTATIVE, NULL);
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &third), "bob@example.test"), RESPONSE_TENTATIVE);
    assert_int_equal(tracked(whole(f, alice, &fourth), "bob@example.test"), RESPONSE_ACCEPTED);
    respond(bob, &his_fourth, MEETING_DECLINE, NULL);
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &fourth), "bob@example.test"), RESPONSE_DECLINED);
    struct item *gone = NULL;
    assert_int_equal(item_get(f->mem, bob, &his_fourth, ITEM_ALL, &gone), STATUS_OCCURRENCE_DELETED);

    OK(calendar_delete(alice, &third, DELETE_MOVE_TO_DELETED, &to_all));
    assert_int_equal(outbox_pump(f), 1);
    assert_true(meeting_is_cancelled(whole(f, bob, &his_third)->message->props));
    assert_false(meeting_is_cancelled(whole(f, bob, &his)->message->props));
    struct item *notice = NULL, **items = NULL;
    struct object_id inbox = fixture_folder(bob, FOLDER_ROLE_INBOX);
    size_t count = fixture_list(f, bob, &inbox, &items);
    for (size_t i = 0; i < count && notice == NULL; i++)
        if (strcmp(bag_string(items[i]->message->props, PROP_SUBJECT, ""), "Canceled: stand-up") == 0)
            notice = items[i];
    assert_non_null(notice);
    OK(meeting_remove(bob, &notice->id));
    assert_int_equal(item_get(f->mem, bob, &his_third, ITEM_ALL, &gone), STATUS_OCCURRENCE_DELETED);

    OK(calendar_delete(alice, &id, DELETE_HARD, &to_all));
    assert_int_equal(outbox_pump(f), 1);
    assert_true(meeting_is_cancelled(whole(f, bob, &his)->message->props));
}

/* ---- other hosts ---- */


static void foreign_attendee_is_reached_and_heard(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct message *message = appointment(f, "abroad");
    invite(message, "friend@remote.test", RECIPIENT_TO);
    struct object_id id = create(f, alice, message, &to_all);
    assert_int_equal(outbox_pump(f), 0);
    const char *mime = taken(f, "remote.test");
    assert_non_null(strstr(mime, "multipart/alternative"));
    assert_non_null(strstr(mime, "Content-Type: text/calendar; charset=utf-8; method=REQUEST"));
    assert_non_null(strstr(mime, "the agenda"));
    assert_string_equal(taken(f, "remote.test"), ""); /* one mail */
    const char *uid = NULL;
    struct slice calendar;
    struct item *sent = outbox_find(f, alice, FOLDER_ROLE_SENT_ITEMS, "abroad");
    OK(item_mime(f->mem, alice, &sent->id, &calendar));
    assert_int_equal(number(whole(f, alice, &sent->id), PROP_APPOINTMENT_SEQUENCE), 0);
    const struct bag *props = whole(f, alice, &id)->message->props;
    char *hex = talloc_strdup(f->mem, "");
    struct slice bytes = bag_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    for (size_t i = 0; i < bytes.length; i++)
        hex = talloc_asprintf_append(hex, "%02X", bytes.data[i]);
    uid = hex;
    char *reply = talloc_asprintf(f->mem,
        "From: Friend <friend@remote.test>\r\nTo: alice@example.test\r\nSubject: Accepted: abroad\r\nMessage-ID: <r1@remote.test>\r\n"
        "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"
        "BEGIN:VCALENDAR\r\nPRODID:-//Remote//EN\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:%s\r\nSEQUENCE:0\r\nDTSTAMP:20301121T120000Z\r\n"
        "DTSTART:20301121T120000Z\r\nORGANIZER:mailto:alice@example.test\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:friend@remote.test\r\nSUMMARY:abroad\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n", uid);
    outbox_deliver_mime(f, "friend@remote.test", "alice@example.test", slice_of_text(reply));
    struct item *mine = whole(f, alice, &id);
    assert_int_equal(tracked(mine, "friend@remote.test"), RESPONSE_ACCEPTED);
    assert_int_equal(starts(mine), morning());
    int64_t change = mine->change_number;
    outbox_deliver_mime(f, "friend@remote.test", "alice@example.test", slice_of_text(talloc_asprintf(f->mem, "X-Again: 1\r\n%s", reply)));
    assert_int_equal(whole(f, alice, &id)->change_number, change); /* the same again changes nothing */

    OK(calendar_delete(alice, &id, DELETE_HARD, &to_all));
    assert_non_null(strstr(taken(f, "remote.test"), "method=CANCEL"));
}

static const char *foreign_request(struct fixture *f, const char *method, const char *from, int sequence, const char *when, const char *more)
{
    return talloc_asprintf(f->mem,
        "From: <%s>\r\nTo: bob@example.test\r\nSubject: Invitation: visit\r\nMessage-ID: <%s-%d-%s@remote.test>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ncome and see\r\n--b\r\n"
        "Content-Type: text/calendar; charset=UTF-8; method=%s\r\n\r\n"
        "BEGIN:VCALENDAR\r\nPRODID:-//Remote//EN\r\nVERSION:2.0\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nUID:visit-1@remote.test\r\nSEQUENCE:%d\r\n"
        "DTSTAMP:2026112%dT120000Z\r\nDTSTART:%s\r\nDURATION:PT1H\r\nORGANIZER;CN=Host:mailto:host@remote.test\r\n"
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.test\r\nSUMMARY:visit\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n\r\n--b--\r\n",
        from, from, sequence, when, method, method, sequence, 1 + sequence, when, more);
}

static void foreign_request_is_entered_answered_and_guarded(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    outbox_deliver_mime(f, "host@remote.test", "bob@example.test", slice_of_text(foreign_request(f, "REQUEST", "host@remote.test", 1, "20301210T090000Z", "")));
    struct item *entry = in_calendar(f, bob, "visit");
    instant first = 0;
    assert_true(instant_parse("2030-12-10T09:00:00Z", &first));
    assert_non_null(entry);
    assert_int_equal(starts(entry), first);
    assert_int_equal(number(entry, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    respond(bob, &entry->id, MEETING_ACCEPT, NULL);
    const char *reply = taken(f, "remote.test");
    assert_non_null(strstr(reply, "method=REPLY"));
    assert_non_null(strstr(reply, "To: "));
    /* late, forged and stale messages */
    outbox_deliver_mime(f, "host@remote.test", "bob@example.test", slice_of_text(foreign_request(f, "REQUEST", "host@remote.test", 0, "20301201T090000Z", "")));
    outbox_deliver_mime(f, "mallory@bad.test", "bob@example.test", slice_of_text(foreign_request(f, "CANCEL", "mallory@bad.test", 2, "20301210T090000Z", "")));
    outbox_deliver_mime(f, "mallory@bad.test", "bob@example.test", slice_of_text(foreign_request(f, "REQUEST", "mallory@bad.test", 3, "20301215T090000Z", "")));
    entry = in_calendar(f, bob, "visit");
    assert_int_equal(starts(entry), first);
    assert_int_equal(number(entry, PROP_RESPONSE_STATUS), RESPONSE_ACCEPTED);
    outbox_deliver_mime(f, "host@remote.test", "bob@example.test", slice_of_text(foreign_request(f, "REQUEST", "host@remote.test", 4, "20301211T090000Z", "")));
    assert_int_equal(starts(in_calendar(f, bob, "visit")), first + INSTANT_PER_DAY);
    outbox_deliver_mime(f, "host@remote.test", "bob@example.test", slice_of_text(foreign_request(f, "CANCEL", "host@remote.test", 5, "20301211T090000Z", "")));
    assert_non_null(in_calendar(f, bob, "Canceled: visit"));
}

/* A client that saves a received message by its bytes gets what a delivery would have made of it, and changes no calendar. */
static void meeting_message_saved_from_mime_has_its_properties(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    struct object_id folder = fixture_folder(carol, FOLDER_ROLE_DRAFTS);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    struct slice mime = slice_of_text(foreign_request(f, "REQUEST", "host@remote.test", 1, "20301210T090000Z", "LOCATION:the hall\r\n")), kept;
    OK(item_create_from_mime(f->mem, carol, &folder, mime, NULL, &options, &item));
    item = whole(f, carol, &item->id);
    assert_string_equal(bag_string(item->message->props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Request");
    assert_string_equal(bag_string(item->message->props, PROP_LID_LOCATION, ""), "the hall");
    assert_int_equal(number(item, PROP_APPOINTMENT_SEQUENCE), 1);
    OK(item_mime(f->mem, carol, &item->id, &kept));
    assert_true(slice_equal(kept, mime));
    assert_null(in_calendar(f, carol, "visit"));
}

static void broken_calendar_part_is_mail(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    const char *mime = "From: <x@remote.test>\r\nTo: bob@example.test\r\nSubject: broken part\r\nMessage-ID: <broken@remote.test>\r\nMIME-Version: 1.0\r\n"
                       "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nnonsense\r\n";
    outbox_deliver_mime(f, "x@remote.test", "bob@example.test", slice_of_text(mime));
    assert_non_null(outbox_find(f, bob, FOLDER_ROLE_INBOX, "broken part"));
    assert_null(in_calendar(f, bob, "broken part"));
}

static void nothing_is_sent_that_was_not_asked_for(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct message *message = appointment(f, "quiet");
    invite(message, "bob@example.test", RECIPIENT_TO);
    struct object_id id = create(f, alice, message, &to_none);
    assert_int_equal(outbox_pump(f), 0);
    assert_null(in_calendar(f, bob, "quiet"));
    assert_int_equal(meeting_respond(alice, &id, &(struct meeting_answer){ .send = true }, NULL), STATUS_IS_ORGANIZER);
    move_to(f, alice, &id, morning() + INSTANT_PER_HOUR); /* now they are invited, with what holds now */
    assert_int_equal(outbox_pump(f), 1);
    struct item *entry = in_calendar(f, bob, "quiet");
    assert_int_equal(starts(entry), morning() + INSTANT_PER_HOUR);
    struct meeting_answer silent = { .response = MEETING_DECLINE };
    OK(meeting_respond(bob, &entry->id, &silent, NULL));
    assert_int_equal(outbox_pump(f), 0);
    assert_null(in_calendar(f, bob, "quiet"));
    assert_int_equal(meeting_cancel(bob, &(struct object_id){ .kind = OBJECT_ITEM, .mailbox = session_mailbox(bob), .item = 99999 }, NULL, NULL, &to_all),
                     STATUS_ITEM_NOT_FOUND);
    OK(calendar_delete(alice, &id, DELETE_MOVE_TO_DELETED, &to_none));
    assert_int_equal(outbox_pump(f), 0);
}

/* A client that makes the request itself and only sends it [MS-ASCMD] SendMail, EWS SendItem. */
static void request_made_by_a_client_keeps_its_calendar_part(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct message *item = appointment(f, "by client"), *request = NULL;
    struct meeting_organizer organizer = { "Alice", "alice@example.test" };
    struct submit_options options = { .save_copy = true };
    struct object_id saved = { 0 };
    invite(item, "bob@example.test", RECIPIENT_TO);
    OK(meeting_fill_item(item, &organizer, clock_now()));
    struct meeting_mail mail = { .item = item, .now = clock_now() };
    OK(meeting_build_request(f->mem, &mail, &request));
    OK(submit_message(alice, request, &options, &saved));
    assert_int_equal(starts(in_calendar(f, bob, "by client")), morning());
    struct item *copy = whole(f, alice, &saved);
    assert_string_equal(bag_string(copy->message->props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Request");
    assert_true(bag_has(copy->message->props, PROP_GLOBAL_OBJECT_ID));
}

/* ---- those who act for others ---- */

static void delegate_gets_copies_and_answers_for_the_owner(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *carol = fixture_session(f, "carol");
    struct mailbox_delegate delegate = { .person = session_principal(bob), .receives_copies = true, .sends_on_behalf = true };
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        delegate.rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    assert_true(rights_of_role("Editor", &delegate.rights[DELEGATE_CALENDAR]));
    OK(delegate_add(alice, session_mailbox(alice), &delegate));
    struct message *message = appointment(f, "for alice");
    invite(message, "alice@example.test", RECIPIENT_TO);
    struct object_id id = create(f, carol, message, &to_all), entry = { 0 };
    assert_int_equal(outbox_pump(f), 2); /* alice, and the copy */
    struct item *copy = outbox_find(f, bob, FOLDER_ROLE_INBOX, "for alice"), *hers = in_calendar(f, alice, "for alice");
    assert_non_null(hers);
    assert_non_null(copy);
    assert_null(in_calendar(f, bob, "for alice"));
    copy = whole(f, bob, &copy->id);
    assert_int_equal(number(copy, PROP_MEETING_TYPE), MEETING_TYPE_DELEGATOR_COPY);
    assert_string_equal(bag_string(copy->message->props, PROP_RECEIVED_REPRESENTING_SMTP_ADDRESS, ""), "alice@example.test");
    respond(bob, &copy->id, MEETING_ACCEPT, &entry);
    assert_int_equal(entry.item, hers->id.item);
    assert_int_equal(number(in_calendar(f, alice, "for alice"), PROP_RESPONSE_STATUS), RESPONSE_ACCEPTED);
    assert_null(outbox_find(f, bob, FOLDER_ROLE_INBOX, "for alice"));
    assert_non_null(outbox_find(f, alice, FOLDER_ROLE_SENT_ITEMS, "Accepted: for alice"));
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, carol, &id), "alice@example.test"), RESPONSE_ACCEPTED);
    struct item *answer = outbox_find(f, carol, FOLDER_ROLE_INBOX, "Accepted: for alice");
    answer = whole(f, carol, &answer->id);
    assert_string_equal(bag_string(answer->message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), "alice@example.test");
    assert_string_equal(bag_string(answer->message->props, PROP_SENDER_SMTP_ADDRESS, ""), "bob@example.test");

    struct object_id folder = fixture_folder(alice, FOLDER_ROLE_CALENDAR); /* bob invites for alice; carol may not */
    struct message *own = appointment(f, "alice invites");
    struct item *made = NULL;
    invite(own, "carol@example.test", RECIPIENT_TO);
    OK(calendar_create(f->mem, bob, &folder, own, &to_all, &made));
    assert_int_equal(outbox_pump(f), 1);
    hers = in_calendar(f, carol, "alice invites");
    assert_string_equal(meeting_organizer_address(hers->message->props), "alice@example.test");
    assert_int_equal(calendar_create(f->mem, carol, &folder, own, &to_all, &made), STATUS_SEND_AS_DENIED);
    assert_int_equal(outbox_pump(f), 0);
    OK(delegate_remove(alice, session_mailbox(alice), session_principal(bob)));
}

static void forwarded_meeting_comes_back_to_its_organizer(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *carol = fixture_session(f, "carol");
    struct message *message = appointment(f, "pass it on");
    struct recipient target = { .type = RECIPIENT_TO, .display_name = "Carol", .address_type = "SMTP", .address = "carol@example.test",
                                .smtp_address = "carol@example.test" };
    invite(message, "bob@example.test", RECIPIENT_TO);
    struct object_id id = create(f, alice, message, &to_all);
    assert_int_equal(outbox_pump(f), 1);
    struct item *request = outbox_find(f, bob, FOLDER_ROLE_INBOX, "pass it on");
    OK(meeting_forward(bob, &request->id, &target, 1, "you too?", NULL, true));
    assert_int_equal(outbox_pump(f), 2); /* carol, and the notice */
    struct item *got = outbox_find(f, carol, FOLDER_ROLE_INBOX, "FW: pass it on"), *entry = in_calendar(f, carol, "pass it on");
    assert_non_null(got);
    assert_non_null(entry);
    assert_string_equal(meeting_organizer_address(entry->message->props), "alice@example.test");
    assert_string_equal(bag_string(whole(f, carol, &got->id)->message->props, PROP_SENDER_SMTP_ADDRESS, ""), "bob@example.test");
    struct item *notice = outbox_find(f, alice, FOLDER_ROLE_INBOX, "Meeting Forward Notification: pass it on");
    assert_non_null(notice);
    assert_string_equal(bag_string(notice->message->props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Notification.Forward");
    assert_int_equal(tracked(whole(f, alice, &id), "carol@example.test"), RESPONSE_NOT_RESPONDED);
    respond(carol, &entry->id, MEETING_ACCEPT, NULL);
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &id), "carol@example.test"), RESPONSE_ACCEPTED);
    move_to(f, alice, &id, morning() + INSTANT_PER_HOUR); /* both hear of it now */
    assert_int_equal(outbox_pump(f), 2);
    assert_int_equal(starts(whole(f, carol, &entry->id)), morning() + INSTANT_PER_HOUR);
    char *forged = talloc_asprintf(f->mem, "X-Bourse-Meeting-Forward: %s; mallory@bad.test\r\n", "");
    struct slice bytes = bag_bytes(whole(f, alice, &id)->message->props, PROP_GLOBAL_OBJECT_ID);
    for (size_t i = bytes.length; i > 0; i--)
        forged = talloc_asprintf(f->mem, "%.26s%02X%s", forged, bytes.data[i - 1], forged + 26);
    outbox_deliver(f, "mallory@bad.test", "alice@example.test", "forged forward", forged, "x");
    assert_int_equal(meeting_find_attendee(whole(f, alice, &id)->message, "mallory@bad.test"), -1);
    outbox_deliver(f, "bob@example.test", "alice@example.test", "true forward", forged, "x"); /* the field itself was right */
    assert_true(meeting_find_attendee(whole(f, alice, &id)->message, "mallory@bad.test") >= 0);
}

static void calendar_stays_when_processing_is_off(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct message *message = appointment(f, "by hand");
    struct object_id entry = { 0 };
    bool is_automatic = true;
    OK(meeting_processing_set(bob, false));
    OK(meeting_processing_get(bob, &is_automatic));
    assert_false(is_automatic);
    invite(message, "bob@example.test", RECIPIENT_TO);
    struct object_id id = create(f, alice, message, &to_all);
    assert_int_equal(outbox_pump(f), 1);
    struct item *request = outbox_find(f, bob, FOLDER_ROLE_INBOX, "by hand");
    assert_null(in_calendar(f, bob, "by hand"));
    assert_int_equal(meeting_calendar_item(bob, &request->id, &entry), STATUS_ITEM_NOT_FOUND);
    respond(bob, &request->id, MEETING_TENTATIVE, &entry);
    assert_int_equal(entry.item, in_calendar(f, bob, "by hand")->id.item);
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &id), "bob@example.test"), RESPONSE_TENTATIVE);
    move_to(f, alice, &id, morning() + INSTANT_PER_HOUR); /* the update counts with its answer */
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(starts(in_calendar(f, bob, "by hand")), morning());
    request = outbox_find(f, bob, FOLDER_ROLE_INBOX, "by hand");
    respond(bob, &request->id, MEETING_ACCEPT, &entry);
    assert_int_equal(starts(in_calendar(f, bob, "by hand")), morning() + INSTANT_PER_HOUR);
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(tracked(whole(f, alice, &id), "bob@example.test"), RESPONSE_ACCEPTED);
    OK(meeting_processing_set(bob, true));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        TEST(request_enters_calendars_and_answers_are_tracked), TEST(updates_and_cancellations_reach_all), TEST(occurrences_of_a_series_go_their_own_ways),
        TEST(foreign_attendee_is_reached_and_heard), TEST(foreign_request_is_entered_answered_and_guarded), TEST(broken_calendar_part_is_mail),
        TEST(meeting_message_saved_from_mime_has_its_properties),
        TEST(request_made_by_a_client_keeps_its_calendar_part), TEST(nothing_is_sent_that_was_not_asked_for), TEST(delegate_gets_copies_and_answers_for_the_owner), TEST(calendar_stays_when_processing_is_off),
        TEST(forwarded_meeting_comes_back_to_its_organizer),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
