#!/usr/bin/env python3
"""Sends every EWS operation (good, bad, not offered, unknown, malformed) to a running server and validates each answer against the schemas.

    xsd_check.py ENDPOINTS.json [--only NAME] [--keep FOLDER]

Exit code 0 when all answers are valid and say what they should; prints a line for each that does not."""
import argparse
import base64
import csv
import json
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
import xsd_calendar  # noqa: E402

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
VERSIONS = ["Exchange2007_SP1", "Exchange2010", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016", "Exchange2019"]


def envelope(body, version="Exchange2016", header=""):
    if version:
        header = f'<t:RequestServerVersion Version="{version}"/>' + header
    return (f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:t="{T}" xmlns:m="{M}">'
            f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>")


class Server:
    def __init__(self, endpoints, user=0):
        self.url = endpoints["ews_url"]
        person = endpoints["users"][user]
        self.address, self.others = person["address"], [u["address"] for u in endpoints["users"]]
        self.credentials = base64.b64encode(f"{person['login']}:{person['password']}".encode()).decode()
        self.tls = ssl.create_default_context(cafile=endpoints["ca_file"])

    def post(self, body):
        data = body if isinstance(body, bytes) else body.encode()
        request = urllib.request.Request(self.url, data, {"Content-Type": "text/xml; charset=utf-8", "Authorization": f"Basic {self.credentials}"})
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=60) as answer:
                return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Content-Type", ""), error.read()


class Checker:
    """Runs cases, keeps answers, validates all of them with one xmllint call at the end."""

    def __init__(self, server, folder, only):
        self.server, self.folder, self.only = server, pathlib.Path(folder), only
        self.names, self.failures, self.operations = [], [], set()

    def fail(self, name, why):
        self.failures.append(f"{name}: {why}")

    def run(self, name, body, codes=("NoError",), http=200, version="Exchange2016", raw=False, header=""):
        """`codes`: response codes that must appear, in order, whatever else stands there. Returns the parsed answer, or None."""
        if self.only and self.only not in name:
            return None
        status, content_type, answer = self.server.post(body if raw else envelope(body, version, header))
        path = self.folder / f"{len(self.names):03d}-{name.replace(chr(47), chr(45))}.xml"
        path.write_bytes(answer)
        self.names.append(name)
        if status != http:
            self.fail(name, f"HTTP {status} instead of {http}: {answer[:300]!r}")
        if not content_type.startswith("text/xml"):
            self.fail(name, f"content type {content_type}")
            return None
        try:
            root = ET.fromstring(answer)
        except ET.ParseError as error:
            self.fail(name, f"not well-formed: {error}")
            return None
        self.operations.add(name.split("/")[0])
        found = [e.text for e in root.iter() if e.tag.split("}")[1:] == ["ResponseCode"]]
        if codes is not None and found != list(codes):
            self.fail(name, f"response codes {found} instead of {list(codes)}: {answer[:1500].decode(errors='replace')}")
        if not root.find(f"{{{SOAP}}}Header/{{{T}}}ServerVersionInfo") is not None:
            self.fail(name, "no ServerVersionInfo")
        return root

    def validate(self):
        files = sorted(self.folder.glob("*.xml"))
        for begin in range(0, len(files), 50):
            part = files[begin:begin + 50]
            result = subprocess.run(["xmllint", "--noout", "--schema", str(HERE / "schema" / "ews-all.xsd"), *map(str, part)],
                                    capture_output=True, text=True, check=False)
            for line in result.stderr.splitlines():
                if "validates" not in line:
                    self.fail("schema", line.replace(str(self.folder) + "/", ""))


def folder(name):
    return f'<t:DistinguishedFolderId Id="{name}"/>'


def first(root, name):
    found = root.find(f".//{{{T}}}{name}") if root is not None else None
    return found.attrib if found is not None else {"Id": "none", "ChangeKey": ""}


def ident(kind, attributes):
    key = f' ChangeKey="{attributes["ChangeKey"]}"' if attributes.get("ChangeKey") else ""
    return f'<t:{kind} Id="{attributes["Id"]}"{key}/>'


SHAPES = ["IdOnly", "Default", "AllProperties"]
SUBJECT = "<t:FieldURI FieldURI=\"item:Subject\"/>"


def message(subject, to="", body="text", kind="Text", more=""):
    recipients = f"<t:ToRecipients><t:Mailbox><t:EmailAddress>{to}</t:EmailAddress></t:Mailbox></t:ToRecipients>" if to else ""
    return f'<t:Message><t:Subject>{subject}</t:Subject><t:Body BodyType="{kind}">{body}</t:Body>{more}{recipients}</t:Message>'


def create(items, disposition="SaveOnly", target="drafts"):
    return (f'<m:CreateItem MessageDisposition="{disposition}"><m:SavedItemFolderId>{folder(target)}</m:SavedItemFolderId>'
            f"<m:Items>{items}</m:Items></m:CreateItem>")


def get_item(ids, shape="AllProperties", more=""):
    return f"<m:GetItem><m:ItemShape><t:BaseShape>{shape}</t:BaseShape>{more}</m:ItemShape><m:ItemIds>{ids}</m:ItemIds></m:GetItem>"


def find(parent=folder("inbox"), shape="IdOnly", view="", rest="", traversal="Shallow", query=""):
    return (f'<m:FindItem Traversal="{traversal}"><m:ItemShape><t:BaseShape>{shape}</t:BaseShape></m:ItemShape>{view}{rest}'
            f"<m:ParentFolderIds>{parent}</m:ParentFolderIds>{query}</m:FindItem>")


def check_folders(c):
    names = """calendar contacts deleteditems drafts inbox journal notes outbox sentitems tasks msgfolderroot root
        junkemail searchfolders recoverableitemsroot recoverableitemsdeletions recoverableitemsversions recoverableitemspurges syncissues conflicts
        localfailures serverfailures recipientcache quickcontacts conversationhistory todosearch imcontactlist""".split()
    missing = ["publicfoldersroot", "archiveroot", "archivemsgfolderroot", "archiveinbox", "voicemail", "adminauditlogs"]
    for shape in SHAPES:
        for version in VERSIONS:
            get = f"<m:GetFolder><m:FolderShape><t:BaseShape>{shape}</t:BaseShape></m:FolderShape><m:FolderIds>"
            c.run(f"GetFolder/{shape}-{version}", get + "".join(map(folder, names)) + "</m:FolderIds></m:GetFolder>",
                  ["NoError"] * len(names), version=version)
    for name in names + missing:
        c.run(f"GetFolder/{name}", f"<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>{folder(name)}"
              "</m:FolderIds></m:GetFolder>", ["ErrorFolderNotFound" if name in missing else "NoError"])
    c.run("GetFolder/mixed", "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI='folder:PermissionSet'/>"
          "<t:FieldURI FieldURI='folder:DistinguishedFolderId'/><t:ExtendedFieldURI PropertyTag='0x10f4' PropertyType='Boolean'/>"
          "<t:ExtendedFieldURI PropertyTag='0x0fff' PropertyType='Binary'/></t:AdditionalProperties></m:FolderShape><m:FolderIds>"
          f"{folder('inbox')}<t:FolderId Id='nonsense'/><t:FolderId Id=''/>{folder('calendar')}{folder('archiveroot')}</m:FolderIds></m:GetFolder>",
          ["NoError", "ErrorInvalidIdMalformed", "ErrorInvalidIdEmpty", "NoError", "ErrorFolderNotFound"])
    c.run("GetFolder/other-field", "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI='item:Subject'/>"
          f"</t:AdditionalProperties></m:FolderShape><m:FolderIds>{folder('inbox')}</m:FolderIds></m:GetFolder>", ["ErrorInvalidPropertyRequest"])
    for traversal in ("Shallow", "Deep", "SoftDeleted"):
        c.run(f"FindFolder/{traversal}", f'<m:FindFolder Traversal="{traversal}"><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape>'
              f"<m:ParentFolderIds>{folder('msgfolderroot')}</m:ParentFolderIds></m:FindFolder>")
    for view in ('<m:IndexedPageFolderView MaxEntriesReturned="3" Offset="1" BasePoint="Beginning"/>',
                 '<m:IndexedPageFolderView MaxEntriesReturned="3" Offset="0" BasePoint="End"/>',
                 '<m:FractionalPageFolderView MaxEntriesReturned="3" Numerator="1" Denominator="2"/>'):
        c.run("FindFolder/paged", f'<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>{view}<m:Restriction>'
              f'<t:IsGreaterThanOrEqualTo><t:FieldURI FieldURI="folder:TotalCount"/><t:FieldURIOrConstant><t:Constant Value="0"/></t:FieldURIOrConstant>'
              f"</t:IsGreaterThanOrEqualTo></m:Restriction><m:ParentFolderIds>{folder('root')}</m:ParentFolderIds></m:FindFolder>")
    c.run("FindFolder/fraction", '<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>'
          '<m:FractionalPageFolderView Numerator="3" Denominator="2"/>' f"<m:ParentFolderIds>{folder('root')}</m:ParentFolderIds></m:FindFolder>",
          ["ErrorInvalidFractionalPagingParameters"])


def check_folder_changes(c):
    one = c.run("CreateFolder/good", f"<m:CreateFolder><m:ParentFolderId>{folder('msgfolderroot')}</m:ParentFolderId><m:Folders><t:Folder>"
                "<t:DisplayName>schema check</t:DisplayName><t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId='PublicStrings' "
                "PropertyName='bourse-check' PropertyType='String'/><t:Value>kept</t:Value></t:ExtendedProperty></t:Folder>"
                "<t:CalendarFolder><t:DisplayName>schema check calendar</t:DisplayName></t:CalendarFolder>"
                "<t:TasksFolder><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>wrong</t:DisplayName></t:TasksFolder>"
                "<t:Folder><t:DisplayName>schema check</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>",
                ["NoError", "NoError", "ErrorNoFolderClassOverride", "ErrorFolderExists"])
    ids = [e.attrib for e in one.iter(f"{{{T}}}FolderId")] if one is not None else []
    if len(ids) != 2:
        return None
    mine, calendar = ident("FolderId", ids[0]), ident("FolderId", ids[1])
    c.run("CreateFolder/no-parent", f"<m:CreateFolder><m:ParentFolderId>{folder('archiveroot')}</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>x"
          "</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>", ["ErrorParentFolderNotFound"])
    c.run("UpdateFolder/good", f"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{mine}<t:Updates><t:SetFolderField><t:FieldURI FieldURI='folder:DisplayName'/>"
          "<t:Folder><t:DisplayName>schema check renamed</t:DisplayName></t:Folder></t:SetFolderField></t:Updates></t:FolderChange><t:FolderChange>"
          f"{folder('inbox')}<t:Updates><t:SetFolderField><t:FieldURI FieldURI='folder:TotalCount'/><t:Folder><t:TotalCount>3</t:TotalCount></t:Folder>"
          "</t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>", ["NoError", "ErrorInvalidPropertySet"])
    c.run("GetFolder/custom", "<m:GetFolder><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape><t:AdditionalProperties><t:ExtendedFieldURI "
          "DistinguishedPropertySetId='PublicStrings' PropertyName='bourse-check' PropertyType='String'/></t:AdditionalProperties></m:FolderShape>"
          f"<m:FolderIds>{mine}</m:FolderIds></m:GetFolder>")
    c.run("UpdateFolder/permissions", f"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{mine}<t:Updates><t:SetFolderField><t:FieldURI "
          "FieldURI='folder:PermissionSet'/><t:Folder><t:PermissionSet><t:Permissions><t:Permission><t:UserId><t:DistinguishedUser>Default</t:DistinguishedUser>"
          "</t:UserId><t:PermissionLevel>None</t:PermissionLevel></t:Permission><t:Permission><t:UserId><t:PrimarySmtpAddress>"
          f"{c.server.others[1]}</t:PrimarySmtpAddress></t:UserId><t:PermissionLevel>Reviewer</t:PermissionLevel></t:Permission></t:Permissions></t:PermissionSet>"
          "</t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>")
    c.run("GetFolder/permissions", "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI='folder:PermissionSet'/>"
          f"</t:AdditionalProperties></m:FolderShape><m:FolderIds>{mine}{calendar}</m:FolderIds></m:GetFolder>", ["NoError", "NoError"])
    copied = c.run("CopyFolder/good", f"<m:CopyFolder><m:ToFolderId>{folder('drafts')}</m:ToFolderId><m:FolderIds>{mine}</m:FolderIds></m:CopyFolder>")
    moved = c.run("MoveFolder/good", f"<m:MoveFolder><m:ToFolderId>{folder('deleteditems')}</m:ToFolderId><m:FolderIds>"
                  f"{ident('FolderId', first(copied, 'FolderId'))}{folder('inbox')}</m:FolderIds></m:MoveFolder>", ["NoError", "ErrorMoveDistinguishedFolder"])
    c.run("DeleteFolder/good", f"<m:DeleteFolder DeleteType='HardDelete'><m:FolderIds>{ident('FolderId', first(moved, 'FolderId'))}{calendar}{folder('inbox')}"
          "</m:FolderIds></m:DeleteFolder>", ["NoError", "NoError", "ErrorDeleteDistinguishedFolder"])
    return mine


EXTENDED = ("<t:ExtendedProperty><t:ExtendedFieldURI PropertySetId='c11ff724-aa03-4555-9952-8fa248a11c3e' PropertyName='bourse-{0}' PropertyType='{1}'/>"
            "{2}</t:ExtendedProperty>")


def check_items(c, mine):
    made = c.run("CreateItem/many", create(
        message("one &amp; only", c.server.address, more="<t:Categories><t:String>Red</t:String></t:Categories><t:Importance>High</t:Importance>")
        + message("&lt;b&gt;html", body="&lt;html&gt;&lt;body&gt;&lt;script&gt;x()&lt;/script&gt;&lt;p onclick='x'&gt;hi&lt;/p&gt;&lt;/body&gt;&lt;/html&gt;", kind="HTML")
        + "<t:Message><t:Subject>with file</t:Subject><t:Attachments><t:FileAttachment><t:Name>a.txt</t:Name><t:ContentType>text/plain</t:ContentType>"
          "<t:Content>aGVsbG8=</t:Content></t:FileAttachment><t:ItemAttachment><t:Name>inner</t:Name><t:Message><t:Subject>inside</t:Subject>"
          "<t:Body BodyType='Text'>deep</t:Body></t:Message></t:ItemAttachment></t:Attachments></t:Message>"
        + "<t:Message><t:Subject>extended</t:Subject>" + EXTENDED.format("s", "String", "<t:Value>v</t:Value>") + EXTENDED.format("i", "Integer", "<t:Value>7</t:Value>")
        + EXTENDED.format("a", "StringArray", "<t:Values><t:Value>x</t:Value><t:Value>y</t:Value></t:Values>")
        + EXTENDED.format("b", "Binary", "<t:Value>AAEC</t:Value>") + EXTENDED.format("t", "SystemTime", "<t:Value>2026-01-02T03:04:05Z</t:Value>") + "</t:Message>"
        + "<t:Message><t:Subject>bad</t:Subject><t:DateTimeReceived>2026-01-01T00:00:00Z</t:DateTimeReceived></t:Message>"
        + "<t:Contact><t:FileAs>Doe, Jane</t:FileAs><t:GivenName>Jane</t:GivenName><t:EmailAddresses><t:Entry Key='EmailAddress1'>jane@example.test</t:Entry>"
          "</t:EmailAddresses><t:PhysicalAddresses><t:Entry Key='Home'><t:City>Bern</t:City></t:Entry></t:PhysicalAddresses><t:PhoneNumbers>"
          "<t:Entry Key='MobilePhone'>+41 1</t:Entry></t:PhoneNumbers><t:Surname>Doe</t:Surname></t:Contact>"
        + "<t:Task><t:Subject>do it</t:Subject><t:DueDate>2026-12-24T00:00:00Z</t:DueDate><t:PercentComplete>50</t:PercentComplete></t:Task>"
        + "<t:PostItem><t:Subject>posted</t:Subject></t:PostItem><t:MeetingRequest/><t:AcceptItem><t:ReferenceItemId Id='x'/></t:AcceptItem>"),
        ["NoError"] * 4 + ["ErrorInvalidPropertySet"] + ["NoError"] * 3 + ["ErrorInvalidItemForOperationCreateItem", "ErrorInvalidIdMalformed"])
    appointment = c.run("CreateItem/calendar", "<m:CreateItem SendMeetingInvitations='SendToNone'><m:Items><t:CalendarItem><t:Subject>lunch</t:Subject>"
                        "<t:Start>2026-12-01T12:00:00Z</t:Start><t:End>2026-12-01T13:00:00Z</t:End><t:Location>here</t:Location></t:CalendarItem></m:Items></m:CreateItem>")
    mime = base64.b64encode(b"From: x@partner.test\r\nTo: alice@example.test\r\nSubject: =?utf-8?q?m=C3=AFme?=\r\nDate: Sat, 21 Nov 2026 22:51:00 +0000\r\n"
                            b"Message-ID: <1@partner.test>\r\n\r\nhello\r\n").decode()
    imported = c.run("CreateItem/mime", create(f'<t:Message><t:MimeContent CharacterSet="UTF-8">{mime}</t:MimeContent><t:IsRead>false</t:IsRead></t:Message>'
                                               "<t:Message><t:MimeContent>@@@</t:MimeContent></t:Message>", target="inbox"),
                     ["NoError", "ErrorMimeContentInvalidBase64String"])
    c.run("CreateItem/no-disposition", "<m:CreateItem><m:Items><t:Message/></m:Items></m:CreateItem>", ["ErrorMessageDispositionRequired"])
    if made is None or imported is None or appointment is None:
        return
    ids = [e.attrib for root in (made, appointment, imported) for e in root.iter(f"{{{T}}}ItemId")]
    all_ids = "".join(ident("ItemId", i) for i in ids)
    extended = "<t:AdditionalProperties>" + "".join(
        f"<t:ExtendedFieldURI PropertySetId='c11ff724-aa03-4555-9952-8fa248a11c3e' PropertyName='bourse-{n}' PropertyType='{t}'/>"
        for n, t in (("s", "String"), ("i", "Integer"), ("a", "StringArray"), ("b", "Binary"), ("t", "SystemTime"))) \
        + "<t:IndexedFieldURI FieldURI='contacts:PhoneNumber' FieldIndex='MobilePhone'/><t:IndexedFieldURI FieldURI='item:InternetMessageHeader' FieldIndex='Date'/>" \
        + "<t:FieldURI FieldURI='item:UniqueBody'/><t:FieldURI FieldURI='item:TextBody'/><t:FieldURI FieldURI='item:NormalizedBody'/><t:FieldURI FieldURI='item:MimeContent'/></t:AdditionalProperties>"
    for shape in SHAPES:
        for version in VERSIONS:
            c.run(f"GetItem/{shape}-{version}", get_item(all_ids, shape), ["NoError"] * len(ids), version=version)
    for kind in ("Best", "HTML", "Text"):
        c.run(f"GetItem/body-{kind}", get_item(all_ids, "IdOnly", f"<t:IncludeMimeContent>true</t:IncludeMimeContent><t:BodyType>{kind}</t:BodyType>"
                                               f"<t:FilterHtmlContent>true</t:FilterHtmlContent><t:MaximumBodySize>20</t:MaximumBodySize>{extended}"), ["NoError"] * len(ids))
    c.run("GetItem/bad", get_item("<t:ItemId Id='nonsense'/><t:ItemId Id=''/>" + ident("ItemId", ids[0]) + "<t:OccurrenceItemId RecurringMasterId='x' InstanceIndex='1'/>", "Default"),
          ["ErrorInvalidIdMalformed", "ErrorInvalidIdEmpty", "NoError", "ErrorInvalidIdMalformed"])
    check_attachments(c, ids)
    check_updates(c, ids)
    check_moves(c, ids, mine)
    check_sending(c, ids)


def check_attachments(c, ids):
    parent = ident("ItemId", ids[0])
    made = c.run("CreateAttachment/good", f"<m:CreateAttachment><m:ParentItemId Id='{ids[0]['Id']}'/><m:Attachments><t:FileAttachment><t:Name>b.bin</t:Name>"
                 "<t:IsInline>true</t:IsInline><t:Content>AAEC</t:Content></t:FileAttachment><t:ItemAttachment><t:Name>i</t:Name><t:Task><t:Subject>t</t:Subject></t:Task>"
                 "</t:ItemAttachment><t:FileAttachment><t:Name>bad</t:Name><t:Content>@</t:Content></t:FileAttachment></m:Attachments></m:CreateAttachment>",
                 ["NoError", "NoError", "ErrorSchemaValidation"])
    attachments = [e.attrib["Id"] for e in made.iter(f"{{{T}}}AttachmentId")] if made is not None else []
    listed = "".join(f"<t:AttachmentId Id='{i}'/>" for i in attachments)
    c.run("GetAttachment/good", f"<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape><m:AttachmentIds>{listed}"
          f"<t:AttachmentId Id='{ids[0]['Id']}'/><t:AttachmentId Id='x'/></m:AttachmentIds></m:GetAttachment>",
          ["NoError"] * len(attachments) + ["ErrorInvalidAttachmentId"] * 2)
    whole = c.run("GetItem/attachments", get_item(ident("ItemId", ids[2]) + parent, "Default"), ["NoError", "NoError"])
    more = [e.attrib["Id"] for e in whole.iter(f"{{{T}}}AttachmentId")] if whole is not None else []
    c.run("GetAttachment/more", "<m:GetAttachment><m:AttachmentShape/><m:AttachmentIds>" + "".join(f"<t:AttachmentId Id='{i}'/>" for i in more)
          + "</m:AttachmentIds></m:GetAttachment>", ["NoError"] * len(more))
    c.run("DeleteAttachment/good", f"<m:DeleteAttachment><m:AttachmentIds>{listed}<t:AttachmentId Id='x'/></m:AttachmentIds></m:DeleteAttachment>",
          ["NoError"] * len(attachments) + ["ErrorInvalidAttachmentId"])


def change(item, updates):
    return f"<t:ItemChange>{item}<t:Updates>{updates}</t:Updates></t:ItemChange>"


def set_field(uri, value, kind="Message"):
    return f"<t:SetItemField><t:FieldURI FieldURI='{uri}'/><t:{kind}>{value}</t:{kind}></t:SetItemField>"


def update(changes, resolution="AutoResolve", disposition="SaveOnly"):
    return f'<m:UpdateItem ConflictResolution="{resolution}" MessageDisposition="{disposition}"><m:ItemChanges>{changes}</m:ItemChanges></m:UpdateItem>'


def check_updates(c, ids):
    item = f"<t:ItemId Id='{ids[0]['Id']}'/>"
    person = "<t:Mailbox><t:Name>Bob</t:Name><t:EmailAddress>bob@example.test</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType></t:Mailbox>"
    c.run("UpdateItem/many", update(change(item, set_field("item:Subject", "<t:Subject>new</t:Subject>")
          + set_field("message:CcRecipients", f"<t:CcRecipients>{person}</t:CcRecipients>") + set_field("message:IsRead", "<t:IsRead>false</t:IsRead>")
          + set_field("item:Body", "<t:Body BodyType='HTML'>&lt;p&gt;x&lt;/p&gt;</t:Body>") + set_field("message:ReplyTo", f"<t:ReplyTo>{person}</t:ReplyTo>")
          + set_field("item:Flag", "<t:Flag><t:FlagStatus>Flagged</t:FlagStatus><t:DueDate>2026-12-31T00:00:00Z</t:DueDate></t:Flag>")
          + "<t:SetItemField><t:ExtendedFieldURI PropertyTag='0x3A45' PropertyType='String'/><t:Message><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag='0x3A45' "
            "PropertyType='String'/><t:Value>Dr</t:Value></t:ExtendedProperty></t:Message></t:SetItemField><t:DeleteItemField><t:FieldURI FieldURI='item:Categories'/>"
            "</t:DeleteItemField><t:AppendToItemField><t:FieldURI FieldURI='message:ToRecipients'/><t:Message><t:ToRecipients>" + person
          + "</t:ToRecipients></t:Message></t:AppendToItemField>")))
    c.run("UpdateItem/text", update(change(item, set_field("item:Body", "<t:Body BodyType='Text'>one</t:Body>")))) 
    c.run("UpdateItem/append", update(change(item, "<t:AppendToItemField><t:FieldURI FieldURI='item:Body'/><t:Message><t:Body BodyType='Text'> two</t:Body></t:Message></t:AppendToItemField>")))
    root = c.run("GetItem/updated", get_item(item))
    text = ET.tostring(root, encoding="unicode") if root is not None else ""
    for wanted in ("new", "bob@example.test", "one two", "Flagged"):
        if root is not None and wanted not in text:
            c.fail("GetItem/updated", f"{wanted} is not in the answer: {text[:3000]}")
    for uri, value, code in (("item:DateTimeReceived", "<t:DateTimeReceived>2026-01-01T00:00:00Z</t:DateTimeReceived>", "ErrorInvalidPropertySet"),
                             ("item:Subject", "<t:Importance>High</t:Importance>", "ErrorUpdatePropertyMismatch"),
                             ("item:Subject", "<t:Subject>a</t:Subject><t:Importance>High</t:Importance>", "ErrorIncorrectUpdatePropertyCount")):
        c.run(f"UpdateItem/{code}", update(change(item, set_field(uri, value))), [code])
    c.run("UpdateItem/append-bad", update(change(item, "<t:AppendToItemField><t:FieldURI FieldURI='item:Subject'/><t:Message><t:Subject>s</t:Subject></t:Message></t:AppendToItemField>")),
          ["ErrorInvalidPropertyAppend"])
    c.run("UpdateItem/delete-bad", update(change(item, "<t:DeleteItemField><t:FieldURI FieldURI='item:Importance'/></t:DeleteItemField>")), ["ErrorInvalidPropertyDelete"])
    c.run("UpdateItem/stale", update(change(ident("ItemId", ids[0]), set_field("item:Subject", "<t:Subject>late</t:Subject>")), "NeverOverwrite"), ["ErrorIrresolvableConflict"])
    contact = f"<t:ItemId Id='{ids[4]['Id']}'/>"
    c.run("UpdateItem/contact", update(change(contact, "<t:SetItemField><t:IndexedFieldURI FieldURI='contacts:EmailAddress' FieldIndex='EmailAddress2'/><t:Contact><t:EmailAddresses>"
          "<t:Entry Key='EmailAddress2'>j2@example.test</t:Entry></t:EmailAddresses></t:Contact></t:SetItemField><t:DeleteItemField><t:IndexedFieldURI "
          "FieldURI='contacts:PhoneNumber' FieldIndex='MobilePhone'/></t:DeleteItemField>")))


def check_moves(c, ids, mine):
    two = ident("ItemId", ids[1]) + "<t:ItemId Id='x'/>"
    copied = c.run("CopyItem/good", f"<m:CopyItem><m:ToFolderId>{mine or folder('drafts')}</m:ToFolderId><m:ItemIds>{two}</m:ItemIds></m:CopyItem>", ["NoError", "ErrorInvalidIdMalformed"])
    moved = c.run("MoveItem/good", f"<m:MoveItem><m:ToFolderId>{folder('deleteditems')}</m:ToFolderId><m:ItemIds>{ident('ItemId', first(copied, 'ItemId'))}</m:ItemIds></m:MoveItem>")
    c.run("MoveItem/nowhere", f"<m:MoveItem><m:ToFolderId>{folder('archiveroot')}</m:ToFolderId><m:ItemIds>{two}</m:ItemIds></m:MoveItem>", ["ErrorToFolderNotFound"] * 2)
    for kind in ("MoveToDeletedItems", "SoftDelete", "HardDelete"):
        one = c.run("CreateItem/delete", create(message("bye")))
        c.run(f"DeleteItem/{kind}", f"<m:DeleteItem DeleteType='{kind}'><m:ItemIds>{ident('ItemId', first(one, 'ItemId'))}<t:ItemId Id='x'/></m:ItemIds></m:DeleteItem>",
              ["NoError", "ErrorInvalidIdMalformed"])
    gone = ident("ItemId", first(moved, "ItemId"))
    c.run("DeleteItem/twice", f"<m:DeleteItem DeleteType='HardDelete'><m:ItemIds>{gone}</m:ItemIds></m:DeleteItem>")
    c.run("GetItem/gone", get_item(gone), ["ErrorItemNotFound"])
    c.run("MarkAllItemsAsRead/good", f"<m:MarkAllItemsAsRead><m:ReadFlag>true</m:ReadFlag><m:SuppressReadReceipts>true</m:SuppressReadReceipts><m:FolderIds>{folder('inbox')}"
          f"{folder('archiveroot')}</m:FolderIds></m:MarkAllItemsAsRead>", ["NoError", "ErrorFolderNotFound"])
    if mine:
        c.run("EmptyFolder/good", f"<m:EmptyFolder DeleteType='HardDelete' DeleteSubFolders='true'><m:FolderIds>{mine}</m:FolderIds></m:EmptyFolder>")
        c.run("DeleteFolder/mine", f"<m:DeleteFolder DeleteType='HardDelete'><m:FolderIds>{mine}</m:FolderIds></m:DeleteFolder>")


def check_sending(c, ids):
    me = c.server.address
    c.run("CreateItem/send", create(message("sent", me), "SendAndSaveCopy", "sentitems"))
    c.run("CreateItem/send-only", create(message("sent only", me), "SendOnly"))
    c.run("CreateItem/no-recipients", create(message("nobody"), "SendOnly"), ["ErrorMissingRecipients"])
    draft = c.run("CreateItem/draft", create(message("by SendItem", me)))
    key = first(draft, "ItemId")
    c.run("SendItem/no-key", f"<m:SendItem SaveItemToFolder='true'><m:ItemIds><t:ItemId Id='{key['Id']}'/></m:ItemIds></m:SendItem>", ["ErrorChangeKeyRequiredForWriteOperations"])
    c.run("SendItem/good", f"<m:SendItem SaveItemToFolder='true'><m:ItemIds>{ident('ItemId', key)}</m:ItemIds><m:SavedItemFolderId>{folder('sentitems')}</m:SavedItemFolderId></m:SendItem>")
    c.run("SendItem/twice", f"<m:SendItem SaveItemToFolder='true'><m:ItemIds>{ident('ItemId', key)}</m:ItemIds></m:SendItem>", ["ErrorItemNotFound"])
    original = ident("ItemId", ids[-1]).replace("t:ItemId", "t:ReferenceItemId")
    for kind in ("ReplyToItem", "ReplyAllToItem", "ForwardItem"):
        to = f"<t:ToRecipients><t:Mailbox><t:EmailAddress>{me}</t:EmailAddress></t:Mailbox></t:ToRecipients>"
        answer = c.run(f"CreateItem/{kind}", create(f"<t:{kind}>{to}{original}<t:NewBodyContent BodyType='Text'>my answer</t:NewBodyContent></t:{kind}>"))
        shown = c.run(f"GetItem/{kind}", get_item(ident("ItemId", first(answer, "ItemId"))))
        if shown is not None and "my answer" not in ET.tostring(shown, encoding="unicode"):
            c.fail(f"GetItem/{kind}", "the new text is missing")
    c.run("CreateItem/SuppressReadReceipt", create(f"<t:SuppressReadReceipt>{original}</t:SuppressReadReceipt>"), ["ErrorReadReceiptNotPending"])


def check_finding(c):
    for shape in SHAPES:
        for version in VERSIONS:
            c.run(f"FindItem/{shape}-{version}", find(folder("drafts") + folder("inbox") + folder("contacts") + folder("calendar") + folder("tasks"), shape), ["NoError"] * 5, version=version)
    for view in ('<m:IndexedPageItemView MaxEntriesReturned="2" Offset="0" BasePoint="Beginning"/>', '<m:IndexedPageItemView MaxEntriesReturned="2" Offset="1" BasePoint="End"/>',
                 '<m:FractionalPageItemView MaxEntriesReturned="2" Numerator="1" Denominator="2"/>'):
        c.run("FindItem/view", find(folder("drafts"), view=view))
    c.run("FindItem/offset", find(view='<m:IndexedPageItemView MaxEntriesReturned="2" Offset="-1" BasePoint="Beginning"/>'), ["ErrorInvalidIndexedPagingParameters"])
    c.run("FindItem/rows", find(view='<m:IndexedPageItemView MaxEntriesReturned="0" Offset="0" BasePoint="Beginning"/>'), ["ErrorInvalidPagingMaxRows"])
    constant = "<t:FieldURIOrConstant><t:Constant Value='{}'/></t:FieldURIOrConstant>"
    for uri, value in (("item:Subject", "x"), ("item:Importance", "High"), ("item:DateTimeReceived", "2026-01-01T00:00:00Z"), ("item:Size", "10"),
                       ("message:IsRead", "true"), ("item:HasAttachments", "false"), ("message:From", "x"), ("message:ToRecipients", "alice"), ("item:Categories", "Red"),
                       ("item:Body", "text"), ("calendar:Start", "2026-01-01T00:00:00Z"), ("task:PercentComplete", "50")):
        for kind in ("IsEqualTo", "IsNotEqualTo", "IsGreaterThan", "IsGreaterThanOrEqualTo", "IsLessThan", "IsLessThanOrEqualTo"):
            textual = uri in ("message:From", "message:ToRecipients", "item:Body") and "qual" not in kind.replace("OrEqualTo", "")
            codes = ["ErrorUnsupportedPathForQuery"] if textual else ["NoError"]
            c.run(f"FindItem/{kind}-{uri}".replace(":", "."), find(folder("drafts"), rest=f"<m:Restriction><t:{kind}><t:FieldURI FieldURI='{uri}'/>{constant.format(value)}"
                  f"</t:{kind}></m:Restriction>"), codes)
    for mode in ("FullString", "Prefixed", "Substring", "PrefixOnWords", "ExactPhrase"):
        c.run(f"FindItem/Contains-{mode}", find(folder("drafts"), rest="<m:Restriction><t:And><t:Not><t:Exists><t:FieldURI FieldURI='task:DueDate'/></t:Exists></t:Not><t:Or>"
              f"<t:Contains ContainmentMode='{mode}' ContainmentComparison='IgnoreCase'>{SUBJECT}<t:Constant Value='only'/></t:Contains>"
              f"<t:Contains ContainmentMode='{mode}' ContainmentComparison='LooseAndIgnoreCase'><t:FieldURI FieldURI='message:CcRecipients'/><t:Constant Value='bob'/></t:Contains>"
              "<t:Excludes><t:ExtendedFieldURI PropertyTag='0x0e07' PropertyType='Integer'/><t:Bitmask Value='0x1'/></t:Excludes></t:Or></t:And></m:Restriction>"))
    c.run("FindItem/Contains-number", find(rest="<m:Restriction><t:Contains ContainmentMode='Substring' ContainmentComparison='Exact'><t:FieldURI FieldURI='item:Size'/>"
          "<t:Constant Value='1'/></t:Contains></m:Restriction>"), ["ErrorContainsFilterWrongType"])
    c.run("FindItem/sort", find(folder("drafts"), rest=f"<m:SortOrder><t:FieldOrder Order='Ascending'>{SUBJECT}</t:FieldOrder><t:FieldOrder Order='Descending'>"
          "<t:FieldURI FieldURI='item:DateTimeReceived'/></t:FieldOrder></m:SortOrder>"))
    c.run("FindItem/sort-bad", find(rest="<m:SortOrder><t:FieldOrder Order='Ascending'><t:FieldURI FieldURI='item:Body'/></t:FieldOrder></m:SortOrder>"), ["ErrorUnsupportedPathForSortGroup"])
    for query in ("subject:only", "from:bob OR hasattachment:yes", "received:today kind:email", "&quot;one two&quot; -three", "size:&gt;1KB NOT (to:x)", "((((", ": : :"):
        c.run("FindItem/query", find(folder("drafts"), query=f"<m:QueryString>{query}</m:QueryString>"))
    for traversal in ("SoftDeleted", "Associated"):
        c.run(f"FindItem/{traversal}", find(traversal=traversal))
    c.run("FindItem/calendar", find(folder("calendar"), view='<m:CalendarView StartDate="2026-11-01T00:00:00Z" EndDate="2027-01-01T00:00:00Z"/>'))
    c.run("FindItem/grouped", find(rest="<m:DistinguishedGroupBy Order='Ascending'><t:StandardGroupBy>ConversationTopic</t:StandardGroupBy></m:DistinguishedGroupBy>"), ["ErrorInvalidOperation"])


def check_sync(c):
    state, rounds = "", 0
    while rounds < 20:
        root = c.run("SyncFolderItems/round", "<m:SyncFolderItems><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
                     f"<m:SyncFolderId>{folder('drafts')}</m:SyncFolderId><m:SyncState>{state}</m:SyncState><m:MaxChangesReturned>2</m:MaxChangesReturned>"
                     "<m:SyncScope>NormalAndAssociatedItems</m:SyncScope></m:SyncFolderItems>")
        if root is None:
            break
        found = root.find(f".//{{{M}}}SyncState")
        state, rounds = (found.text if found is not None else ""), rounds + 1
        if root.findtext(f".//{{{M}}}IncludesLastItemInRange") == "true":
            break
    c.run("SyncFolderItems/bad-state", f"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>{folder('drafts')}</m:SyncFolderId>"
          "<m:SyncState>nonsense</m:SyncState><m:MaxChangesReturned>2</m:MaxChangesReturned></m:SyncFolderItems>", ["ErrorInvalidSyncStateData"])
    c.run("SyncFolderItems/nowhere", f"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>{folder('archiveroot')}</m:SyncFolderId>"
          "<m:MaxChangesReturned>2</m:MaxChangesReturned></m:SyncFolderItems>", ["ErrorSyncFolderNotFound"])
    root = c.run("SyncFolderHierarchy/first", "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape></m:SyncFolderHierarchy>")
    state = root.findtext(f".//{{{M}}}SyncState") if root is not None else ""
    c.run("SyncFolderHierarchy/next", f"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncFolderId>{folder('msgfolderroot')}</m:SyncFolderId>"
          f"<m:SyncState>{state}</m:SyncState></m:SyncFolderHierarchy>")
    c.run("SyncFolderHierarchy/bad", "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncState>AAAA</m:SyncState></m:SyncFolderHierarchy>",
          ["ErrorInvalidSyncStateData"])


def check_events(c):
    types = "<t:EventTypes>" + "".join(f"<t:EventType>{e}</t:EventType>" for e in ("NewMailEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent", "CopiedEvent")) + "</t:EventTypes>"
    folders = f"<t:FolderIds>{folder('drafts')}</t:FolderIds>"
    pull = c.run("Subscribe/pull", f"<m:Subscribe><m:PullSubscriptionRequest>{folders}{types}<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>")
    everything = c.run("Subscribe/all", f"<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders='true'>{types}</m:StreamingSubscriptionRequest></m:Subscribe>")
    c.run("Subscribe/push", f"<m:Subscribe><m:PushSubscriptionRequest>{folders}{types}<t:StatusFrequency>1</t:StatusFrequency><t:URL>http://x/</t:URL></m:PushSubscriptionRequest></m:Subscribe>",
          ["ErrorInvalidSubscriptionRequest"])
    c.run("Subscribe/none", f"<m:Subscribe><m:StreamingSubscriptionRequest>{types}</m:StreamingSubscriptionRequest></m:Subscribe>", ["ErrorInvalidSubscriptionRequest"])
    if pull is None:
        return
    subscription, watermark = pull.findtext(f".//{{{M}}}SubscriptionId"), pull.findtext(f".//{{{M}}}Watermark")
    events = "<m:GetEvents><m:SubscriptionId>{}</m:SubscriptionId><m:Watermark>{}</m:Watermark></m:GetEvents>"
    c.run("GetEvents/quiet", events.format(subscription, watermark))
    one = c.run("CreateItem/event", create(message("event")))
    c.run("MoveItem/event", f"<m:MoveItem><m:ToFolderId>{folder('deleteditems')}</m:ToFolderId><m:ItemIds>{ident('ItemId', first(one, 'ItemId'))}</m:ItemIds></m:MoveItem>")
    root = c.run("GetEvents/busy", events.format(subscription, watermark))
    if root is not None and root.find(f".//{{{T}}}CreatedEvent") is None:
        c.fail("GetEvents/busy", "no CreatedEvent")
    c.run("GetEvents/bad", events.format(subscription, "nonsense"), ["ErrorInvalidWatermark"])
    c.run("GetEvents/unknown", events.format("nonsense", watermark), ["ErrorSubscriptionNotFound"])
    c.run("GetStreamingEvents/unknown", "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>nonsense</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>1"
          "</m:ConnectionTimeout></m:GetStreamingEvents>", ["ErrorSubscriptionNotFound"])
    c.operations.add("GetStreamingEvents")
    if everything is not None:
        c.run("Unsubscribe/streaming", f"<m:Unsubscribe><m:SubscriptionId>{everything.findtext(f'.//{{{M}}}SubscriptionId')}</m:SubscriptionId></m:Unsubscribe>")
    c.run("Unsubscribe/good", f"<m:Unsubscribe><m:SubscriptionId>{subscription}</m:SubscriptionId></m:Unsubscribe>")
    c.run("Unsubscribe/twice", f"<m:Unsubscribe><m:SubscriptionId>{subscription}</m:SubscriptionId></m:Unsubscribe>", ["ErrorSubscriptionNotFound"])


def check_rest(c):
    root = c.run("GetFolder/root", f"<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>{folder('inbox')}</m:FolderIds></m:GetFolder>")
    source, form = first(root, "FolderId")["Id"], "EwsId"
    for to in ("EntryId", "HexEntryId", "StoreId", "OwaId", "EwsLegacyId", "EwsId"):
        answer = c.run(f"ConvertId/{to}", f"<m:ConvertId DestinationFormat='{to}'><m:SourceIds><t:AlternateId Format='{form}' Id='{source}' Mailbox='x@y'/></m:SourceIds></m:ConvertId>")
        found = answer.find(f".//{{{M}}}AlternateId") if answer is not None else None
        if found is not None:
            source, form = found.attrib["Id"], to
            if found.attrib["Mailbox"].lower() != c.server.address.lower():
                c.fail(f"ConvertId/{to}", f"mailbox {found.attrib['Mailbox']}")
    if root is not None and source != first(root, "FolderId")["Id"]:
        c.fail("ConvertId", "the id did not come back as it was")
    c.run("ConvertId/bad", "<m:ConvertId DestinationFormat='EwsId'><m:SourceIds><t:AlternateId Format='EntryId' Id='AAAA' Mailbox='x@y'/><t:AlternateId Format='HexEntryId' Id='zz' "
          "Mailbox='x@y'/></m:SourceIds></m:ConvertId>", ["ErrorInvalidIdMalformed"] * 2)
    for full in ("true", "false"):
        c.run("ResolveNames/one", f"<m:ResolveNames ReturnFullContactData='{full}'><m:UnresolvedEntry>{c.server.address}</m:UnresolvedEntry></m:ResolveNames>")
    c.run("ResolveNames/none", "<m:ResolveNames ReturnFullContactData='true'><m:UnresolvedEntry>nobody of that name</m:UnresolvedEntry></m:ResolveNames>", ["ErrorNameResolutionNoResults"])
    c.run("ExpandDL/none", "<m:ExpandDL><m:Mailbox><t:EmailAddress>nobody@example.test</t:EmailAddress></m:Mailbox></m:ExpandDL>", ["ErrorNameResolutionNoResults"])
    c.run("ExpandDL/group", "<m:ExpandDL><m:Mailbox><t:EmailAddress>staff@example.test</t:EmailAddress></m:Mailbox></m:ExpandDL>", None)
    for full in ("true", "false"):
        c.run("GetServerTimeZones/all", f"<m:GetServerTimeZones ReturnFullTimeZoneData='{full}'/>")
    c.run("GetServerTimeZones/one", "<m:GetServerTimeZones><m:Ids><t:Id>W. Europe Standard Time</t:Id></m:Ids></m:GetServerTimeZones>")
    c.run("GetUserPhoto/any", f"<m:GetUserPhoto><m:Email>{c.server.address}</m:Email><m:SizeRequested>HR48x48</m:SizeRequested></m:GetUserPhoto>", None)


def check_refusals(c):
    operations = list(csv.DictReader(open(HERE.parent.parent / "ews" / "facts" / "operations.tsv", encoding="utf-8"), delimiter="\t"))
    offered = set(re.findall(r"^OPERATION\((\w+), \w+, op_", (HERE.parent.parent / "ews" / "operations.def").read_text(), re.M))
    for row in operations:
        if row["operation"] not in offered:
            c.run(f"{row['operation']}/refused", f"<m:{row['request_element']}/>", ["ErrorInvalidOperation"], http=500)
        else:
            c.run(f"{row['operation']}/empty", f"<m:{row['request_element']} Nonsense='1'/>", ["ErrorSchemaValidation"], http=500)
    for name, body in (("unknown", "<m:Nonsense/>"), ("other-namespace", "<x:GetFolder xmlns:x='urn:x'/>"), ("empty", ""), ("two", "<m:GetFolder/><m:GetFolder/>")):
        c.run(f"fault/{name}", body, ["ErrorSchemaValidation"], http=500)
    c.run("fault/element", find(rest="<m:Nonsense/>"), ["ErrorSchemaValidation"], http=500)
    c.run("fault/uri", get_item("<t:ItemId Id='x'/>", "IdOnly", "<t:AdditionalProperties><t:FieldURI FieldURI='item:Nonsense'/></t:AdditionalProperties>"), ["ErrorSchemaValidation"], http=500)
    c.run("fault/version", "<m:GetFolder/>", ["ErrorInvalidServerVersion"], http=500, version="Exchange1999")
    c.run("fault/impersonation", find(), ["ErrorImpersonationDenied"], http=500, header="<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>bob@example.test"
          "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>")
    c.run("version/absent", find(), version=None)
    c.run("version/build", find(), version="V2017_07_11")
    c.run("header/culture", find(), header='<t:MailboxCulture>de-DE</t:MailboxCulture><t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>')
    good = envelope(find()).encode()
    for name, body in (("cut", good[:-20]), ("garbage", b"\x00\x01garbage"), ("nothing", b""), ("doctype", good.replace(b"<s:Env", b"<!DOCTYPE x [<!ENTITY a 'b'>]><s:Env", 1)),
                       ("entity", good.replace(b"Shallow", b"&x;")), ("not-soap", b"<a/>"), ("deep", b"<a>" * 100 + b"</a>" * 100),
                       ("latin1", good.replace(b"Shallow", b"Sh\xe4llow"))):
        c.run(f"malformed/{name}", body, ["ErrorSchemaValidation"], http=500, raw=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("endpoints")
    parser.add_argument("--only", help="only cases whose name has this text")
    parser.add_argument("--keep", help="keep the answers in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        answers = options.keep or temporary
        pathlib.Path(answers).mkdir(parents=True, exist_ok=True)
        c = Checker(Server(json.load(open(options.endpoints, encoding="utf-8"))), answers, options.only)
        check_folders(c)
        check_items(c, check_folder_changes(c))
        check_finding(c)
        check_sync(c)
        check_events(c)
        check_rest(c)
        xsd_calendar.check_all(c)
        check_refusals(c)
        c.validate()
    for failure in c.failures:
        print(failure)
    print(f"{len(c.names)} answers of {len(c.operations)} kinds, {len(c.failures)} wrong")
    return 1 if c.failures else 0


if __name__ == "__main__":
    sys.exit(main())
