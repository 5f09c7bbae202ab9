"""Meetings with people of another host: a scripted SMTP server takes what we send and answers as other programs do.

Calendars are looked at by exchangelib, mail is counted in the mailboxes and at the other server. The server under test is an instance of its own, which
sends mail for partner.test to the script."""
import contextlib
import datetime
import zoneinfo

from exchangelib import DELEGATE, Account, CalendarItem, EWSDate, EWSDateTime, EWSTimeZone
from exchangelib.items import MeetingCancellation, MeetingRequest, MeetingResponse, SEND_ONLY_TO_ALL, SEND_TO_ALL_AND_SAVE_COPY
from exchangelib.recurrence import Recurrence, WeeklyPattern

from ews_client import account
from imip import APPLE, GOOGLE, OUTLOOK, THUNDERBIRD, answer, invitation, joined
from instance import Instance
from mail import send, unique, wait_for
from smtp_peer import Peer

BERLIN, TOKYO, UTC = EWSTimeZone("Europe/Berlin"), EWSTimeZone("Asia/Tokyo"), zoneinfo.ZoneInfo("UTC")
ALICE, BOB, PAT, ROOM = "alice@example.test", "bob@example.test", "pat@partner.test", "room-hopper@example.test"
# Mondays at four in Berlin, three before and three after clocks there go back on the last Sunday of October
LAST_SUNDAY = max(day for day in (datetime.date(datetime.date.today().year + 1, 10, number) for number in range(25, 32)) if day.weekday() == 6)
FIRST = LAST_SUNDAY - datetime.timedelta(days=20)


def at(week, hour, minute=0, days=0):
    """Wall clock time in Berlin in that week of the series."""
    day = FIRST + datetime.timedelta(days=7 * week + days)
    return EWSDateTime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


def basic(when):
    return when.strftime("%Y%m%dT%H%M%S")


WINDOW = at(-2, 0), at(8, 0)
MONDAYS = [at(week, 16) for week in range(6)]


@contextlib.contextmanager
def with_peer(server, name):
    peer = Peer()
    ours = Instance(f"{server.folder}-{name}", server.build, {"queue.routes": f'{{"partner.test=127.0.0.1:{peer.port}"}}'})
    try:
        ours.start()
        yield ours, peer
    finally:
        ours.stop()
        peer.stop()


def shown(person, subject):
    """When what the calendar shows takes place, in UTC. A room names its bookings after the organiser."""
    items = [item for item in person.calendar.view(start=WINDOW[0], end=WINDOW[1]) if subject in (item.subject or "") or person.primary_smtp_address == ROOM]
    return sorted(item.start.astimezone(UTC).strftime("%d.%m. %H:%M") for item in items if not item.is_cancelled)


def calendars_show(people, subject, times):
    wanted = sorted(when.astimezone(UTC).strftime("%d.%m. %H:%M") for when in times)
    for name, person in people.items():
        try:
            wait_for(lambda person=person: shown(person, subject) == wanted, 40)
        except AssertionError:
            raise AssertionError(f"{name}'s calendar shows {shown(person, subject)} instead of {wanted}") from None


def statuses(item):
    people = (item.required_attendees or []) + (item.optional_attendees or []) + (item.resources or [])
    return {person.mailbox.email_address: person.response_type for person in people}


def tracked(alice, subject, number, wanted):
    """Waits until the series (number 0) or its occurrence has those answers."""
    def look():
        item = alice.calendar.get(subject=subject)
        if number:
            item = item.occurrence(number)
            item.refresh()
        return statuses(item)
    try:
        wait_for(lambda: wanted.items() <= look().items(), 40)
    except AssertionError:
        raise AssertionError(f"tracking of {number} is {look()} instead of {wanted}") from None


def mails(person, kind, subject):
    return [item for folder in (person.inbox, person.trash) for item in folder.all() if isinstance(item, kind) and item.subject.endswith(subject)]


def open_people(server):
    alice, bob = account(server, "alice"), account(server, "bob")
    bob.default_timezone = TOKYO
    server.boursectl("mailbox", "delegate", "add", ROOM, ALICE, "--full-access")
    server.boursectl("booking", "set", ROOM, "window_days=1080")
    room = Account(primary_smtp_address=ROOM, config=alice.protocol.config, autodiscover=False, access_type=DELEGATE)
    return alice, {"alice": alice, "bob": bob, "room": room}


def check_invitation(mail, subject):
    types = [part.get_content_type() for part in mail.message.walk()]
    assert types[0] == "multipart/alternative" and types.count("text/calendar") == 1 and {"text/plain", "text/html"} <= set(types), types
    assert mail.calendar_type["method"].upper() == "REQUEST" == mail.method and mail.calendar_type["charset"].lower() == "utf-8"
    assert mail.sender == ALICE and mail.recipients == [PAT], (mail.sender, mail.recipients)
    assert mail.message["From"].addresses[0].addr_spec == ALICE and str(mail.message["Subject"]) == subject
    assert {a.addr_spec for a in mail.message["To"].addresses} >= {PAT, BOB}
    (zone,), (event,) = mail.calendar.components("VTIMEZONE"), mail.calendar.components("VEVENT")
    assert {part.name for part in zone.inner} == {"STANDARD", "DAYLIGHT"} and event.parameter("DTSTART", "TZID") == zone.value("TZID")
    assert "(" not in zone.value("TZID"), "a display name is no id"
    assert event.value("DTSTART") == basic(at(0, 16)) and event.value("DTEND") == basic(at(0, 17)) and event.value("SEQUENCE") == "0"
    rule = dict(part.split("=") for part in event.value("RRULE").split(";"))
    assert (rule["FREQ"], rule["COUNT"], rule["BYDAY"]) == ("WEEKLY", "6", "MO"), rule
    people = {line[2].lower().removeprefix("mailto:"): line[1] for line in event.all("ATTENDEE")}
    assert set(people) == {PAT, BOB, ROOM} and people[PAT]["PARTSTAT"] == "NEEDS-ACTION" and people[PAT]["RSVP"] == "TRUE", people
    assert event.value("ORGANIZER").lower() == f"mailto:{ALICE}" and event.value("UID") and event.value("DTSTAMP")
    return event


class Story:
    """One meeting; each step says how many mails have gone to Pat so far."""

    def __init__(self, server, peer):
        self.server, self.peer, self.subject = server, peer, unique("planning")
        self.alice, self.people = open_people(server)
        self.bob, self.sent = self.people["bob"], 0

    def goes_out(self, count=1):
        self.sent += count
        return self.peer.arrives(self.subject, self.sent)

    def answers(self, message):
        assert send(self.server, PAT, [ALICE], message) == {}

    def edit(self, number, start, end):
        occurrence = self.alice.calendar.get(subject=self.subject).occurrence(number)
        occurrence.refresh()
        occurrence.start, occurrence.end = start, end
        occurrence.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        mail = self.goes_out()
        (event,) = mail.calendar.components("VEVENT")
        assert mail.method == "REQUEST" and event.value("RRULE") is None and event.value("UID") == self.uid
        return mail, event

    def invite(self):
        pattern = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Monday"], first_day_of_week="Monday"), start=EWSDate.from_date(FIRST), number=6)
        CalendarItem(account=self.alice, folder=self.alice.calendar, start=at(0, 16), end=at(0, 17), subject=self.subject, location="Hopper",
                     body="agenda", recurrence=pattern, required_attendees=[BOB, PAT], resources=[ROOM]).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        self.first = self.goes_out()
        self.event = check_invitation(self.first, self.subject)
        self.uid = self.event.value("UID")
        assert [when.astimezone(UTC).hour for when in MONDAYS] == [14, 14, 14, 15, 15, 15]
        calendars_show(self.people, self.subject, MONDAYS)
        tracked(self.alice, self.subject, 0, {ROOM: "Accept", BOB: "Unknown", PAT: "Unknown"})

    def first_answers(self):
        request = wait_for(lambda: mails(self.bob, MeetingRequest, self.subject), 30)
        assert len(request) == 1
        request[0].accept(body="Fine in Tokyo")
        reply = answer(OUTLOOK, self.first.calendar, self.event, PAT, ALICE, "ACCEPTED")
        self.answers(reply)
        tracked(self.alice, self.subject, 0, {ROOM: "Accept", BOB: "Accept", PAT: "Accept"})
        reply.replace_header("Message-ID", "<again@partner.test>")
        self.answers(reply)  # a second time: a mail like any, the calendar stays
        tracked(self.alice, self.subject, 0, {BOB: "Accept", PAT: "Accept"})

    def single_days_change(self):
        mail, second = self.edit(2, at(1, 18, days=1), at(1, 19, days=1))
        assert second.value("RECURRENCE-ID") == basic(at(1, 16)) and second.value("DTSTART") == basic(at(1, 18, days=1))
        mail, fourth = self.edit(4, at(3, 10), at(3, 11))
        assert fourth.value("RECURRENCE-ID") == basic(at(3, 16))
        self.alice.calendar.get(subject=self.subject).occurrence(5).delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
        cancelled = self.goes_out()
        assert cancelled.method == "CANCEL" and cancelled.calendar.components("VEVENT")[0].value("RECURRENCE-ID") == basic(at(4, 16))
        calendars_show(self.people, self.subject, [at(0, 16), at(1, 18, days=1), at(2, 16), at(3, 10), at(5, 16)])
        return mail.calendar, second, fourth

    def days_are_answered(self, calendar, second, fourth):
        zone = second.parameter("RECURRENCE-ID", "TZID")
        self.answers(answer(APPLE, calendar, second, PAT, ALICE, "DECLINED", occurrence=(zone, basic(at(1, 16)))))
        tracked(self.alice, self.subject, 2, {PAT: "Decline"})
        self.answers(answer(GOOGLE, calendar, fourth, PAT, ALICE, "TENTATIVE", occurrence=(zone, basic(at(3, 16))),
                            proposed=(basic(at(3, 11, 30).astimezone(UTC)) + "Z", basic(at(3, 12, 30).astimezone(UTC)) + "Z")))
        tracked(self.alice, self.subject, 4, {PAT: "Tentative"})
        tracked(self.alice, self.subject, 0, {PAT: "Accept", BOB: "Accept"})
        counter = [mail for mail in mails(self.alice, MeetingResponse, self.subject) if mail.proposed_start]
        assert [mail.proposed_start for mail in counter] == [at(3, 11, 30)], counter
        self.edit(4, at(3, 11, 30), at(3, 12, 30))
        calendars_show(self.people, self.subject, [at(0, 16), at(1, 18, days=1), at(2, 16), at(3, 11, 30), at(5, 16)])

    def series_changes(self):
        series = self.alice.calendar.get(subject=self.subject)
        series.location = "Lovelace"
        series.save(update_fields=["location"], send_meeting_invitations=SEND_ONLY_TO_ALL)
        mail = self.goes_out()
        events = mail.calendar.components("VEVENT")
        (event,) = [e for e in events if e.value("RRULE")]
        assert event.value("UID") == self.uid and int(event.value("SEQUENCE")) > 0 and event.value("LOCATION") == "Lovelace"
        assert {e.value("RECURRENCE-ID") for e in events if e is not event} == {basic(at(1, 16)), basic(at(3, 16))}, mail.data
        assert [line[2] for line in event.all("EXDATE")] == [basic(at(4, 16))], mail.data
        calendars_show(self.people, self.subject, [at(0, 16), at(1, 18, days=1), at(2, 16), at(3, 11, 30), at(5, 16)])
        tracked(self.alice, self.subject, 0, {PAT: "Unknown", ROOM: "Accept"})
        stale = answer(THUNDERBIRD, self.first.calendar, self.event, PAT, ALICE, "DECLINED", sequence=0)
        before = len(mails(self.alice, MeetingResponse, self.subject))
        self.answers(stale)
        wait_for(lambda: len(mails(self.alice, MeetingResponse, self.subject)) == before + 1, 30)
        tracked(self.alice, self.subject, 0, {PAT: "Unknown"})
        self.answers(answer(THUNDERBIRD, mail.calendar, event, PAT, ALICE, "TENTATIVE"))
        tracked(self.alice, self.subject, 0, {PAT: "Tentative"})

    def two_days_in_one_mail(self):
        mail = self.peer.about(self.subject)[-1]
        (event,) = [e for e in mail.calendar.components("VEVENT") if e.value("RRULE")]
        zone = event.parameter("DTSTART", "TZID")
        answers = [answer(THUNDERBIRD, mail.calendar, event, PAT, ALICE, status, occurrence=(zone, basic(day)))
                   for day, status in ((at(0, 16), "DECLINED"), (at(2, 16), "ACCEPTED"))]
        self.answers(joined(*answers))
        tracked(self.alice, self.subject, 1, {PAT: "Decline"})
        tracked(self.alice, self.subject, 3, {PAT: "Accept"})
        tracked(self.alice, self.subject, 0, {PAT: "Tentative"})

    def is_cancelled(self):
        self.alice.calendar.get(subject=self.subject).cancel(new_body="It is off")
        mail = self.goes_out()
        (event,) = mail.calendar.components("VEVENT")
        assert mail.method == "CANCEL" and event.value("UID") == self.uid and event.value("STATUS") == "CANCELLED" and not event.all("RECURRENCE-ID")
        calendars_show(self.people, self.subject, [])

    def nothing_came_twice(self):
        """At Pat's: 1 request, 2 + 1 moved days, 1 cancelled day, 1 update, 1 cancellation; at Bob's the same; at Alice's each answer once."""
        methods = [mail.method for mail in self.peer.about(self.subject)]
        assert methods == ["REQUEST", "REQUEST", "REQUEST", "CANCEL", "REQUEST", "REQUEST", "CANCEL"], methods
        assert len({mail.message["Message-ID"] for mail in self.peer.about(self.subject)}) == len(methods)
        counts = {kind.__name__: len(mails(self.bob, kind, self.subject)) for kind in (MeetingRequest, MeetingCancellation, MeetingResponse)}
        assert counts == {"MeetingRequest": 5, "MeetingCancellation": 2, "MeetingResponse": 0}, counts
        by_sender = {}
        for mail in mails(self.alice, MeetingResponse, self.subject):  # by From: Google's calendar is the Sender
            by_sender[mail.author.email_address] = by_sender.get(mail.author.email_address, 0) + 1
        # Pat: accepted, the same again, declined day, counter-proposal, stale, tentative, two days at once. The room: series, each changed day, update
        assert by_sender[PAT] == 7 and by_sender[BOB] == 1 and by_sender[ROOM] == 5, by_sender


def test_series_with_a_room_and_somebody_on_another_host(server):
    with with_peer(server, "abroad") as (ours, peer):
        story = Story(ours, peer)
        story.invite()
        story.first_answers()
        story.days_are_answered(*story.single_days_change())
        story.series_changes()
        story.two_days_in_one_mail()
        story.is_cancelled()
        story.nothing_came_twice()


def in_calendar(bob, subject, starts, **fields):
    """Waits until the calendar has the meeting once, then, with those fields."""
    def look():
        return [item for item in bob.calendar.all() if subject in (item.subject or "")]
    try:
        return wait_for(lambda: [item for item in look() if len(look()) == 1 and item.start == starts and
                                 all(getattr(item, name) == value for name, value in fields.items())], 30)[0]
    except AssertionError:
        raise AssertionError(f"{subject}: {[(i.subject, i.start, i.my_response_type, i.is_cancelled) for i in look()]}") from None


def check_reply(mail, uid, status, method="REPLY", sequence="0"):
    (event,) = mail.calendar.components("VEVENT")
    ((_, parameters, who),) = event.all("ATTENDEE")
    assert mail.recipients == [PAT] and mail.sender == BOB and mail.method == method == mail.calendar_type["method"].upper(), mail.data
    assert event.value("UID") == uid and event.value("SEQUENCE") == sequence and event.value("ORGANIZER").lower() == f"mailto:{PAT}", mail.data
    assert parameters["PARTSTAT"] == status and who.lower() == f"mailto:{BOB}" and event.value("DTSTAMP"), mail.data
    return event


def reply(item, shape):
    """Bob's answer, another one to each program: (PARTSTAT, METHOD)."""
    if shape == APPLE:
        item.tentatively_accept(proposed_start=at(2, 17), proposed_end=at(2, 18))
        return "TENTATIVE", "COUNTER"
    if shape == GOOGLE:
        item.decline(body="No")
        return "DECLINED", "REPLY"
    item.accept(body="Yes")
    return "ACCEPTED", "REPLY"


def one_invitation(server, peer, bob, shape):
    title, uid = unique(f"{shape} invites"), f"{unique('uid').replace(' ', '-')}@partner.test"
    first = invitation(shape, PAT, BOB, uid, title, at(2, 16), at(2, 17))
    send(server, PAT, [BOB], first)
    in_calendar(bob, title, at(2, 16), my_response_type="NoResponseReceived")
    (request,) = wait_for(lambda: mails(bob, MeetingRequest, title), 20)
    status, method = reply(request, shape)
    event = check_reply(peer.arrives(title, 1), uid, status, method)
    if method == "COUNTER":
        assert event.value("DTSTART").startswith(basic(at(2, 17))) or event.value("DTSTART") == basic(at(2, 17).astimezone(UTC)) + "Z"
    send(server, PAT, [BOB], invitation(shape, PAT, BOB, uid, title, at(3, 9), at(3, 10), sequence=1))
    moved = in_calendar(bob, title, at(3, 9), my_response_type="NoResponseReceived", is_cancelled=False)
    first.replace_header("Message-ID", f"<{uid}-late>")
    send(server, PAT, [BOB], first)  # the first invitation, come late: older than what the calendar has
    wait_for(lambda: len(mails(bob, MeetingRequest, title)) == 3, 20)
    moved = in_calendar(bob, title, at(3, 9), my_response_type="NoResponseReceived")
    moved.accept(body="Then")
    check_reply(peer.arrives(title, 2), uid, "ACCEPTED", sequence="1")
    send(server, PAT, [BOB], invitation(shape, PAT, BOB, uid, title, at(3, 9), at(3, 10), sequence=2, method="CANCEL"))
    in_calendar(bob, title, at(3, 9), is_cancelled=True)
    peer.arrives(title, 2)


def test_invitations_of_other_programs(server):
    with with_peer(server, "invited") as (ours, peer):
        bob = account(ours, "bob")
        for shape in (OUTLOOK, APPLE, GOOGLE, THUNDERBIRD):
            one_invitation(ours, peer, bob, shape)


test_series_with_a_room_and_somebody_on_another_host.seconds = 300
