#!/usr/bin/python3
"""The table of all elements in docs/activesync.md: served means that the sources name the element; each other one has its reason here.

    elements.py            says what is missing or no longer true; exit code 1
    elements.py --write    writes the table anew
"""
import collections
import csv
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs/activesync.md")
BEGIN, END = "<!-- elements: written by tests/activesync/elements.py -->", "<!-- end of elements -->"
LEGACY = "of protocol 2.5 or older, which is not spoken"
NO_LIBRARY = "there is no document library"
NO_RIGHTS = "[MS-ASRM] is answered as a server without it answers"
NO_VOICE = "there is no unified messaging"
ONE_ACCOUNT = "a user has one account; further ones are not joined"
# namespace: {element or "*": reason}
REASONS = {
    "AirSync": {"ConversationMode": "whole conversations are not pulled in beyond the filter"},
    "AirSyncBase": {"Annotation": "locations have a name and an address", **dict.fromkeys(
        ("Latitude", "Longitude", "Accuracy", "Altitude", "AltitudeAccuracy", "LocationUri"), "coordinates of a location are not stored")},
    "Calendar": dict.fromkeys(("OnlineMeetingConfLink", "OnlineMeetingExternalLink"), "no online meetings are made here"),
    "ComposeMail": dict.fromkeys(("Forwardees", "Forwardee", "ForwardeeName", "ForwardeeEmail"), "meetings are forwarded as mail"),
    "Contacts": dict.fromkeys(("Alias", "WeightedRank"), "only of the recipient cache, which is not kept"),
    "Contacts2": dict.fromkeys(("IMAddress2", "IMAddress3", "MMS"), "not stored"),
    "DocumentLibrary": {"*": NO_LIBRARY},
    "Email2": {**dict.fromkeys(("UmCallerID", "UmUserNotes", "UmAttDuration", "UmAttOrder"), NO_VOICE), "ReceivedAsBcc": "blind copies are not marked at delivery",
               "AccountId": ONE_ACCOUNT},
    "FolderHierarchy": dict.fromkeys(("Folders", "Folder"), "of GetHierarchy, which no version spoken here has"),
    "GetItemEstimate": {"Class": "the collection says its class"},
    "ItemOperations": {"Version": NO_LIBRARY, "UserName": NO_LIBRARY, "Schema": "all properties are given"},
    "MeetingResponse": {"CollectionId": "the id of the request says the folder"},
    "Ping": {"Class": "the folder says its class"},
    "ResolveRecipients": dict.fromkeys(("Certificate", "MiniCertificate", "MaxCertificates"), "certificates of the directory are not read: status 7"),
    "RightsManagement": {"*": NO_RIGHTS},
    "Search": {"RebuildResults": "each search is made anew", "UserName": NO_LIBRARY, "Password": NO_LIBRARY},
    "Settings": {"EnableOutboundSMS": "no text messages are sent", **dict.fromkeys(("AccountId", "AccountName", "SendDisabled"), ONE_ACCOUNT)},
}


def named_in_sources():
    """Namespace_Element as the sources have them; tables of device policies name elements of Provision alone."""
    text = ""
    for pattern in ("activesync/*.c", "activesync/*.h", "activesync/*.def"):
        for path in glob.glob(os.path.join(ROOT, pattern)):
            if os.path.basename(path) != "codepages.def":
                with open(path, encoding="utf-8") as file:
                    text += file.read()
    names = set(re.findall(r"\b([A-Z][A-Za-z0-9]+_[A-Z][A-Za-z0-9]*)\b", text))
    with open(os.path.join(ROOT, "groupware/include/bourse/groupware/device_settings.def"), encoding="utf-8") as file:
        names |= {f"Provision_{name}" for name in re.findall(r"\b([A-Z][A-Za-z0-9]+)\b", file.read())}
    return names


def sort_elements():
    """{namespace: served}, {(namespace, reason): elements}, findings."""
    served, ignored, findings, names = collections.defaultdict(list), collections.defaultdict(list), [], named_in_sources()
    with open(os.path.join(ROOT, "activesync/facts/wbxml-codepages.tsv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        space, element = row["namespace"], row["tag"]
        reasons = REASONS.get(space, {})
        if f"{space}_{element}" in names:
            served[space].append(element)
        elif row["status"] == "legacy":
            ignored[(space, LEGACY)].append(element)
        elif element in reasons or "*" in reasons:
            ignored[(space, reasons.get(element, reasons.get("*")))].append(element)
        else:
            findings.append(f"{space}:{element} is neither named in the sources nor has a reason in tests/activesync/elements.py")
    return served, ignored, findings


def table(served, ignored):
    lines = ["| namespace | elements | |", "|---|---|---|"]
    spaces = sorted({*served, *(space for space, _ in ignored)})
    for space in spaces:
        if served[space]:
            lines.append(f"| {space} | {', '.join(served[space])} | served |")
        lines += [f"| {space} | {', '.join(elements)} | ignored: {reason} |" for (name, reason), elements in ignored.items() if name == space]
    return "\n".join(lines)


def check():
    served, ignored, findings = sort_elements()
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    if shown != table(served, ignored):
        findings.append("the table of elements in docs/activesync.md is not that of the sources: tests/activesync/elements.py --write")
    return findings


def write():
    served, ignored, _ = sort_elements()
    section = f"{BEGIN}\n{table(served, ignored)}\n{END}"
    text = "# ActiveSync\n\n## Elements\n\n" + BEGIN + END + "\n"
    if os.path.exists(PAGE):
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
    if BEGIN not in text:
        text = text.rstrip() + "\n\n## Elements\n\nServed: the server writes or reads it. Elements that a version does not know are left out of its answers.\n\n" + BEGIN + END + "\n"
    before, _, rest = text.partition(BEGIN)
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(before + section + rest.partition(END)[2])


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    print("\n".join(check()))
    sys.exit(1 if check() else 0)
