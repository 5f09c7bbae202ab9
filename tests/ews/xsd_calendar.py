"""Cases of xsd_check.py for calendars, contacts' lists, tasks, availability, out of office, delegates, rules and configuration items: good, bad, refused."""
T = "http://schemas.microsoft.com/exchange/services/2006/types"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
VERSIONS = ["Exchange2007_SP1", "Exchange2010", "Exchange2010_SP2", "Exchange2013", "Exchange2016"]

PATTERNS = {
    "relative-yearly": "<t:RelativeYearlyRecurrence><t:DaysOfWeek>Weekday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex><t:Month>October</t:Month></t:RelativeYearlyRecurrence>",
    "absolute-yearly": "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>29</t:DayOfMonth><t:Month>February</t:Month></t:AbsoluteYearlyRecurrence>",
    "relative-monthly": "<t:RelativeMonthlyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Tuesday</t:DaysOfWeek><t:DayOfWeekIndex>Second</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
    "absolute-monthly": "<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>31</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>",
    "weekly": "<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday Wednesday</t:DaysOfWeek><t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence>",
    "daily": "<t:DailyRecurrence><t:Interval>3</t:Interval></t:DailyRecurrence>",
}
REGENERATIONS = {name: f"<t:{name}Regeneration><t:Interval>2</t:Interval></t:{name}Regeneration>" for name in ("Daily", "Weekly", "Monthly", "Yearly")}
RANGES = {
    "never": "<t:NoEndRecurrence><t:StartDate>2026-10-01</t:StartDate></t:NoEndRecurrence>",
    "date": "<t:EndDateRecurrence><t:StartDate>2026-10-01</t:StartDate><t:EndDate>2036-12-31</t:EndDate></t:EndDateRecurrence>",
    "count": "<t:NumberedRecurrence><t:StartDate>2026-10-01</t:StartDate><t:NumberOfOccurrences>7</t:NumberOfOccurrences></t:NumberedRecurrence>",
}
ZONE = '<t:StartTimeZone Id="W. Europe Standard Time"/>'
OWN_ZONE = """<t:StartTimeZone Id="Mine" Name="Mine"><t:Periods><t:Period Bias="-PT1H" Name="Standard" Id="std"/><t:Period Bias="-PT2H" Name="Daylight" Id="dlt"/></t:Periods>
<t:TransitionsGroups><t:TransitionsGroup Id="0"><t:RecurringDayTransition><t:To Kind="Period">dlt</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>3</t:Month>
<t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition><t:RecurringDayTransition><t:To Kind="Period">std</t:To><t:TimeOffset>PT3H</t:TimeOffset>
<t:Month>10</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition></t:TransitionsGroup></t:TransitionsGroups>
<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions></t:StartTimeZone>"""


def create(items, invitations='SendMeetingInvitations="SendToNone"', disposition='MessageDisposition="SaveOnly"'):
    return f"<m:CreateItem {disposition} {invitations}><m:Items>{items}</m:Items></m:CreateItem>"


def event(subject="event", times=("2026-10-05T09:00:00", "2026-10-05T10:00:00"), before="", after=""):
    return (f"<t:CalendarItem><t:Subject>{subject}</t:Subject>{before}<t:Start>{times[0]}</t:Start><t:End>{times[1]}</t:End>{after}</t:CalendarItem>")


def series(pattern, reach, zone=ZONE):
    return event("series", after=f"<t:Recurrence>{pattern}{reach}</t:Recurrence>{zone}")


def item_id(root):
    found = root.find(f".//{{{T}}}ItemId") if root is not None else None
    return (found.attrib["Id"], found.attrib.get("ChangeKey", "")) if found is not None else ("none", "")


def get(ids, shape="AllProperties", more=""):
    return f"<m:GetItem><m:ItemShape><t:BaseShape>{shape}</t:BaseShape>{more}</m:ItemShape><m:ItemIds>{ids}</m:ItemIds></m:GetItem>"


def one(ident):
    return f'<t:ItemId Id="{ident}"/>'


def delete(ids, words='SendMeetingCancellations="SendToNone" AffectedTaskOccurrences="AllOccurrences"'):
    return f'<m:DeleteItem DeleteType="HardDelete" {words}><m:ItemIds>{ids}</m:ItemIds></m:DeleteItem>'


def update(ident, uri, content, words='SendMeetingInvitationsOrCancellations="SendToNone"', element="CalendarItem"):
    return (f'<m:UpdateItem ConflictResolution="AlwaysOverwrite" {words}><m:ItemChanges><t:ItemChange>{one(ident)}<t:Updates><t:SetItemField><t:FieldURI FieldURI="{uri}"/>'
            f"<t:{element}>{content}</t:{element}></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>")


def calendar_view(start, end, more="", place="calendar", rest=""):
    return (f'<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:CalendarView {more} StartDate="{start}" EndDate="{end}"/>{rest}'
            f'<m:ParentFolderIds><t:DistinguishedFolderId Id="{place}"/></m:ParentFolderIds></m:FindItem>')


def check_series(c):
    made = []
    for name, pattern in PATTERNS.items():
        for end, reach in RANGES.items():
            made.append(item_id(c.run(f"CreateItem/series-{name}-{end}", create(series(pattern, reach)))))
    ids = "".join(one(ident) for ident, _ in made)
    for version in VERSIONS:
        c.run(f"GetItem/series-{version}", get(ids), ["NoError"] * len(made), version=version)
    root = c.run("GetItem/series-back", get(one(made[12][0])))
    weekly = root.find(f".//{{{T}}}WeeklyRecurrence") if root is not None else None
    if weekly is None or weekly.findtext(f"{{{T}}}DaysOfWeek") != "Monday Wednesday":
        c.fail("GetItem/series-back", "the pattern did not come back")
    for index, code in ((1, "NoError"), (2, "NoError"), (0, "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"), (900, "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")):
        c.run(f"GetItem/occurrence-{index}", get(f'<t:OccurrenceItemId RecurringMasterId="{made[17][0]}" InstanceIndex="{index}"/>'), [code])
    second = item_id(c.run("GetItem/occurrence", get(f'<t:OccurrenceItemId RecurringMasterId="{made[17][0]}" InstanceIndex="2"/>', "IdOnly")))[0]
    c.run("UpdateItem/occurrence", update(second, "calendar:Location", "<t:Location>moved</t:Location>"))
    c.run("UpdateItem/occurrence-pattern", update(second, "calendar:Recurrence", f"<t:Recurrence>{PATTERNS['daily']}{RANGES['never']}</t:Recurrence>"), ["ErrorInvalidPropertySet"])
    c.run("GetItem/master-of", get(f'<t:RecurringMasterItemId OccurrenceId="{second}"/>'))
    c.run("GetItem/master-of-master", get(f'<t:RecurringMasterItemId OccurrenceId="{made[17][0]}"/>'), ["ErrorCalendarCannotUseIdForRecurringMasterId"])
    c.run("DeleteItem/occurrence", delete(f'<t:OccurrenceItemId RecurringMasterId="{made[17][0]}" InstanceIndex="3"/>'))
    c.run("GetItem/deleted-occurrence", get(f'<t:OccurrenceItemId RecurringMasterId="{made[17][0]}" InstanceIndex="3"/>'), ["ErrorCalendarOccurrenceIsDeletedFromRecurrence"])
    root = c.run("GetItem/exceptions", get(one(made[17][0])))
    if root is not None and (root.find(f".//{{{T}}}ModifiedOccurrences") is None or root.find(f".//{{{T}}}DeletedOccurrences") is None):
        c.fail("GetItem/exceptions", "no modified or deleted occurrences")
    c.run("UpdateItem/new-pattern", update(made[17][0], "calendar:Recurrence", f"<t:Recurrence>{PATTERNS['weekly']}{RANGES['count']}</t:Recurrence>"))
    for name, pattern in (("interval", "<t:DailyRecurrence><t:Interval>0</t:Interval></t:DailyRecurrence>"),
                          ("day", "<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>32</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>")):
        c.run(f"CreateItem/bad-{name}", create(series(pattern, RANGES["never"])), ["ErrorCalendarInvalidPropertyValue"])
    c.run("CreateItem/bad-range", create(series(PATTERNS["daily"], RANGES["date"].replace("2036", "2025"))), ["ErrorCalendarEndDateIsEarlierThanStartDate"])
    c.run("DeleteItem/series", delete(ids), ["NoError"] * len(made))


def check_events(c):
    made = c.run("CreateItem/events", create(event("utc", ("2026-10-05T09:00:00Z", "2026-10-05T10:00:00Z")) + event("zone", after=ZONE) + event("own zone", after=OWN_ZONE)
                 + event("iana", after='<t:StartTimeZone Id="Asia/Tokyo"/><t:EndTimeZone Id="Europe/Berlin"/>') + event("bad zone", after='<t:StartTimeZone Id="Nowhere"/>')
                 + event("backwards", ("2026-10-05T10:00:00Z", "2026-10-05T09:00:00Z")) + event("long", ("2026-10-05T10:00:00Z", "2036-10-05T09:00:00Z"))
                 + event("day", after="<t:IsAllDayEvent>true</t:IsAllDayEvent>" + ZONE)),
                 ["NoError"] * 4 + ["ErrorTimeZone", "ErrorCalendarEndDateIsEarlierThanStartDate", "ErrorCalendarDurationIsTooLong", "NoError"])
    ids = [e.attrib["Id"] for e in made.iter(f"{{{T}}}ItemId")] if made is not None else []
    all_ids = "".join(one(i) for i in ids)
    for version in VERSIONS:
        c.run(f"GetItem/events-{version}", get(all_ids, more="<t:IncludeMimeContent>true</t:IncludeMimeContent><t:AdditionalProperties><t:FieldURI FieldURI='calendar:MeetingTimeZone'/>"
              "<t:FieldURI FieldURI='calendar:ConflictingMeetings'/><t:FieldURI FieldURI='calendar:AdjacentMeetings'/></t:AdditionalProperties>"), ["NoError"] * len(ids), version=version)
    context = '<t:TimeZoneContext><t:TimeZoneDefinition Id="Tokyo Standard Time"/></t:TimeZoneContext>'
    root = c.run("GetItem/context", get(one(item_id(c.run("CreateItem/context", create(event("tokyo")), header=context))[0])))
    if root is not None and root.findtext(f".//{{{T}}}Start") != "2026-10-05T00:00:00Z":
        c.fail("GetItem/context", f"nine in Tokyo became {root.findtext(f'.//{{{T}}}Start')}")
    meeting_zone = ('<t:MeetingTimeZone TimeZoneName="Mine"><t:BaseOffset>PT5H</t:BaseOffset><t:Standard><t:Offset>PT0H</t:Offset><t:RelativeYearlyRecurrence><t:DaysOfWeek>Sunday'
                    '</t:DaysOfWeek><t:DayOfWeekIndex>First</t:DayOfWeekIndex><t:Month>November</t:Month></t:RelativeYearlyRecurrence><t:Time>02:00:00</t:Time></t:Standard><t:Daylight>'
                    '<t:Offset>-PT1H</t:Offset><t:RelativeYearlyRecurrence><t:DaysOfWeek>Sunday</t:DaysOfWeek><t:DayOfWeekIndex>Second</t:DayOfWeekIndex><t:Month>March</t:Month>'
                    '</t:RelativeYearlyRecurrence><t:Time>02:00:00</t:Time></t:Daylight></t:MeetingTimeZone>')
    root = c.run("GetItem/2007", get(one(item_id(c.run("CreateItem/2007", create(event("new york", after=meeting_zone)), version="Exchange2007_SP1"))[0])), version="Exchange2007_SP1")
    if root is not None and root.findtext(f".//{{{T}}}Start") != "2026-10-05T13:00:00Z":
        c.fail("GetItem/2007", f"nine in New York became {root.findtext(f'.//{{{T}}}Start')}")
    c.run("CreateItem/no-word", create(event(), invitations=""), ["ErrorSendMeetingInvitationsRequired"])
    c.run("UpdateItem/no-word", update(ids[0], "item:Subject", "<t:Subject>x</t:Subject>", words=""), ["ErrorSendMeetingInvitationsOrCancellationsRequired"])
    c.run("DeleteItem/no-word", delete(one(ids[0]), words=""), ["ErrorSendMeetingCancellationsRequired"])
    c.run("UpdateItem/start", update(ids[0], "calendar:Start", "<t:Start>2026-10-05T09:30:00Z</t:Start>"))
    c.run("UpdateItem/start-late", update(ids[0], "calendar:Start", "<t:Start>2026-10-06T09:30:00Z</t:Start>"), ["ErrorCalendarEndDateIsEarlierThanStartDate"])
    for name, view, codes in (("good", calendar_view("2026-10-01T00:00:00", "2026-11-01T00:00:00", 'MaxEntriesReturned="2"'), ["NoError"]),
                              ("all", calendar_view("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), ["NoError"]),
                              ("long", calendar_view("2026-10-01T00:00:00Z", "2029-11-01T00:00:00Z"), ["ErrorCalendarViewRangeTooBig"]),
                              ("backwards", calendar_view("2026-10-02T00:00:00Z", "2026-10-01T00:00:00Z"), ["ErrorCalendarEndDateIsEarlierThanStartDate"]),
                              ("inbox", calendar_view("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", place="inbox"), ["ErrorCalendarFolderIsInvalidForCalendarView"])):
        c.run(f"FindItem/view-{name}", view, codes)
    c.run("DeleteItem/events", delete(all_ids), ["NoError"] * len(ids))


def check_meetings(c):
    other = c.server.others[1]
    attendees = (f"<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>{other}</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>")
    ident = item_id(c.run("CreateItem/meeting", create(event("meeting", after=attendees + ZONE), 'SendMeetingInvitations="SendToAllAndSaveCopy"')))[0]
    for version in VERSIONS:
        c.run(f"GetItem/meeting-{version}", get(one(ident)), version=version)
    c.run("UpdateItem/meeting", update(ident, "calendar:Location", "<t:Location>there</t:Location>", 'SendMeetingInvitationsOrCancellations="SendToAllAndSaveCopy"'))
    for name in ("AcceptItem", "TentativelyAcceptItem", "DeclineItem"):
        c.run(f"CreateItem/own-{name}", create(f"<t:{name}><t:ReferenceItemId Id='{ident}'/></t:{name}>", "", 'MessageDisposition="SendAndSaveCopy"'),
              [f"ErrorCalendarIsOrganizerFor{dict(AcceptItem='Accept', TentativelyAcceptItem='Tentative', DeclineItem='Decline')[name]}"])
    to = f"<t:ToRecipients><t:Mailbox><t:EmailAddress>{c.server.others[2]}</t:EmailAddress></t:Mailbox></t:ToRecipients>"
    c.run("CreateItem/forward-meeting", create(f"<t:ForwardItem>{to}<t:ReferenceItemId Id='{ident}'/><t:NewBodyContent BodyType='Text'>come too</t:NewBodyContent></t:ForwardItem>", "",
                                               'MessageDisposition="SendAndSaveCopy"'))
    c.run("CreateItem/forward-nobody", create(f"<t:ForwardItem><t:ReferenceItemId Id='{ident}'/></t:ForwardItem>", "", 'MessageDisposition="SendOnly"'), ["ErrorMissingRecipients"])
    c.run("CreateItem/answer-nothing", create("<t:AcceptItem/>", "", 'MessageDisposition="SendOnly"'), ["ErrorMissingInformationReferenceItemId"])
    c.run("CreateItem/own-remove", create(f"<t:RemoveItem><t:ReferenceItemId Id='{ident}'/></t:RemoveItem>", ""), ["ErrorCalendarIsOrganizerForRemove"])
    c.run("CreateItem/cancel", create(f"<t:CancelCalendarItem><t:ReferenceItemId Id='{ident}'/><t:NewBodyContent BodyType='Text'>off</t:NewBodyContent></t:CancelCalendarItem>", "",
                                      'MessageDisposition="SendAndSaveCopy"'))


def check_tasks_and_lists(c):
    tasks = "".join(f"<t:Task><t:Subject>again</t:Subject><t:Recurrence>{p}{RANGES['count']}</t:Recurrence><t:StartDate>2026-10-01T00:00:00Z</t:StartDate></t:Task>"
                    for p in [*PATTERNS.values(), *REGENERATIONS.values()])
    root = c.run("CreateItem/tasks", create(tasks), ["NoError"] * 10)
    ids = [e.attrib["Id"] for e in root.iter(f"{{{T}}}ItemId")] if root is not None else []
    c.run("GetItem/tasks", get("".join(one(i) for i in ids)), ["NoError"] * len(ids))
    c.run("DeleteItem/task-instance", delete(one(ids[5]), 'AffectedTaskOccurrences="SpecifiedOccurrenceOnly"'))
    root = c.run("GetItem/task-went-on", get(one(ids[5])))
    if root is not None and (root.findtext(f".//{{{T}}}Status") != "NotStarted" or root.findtext(f".//{{{T}}}IsRecurring") != "true"):
        c.fail("GetItem/task-went-on", "the series of tasks did not go on")
    c.run("DeleteItem/task-no-word", delete(one(ids[0]), words=""), ["ErrorAffectedTaskOccurrencesRequired"])
    c.run("DeleteItem/tasks", delete("".join(one(i) for i in ids)), ["NoError"] * len(ids))
    member = "<t:Member><t:Mailbox><t:Name>Pat</t:Name><t:EmailAddress>{}</t:EmailAddress><t:MailboxType>OneOff</t:MailboxType></t:Mailbox></t:Member>"
    ident = item_id(c.run("CreateItem/list", create("<t:DistributionList><t:DisplayName>people</t:DisplayName><t:Members>" + member.format("pat@partner.test") + "</t:Members></t:DistributionList>")))[0]
    append = update(ident, "distributionlist:Members", "<t:Members>" + member.format("sam@partner.test") + "</t:Members>", "", "DistributionList").replace("SetItemField", "AppendToItemField")
    c.run("UpdateItem/list", append)
    root = c.run("GetItem/list", get(one(ident)))
    keys = [m.attrib["Key"] for m in root.iter(f"{{{T}}}Member")] if root is not None else []
    if len(keys) != 2:
        c.fail("GetItem/list", f"{len(keys)} members")
        return
    c.run("UpdateItem/list-key", f'<m:UpdateItem ConflictResolution="AlwaysOverwrite"><m:ItemChanges><t:ItemChange>{one(ident)}<t:Updates><t:DeleteItemField><t:IndexedFieldURI '
          f'FieldURI="distributionlist:Members:Member" FieldIndex="{keys[0]}"/></t:DeleteItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>')
    root = c.run("GetItem/list-less", get(one(ident)))
    if root is not None and [m.attrib["Key"] for m in root.iter(f"{{{T}}}Member")] != keys[1:]:
        c.fail("GetItem/list-less", "the wrong member went")
    card = "QkVHSU46VkNBUkQNClZFUlNJT046My4wDQpGTjpBZGEgTG92ZWxhY2UNCk46TG92ZWxhY2U7QWRhOzs7DQpFTkQ6VkNBUkQNCg=="
    c.run("CreateItem/vcard", create(f"<t:Contact><t:MimeContent>{card}</t:MimeContent></t:Contact><t:Contact><t:MimeContent>AAAA</t:MimeContent></t:Contact>"), ["NoError", "ErrorMimeContentInvalid"])


def availability(people, window=("2026-10-05T00:00:00", "2026-10-06T00:00:00"), view="DetailedMerged", slot=60, more="", zone=True):
    boxes = "".join(f"<t:MailboxData><t:Email><t:Address>{p}</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData>" for p in people)
    here = ("<t:TimeZone><t:Bias>-60</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>03:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>10</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek>"
            "</t:StandardTime><t:DaylightTime><t:Bias>-60</t:Bias><t:Time>02:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>3</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:DaylightTime></t:TimeZone>")
    return (f"<m:GetUserAvailabilityRequest>{here if zone else ''}<m:MailboxDataArray>{boxes}</m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>{window[0]}</t:StartTime>"
            f"<t:EndTime>{window[1]}</t:EndTime></t:TimeWindow><t:MergedFreeBusyIntervalInMinutes>{slot}</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>{view}</t:RequestedView>"
            f"</t:FreeBusyViewOptions>{more}</m:GetUserAvailabilityRequest>")


def check_availability(c):
    me, other = c.server.address, c.server.others[1]
    for view in ("MergedOnly", "FreeBusy", "FreeBusyMerged", "Detailed", "DetailedMerged"):
        c.run(f"GetUserAvailability/{view}", availability([me, other, "staff@example.test"], view=view), ["NoError"] * 3)
    c.run("GetUserAvailability/utc", availability([me], zone=False))
    c.run("GetUserAvailability/nobody", availability([me, "nobody@example.test"]), ["NoError", "ErrorMailRecipientNotFound"])
    c.run("GetUserAvailability/suggestions", availability([me, other], more="<t:SuggestionsViewOptions><t:MaximumResultsByDay>3</t:MaximumResultsByDay><t:MeetingDurationInMinutes>60"
          "</t:MeetingDurationInMinutes><t:DetailedSuggestionsWindow><t:StartTime>2026-10-05T00:00:00</t:StartTime><t:EndTime>2026-10-07T00:00:00</t:EndTime></t:DetailedSuggestionsWindow>"
          "</t:SuggestionsViewOptions>"), ["NoError"] * 3)
    for name, body, code in (("none", availability([]), "ErrorInvalidArgument"), ("many", availability([me] * 101), "ErrorInvalidArgument"),
                             ("long", availability([me], ("2026-01-01T00:00:00", "2026-10-06T00:00:00")), "ErrorTimeIntervalTooBig"),
                             ("backwards", availability([me], ("2026-10-06T00:00:00", "2026-10-05T00:00:00")), "ErrorInvalidTimeInterval"),
                             ("slot", availability([me], slot=4), "ErrorInvalidMergedFreeBusyInterval"), ("view", availability([me], view="None"), "ErrorInvalidFreeBusyViewType")):
        c.run(f"GetUserAvailability/bad-{name}", body, [code], http=500)


def check_out_of_office(c):
    box = "<t:Mailbox><t:Address>{}</t:Address></t:Mailbox>"
    settings = ("<m:SetUserOofSettingsRequest>" + box.format(c.server.address) + "<t:UserOofSettings><t:OofState>{0}</t:OofState><t:ExternalAudience>Known</t:ExternalAudience>{1}<t:InternalReply>"
                "<t:Message>a &lt;b&gt;</t:Message></t:InternalReply><t:ExternalReply><t:Message/></t:ExternalReply></t:UserOofSettings></m:SetUserOofSettingsRequest>")
    duration = "<t:Duration><t:StartTime>2030-01-0{}T00:00:00</t:StartTime><t:EndTime>2030-01-02T00:00:00</t:EndTime></t:Duration>"
    c.run("SetUserOofSettings/scheduled", settings.format("Scheduled", duration.format(1)))
    c.run("GetUserOofSettings/scheduled", f"<m:GetUserOofSettingsRequest>{box.format(c.server.address)}</m:GetUserOofSettingsRequest>")
    c.run("SetUserOofSettings/no-duration", settings.format("Scheduled", ""), ["ErrorInvalidScheduledOofDuration"])
    c.run("SetUserOofSettings/backwards", settings.format("Scheduled", duration.format(3)), ["ErrorInvalidScheduledOofDuration"])
    c.run("SetUserOofSettings/off", settings.format("Disabled", ""))
    c.run("GetUserOofSettings/other", f"<m:GetUserOofSettingsRequest>{box.format(c.server.others[1])}</m:GetUserOofSettingsRequest>", ["ErrorAccessDenied"])
    c.run("GetUserOofSettings/nobody", f"<m:GetUserOofSettingsRequest>{box.format('nobody@example.test')}</m:GetUserOofSettingsRequest>", ["ErrorMailRecipientNotFound"])


def check_delegates(c):
    mine, other = f"<m:Mailbox><t:EmailAddress>{c.server.address}</t:EmailAddress></m:Mailbox>", c.server.others[2]
    user = ("<t:DelegateUser><t:UserId><t:PrimarySmtpAddress>{}</t:PrimarySmtpAddress></t:UserId><t:DelegatePermissions><t:CalendarFolderPermissionLevel>{}</t:CalendarFolderPermissionLevel>"
            "</t:DelegatePermissions><t:ReceiveCopiesOfMeetingMessages>true</t:ReceiveCopiesOfMeetingMessages><t:ViewPrivateItems>false</t:ViewPrivateItems></t:DelegateUser>")
    user_id = "<m:UserIds><t:UserId><t:PrimarySmtpAddress>{}</t:PrimarySmtpAddress></t:UserId></m:UserIds>"
    add = "<m:AddDelegate>{}<m:DelegateUsers>{}</m:DelegateUsers><m:DeliverMeetingRequests>DelegatesAndMe</m:DeliverMeetingRequests></m:AddDelegate>"
    c.run("AddDelegate/good", add.format(mine, user.format(other, "Editor")), ["NoError"] * 2)
    c.run("AddDelegate/bad", add.format(mine, user.format(other, "Editor") + user.format("nobody@example.test", "Editor") + user.format(c.server.address, "Editor")),
          ["NoError", "ErrorDelegateAlreadyExists", "ErrorDelegateNoUser", "ErrorDelegateCannotAddOwner"])
    for permissions in ("true", "false"):
        c.run(f"GetDelegate/{permissions}", f"<m:GetDelegate IncludePermissions='{permissions}'>{mine}</m:GetDelegate>", ["NoError"] * 2)
    c.run("GetDelegate/one", f"<m:GetDelegate IncludePermissions='true'>{mine}{user_id.format(other)}</m:GetDelegate>", ["NoError"] * 2)
    c.run("GetDelegate/stranger", f"<m:GetDelegate IncludePermissions='true'>{mine}{user_id.format(c.server.others[1])}</m:GetDelegate>", ["NoError", "ErrorNotDelegate"])
    c.run("UpdateDelegate/good", f"<m:UpdateDelegate>{mine}<m:DelegateUsers>{user.format(other, 'Reviewer')}</m:DelegateUsers></m:UpdateDelegate>", ["NoError"] * 2)
    c.run("UpdateDelegate/stranger", f"<m:UpdateDelegate>{mine}<m:DelegateUsers>{user.format(c.server.others[1], 'Reviewer')}</m:DelegateUsers></m:UpdateDelegate>", ["NoError", "ErrorNotDelegate"])
    c.run("RemoveDelegate/good", f"<m:RemoveDelegate>{mine}{user_id.format(other)}</m:RemoveDelegate>", ["NoError"] * 2)
    c.run("RemoveDelegate/twice", f"<m:RemoveDelegate>{mine}{user_id.format(other)}</m:RemoveDelegate>", ["NoError", "ErrorNotDelegate"])
    foreign = f"<m:Mailbox><t:EmailAddress>{c.server.others[1]}</t:EmailAddress></m:Mailbox>"
    c.run("GetDelegate/denied", f"<m:GetDelegate IncludePermissions='true'>{foreign}</m:GetDelegate>", ["ErrorAccessDenied"])
    c.run("AddDelegate/denied", add.format(foreign, user.format(other, "Editor")), ["ErrorAccessDenied"])


def check_rules(c):
    rule = ("<t:Rule>{0}<t:DisplayName>{1}</t:DisplayName><t:Priority>1</t:Priority><t:IsEnabled>true</t:IsEnabled><t:Conditions><t:ContainsSubjectStrings><t:String>never said</t:String>"
            "</t:ContainsSubjectStrings><t:FromAddresses><t:Address><t:EmailAddress>pat@partner.test</t:EmailAddress></t:Address></t:FromAddresses><t:HasAttachments>true</t:HasAttachments>"
            "<t:Importance>High</t:Importance><t:WithinDateRange><t:StartDateTime>2026-01-01T00:00:00Z</t:StartDateTime></t:WithinDateRange><t:WithinSizeRange><t:MinimumSize>1</t:MinimumSize>"
            "<t:MaximumSize>9</t:MaximumSize></t:WithinSizeRange></t:Conditions><t:Exceptions><t:SentOnlyToMe>true</t:SentOnlyToMe></t:Exceptions><t:Actions><t:AssignCategories><t:String>Red"
            "</t:String></t:AssignCategories><t:MarkImportance>Low</t:MarkImportance><t:MarkAsRead>true</t:MarkAsRead>{2}<t:StopProcessingRules>true</t:StopProcessingRules></t:Actions></t:Rule>")
    move = "<t:MoveToFolder><t:DistinguishedFolderId Id='deleteditems'/></t:MoveToFolder>"
    change = "<m:UpdateInboxRules><m:RemoveOutlookRuleBlob>false</m:RemoveOutlookRuleBlob><m:Operations>{}</m:Operations></m:UpdateInboxRules>"
    c.run("UpdateInboxRules/create", change.format("<t:CreateRuleOperation>" + rule.format("", "one", move) + "</t:CreateRuleOperation>"))
    root = c.run("GetInboxRules/one", "<m:GetInboxRules/>")
    ident = root.findtext(f".//{{{T}}}RuleId") if root is not None else "0"
    c.run("UpdateInboxRules/set", change.format("<t:SetRuleOperation>" + rule.format(f"<t:RuleId>{ident}</t:RuleId>", "two", move) + "</t:SetRuleOperation>"))
    nothing = "<t:CreateRuleOperation><t:Rule><t:DisplayName>x</t:DisplayName><t:Priority>1</t:Priority><t:IsEnabled>true</t:IsEnabled></t:Rule></t:CreateRuleOperation>"
    for name, operation in (("nothing", nothing), ("with-id", "<t:CreateRuleOperation>" + rule.format("<t:RuleId>7</t:RuleId>", "x", move) + "</t:CreateRuleOperation>"),
                            ("folder", "<t:CreateRuleOperation>" + rule.format("", "x", move.replace("deleteditems", "archiveroot")) + "</t:CreateRuleOperation>"),
                            ("unknown", "<t:DeleteRuleOperation><t:RuleId>987654</t:RuleId></t:DeleteRuleOperation>")):
        c.run(f"UpdateInboxRules/bad-{name}", change.format(operation), ["ErrorInboxRulesValidationError"])
    c.run("UpdateInboxRules/delete", change.format(f"<t:DeleteRuleOperation><t:RuleId>{ident}</t:RuleId></t:DeleteRuleOperation>"))
    c.run("GetInboxRules/denied", f"<m:GetInboxRules><m:MailboxSmtpAddress>{c.server.others[1]}</m:MailboxSmtpAddress></m:GetInboxRules>", ["ErrorAccessDenied"])


def check_configurations(c):
    name = "<{0}:UserConfigurationName Name=\"Test.Options\"><t:DistinguishedFolderId Id=\"calendar\"/></{0}:UserConfigurationName>"
    entry = ("<t:DictionaryEntry><t:DictionaryKey><t:Type>String</t:Type><t:Value>{}</t:Value></t:DictionaryKey><t:DictionaryValue><t:Type>{}</t:Type>{}</t:DictionaryValue></t:DictionaryEntry>")
    dictionary = ("<t:Dictionary>" + entry.format("a-b", "Integer32", "<t:Value>-7</t:Value>") + entry.format("c", "StringArray", "<t:Value>x</t:Value><t:Value>y</t:Value>") + "</t:Dictionary>")
    c.run("DeleteUserConfiguration/none", "<m:DeleteUserConfiguration>" + name.format("m") + "</m:DeleteUserConfiguration>", ["ErrorItemNotFound"])
    c.run("GetUserConfiguration/none", "<m:GetUserConfiguration>" + name.format("m") + "<m:UserConfigurationProperties>All</m:UserConfigurationProperties></m:GetUserConfiguration>", ["ErrorItemNotFound"])
    c.run("UpdateUserConfiguration/none", "<m:UpdateUserConfiguration><m:UserConfiguration>" + name.format("t") + "</m:UserConfiguration></m:UpdateUserConfiguration>", ["ErrorItemNotFound"])
    create_it = "<m:CreateUserConfiguration><m:UserConfiguration>" + name.format("t") + dictionary + "<t:XmlData>PGEvPg==</t:XmlData></m:UserConfiguration></m:CreateUserConfiguration>"
    c.run("CreateUserConfiguration/good", create_it)
    c.run("CreateUserConfiguration/twice", create_it, ["ErrorItemSave"])
    c.run("UpdateUserConfiguration/good", "<m:UpdateUserConfiguration><m:UserConfiguration>" + name.format("t") + "<t:BinaryData>AAEC</t:BinaryData></m:UserConfiguration></m:UpdateUserConfiguration>")
    for properties in ("All", "Id", "Dictionary", "XmlData BinaryData"):
        root = c.run("GetUserConfiguration/" + properties, "<m:GetUserConfiguration>" + name.format("m") + f"<m:UserConfigurationProperties>{properties}</m:UserConfigurationProperties></m:GetUserConfiguration>")
        values = [v.text for v in root.iter(f"{{{T}}}Value")] if root is not None else []
        if properties in ("All", "Dictionary") and values != ["a-b", "-7", "c", "x", "y"]:
            c.fail("GetUserConfiguration/" + properties, f"dictionary {values}")
    c.run("DeleteUserConfiguration/good", "<m:DeleteUserConfiguration>" + name.format("m") + "</m:DeleteUserConfiguration>")


def check_all(c):
    for check in (check_series, check_events, check_meetings, check_tasks_and_lists, check_availability, check_out_of_office, check_delegates, check_rules, check_configurations):
        check(c)
