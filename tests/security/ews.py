"""A small EWS client for the security tests: raw requests on one kept connection, answers as response codes and elements."""
import base64
import http.client
import ssl
import urllib.parse
import xml.etree.ElementTree as ET

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"


def envelope(body, header=""):
    return (f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:t="{T}" xmlns:m="{M}"><s:Header>'
            f'<t:RequestServerVersion Version="Exchange2016"/>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>')


class Answer:
    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data
        try:
            self.root = ET.fromstring(data)
        except ET.ParseError:
            self.root = None

    @property
    def codes(self):
        """All response codes, a fault's too; for an answer without any its HTTP status."""
        elements = self.root.iter() if self.root is not None else ()
        found = [element.text for element in elements if element.tag.rpartition("}")[2] == "ResponseCode"]
        return found or [f"HTTP {self.status}"]

    def attributes(self, name):
        return [element.attrib for element in self.root.iter(f"{{{T}}}{name}")] if self.root is not None else []

    def ids(self, name):
        return [attributes["Id"] for attributes in self.attributes(name)]

    def text(self, name):
        for space in (T, M):
            found = self.root.find(f".//{{{space}}}{name}") if self.root is not None else None
            if found is not None:
                return found.text or ""
        return ""


class Client:
    """login None: requests without sign-in."""

    def __init__(self, server, login, password=None):
        self.server, self.login = server, login
        self.url = urllib.parse.urlsplit(server.ews_url)
        self.headers = {"Content-Type": "text/xml; charset=utf-8"}
        if login is not None:
            secret = f"{login}:{password if password is not None else server.users[login].password}"
            self.headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
        self.connection = None

    def request(self, body, headers=None, path=None, method="POST"):
        data = body.encode() if isinstance(body, str) else body
        for attempt in (1, 2):
            if self.connection is None:
                context = ssl.create_default_context(cafile=self.server.ca_file)
                self.connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=60, context=context)
            try:
                self.connection.request(method, path or self.url.path, data, {**self.headers, **(headers or {})})
                answer = self.connection.getresponse()
                return Answer(answer.status, answer.headers, answer.read())
            except (http.client.HTTPException, OSError):
                self.close()
                if attempt == 2:
                    raise

    def call(self, body, header="", headers=None):
        return self.request(envelope(body, header), headers)

    def must(self, body):
        """For preparations: every response code has to be NoError."""
        answer = self.call(body)
        if set(answer.codes) != {"NoError"}:
            raise AssertionError(f"{self.login}: {answer.codes} for {body[:200]}\n{answer.data[:1500].decode(errors='replace')}")
        return answer

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def named(name, mailbox=""):
    owner = f"<t:Mailbox><t:EmailAddress>{mailbox}</t:EmailAddress></t:Mailbox>" if mailbox else ""
    return f'<t:DistinguishedFolderId Id="{name}">{owner}</t:DistinguishedFolderId>'


def folder(identity):
    return identity if identity.startswith("<") else f'<t:FolderId Id="{identity}"/>'


def items(*ids):
    return "<m:ItemIds>" + "".join(f'<t:ItemId Id="{identity}"/>' for identity in ids) + "</m:ItemIds>"


def folders(*ids):
    return "<m:FolderIds>" + "".join(map(folder, ids)) + "</m:FolderIds>"


FILE = ("<t:FileAttachment><t:Name>a.txt</t:Name><t:ContentType>text/plain</t:ContentType><t:Content>aGVsbG8=</t:Content>"
        "</t:FileAttachment>")


def message(subject, to="", sender="", attachment=False):
    return (f"<t:Message><t:Subject>{subject}</t:Subject><t:Body BodyType='Text'>text</t:Body>"
            + (f"<t:Attachments>{FILE}</t:Attachments>" if attachment else "")
            + (f"<t:ToRecipients><t:Mailbox><t:EmailAddress>{to}</t:EmailAddress></t:Mailbox></t:ToRecipients>" if to else "")
            + (f"<t:From><t:Mailbox><t:EmailAddress>{sender}</t:EmailAddress></t:Mailbox></t:From>" if sender else "") + "</t:Message>")


def create_item(parent, content, disposition="SaveOnly"):
    return (f'<m:CreateItem MessageDisposition="{disposition}"><m:SavedItemFolderId>{folder(parent)}</m:SavedItemFolderId>'
            f"<m:Items>{content}</m:Items></m:CreateItem>")


def get_item(*ids, shape="IdOnly"):
    return f"<m:GetItem><m:ItemShape><t:BaseShape>{shape}</t:BaseShape></m:ItemShape>{items(*ids)}</m:GetItem>"


def get_folder(*ids, shape="IdOnly"):
    return f"<m:GetFolder><m:FolderShape><t:BaseShape>{shape}</t:BaseShape></m:FolderShape>{folders(*ids)}</m:GetFolder>"


def find_item(parent, shape="IdOnly"):
    return (f"<m:FindItem Traversal='Shallow'><m:ItemShape><t:BaseShape>{shape}</t:BaseShape></m:ItemShape>"
            f"<m:ParentFolderIds>{folder(parent)}</m:ParentFolderIds></m:FindItem>")


def find_folder(parent, traversal="Deep"):
    return (f"<m:FindFolder Traversal='{traversal}'><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
            f"<m:ParentFolderIds>{folder(parent)}</m:ParentFolderIds></m:FindFolder>")


def update_item(identity, subject):
    return (f"<m:UpdateItem MessageDisposition='SaveOnly' ConflictResolution='AlwaysOverwrite'><m:ItemChanges><t:ItemChange><t:ItemId Id='{identity}'/>"
            f"<t:Updates><t:SetItemField><t:FieldURI FieldURI='item:Subject'/><t:Message><t:Subject>{subject}</t:Subject></t:Message>"
            "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>")


def update_folder(identity, field, content, kind="Folder"):
    return (f"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{folder(identity)}<t:Updates><t:SetFolderField><t:FieldURI FieldURI='folder:{field}'/>"
            f"<t:{kind}>{content}</t:{kind}></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>")


def rename_folder(identity, name):
    return update_folder(identity, "DisplayName", f"<t:DisplayName>{name}</t:DisplayName>")


def set_permission(identity, address, level, calendar=False):
    """The folder's whole permission set: nothing for everybody, `level` for the one address."""
    word = "CalendarPermission" if calendar else "Permission"
    entries = "".join(f"<t:{word}><t:UserId>{user}</t:UserId><t:{word}Level>{right}</t:{word}Level></t:{word}>" for user, right in (
        ("<t:DistinguishedUser>Default</t:DistinguishedUser>", "None"),
        (f"<t:PrimarySmtpAddress>{address}</t:PrimarySmtpAddress>", level)))
    return update_folder(identity, "PermissionSet", f"<t:PermissionSet><t:{word}s>{entries}</t:{word}s></t:PermissionSet>",
                         "CalendarFolder" if calendar else "Folder")


def create_folder(parent, name, kind="Folder"):
    return (f"<m:CreateFolder><m:ParentFolderId>{folder(parent)}</m:ParentFolderId><m:Folders><t:{kind}><t:DisplayName>{name}</t:DisplayName>"
            f"</t:{kind}></m:Folders></m:CreateFolder>")


def subscribe_pull(parent):
    return (f"<m:Subscribe><m:PullSubscriptionRequest><t:FolderIds>{folder(parent)}</t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType>"
            "</t:EventTypes><t:Timeout>5</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>")


def subscribe_streaming(parent):
    return (f"<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds>{folder(parent)}</t:FolderIds><t:EventTypes><t:EventType>CreatedEvent"
            "</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>")
