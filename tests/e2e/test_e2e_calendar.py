"""Calendar, contacts, tasks, availability and out of office with exchangelib."""
import datetime
import decimal
import zoneinfo

from exchangelib import DELEGATE, Account, CalendarItem, Contact, DistributionList, EWSDate, EWSDateTime, EWSTimeZone, Mailbox, OofSettings, Task
from exchangelib.errors import ErrorAccessDenied, ErrorCalendarIsOrganizerForAccept
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.items import MeetingCancellation, MeetingRequest, MeetingResponse, SEND_ONLY_TO_ALL, SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.properties import Attendee, Member
from exchangelib.recurrence import DailyRegeneration, Recurrence, TaskRecurrence, WeeklyPattern

from ews_client import account
from mail import unique, wait_for

BERLIN, NEW_YORK, TOKYO = (EWSTimeZone(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Tokyo"))


def at(zone, *parts):
    return EWSDateTime(*parts, tzinfo=zone)


def view(person, start, end, subject):
    return sorted((item for item in person.calendar.view(start=start, end=end) if item.subject == subject), key=lambda item: item.start)


def meeting_mail(person, kind, subject, sender):
    """Waits for the one meeting message of that kind from somebody; its subject ends with the meeting's."""
    def found():
        return [item for item in person.inbox.all() if isinstance(item, kind) and item.subject.endswith(subject) and item.sender.email_address == sender] or None
    items = wait_for(found, 30)
    assert items and len(items) == 1, f"{kind.__name__} from {sender}: {len(items or [])}"
    return items[0]


def in_calendar(person, subject, check=lambda item: True):
    def found():
        items = [item for item in person.calendar.filter(subject=subject) if check(item)]
        return items[0] if len(items) == 1 else None
    item = wait_for(found, 30)
    assert item is not None, f"{subject} is not in the calendar of {person.primary_smtp_address}"
    return item


def attendee(item, address):
    people = (item.required_attendees or []) + (item.optional_attendees or []) + (item.resources or [])
    return next(person for person in people if person.mailbox.email_address == address)


def test_single_item_keeps_zone_and_fields(server):
    alice = account(server, "alice")
    subject = unique("dentist")
    start, end = at(NEW_YORK, 2026, 7, 1, 9, 0), at(NEW_YORK, 2026, 7, 1, 9, 45)
    item = CalendarItem(account=alice, folder=alice.calendar, start=start, end=end, subject=subject, location="Main Street", body="Bring the card",
                        legacy_free_busy_status="OOF", categories=["Health"], reminder_minutes_before_start=20, reminder_is_set=True)
    item.save()
    item = alice.calendar.get(subject=subject)
    assert (item.start, item.end, item.location, item.legacy_free_busy_status) == (start, end, "Main Street", "OOF")
    assert item._start_timezone == NEW_YORK and item.type == "Single" and not item.is_meeting and item.categories == ["Health"]
    assert item.reminder_is_set and item.reminder_minutes_before_start == 20 and "Bring the card" in item.body
    assert item.mime_content.startswith(b"BEGIN:VCALENDAR") and b"SUMMARY:" + subject.encode() in item.mime_content
    item.start, item.end = at(TOKYO, 2026, 7, 2, 10, 0), at(TOKYO, 2026, 7, 2, 11, 0)
    item._start_timezone = item._end_timezone = TOKYO
    item.save(update_fields=["start", "end", "_start_timezone", "_end_timezone"])
    item = alice.calendar.get(subject=subject)
    assert item.start == at(TOKYO, 2026, 7, 2, 10, 0) and item._start_timezone == TOKYO
    item.delete()
    assert not alice.calendar.filter(subject=subject).exists()


def test_all_day_event_stays_on_its_day(server):
    alice = account(server, "alice")
    for zone in (BERLIN, TOKYO):
        alice.default_timezone = zone
        subject = unique("holiday")
        CalendarItem(account=alice, folder=alice.calendar, start=EWSDate(2026, 3, 29), end=EWSDate(2026, 3, 30), is_all_day=True, subject=subject).save()
        item = alice.calendar.get(subject=subject)
        assert item.is_all_day and (item.start, item.end) == (EWSDate(2026, 3, 29), EWSDate(2026, 3, 30))
        item.delete()


def test_series_over_a_clock_change(server):
    """Weekly at nine in Berlin from before to after the change of 25 October 2026: nine stays nine; two are moved, one goes."""
    alice = account(server, "alice")
    subject = unique("weekly")
    start, end = at(BERLIN, 2026, 10, 12, 9, 0), at(BERLIN, 2026, 10, 12, 10, 0)
    pattern = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Monday"], first_day_of_week="Monday"), start=start.date(), number=6)
    CalendarItem(account=alice, folder=alice.calendar, start=start, end=end, subject=subject, recurrence=pattern, location="here").save()
    master = alice.calendar.get(subject=subject)
    assert master.type == "RecurringMaster" and master.recurrence.pattern == pattern.pattern and master.recurrence.boundary.number == 6
    assert master.first_occurrence.start == start and master.last_occurrence.start == at(BERLIN, 2026, 11, 16, 9, 0)
    window = at(BERLIN, 2026, 10, 1, 0, 0), at(BERLIN, 2026, 12, 1, 0, 0)
    occurrences = view(alice, *window, subject)
    assert [o.start.astimezone(BERLIN).hour for o in occurrences] == [9] * 6 and all(o.type == "Occurrence" for o in occurrences)
    assert occurrences[2].start.astimezone(zoneinfo.ZoneInfo("UTC")).hour == 8 and occurrences[1].start.astimezone(zoneinfo.ZoneInfo("UTC")).hour == 7

    second = master.occurrence(2)
    second.refresh()
    second.start, second.end = at(BERLIN, 2026, 10, 20, 14, 0), at(BERLIN, 2026, 10, 20, 15, 0)
    second.save(update_fields=["start", "end"])
    third = master.occurrence(3)
    third.refresh()
    third.start, third.location = at(BERLIN, 2026, 10, 26, 8, 0), "elsewhere"
    third.save(update_fields=["start", "location"])
    master.occurrence(5).delete(send_meeting_cancellations=SEND_TO_NONE)

    occurrences = view(alice, *window, subject)
    assert [o.start.astimezone(BERLIN).strftime("%d.%m. %H") for o in occurrences] == ["12.10. 09", "20.10. 14", "26.10. 08", "02.11. 09", "16.11. 09"]
    assert [o.type for o in occurrences] == ["Occurrence", "Exception", "Exception", "Occurrence", "Occurrence"]
    assert occurrences[2].location == "elsewhere" and occurrences[3].location == "here"
    moved = alice.calendar.get(id=occurrences[1].id, changekey=occurrences[1].changekey)
    assert moved.original_start == at(BERLIN, 2026, 10, 19, 9, 0)
    series = moved.recurring_master()
    series.refresh()
    assert series.id == master.id
    master = alice.calendar.get(subject=subject)
    assert len(master.modified_occurrences) == 2 and [d.start for d in master.deleted_occurrences] == [at(BERLIN, 2026, 11, 9, 9, 0)]
    master.delete(send_meeting_cancellations=SEND_TO_NONE)
    assert view(alice, *window, subject) == []


def test_meeting_from_invitation_to_cancellation(server):
    """Alice invites Bob and Carol, who live in other zones, and a room."""
    alice, bob, carol = (account(server, name) for name in ("alice", "bob", "carol"))
    subject = unique("review")
    start, end = at(BERLIN, 2027, 2, 3, 16, 0), at(BERLIN, 2027, 2, 3, 17, 0)
    CalendarItem(account=alice, folder=alice.calendar, start=start, end=end, subject=subject, location="Room", body="agenda",
                 required_attendees=["bob@example.test"], optional_attendees=["carol@example.test"],
                 resources=["room-hopper@example.test"]).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    meeting = alice.calendar.get(subject=subject)
    assert meeting.is_meeting and meeting.my_response_type == "Organizer" and meeting.organizer.email_address == "alice@example.test"

    request = meeting_mail(bob, MeetingRequest, subject, "alice@example.test")
    assert request.start == start and request.location == "Room" and request.organizer.email_address == "alice@example.test"
    tentative = in_calendar(bob, subject)
    assert tentative.my_response_type == "NoResponseReceived" and tentative.start == start
    assert request.associated_calendar_item_id.id == tentative.id
    request.accept(body="I shall be there")
    assert in_calendar(bob, subject, lambda item: item.my_response_type == "Accept").uid == meeting.uid
    answer = meeting_mail(alice, MeetingResponse, subject, "bob@example.test")
    assert answer.response_type == "Accept"

    request = meeting_mail(carol, MeetingRequest, subject, "alice@example.test")
    request.tentatively_accept(body="Another time", proposed_start=at(NEW_YORK, 2027, 2, 4, 10, 0), proposed_end=at(NEW_YORK, 2027, 2, 4, 11, 0))
    counter = meeting_mail(alice, MeetingResponse, subject, "carol@example.test")
    assert counter.proposed_start == at(NEW_YORK, 2027, 2, 4, 10, 0) and counter.response_type == "Tentative"
    in_calendar(carol, subject, lambda item: item.my_response_type == "Tentative").decline(body="No, after all")
    assert wait_for(lambda: not carol.calendar.filter(subject=subject).exists() or None, 20)
    meeting = wait_for(lambda: (lambda m: m if attendee(m, "carol@example.test").response_type == "Decline" else None)(alice.calendar.get(subject=subject)), 30)
    assert attendee(meeting, "bob@example.test").response_type == "Accept"
    assert wait_for(lambda: attendee(alice.calendar.get(subject=subject), "room-hopper@example.test").response_type == "Accept" or None, 30)

    try:
        meeting.accept()
    except ErrorCalendarIsOrganizerForAccept:
        pass
    else:
        raise AssertionError("the organiser accepted the own meeting")

    meeting.start, meeting.end = at(BERLIN, 2027, 2, 5, 9, 0), at(BERLIN, 2027, 2, 5, 10, 0)
    meeting.save(update_fields=["start", "end"], send_meeting_invitations=SEND_ONLY_TO_ALL)
    assert in_calendar(bob, subject, lambda item: item.start == at(BERLIN, 2027, 2, 5, 9, 0)).my_response_type == "NoResponseReceived"

    alice.calendar.get(subject=subject).cancel(new_body="It is off")
    meeting_mail(bob, MeetingCancellation, subject, "alice@example.test")
    assert wait_for(lambda: all(item.is_cancelled for item in bob.calendar.all() if item.subject and item.subject.endswith(subject)) or None, 30)


def test_availability_and_room(server):
    alice, dave = account(server, "alice"), account(server, "dave")
    subject = unique("busy")
    start, end = at(BERLIN, 2027, 3, 10, 9, 0), at(BERLIN, 2027, 3, 10, 11, 0)
    CalendarItem(account=dave, folder=dave.calendar, start=start, end=end, subject=subject, legacy_free_busy_status="OOF").save()
    (own,) = dave.protocol.get_free_busy_info([(dave, "Organizer", False)], start=at(BERLIN, 2027, 3, 10, 8, 0), end=at(BERLIN, 2027, 3, 10, 12, 0),
                                              merged_free_busy_interval=60)
    assert own.merged == "0330", own.merged
    assert [(event.busy_type, event.details.subject) for event in own.calendar_events] == [("OOF", subject)]
    seen, unknown = alice.protocol.get_free_busy_info([(dave, "Required", False), ("nobody@example.test", "Required", False)],
                                                      start=at(BERLIN, 2027, 3, 10, 8, 0), end=at(BERLIN, 2027, 3, 10, 12, 0), merged_free_busy_interval=60)
    assert seen.merged == "0330" and all(event.details is None for event in seen.calendar_events or [])
    assert seen.working_hours and isinstance(unknown, Exception)
    dave.calendar.get(subject=subject).delete()


def test_contacts_and_lists(server):
    carol = account(server, "carol")
    name = unique("Grace Hopper")
    Contact(account=carol, folder=carol.contacts, given_name="Grace", surname=name, display_name=name, company_name="Navy", birthday=EWSDate(1906, 12, 9),
            email_addresses=[EmailAddress(email="grace@navy.test", label="EmailAddress1"), EmailAddress(email="hopper@navy.test", label="EmailAddress3")],
            phone_numbers=[PhoneNumber(label="BusinessPhone", phone_number="+1 555 1"), PhoneNumber(label="MobilePhone", phone_number="+1 555 2")],
            physical_addresses=[PhysicalAddress(label="Business", street="1 Dock", city="Norfolk", state="VA", country="US", zipcode="23511")],
            children=["none"], job_title="Rear Admiral", file_as_mapping="LastCommaFirst").save()
    contact = carol.contacts.get(display_name=name)
    assert {address.label: address.email for address in contact.email_addresses} == {"EmailAddress1": "grace@navy.test", "EmailAddress3": "hopper@navy.test"}
    assert contact.file_as == f"{name}, Grace" and contact.physical_addresses[0].city == "Norfolk" and contact.complete_name.first_name == "Grace"
    assert contact.mime_content.startswith(b"BEGIN:VCARD")
    contact.email_addresses = [EmailAddress(email="grace@home.test", label="EmailAddress1")]
    contact.save(update_fields=["email_addresses"])
    assert carol.contacts.get(display_name=name).email_addresses[0].email == "grace@home.test"
    people = unique("friends")
    DistributionList(account=carol, folder=carol.contacts, display_name=people,
                     members=[Member(mailbox=Mailbox(name="Pat", email_address="pat@partner.test", mailbox_type="OneOff"))]).save()
    members = carol.contacts.get(display_name=people).members
    assert [(member.mailbox.name, member.mailbox.email_address) for member in members] == [("Pat", "pat@partner.test")]
    contact.delete()


def test_tasks(server):
    dave = account(server, "dave")
    subject = unique("report")
    Task(account=dave, folder=dave.tasks, subject=subject, start_date=EWSDate(2026, 11, 2), due_date=EWSDate(2026, 11, 6), total_work=240,
         categories=["Work"]).save()
    task = dave.tasks.get(subject=subject)
    assert task.status == "NotStarted" and not task.is_complete and task.percent_complete == 0 and task.due_date == EWSDate(2026, 11, 6)
    task.percent_complete = decimal.Decimal(50)
    task.save(update_fields=["percent_complete"])
    task = dave.tasks.get(subject=subject)
    assert task.status == "InProgress"
    task.status = "Completed"
    task.save(update_fields=["status"])
    task = dave.tasks.get(subject=subject)
    assert task.is_complete and task.percent_complete == 100 and task.complete_date
    task.delete()
    series = unique("water the plants")
    Task(account=dave, folder=dave.tasks, subject=series, start_date=EWSDate(2026, 11, 2), due_date=EWSDate(2026, 11, 2),
         recurrence=TaskRecurrence(pattern=DailyRegeneration(interval=3), start=EWSDate(2026, 11, 2), number=4)).save()
    task = dave.tasks.get(subject=series)
    assert task.is_recurring and task.recurrence.pattern == DailyRegeneration(interval=3) and task.recurrence.boundary.number == 4
    task.delete()


def test_out_of_office(server):
    dave, alice = account(server, "dave"), account(server, "alice")
    start, end = datetime.datetime(2030, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")), datetime.datetime(2030, 1, 9, tzinfo=zoneinfo.ZoneInfo("UTC"))
    dave.oof_settings = OofSettings(state="Scheduled", external_audience="Known", start=EWSDateTime.from_datetime(start), end=EWSDateTime.from_datetime(end),
                                    internal_reply="<p>Skiing äöü</p>", external_reply="Away")
    settings = dave.oof_settings
    assert (settings.state, settings.external_audience, settings.internal_reply, settings.external_reply) == ("Scheduled", "Known", "<p>Skiing äöü</p>", "Away")
    assert settings.start == start and settings.end == end
    dave.oof_settings = OofSettings(state="Disabled", external_audience="None", internal_reply="", external_reply="")
    assert dave.oof_settings.state == "Disabled"
    strange = Account(primary_smtp_address="dave@example.test", config=alice.protocol.config, autodiscover=False, access_type=DELEGATE)
    try:
        strange.oof_settings.state
    except ErrorAccessDenied:
        return
    raise AssertionError("somebody else's settings were shown")
