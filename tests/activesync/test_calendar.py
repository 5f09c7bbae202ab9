"""Calendar over ActiveSync and EWS at once: series with exceptions in both directions, zones, whole days, meetings and their answers."""
import base64
import datetime
import struct

from exchangelib import CalendarItem, EWSDate, EWSDateTime, EWSTimeZone
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.properties import Attendee, Mailbox
from exchangelib.recurrence import Recurrence, WeeklyPattern

from client import Device
from ews_client import account
from mail import unique, wait_for
from wbxml import Node

BERLIN, UTC = EWSTimeZone("Europe/Berlin"), EWSTimeZone("UTC")
VERSIONS = ("12.1", "14.1", "16.1")
OPTIONS = [Node("AirSync:FilterType", "0"), Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "1")])]


def at(zone, *parts):
    return EWSDateTime(*parts, tzinfo=zone)


def moment(month, day, hour=0, minute=0, week=0, weekday=0):
    return struct.pack("<8H", 0, month, weekday, week, hour, minute, 0, 0)


# [MS-ASDTYPE] 2.7.6: UTC+1, last Sundays of March and October, without names, as phones send it
BERLIN_BLOB = base64.b64encode(struct.pack("<i", -60) + bytes(64) + moment(10, 0, 3, week=5) + struct.pack("<i", 0) + bytes(64) + moment(3, 0, 2, week=5) +
                               struct.pack("<i", -60)).decode()


def phone(server, version, login="alice", device_id="ItemTestOne"):
    """The second device looks at what the first one did."""
    device = Device(server.endpoints, server.users[login], version=version, device_id=device_id)
    device.provision()
    device.folder_sync("0")
    device.calendar = device.folder("Calendar")
    device.sync_all(device.calendar, options=OPTIONS)
    return device


def elements(**values):
    """Calendar_Subject='x' -> nodes."""
    return [Node(f"Calendar:{name}", value) for name, value in values.items()]


def command(name, data, **ids):
    content = [Node("AirSync:ClientId" if key == "client" else "AirSyncBase:InstanceId" if key == "instance" else "AirSync:ServerId", value)
               for key, value in ids.items()]
    return Node(f"AirSync:{name}", content + ([Node("AirSync:ApplicationData", data)] if data is not None else []))


def do(device, *commands):
    answer = device.sync(device.calendar, commands=list(commands), options=OPTIONS)
    return answer.find("AirSync:Collections", "AirSync:Collection", "AirSync:Responses") if answer is not None else None


def add(device, data):
    responses = do(device, command("Add", data, client=unique("c")[-12:]))
    added = responses.find("AirSync:Add")
    assert added.value("AirSync:Status") == "1", responses.show()
    return added.value("AirSync:ServerId")


def change(device, server_id, data, **ids):
    responses = do(device, command("Change", data, server=server_id, **ids))
    assert responses is None or responses.find("AirSync:Change") is None, responses.show()


def find(device, subject):
    """The item as the device has it after a Sync."""
    def look():
        device.sync_all(device.calendar, options=OPTIONS)
        found = [(number, item) for number, item in device.items[device.calendar].items() if "Calendar:Subject" in item and item["Calendar:Subject"].text == subject]
        return found[0] if found else None
    return wait_for(look, 20)


def view(person, start, end, subject):
    return sorted((item for item in person.calendar.view(start=start, end=end) if item.subject == subject), key=lambda item: item.start)


def recurrence(**values):
    return Node("Calendar:Recurrence", elements(**values))


def weekly(subject, version):
    uid = [] if float(version) >= 16 else elements(UID=unique("uid"))
    place = Node("AirSyncBase:Location", [Node("AirSyncBase:DisplayName", "here")]) if float(version) >= 16 else Node("Calendar:Location", "here")
    return elements(Timezone=BERLIN_BLOB, Subject=subject, StartTime="20261012T070000Z", EndTime="20261012T080000Z", BusyStatus="2", AllDayEvent="0", Reminder="10") + \
        uid + [place, recurrence(Type="1", Occurrences="6", Interval="1", DayOfWeek="2")]


def check_series(device, person, subject):
    """Six Mondays at nine in Berlin over a clock change: the second moved, the third elsewhere, the fifth deleted."""
    occurrences = view(person, at(BERLIN, 2026, 10, 1, 0, 0), at(BERLIN, 2026, 12, 1, 0, 0), subject)
    assert [o.start.astimezone(BERLIN).strftime("%d.%m. %H") for o in occurrences] == ["12.10. 09", "20.10. 14", "26.10. 09", "02.11. 09", "16.11. 09"], occurrences
    assert [o.location for o in occurrences] == ["here", "here", "elsewhere", "here", "here"]
    _, item = find(device, subject)
    pattern, exceptions = item["Calendar:Recurrence"], item["Calendar:Exceptions"].children
    assert (pattern.value("Calendar:Type"), pattern.value("Calendar:Occurrences"), pattern.value("Calendar:DayOfWeek")) == ("1", "6", "2")
    name = "AirSyncBase:InstanceId" if float(device.version) >= 16 else "Calendar:ExceptionStartTime"
    told = {e.value(name): (e.value("Calendar:Deleted"), e.value("Calendar:StartTime"),
                            e.value("AirSyncBase:Location", "AirSyncBase:DisplayName") or e.value("Calendar:Location")) for e in exceptions}
    assert told == {"20261109T080000Z": ("1", None, None), "20261019T070000Z": (None, "20261020T120000Z", None),
                    "20261026T080000Z": (None, "20261026T080000Z", "elsewhere")}, told


def exception(start, **values):
    return Node("Calendar:Exception", elements(ExceptionStartTime=start, **values))


def series_by_device(server, version):
    subject, device, person = unique(f"weekly {version}"), phone(server, version), account(server, "alice")
    data = weekly(subject, version)
    moved = {"StartTime": "20261020T120000Z", "EndTime": "20261020T130000Z"}
    if version == "16.1":
        number = add(device, data)
        change(device, number, elements(**moved), instance="20261019T070000Z")
        change(device, number, [Node("AirSyncBase:Location", [Node("AirSyncBase:DisplayName", "elsewhere")])], instance="20261026T080000Z")
        responses = do(device, command("Delete", None, server=number, instance="20261109T080000Z"))
        assert responses is None, responses.show()
    else:
        exceptions = [exception("20261019T070000Z", **moved), exception("20261026T080000Z", Location="elsewhere"), exception("20261109T080000Z", Deleted="1")]
        # at 12.1 all at once, at 14.1 as a change of the series
        number = add(device, data + ([Node("Calendar:Exceptions", exceptions)] if version == "12.1" else []))
        if version == "14.1":
            change(device, number, data + [Node("Calendar:Exceptions", exceptions)])
    assert device.sync(device.calendar, options=OPTIONS) is None, "a device is told what it did itself"
    fresh = phone(server, version, device_id="ItemTestTwo")
    check_series(fresh, person, subject)
    # the same once more changes nothing
    if version != "16.1":
        change(device, number, data + [Node("Calendar:Exceptions", exceptions)])
        check_series(fresh, person, subject)
    responses = do(device, command("Delete", None, server=number))
    assert responses is None, responses.show()
    assert not person.calendar.filter(subject=subject).exists()


def test_series_by_device_12_1(server):
    series_by_device(server, "12.1")


def test_series_by_device_14_1(server):
    series_by_device(server, "14.1")


def test_series_by_device_16_1(server):
    series_by_device(server, "16.1")


def test_series_by_ews(server):
    person, subject = account(server, "alice"), unique("weekly by EWS")
    start = at(BERLIN, 2026, 10, 12, 9, 0)
    CalendarItem(account=person, folder=person.calendar, start=start, end=at(BERLIN, 2026, 10, 12, 10, 0), subject=subject, location="here",
                 recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Monday"], first_day_of_week="Monday"), start=start.date(), number=6)).save()
    master = person.calendar.get(subject=subject)
    second, third = master.occurrence(2), master.occurrence(3)
    second.refresh()
    second.start, second.end = at(BERLIN, 2026, 10, 20, 14, 0), at(BERLIN, 2026, 10, 20, 15, 0)
    second.save(update_fields=["start", "end"])
    third.refresh()
    third.location = "elsewhere"
    third.save(update_fields=["location"])
    master.occurrence(5).delete(send_meeting_cancellations=SEND_TO_NONE)
    for version in VERSIONS:
        check_series(phone(server, version), person, subject)
    person.calendar.get(subject=subject).delete(send_meeting_cancellations=SEND_TO_NONE)


def test_patterns_go_round(server):
    """Each type of recurrence, told back as it was said, and with the same dates over EWS."""
    device, person = phone(server, "14.1"), account(server, "alice")
    cases = [({"Type": "0", "Interval": "3", "Occurrences": "4"}, ["05.01.", "08.01.", "11.01.", "14.01."]),
             ({"Type": "1", "Interval": "1", "DayOfWeek": "62", "Until": "20260108T090000Z"}, ["05.01.", "06.01.", "07.01.", "08.01."]),
             ({"Type": "2", "Interval": "1", "DayOfMonth": "5", "Occurrences": "3"}, ["05.01.", "05.02.", "05.03."]),
             ({"Type": "3", "Interval": "1", "WeekOfMonth": "1", "DayOfWeek": "2", "Occurrences": "3"}, ["05.01.", "02.02.", "02.03."]),
             ({"Type": "5", "Interval": "1", "DayOfMonth": "5", "MonthOfYear": "1", "Occurrences": "2"}, ["05.01.", "05.01."]),
             ({"Type": "6", "Interval": "1", "WeekOfMonth": "1", "DayOfWeek": "2", "MonthOfYear": "1", "Occurrences": "2"}, ["05.01.", "04.01."])]
    for values, dates in cases:
        subject = unique("pattern " + values["Type"])
        number = add(device, elements(Timezone=BERLIN_BLOB, Subject=subject, StartTime="20260105T090000Z", EndTime="20260105T093000Z", UID=unique("uid")) +
                     [recurrence(**values)])
        occurrences = view(person, at(UTC, 2026, 1, 1, 0, 0), at(UTC, 2027, 12, 31, 0, 0), subject)
        assert [o.start.strftime("%d.%m.") for o in occurrences] == dates, (values, occurrences)
        fresh = phone(server, "14.1", device_id="ItemTestTwo")
        _, item = find(fresh, subject)
        told = {child.name.split(":")[1]: child.text for child in item["Calendar:Recurrence"].children}
        assert {key: told.get(key) for key in values} == values, told
        do(device, command("Delete", None, server=number))


def test_whole_days(server):
    """A day is the same day in all versions; from 16.0 on without a zone."""
    person = account(server, "alice")
    person.default_timezone = BERLIN
    subject = unique("holiday")
    CalendarItem(account=person, folder=person.calendar, start=EWSDate(2026, 3, 29), end=EWSDate(2026, 3, 30), is_all_day=True, subject=subject).save()
    for version in VERSIONS:
        _, item = find(phone(server, version), subject)
        times = item["Calendar:StartTime"].text, item["Calendar:EndTime"].text
        assert item["Calendar:AllDayEvent"].text == "1" and ("Calendar:Timezone" in item) == (version != "16.1")
        assert times == (("20260329T000000Z", "20260331T000000Z") if version == "16.1" else ("20260328T230000Z", "20260330T220000Z")), (version, times)
    device = phone(server, "16.1")
    subject = unique("phone holiday")
    number = add(device, elements(Subject=subject, AllDayEvent="1", StartTime="20260510T000000Z", EndTime="20260511T000000Z"))
    fresh = phone(server, "16.1", device_id="ItemTestTwo")
    _, item = find(fresh, subject)
    assert item["Calendar:StartTime"].text == "20260510T000000Z" and item["Calendar:EndTime"].text == "20260511T000000Z"
    found = person.calendar.get(subject=subject)
    assert found.is_all_day
    do(device, command("Delete", None, server=number))


def test_fields_and_bad_items(server):
    device, person, subject = phone(server, "14.1"), account(server, "alice"), unique("fields")
    number = add(device, elements(Timezone=BERLIN_BLOB, Subject=subject, StartTime="20260601T080000Z", EndTime="20260601T090000Z", UID=unique("uid"), BusyStatus="3",
                                  Sensitivity="2", Reminder="25", Location="Room 1") +
                 [Node("Calendar:Categories", [Node("Calendar:Category", "Red"), Node("Calendar:Category", "Blue")]),
                  Node("AirSyncBase:Body", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:Data", "Bring the card")])])
    item = person.calendar.get(subject=subject)
    assert (item.legacy_free_busy_status, item.sensitivity, item.reminder_minutes_before_start, item.location) == ("OOF", "Private", 25, "Room 1")
    assert sorted(item.categories) == ["Blue", "Red"] and "Bring the card" in item.body and item._start_timezone is not None
    change(device, number, elements(Reminder="", Location="", Subject=subject + " 2"))
    item = person.calendar.get(subject=subject + " 2")
    assert not item.reminder_is_set and not item.location and item.start == at(UTC, 2026, 6, 1, 8, 0)
    for bad in (elements(Subject="no start"), elements(Subject="bad", StartTime="yesterday", EndTime="20260601T090000Z"),
                elements(Subject="backwards", StartTime="20260602T080000Z", EndTime="20260601T090000Z"),
                elements(Subject="type 4", StartTime="20260601T080000Z", EndTime="20260601T090000Z") + [recurrence(Type="4", Interval="1")]):
        responses = do(device, command("Add", bad, client="bad"))
        assert responses.find("AirSync:Add").value("AirSync:Status") == "6", responses.show()
    do(device, command("Delete", None, server=number))


def mails(server, login, subject, kind="IPM.Schedule.Meeting"):
    return [m for m in account(server, login).inbox.all() if m.subject and m.subject.endswith(subject) and (m.item_class or "").startswith(kind)]


def invite(server, version, subject):
    device = phone(server, version)
    people = [Node("Calendar:Attendee", elements(Email=server.users["bob"].address, Name="Bob", AttendeeType="1"))]
    uid = [] if version == "16.1" else elements(UID=unique("uid"))
    return device, add(device, elements(Timezone=BERLIN_BLOB, Subject=subject, StartTime="20270601T080000Z", EndTime="20270601T090000Z", MeetingStatus="1") + uid +
                       [Node("Calendar:Attendees", people)])


def test_meeting_at_16_1(server):
    """The server invites, once; the answer of a phone reaches the organiser's phone; deleting cancels."""
    subject = unique("meeting")
    device, number = invite(server, "16.1", subject)
    wait_for(lambda: mails(server, "bob", subject), 30)
    bob = phone(server, "16.1", "bob")
    inbox = bob.folder("Inbox")
    bob.sync_all(inbox, options=OPTIONS)
    request, item = next((n, i) for n, i in bob.items[inbox].items() if "Email:Subject" in i and i["Email:Subject"].text == subject)
    meeting = item["Email:MeetingRequest"]
    assert meeting.value("Email:StartTime") == "2027-06-01T08:00:00.000Z" and meeting.value("Email2:MeetingMessageType") == "1" and meeting.value("Calendar:UID")
    answer = bob.call("MeetingResponse", Node("MeetingResponse:MeetingResponse", [Node("MeetingResponse:Request", [
        Node("MeetingResponse:UserResponse", "1"), Node("MeetingResponse:CollectionId", inbox), Node("MeetingResponse:RequestId", request),
        Node("MeetingResponse:SendResponse", [Node("AirSyncBase:Body", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:Data", "I am coming")])])])]))
    result = answer.find("MeetingResponse:Result")
    assert result.value("MeetingResponse:Status") == "1" and result.value("MeetingResponse:CalendarId"), answer.show()
    own, item = find(bob, subject)
    assert own == result.value("MeetingResponse:CalendarId") and item["Calendar:ResponseType"].text == "3" and item["Calendar:MeetingStatus"].text == "3"
    assert item["Calendar:OrganizerEmail"].text == server.users["alice"].address

    def tracked():
        device.sync_all(device.calendar, options=OPTIONS)
        people = device.items[device.calendar][number].get("Calendar:Attendees")
        return people is not None and people.children[0].value("Calendar:AttendeeStatus") == "3"
    assert wait_for(tracked, 30)
    assert len(mails(server, "bob", subject)) == 0 and len(mails(server, "alice", subject)) == 1
    do(device, command("Delete", None, server=number))
    wait_for(lambda: mails(server, "bob", subject, "IPM.Schedule.Meeting.Canceled"), 30)


def test_meeting_at_14_1(server):
    """The device sends the mail itself: the server sends none."""
    subject = unique("quiet meeting")
    device, number = invite(server, "14.1", subject)
    item = account(server, "alice").calendar.get(subject=subject)
    assert item.is_meeting and item.required_attendees[0].mailbox.email_address == server.users["bob"].address
    change(device, number, elements(StartTime="20270601T100000Z", EndTime="20270601T110000Z"))
    do(device, command("Delete", None, server=number))
    marker = unique("marker")
    person = account(server, "alice")
    CalendarItem(account=person, folder=person.calendar, subject=marker, start=at(UTC, 2027, 7, 1, 8, 0), end=at(UTC, 2027, 7, 1, 9, 0),
                 required_attendees=[Attendee(mailbox=Mailbox(email_address=server.users["bob"].address))]).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    wait_for(lambda: mails(server, "bob", marker), 30)
    assert mails(server, "bob", subject) == []


def test_filter_takes_old_items_away(server):
    device, person = phone(server, "14.1"), account(server, "alice")
    old, new = unique("old"), unique("new")
    today = datetime.datetime.now(datetime.timezone.utc)
    for subject, days in ((old, -60), (new, 3)):
        start = EWSDateTime.from_datetime(today + datetime.timedelta(days=days))
        CalendarItem(account=person, folder=person.calendar, start=start, end=start + datetime.timedelta(hours=1), subject=subject).save()
    find(device, old)
    two_weeks = [Node("AirSync:FilterType", "4")] + OPTIONS[1:]
    device.sync_all(device.calendar, options=two_weeks)
    subjects = {item["Calendar:Subject"].text for item in device.items[device.calendar].values() if "Calendar:Subject" in item}
    assert new in subjects and old not in subjects
