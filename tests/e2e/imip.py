"""Invitations and answers as four programs write them: their parts, parameters, zones and own lines; all texts are our own.

answer(shape, request, who, status, ...) gives an email message. request: the VEVENT (smtp_peer.Component) that is answered; occurrence: its original
start, (TZID or None, value); sequence: instead of that of the request; proposed: (start, end) in UTC as iCalendar writes it, which makes it a COUNTER.
"""
import base64
import datetime
import email.message
import email.policy
import email.utils

OUTLOOK, APPLE, GOOGLE, THUNDERBIRD = "Outlook", "Apple", "Google", "Thunderbird"
WORDS = {"ACCEPTED": "Accepted", "TENTATIVE": "Tentative", "DECLINED": "Declined"}
PRODUCTS = {OUTLOOK: "Microsoft Exchange Server 2010", APPLE: "-//Apple Inc.//macOS 14.4//EN", GOOGLE: "-//Google Inc//Google Calendar 70.9054//EN",
            THUNDERBIRD: "-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN"}
stamps = iter(range(1, 3600))  # answers that come one after the other have different times


def stamp():
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=next(stamps))
    return now.strftime("%Y%m%dT%H%M%SZ")


def timed(name, when):
    zone, value = when
    zone = f'"{zone}"' if zone and any(letter in zone for letter in ",:;") else zone
    return f"{name};TZID={zone}:{value}" if zone else f"{name}:{value}"


def own(request, name):
    line = request.all(name)[0]
    return timed(name, (line[1].get("TZID"), line[2]))


def attendee_line(shape, who, status):
    return {OUTLOOK: f"ATTENDEE;PARTSTAT={status};CN=Pat Partner:mailto:{who}",
            APPLE: f'ATTENDEE;CN="Pat Partner";CUTYPE=INDIVIDUAL;EMAIL="{who}";PARTSTAT={status}:mailto:{who}',
            GOOGLE: f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={status};CN=Pat\r\n  Partner;X-NUM-GUESTS=0:mailto:{who}",
            THUNDERBIRD: f"ATTENDEE;CN=Pat Partner;PARTSTAT={status};ROLE=REQ-PARTICIPANT:mailto:{who}"}[shape]


def times(shape, request, occurrence, proposed):
    if proposed:
        lines = [f"DTSTART:{proposed[0]}", f"DTEND:{proposed[1]}"]
    else:
        lines = [own(request, "DTSTART"), own(request, "DTEND")]
    if occurrence:
        lines.append(timed("RECURRENCE-ID", occurrence))
    elif request.all("RRULE") and shape != OUTLOOK:
        lines.append(f"RRULE:{request.value('RRULE')}")
    return lines


def additions(shape, request, sequence, proposed):
    """What only this program writes."""
    if shape == OUTLOOK:
        lines = ["CLASS:PUBLIC", "PRIORITY:5", "TRANSP:OPAQUE", "STATUS:CONFIRMED", "LOCATION;LANGUAGE=en-US:", f"X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}",
                 "X-MICROSOFT-CDO-OWNERAPPTID:0", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE", "X-MICROSOFT-CDO-INSTTYPE:1"]
        if proposed:
            lines += [f"X-MS-OLK-ORIGINALSTART:{request.value('DTSTART')}", f"X-MS-OLK-ORIGINALEND:{request.value('DTEND')}"]
        return lines
    if shape == GOOGLE:
        return ["CREATED:20261001T080000Z", f"LAST-MODIFIED:{stamp()}", "STATUS:CONFIRMED", "TRANSP:OPAQUE", "DESCRIPTION:"]
    if shape == THUNDERBIRD:
        return [f"LAST-MODIFIED:{stamp()}", f"X-MOZ-RECEIVED-SEQUENCE:{sequence}", f"X-MOZ-RECEIVED-DTSTAMP:{request.value('DTSTAMP')}", "X-MOZ-GENERATION:1"]
    return [f"LAST-MODIFIED:{stamp()}", "COMMENT:See you"]


def calendar_text(shape, request, zones, who, status, occurrence, sequence, proposed):
    lines = ["BEGIN:VCALENDAR", f"PRODID:{PRODUCTS[shape]}", "VERSION:2.0", f"METHOD:{'COUNTER' if proposed else 'REPLY'}"]
    lines[3:3] = [] if shape == OUTLOOK else ["CALSCALE:GREGORIAN"]
    lines += zones
    lines += ["BEGIN:VEVENT", f"UID:{request.value('UID')}", f"DTSTAMP:{stamp()}", f"SEQUENCE:{sequence}", *times(shape, request, occurrence, proposed)]
    if shape != OUTLOOK:  # Exchange's replies name no organiser
        lines.append(f"ORGANIZER:{request.value('ORGANIZER')}")
    lines += [attendee_line(shape, who, status), f"SUMMARY:{request.value('SUMMARY')}", *additions(shape, request, sequence, proposed)]
    return "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])


def zone_lines(component):
    """The zones of the request, as they came."""
    lines = []
    for zone in component.components("VTIMEZONE") if component else []:
        lines += ["BEGIN:VTIMEZONE", *(f"{name}:{value}" for name, _, value in zone.lines)]
        for part in zone.inner:
            lines += [f"BEGIN:{part.name}", *(f"{name}:{value}" for name, _, value in part.lines), f"END:{part.name}"]
        lines.append("END:VTIMEZONE")
    return lines


def calendar_part(shape, text, method):
    part = email.message.Message()
    part["Content-Type"] = f'text/calendar; charset="utf-8"; method={method}'
    if shape == OUTLOOK:
        part["Content-Transfer-Encoding"] = "base64"
        part.set_payload(base64.encodebytes(text.encode()).decode())
    else:
        part["Content-Transfer-Encoding"] = "8bit"
        part.set_payload(text)
    return part


def cover(shape, who, to, subject, text, method):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = f"Pat Partner <{who}>", to, subject
    message["Date"], message["Message-ID"] = email.utils.localtime(), email.utils.make_msgid(domain="partner.test")
    message.set_content(f"{subject}\n")
    message.make_alternative()
    if shape == GOOGLE:
        message["Sender"] = "Google Calendar <calendar-notification@google.test>"
        message.add_alternative(f"<p>{subject}</p>", subtype="html")
    message.attach(calendar_part(shape, text, method))
    if shape in (GOOGLE, THUNDERBIRD):
        message.make_mixed()
        message.add_attachment(text.encode(), maintype="application", subtype="ics", filename="invite.ics")
    return message


def joined(first, second):
    """One mail whose calendar part has the events of both, as Thunderbird answers for several days."""
    events = [next(part for part in mail.walk() if part.get_content_type() == "text/calendar").get_payload() for mail in (first, second)]
    at, inner = events[0].index("END:VCALENDAR"), events[1][events[1].index("BEGIN:VEVENT"):events[1].index("END:VCALENDAR")]
    next(part for part in first.walk() if part.get_content_type() == "text/calendar").set_payload(events[0][:at] + inner + events[0][at:])
    return first


def answer(shape, calendar, event, who, to, status, occurrence=None, sequence=None, proposed=None):
    sequence = int(event.value("SEQUENCE") or 0) if sequence is None else sequence
    text = calendar_text(shape, event, zone_lines(calendar), who, status, occurrence, sequence, proposed)
    subject = f"{'New Time Proposed' if proposed else WORDS[status]}: {event.value('SUMMARY')}"
    return cover(shape, who, to, subject, text, "COUNTER" if proposed else "REPLY")


BERLIN_RULES = ("BEGIN:STANDARD", "DTSTART:16011028T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
                "BEGIN:DAYLIGHT", "DTSTART:16010325T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT")


def invited_line(shape, who):
    return {OUTLOOK: f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN={who}:mailto:{who}",
            APPLE: f'ATTENDEE;CUTYPE=INDIVIDUAL;EMAIL="{who}";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:{who}',
            GOOGLE: f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TR\r\n UE;CN={who};X-NUM-GUESTS=0:mailto:{who}",
            THUNDERBIRD: f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;ROLE=REQ-PARTICIPANT:mailto:{who}"}[shape]


def invitation(shape, who, to, uid, title, starts, ends, sequence=0, method="REQUEST"):
    """From the organiser `who`; starts and ends are datetimes with a zone. Google writes UTC, Outlook the Windows zone, the others Europe/Berlin."""
    zone = {OUTLOOK: "W. Europe Standard Time", GOOGLE: None}.get(shape, "Europe/Berlin")

    def time(name, when):
        if zone is None:
            return f"{name}:{datetime.datetime.fromtimestamp(when.timestamp(), datetime.timezone.utc).strftime('%Y%m%dT%H%M%SZ')}"
        return timed(name, (zone, when.strftime("%Y%m%dT%H%M%S")))
    lines = ["BEGIN:VCALENDAR", f"METHOD:{method}", f"PRODID:{PRODUCTS[shape]}", "VERSION:2.0"]
    lines += ["BEGIN:VTIMEZONE", f"TZID:{zone}", *BERLIN_RULES, "END:VTIMEZONE"] if zone else []
    lines += ["BEGIN:VEVENT", f"ORGANIZER;CN=Pat Partner:mailto:{who}", invited_line(shape, to), f"UID:{uid}", f"SUMMARY:{title}", time("DTSTART", starts),
              time("DTEND", ends), f"DTSTAMP:{stamp()}", f"SEQUENCE:{sequence}", f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}"]
    lines += ["X-MICROSOFT-CDO-BUSYSTATUS:BUSY", f"X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}", "X-MICROSOFT-CDO-INSTTYPE:0"] if shape == OUTLOOK else []
    text = "\r\n".join([*lines, "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Reminder", "END:VALARM", "END:VEVENT", "END:VCALENDAR", ""])
    return cover(shape, who, to, title if method == "REQUEST" else f"Canceled: {title}", text, method)
