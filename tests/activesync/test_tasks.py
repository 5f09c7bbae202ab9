"""Tasks over ActiveSync and EWS: dates, completion, recurrence."""
from exchangelib import Task

from ews_client import account
from mail import unique
from test_contacts import OPTIONS, add, change, phone, send, told
from wbxml import Node


def task(**values):
    return [Node(f"Tasks:{name}", value if isinstance(value, str) else [Node(f"Tasks:{key}", text) for key, text in value.items()]) for name, value in values.items()]


def test_task_goes_round(server):
    for version in ("12.1", "14.1", "16.1"):
        device, subject, person = phone(server, "Tasks", version), unique("task"), account(server, "alice")
        number = add(device, task(Subject=subject, Importance="2", Complete="0", UtcStartDate="2026-11-30T23:00:00.000Z", StartDate="2026-12-01T00:00:00.000Z",
                                  UtcDueDate="2026-12-02T23:00:00.000Z", DueDate="2026-12-03T00:00:00.000Z", Sensitivity="2", ReminderSet="1",
                                  ReminderTime="2026-12-01T08:00:00.000Z") + [Node("Tasks:Categories", [Node("Tasks:Category", "Home")])])
        item = told(server, "Tasks", number, version)
        assert {name: item["Tasks:" + name].text for name in ("Subject", "Importance", "Complete", "StartDate", "DueDate", "UtcDueDate", "Sensitivity", "ReminderSet",
                                                               "ReminderTime")} == {
            "Subject": subject, "Importance": "2", "Complete": "0", "StartDate": "2026-12-01T00:00:00.000Z", "DueDate": "2026-12-03T00:00:00.000Z",
            "UtcDueDate": "2026-12-02T23:00:00.000Z", "Sensitivity": "2", "ReminderSet": "1", "ReminderTime": "2026-12-01T08:00:00.000Z"}
        found = person.tasks.get(subject=subject)
        assert str(found.due_date) == "2026-12-03" and found.importance == "High" and found.categories == ["Home"] and not found.is_complete
        change(device, number, task(Complete="1", DateCompleted="2026-12-02T00:00:00.000Z"))
        found = person.tasks.get(subject=subject)
        assert found.is_complete and found.percent_complete == 100 and str(found.complete_date)[:10] == "2026-12-02"
        assert told(server, "Tasks", number, version)["Tasks:Complete"].text == "1"
        send(device, Node("AirSync:Delete", [Node("AirSync:ServerId", number)]))


def test_recurring_task(server):
    device, subject, person = phone(server, "Tasks", "14.1"), unique("watering"), account(server, "alice")
    number = add(device, task(Subject=subject, Complete="0", StartDate="2026-12-01T00:00:00.000Z", UtcStartDate="2026-12-01T00:00:00.000Z",
                              DueDate="2026-12-01T00:00:00.000Z", UtcDueDate="2026-12-01T00:00:00.000Z",
                              Recurrence={"Type": "0", "Start": "2026-12-01T00:00:00.000Z", "Interval": "2", "Occurrences": "5", "Regenerate": "0", "DeadOccur": "0"}))
    pattern = told(server, "Tasks", number, "14.1")["Tasks:Recurrence"]
    assert {name: pattern.value("Tasks:" + name) for name in ("Type", "Interval", "Occurrences", "Start", "Regenerate", "DeadOccur")} == {
        "Type": "0", "Interval": "2", "Occurrences": "5", "Start": "2026-12-01T00:00:00.000Z", "Regenerate": "0", "DeadOccur": "0"}
    assert person.tasks.get(subject=subject).is_recurring
    # completed: the item is the next one, the done one stands beside it
    change(device, number, task(Complete="1"))
    device.sync_all(device.own, options=OPTIONS)
    found = list(person.tasks.filter(subject=subject))
    assert sorted(t.is_complete for t in found) == [False, True], found
    assert next(str(t.due_date) for t in found if not t.is_complete) == "2026-12-03"
    for item in found:
        item.delete()


def test_task_of_ews(server):
    device, subject, person = phone(server, "Tasks"), unique("by EWS"), account(server, "alice")
    Task(account=person, folder=person.tasks, subject=subject).save()
    device.sync_all(device.own, options=OPTIONS)
    found = [item for item in device.items[device.own].values() if "Tasks:Subject" in item and item["Tasks:Subject"].text == subject]
    assert len(found) == 1 and found[0]["Tasks:Complete"].text == "0"
