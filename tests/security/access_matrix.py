"""Who may do what: every EWS operation that the server offers, as each kind of principal, on a folder, item, attachment and subscription of alice.

TABLE holds the expected outcome of each case for each principal:
    ok      NoError
    denied  ErrorAccessDenied (the folder is visible, the right is missing)
    hidden  the code for something that does not exist: what is not visible must look the same as what is not there
    own     the sender's address is not the principal's: ErrorSendAsDenied
    401     no sign-in, no answer of the service
    -       no such case (a principal that cannot make items has none of its own)
The case's name begins with the operation's; an operation of ews/operations.def that has a handler and no case here fails the test. After each
call that must not work, alice looks whether anything of hers changed.
"""
import os
import re
import subprocess

import ews
from ews import (Client, create_folder, create_item, find_folder, find_item, folder, folders, get_folder, get_item, items, message, named, rename_folder,
                 set_permission, subscribe_pull, subscribe_streaming, update_item)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# principal: who signs in, the level that alice's folder has for that person, for whom the entry is
PRINCIPALS = {
    "owner": ("alice", None, None),
    "delegate": ("carol", None, None),      # full access to the whole mailbox, no entry in the folder
    "editor": ("bob", "Editor", "bob@example.test"),
    "author": ("bob", "Author", "bob@example.test"),
    "reviewer": ("bob", "Reviewer", "bob@example.test"),
    "contributor": ("bob", "Contributor", "bob@example.test"),
    "freebusy": ("bob", "FreeBusyTimeOnly", "bob@example.test"),
    "stranger": ("dave", "Owner", "bob@example.test"),
    "group": ("bob", "Editor", "sales@example.test"),
    "anonymous": (None, "Owner", "bob@example.test"),
}

TABLE = """
case                             owner    delegate editor   author   reviewer contributor freebusy stranger group    anonymous
ConvertId                        ok       ok       ok       ok       ok       ok       ok       ok       ok       401
ResolveNames                     ok       ok       ok       ok       ok       ok       ok       ok       ok       401
ExpandDL                         ok       ok       ok       ok       ok       ok       ok       ok       ok       401
GetServerTimeZones               ok       ok       ok       ok       ok       ok       ok       ok       ok       401
GetUserPhoto                     ok       ok       ok       ok       ok       ok       ok       ok       ok       401
GetUserAvailability              ok       ok       ok       ok       ok       ok       ok       ok       ok       401
GetUserOofSettings               ok       ok       denied   denied   denied   denied   denied   denied   denied   401
SetUserOofSettings               ok       ok       denied   denied   denied   denied   denied   denied   denied   401
GetDelegate                      ok       ok       denied   denied   denied   denied   denied   denied   denied   401
AddDelegate                      ok       ok       denied   denied   denied   denied   denied   denied   denied   401
UpdateDelegate                   ok       ok       denied   denied   denied   denied   denied   denied   denied   401
RemoveDelegate                   ok       ok       denied   denied   denied   denied   denied   denied   denied   401
GetInboxRules                    ok       ok       denied   denied   denied   denied   denied   denied   denied   401
UpdateInboxRules                 ok       ok       denied   denied   denied   denied   denied   denied   denied   401
GetUserConfiguration             ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
UpdateUserConfiguration          ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
CreateUserConfiguration          ok       ok       ok       ok       denied   denied   hidden   hidden   ok       401
DeleteUserConfiguration          ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
GetFolder                        ok       ok       ok       ok       ok       ok       hidden   hidden   ok       401
GetFolder by name                ok       ok       hidden   hidden   hidden   hidden   hidden   hidden   hidden   401
FindFolder                       ok       ok       ok       ok       ok       ok       hidden   hidden   ok       401
FindItem                         ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
GetItem                          ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
GetItem own                      ok       ok       ok       ok       -        ok       -        -        ok       -
GetItem body                     ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
GetAttachment                    ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
SyncFolderItems                  ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
SyncFolderHierarchy              ok       ok       ok       ok       ok       ok       hidden   hidden   ok       401
Subscribe pull                   ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
Subscribe streaming              ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
GetEvents                        ok       hidden   hidden   hidden   hidden   hidden   hidden   hidden   hidden   401
GetStreamingEvents               -        hidden   hidden   hidden   hidden   hidden   hidden   hidden   hidden   401
CreateItem                       ok       ok       ok       ok       denied   ok       hidden   hidden   ok       401
CreateItem send as alice         ok       own      own      own      own      own      own      own      own      401
CreateItem send, copy there      ok       ok       ok       ok       denied   ok       hidden   hidden   ok       401
UpdateItem                       ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
UpdateItem own                   ok       ok       ok       ok       -        denied   -        -        ok       -
CreateAttachment                 ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
CreateAttachment own             ok       ok       ok       ok       -        denied   -        -        ok       -
DeleteAttachment                 ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
MarkAllItemsAsRead               ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
CopyItem out                     ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
CopyItem in                      ok       ok       ok       ok       denied   ok       hidden   hidden   ok       401
MoveItem in                      ok       ok       ok       ok       denied   ok       hidden   hidden   ok       401
MoveItem out                     ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
SendItem                         ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
SendItem as alice                ok       own      own      denied   denied   denied   hidden   hidden   own      401
DeleteItem                       ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
DeleteItem own                   ok       ok       ok       ok       -        denied   -        -        ok       -
CreateFolder                     ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
UpdateFolder                     ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
UpdateFolder permissions         ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
CopyFolder out                   ok       ok       ok       ok       ok       denied   hidden   hidden   ok       401
CopyFolder in                    ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
MoveFolder in                    ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
MoveFolder out                   ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
EmptyFolder                      ok       ok       ok       denied   denied   denied   hidden   hidden   ok       401
DeleteFolder                     ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
EmptyFolder all                  ok       ok       denied   denied   denied   denied   hidden   hidden   denied   401
Unsubscribe                      ok       hidden   hidden   hidden   hidden   hidden   hidden   hidden   hidden   401
"""

HIDDEN = {"ErrorItemNotFound", "ErrorFolderNotFound", "ErrorParentFolderNotFound", "ErrorSyncFolderNotFound", "ErrorToFolderNotFound",
          "ErrorSubscriptionNotFound", "ErrorAttachmentNotFound", "ErrorSavedItemFolderNotFound", "ErrorSubscriptionFolderNotFound"}


class Target:
    """A folder of alice for one principal, filled so that each case finds untouched things."""

    def __init__(self, world, name):
        self.name = name
        self.login, self.level, self.address = PRINCIPALS[name]
        self.principal = world.clients[self.login]
        self.alice = world.clients["alice"]
        kind = "CalendarFolder" if name == "freebusy" else "Folder"
        self.folder = self.alice.must(create_folder(world.parent, f"matrix {name}", kind)).ids("FolderId")[0]
        if self.address:
            self.alice.must(set_permission(self.folder, self.address, self.level, kind != "Folder"))
        self.subfolders = [self.alice.must(create_folder(self.folder, f"sub {number}")).ids("FolderId")[0] for number in range(5)]
        made = self.alice.must(create_item(self.folder, "".join(message(f"of alice {number}", "dave@example.test", attachment=True) for number in range(8))
                                                 + message("from alice", "dave@example.test", "alice@example.test", attachment=True)))
        self.items = made.ids("ItemId")
        self.keys = [attributes["ChangeKey"] for attributes in made.attributes("ItemId")]
        self.alice.must(configuration("CreateUserConfiguration", self.folder, "Matrix"))
        self.attachments = self.alice.must(get_item(*self.items, shape="AllProperties")).ids("AttachmentId")
        subscription = self.alice.must(subscribe_pull(self.folder))
        self.subscription, self.watermark = subscription.text("SubscriptionId"), subscription.text("Watermark")
        self.own_folder, self.own_items, self.own_folders, self.mine = None, [], [], []
        if self.login:
            self.prepare_own()
        self.seen = self.look()

    def prepare_own(self):
        """The principal's own folder with things to bring in, and items of the principal's in alice's folder, where that is allowed."""
        self.own_folder = self.principal.must(create_folder(named("msgfolderroot"), f"own of {self.name} {self.folder[-8:]}")).ids("FolderId")[0]
        self.own_items = self.principal.must(create_item(self.own_folder, message("own 1") + message("own 2"))).ids("ItemId")
        self.own_folders = [self.principal.must(create_folder(self.own_folder, f"inner {number}")).ids("FolderId")[0] for number in range(2)]
        answer = self.principal.call(create_item(self.folder, "".join(message(f"mine {number}", attachment=True) for number in range(4))))
        self.mine = answer.ids("ItemId") if set(answer.codes) == {"NoError"} else []

    def look(self):
        """What alice has there: anything that a forbidden call could have changed."""
        answers = [self.alice.call(body) for body in (get_folder(self.folder, shape="AllProperties"), find_folder(self.folder),
                                                      find_item(self.folder, "AllProperties"), *map(find_item, self.subfolders))]
        return [answer.data[answer.data.index(b"<s:Body"):] for answer in answers]

    def clean(self):
        self.alice.call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(self.folder)}</m:DeleteFolder>")
        if self.own_folder:
            self.principal.call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(self.own_folder)}</m:DeleteFolder>")


def to(name, identity):
    return f"<m:{name}>{folder(identity)}</m:{name}>"


def moving(operation, destination, content):
    return f"<m:{operation}>{to('ToFolderId', destination)}{content}</m:{operation}>"


def deleting(operation, content):
    return f"<m:{operation} DeleteType='HardDelete'{' SendMeetingCancellations=%sSendToNone%s' % (chr(39), chr(39)) if operation == 'DeleteItem' else ''}>{content}</m:{operation}>"


def attach(identity):
    return f"<m:CreateAttachment><m:ParentItemId Id='{identity}'/><m:Attachments>{ews.FILE}</m:Attachments></m:CreateAttachment>"


def attachments(operation, identity):
    return f"<m:{operation}><m:AttachmentIds><t:AttachmentId Id='{identity}'/></m:AttachmentIds></m:{operation}>"


def syncing(identity):
    return ("<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
            f"{to('SyncFolderId', identity)}<m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>")


def mark_read(identity):
    return ("<m:MarkAllItemsAsRead><m:ReadFlag>true</m:ReadFlag><m:SuppressReadReceipts>true</m:SuppressReadReceipts>"
            f"{folders(identity)}</m:MarkAllItemsAsRead>")


def send_item(identity, key):
    return f"<m:SendItem SaveItemToFolder='false'><m:ItemIds><t:ItemId Id='{identity}' ChangeKey='{key}'/></m:ItemIds></m:SendItem>"


def oof(operation, content=""):
    return f"<m:{operation}Request><t:Mailbox><t:Address>alice@example.test</t:Address></t:Mailbox>{content}</m:{operation}Request>"


def delegates(operation, content, attributes=""):
    return f"<m:{operation} {attributes}><m:Mailbox><t:EmailAddress>alice@example.test</t:EmailAddress></m:Mailbox>{content}</m:{operation}>"


DAVE = "<t:UserId><t:PrimarySmtpAddress>dave@example.test</t:PrimarySmtpAddress></t:UserId>"
DAVE_AS_DELEGATE = f"<m:DelegateUsers><t:DelegateUser>{DAVE}</t:DelegateUser></m:DelegateUsers>"
OOF_SETTINGS = "<t:UserOofSettings><t:OofState>Disabled</t:OofState><t:ExternalAudience>None</t:ExternalAudience></t:UserOofSettings>"
RULE = ("<m:MailboxSmtpAddress>alice@example.test</m:MailboxSmtpAddress><m:Operations><t:CreateRuleOperation><t:Rule><t:DisplayName>matrix</t:DisplayName><t:Priority>1</t:Priority>"
        "<t:IsEnabled>false</t:IsEnabled><t:Actions><t:MarkAsRead>true</t:MarkAsRead></t:Actions></t:Rule></t:CreateRuleOperation></m:Operations>")


def configuration(operation, identity, name):
    named_item = f"UserConfigurationName Name='{name}'>{folder(identity)}"
    if operation in ("CreateUserConfiguration", "UpdateUserConfiguration"):
        inner = f"<m:UserConfiguration><t:{named_item}</t:UserConfigurationName><t:XmlData>PGEvPg==</t:XmlData></m:UserConfiguration>"
    else:
        inner = f"<m:{named_item}</m:UserConfigurationName>" + ("<m:UserConfigurationProperties>All</m:UserConfigurationProperties>" if operation[0] == "G" else "")
    return f"<m:{operation}>{inner}</m:{operation}>"


AVAILABILITY = ("<m:GetUserAvailabilityRequest><m:MailboxDataArray><t:MailboxData><t:Email><t:Address>alice@example.test</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType>"
                "</t:MailboxData></m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>2026-10-05T00:00:00</t:StartTime><t:EndTime>2026-10-06T00:00:00</t:EndTime>"
                "</t:TimeWindow><t:RequestedView>MergedOnly</t:RequestedView></t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>")

# In this order: what reads, then what changes a little, then what deletes. Each takes the target and gives the request, None: no such case.
CASES = {
    "ConvertId": lambda t: f"<m:ConvertId DestinationFormat='HexEntryId'><m:SourceIds><t:AlternateId Format='EwsId' Id='{t.folder}' Mailbox='x@example.test'/></m:SourceIds></m:ConvertId>",
    "ResolveNames": lambda t: "<m:ResolveNames ReturnFullContactData='true'><m:UnresolvedEntry>bob@example.test</m:UnresolvedEntry></m:ResolveNames>",
    "ExpandDL": lambda t: "<m:ExpandDL><m:Mailbox><t:EmailAddress>sales@example.test</t:EmailAddress></m:Mailbox></m:ExpandDL>",
    "GetServerTimeZones": lambda t: "<m:GetServerTimeZones><m:Ids><t:Id>UTC</t:Id></m:Ids></m:GetServerTimeZones>",
    "GetUserPhoto": lambda t: "<m:GetUserPhoto><m:Email>alice@example.test</m:Email><m:SizeRequested>HR48x48</m:SizeRequested></m:GetUserPhoto>",
    "GetUserAvailability": lambda t: AVAILABILITY,
    "GetUserOofSettings": lambda t: oof("GetUserOofSettings"),
    "SetUserOofSettings": lambda t: oof("SetUserOofSettings", OOF_SETTINGS),
    "GetDelegate": lambda t: delegates("GetDelegate", "", "IncludePermissions='true'"),
    "AddDelegate": lambda t: delegates("AddDelegate", DAVE_AS_DELEGATE),
    "UpdateDelegate": lambda t: delegates("UpdateDelegate", DAVE_AS_DELEGATE),
    "RemoveDelegate": lambda t: delegates("RemoveDelegate", f"<m:UserIds>{DAVE}</m:UserIds>"),
    "GetInboxRules": lambda t: "<m:GetInboxRules><m:MailboxSmtpAddress>alice@example.test</m:MailboxSmtpAddress></m:GetInboxRules>",
    "UpdateInboxRules": lambda t: f"<m:UpdateInboxRules>{RULE}</m:UpdateInboxRules>",
    "GetUserConfiguration": lambda t: configuration("GetUserConfiguration", t.folder, "Matrix"),
    "UpdateUserConfiguration": lambda t: configuration("UpdateUserConfiguration", t.folder, "Matrix"),
    "CreateUserConfiguration": lambda t: configuration("CreateUserConfiguration", t.folder, "Matrix.Own"),
    "DeleteUserConfiguration": lambda t: configuration("DeleteUserConfiguration", t.folder, "Matrix"),
    "GetFolder": lambda t: get_folder(t.folder),
    "GetFolder by name": lambda t: get_folder(named("inbox", "alice@example.test")),
    "FindFolder": lambda t: find_folder(t.folder),
    "FindItem": lambda t: find_item(t.folder),
    "GetItem": lambda t: get_item(t.items[0]),
    "GetItem own": lambda t: get_item(t.mine[0]) if t.mine else None,
    "GetItem body": lambda t: f"<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape>{items(t.items[0])}</m:GetItem>",
    "GetAttachment": lambda t: attachments("GetAttachment", t.attachments[0]),
    "SyncFolderItems": lambda t: syncing(t.folder),
    "SyncFolderHierarchy": lambda t: f"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>{to('SyncFolderId', t.folder)}</m:SyncFolderHierarchy>",
    "Subscribe pull": lambda t: subscribe_pull(t.folder),
    "Subscribe streaming": lambda t: subscribe_streaming(t.folder),
    "GetEvents": lambda t: f"<m:GetEvents><m:SubscriptionId>{t.subscription}</m:SubscriptionId><m:Watermark>{t.watermark}</m:Watermark></m:GetEvents>",
    "GetStreamingEvents": lambda t: f"<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{t.subscription}</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>" if t.name != "owner" else None,
    "CreateItem": lambda t: create_item(t.folder, message("created")),
    "CreateItem send as alice": lambda t: create_item(t.own_folder or named("sentitems"), message("as alice", "dave@example.test", "alice@example.test"), "SendOnly"),
    "CreateItem send, copy there": lambda t: create_item(t.folder, message("copy there", "dave@example.test"), "SendAndSaveCopy"),
    "UpdateItem": lambda t: update_item(t.items[0], "changed"),
    "UpdateItem own": lambda t: update_item(t.mine[0], "changed") if t.mine else None,
    "CreateAttachment": lambda t: attach(t.items[1]),
    "CreateAttachment own": lambda t: attach(t.mine[1]) if t.mine else None,
    "DeleteAttachment": lambda t: attachments("DeleteAttachment", t.attachments[2]),
    "MarkAllItemsAsRead": lambda t: mark_read(t.folder),
    "CopyItem out": lambda t: moving("CopyItem", t.own_folder or named("drafts"), items(t.items[3])),
    "CopyItem in": lambda t: moving("CopyItem", t.folder, items(t.own_items[0] if t.own_items else t.items[0])),
    "MoveItem in": lambda t: moving("MoveItem", t.folder, items(t.own_items[1] if t.own_items else t.items[0])),
    "MoveItem out": lambda t: moving("MoveItem", t.own_folder or named("drafts"), items(t.items[4])),
    "SendItem": lambda t: send_item(t.items[5], t.keys[5]),
    "SendItem as alice": lambda t: send_item(t.items[8], t.keys[8]),
    "DeleteItem": lambda t: deleting("DeleteItem", items(t.items[6])),
    "DeleteItem own": lambda t: deleting("DeleteItem", items(t.mine[2])) if t.mine else None,
    "CreateFolder": lambda t: create_folder(t.folder, f"created by {t.name}"),
    "UpdateFolder": lambda t: rename_folder(t.folder, f"matrix {t.name} renamed"),
    "UpdateFolder permissions": lambda t: set_permission(t.subfolders[4], (t.login or "bob") + "@example.test" if t.login != "alice" else "bob@example.test", "Owner"),
    "CopyFolder out": lambda t: moving("CopyFolder", t.own_folder or named("drafts"), folders(t.subfolders[0])),
    "CopyFolder in": lambda t: moving("CopyFolder", t.folder, folders(t.own_folders[0] if t.own_folders else t.subfolders[0])),
    "MoveFolder in": lambda t: moving("MoveFolder", t.folder, folders(t.own_folders[1] if t.own_folders else t.subfolders[0])),
    "MoveFolder out": lambda t: moving("MoveFolder", t.own_folder or named("drafts"), folders(t.subfolders[1])),
    "EmptyFolder": lambda t: f"<m:EmptyFolder DeleteType='HardDelete' DeleteSubFolders='false'>{folders(t.subfolders[2])}</m:EmptyFolder>",
    "DeleteFolder": lambda t: deleting("DeleteFolder", folders(t.subfolders[3])),
    "EmptyFolder all": lambda t: f"<m:EmptyFolder DeleteType='HardDelete' DeleteSubFolders='true'>{folders(t.folder)}</m:EmptyFolder>",
    "Unsubscribe": lambda t: f"<m:Unsubscribe><m:SubscriptionId>{t.subscription}</m:SubscriptionId></m:Unsubscribe>",
}


def outcome(answer):
    codes = set(answer.codes)
    if answer.status == 401:
        return "401"
    if codes == {"NoError"}:
        return "ok"
    if codes == {"ErrorAccessDenied"}:
        return "denied"
    if codes == {"ErrorSendAsDenied"}:
        return "own"
    if len(codes) == 1 and codes < HIDDEN:
        return "hidden"
    return ",".join(sorted(codes))


def offered():
    with open(os.path.join(ROOT, "ews", "operations.def"), encoding="utf-8") as file:
        return re.findall(r"^OPERATION\((\w+), \w+, op_", file.read(), re.M)


def expected():
    """{case: {principal: outcome}}"""
    lines = [line.rsplit(maxsplit=len(PRINCIPALS)) for line in TABLE.strip().split("\n")]
    assert lines[0][1:] == list(PRINCIPALS), "the table's first line names the principals"
    return {line[0]: dict(zip(PRINCIPALS, line[1:])) for line in lines[1:]}


def missing_cases():
    """What the table does not say yet."""
    covered = {name.split(" ")[0] for name in CASES}
    found = [f"operation {name} of operations.def has no case" for name in offered() if name not in covered]
    found += [f"operation {name} has cases and no handler" for name in sorted(covered - set(offered()))]
    return found + [f"case {name} stands in only one of CASES and TABLE" for name in sorted(set(CASES) ^ set(expected()))]


def sql(server, statement):
    with open(os.path.join(server.state, "bourse.conf"), encoding="utf-8") as file:
        connection = re.search(r'\bconnection = "([^"]*)"', file.read()).group(1)
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, connection], capture_output=True, text=True, check=True,
                          timeout=30).stdout.strip()


FULL_ACCESS = 16  # storage/acl.h DELEGATE_FULL_ACCESS


class World:
    """All targets. Use as a context: the delegate row and the folders go away again."""

    def __init__(self, server):
        self.server = server
        self.clients = {login: Client(server, login) for login in ("alice", "bob", "carol", "dave", None)}
        for login in ("alice", "bob", "carol", "dave"):
            self.clients[login].must(get_folder(named("inbox")))

    def __enter__(self):
        self.targets, self.row = [], ""
        self.parent = self.clients["alice"].must(create_folder(named("msgfolderroot"), f"matrix {os.urandom(4).hex()}")).ids("FolderId")[0]
        try:
            self.make_delegate()
            for name in PRINCIPALS:
                self.targets.append(Target(self, name))
        except BaseException:
            self.__exit__()
            raise
        return self

    def make_delegate(self):
        """Nobody offers full access by EWS: the row is made from the entry of a permission set."""
        alice = self.clients["alice"]
        helper = alice.must(create_folder(self.parent, "for the delegate's id")).ids("FolderId")[0]
        alice.must(set_permission(helper, "carol@example.test", "Reviewer"))
        self.row = sql(self.server, "INSERT INTO delegate SELECT a.mailbox_id, a.principal, a.display_name, %d FROM acl a JOIN folder f "
                       "USING (mailbox_id, folder_id) WHERE f.name = 'for the delegate''s id' AND a.kind = 2 ORDER BY f.created DESC LIMIT 1 "
                       "RETURNING mailbox_id::text || ' ' || principal::text" % FULL_ACCESS)
        assert self.row, "no delegate row"

    def __exit__(self, *_):
        if self.row:
            mailbox, principal = self.row.split()
            sql(self.server, f"DELETE FROM delegate WHERE mailbox_id = {mailbox} AND principal = '{principal}'")
        for target in self.targets:
            target.clean()
        self.clients["alice"].call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(self.parent)}</m:DeleteFolder>")
        for client in self.clients.values():
            client.close()


def run_target(target, outcomes):
    """Observed outcomes of one principal's cases, and what changed although the call failed."""
    changed = []
    for case, build in CASES.items():
        body = build(target)
        if body is None:
            outcomes[case][target.name] = "-"
            continue
        observed = outcomes[case][target.name] = outcome(target.principal.call(body))
        now = target.look()
        if observed != "ok" and now != target.seen:
            changed.append(f"{case} as {target.name}: {observed}, but something of alice changed")
        target.seen = now
    return changed


def observe(server):
    outcomes, changed = {case: {} for case in CASES}, []
    with World(server) as world:
        for target in world.targets:
            changed += run_target(target, outcomes)
    return outcomes, changed


def table_of(outcomes):
    lines = [f"{'case':<32} " + " ".join(f"{name:<8}" for name in PRINCIPALS)]
    return "\n".join(lines + [f"{case:<32} " + " ".join(f"{row.get(name, '?'):<8}" for name in PRINCIPALS) for case, row in outcomes.items()])


def check(server):
    """Fails with all differences at once."""
    wrong = missing_cases()
    assert not wrong, "\n".join(wrong)
    outcomes, wrong = observe(server)
    for case, row in expected().items():
        wrong += [f"{case} as {name}: {outcomes[case][name]} instead of {want}" for name, want in row.items() if outcomes[case][name] != want]
    assert not wrong, "\n".join(wrong) + "\nobserved:\n" + table_of(outcomes)
