"""Who somebody is comes from the sign-in alone: no header, cookie, address, SOAP header or id of a request makes it anybody else."""
import base64
import os
import re
import urllib.parse

import ews
from ews import (Client, create_folder, create_item, find_folder, find_item, folder, folders, get_folder, get_item, items, message, named, rename_folder, set_permission,
                 subscribe_pull, subscribe_streaming, update_item)

IMPERSONATION = "<t:ExchangeImpersonation><t:ConnectingSID><t:{0}>{1}</t:{0}></t:ConnectingSID></t:ExchangeImpersonation>"
CLAIMS = {
    "X-AnchorMailbox": "alice@example.test", "X-PreferServerAffinity": "true", "X-TargetMailbox": "alice@example.test", "X-OpenAsAdminOrSystem": "alice@example.test",
    "X-User-Identity": "alice@example.test", "X-Remote-User": "alice", "Remote-User": "alice", "X-Forwarded-User": "alice", "X-Forwarded-For": "127.0.0.1",
    "X-WL-ProfileUserId": "alice", "X-CommonAccessToken": base64.b64encode(b"V\x01alice").decode(), "X-MS-Exchange-Organization-AuthAs": "Internal",
    "X-Rps-CAT": "alice", "X-BackEndOverrideCookie": "alice", "X-BEResource": "alice@localhost:444", "msExchProxyUri": "https://localhost/ecp/", "X-IsFromCafe": "1",
    "Cookie": "X-BEResource=localhost~1; X-AnonResource-Backend=localhost/ecp/x.js?~3; exchangecookie=alice; cadata=alice; PrivateComputer=true",
    "From": "alice@example.test", "X-Original-URL": "/EWS/Exchange.asmx", "X-Rewrite-URL": "/EWS/Exchange.asmx", "X-HTTP-Method-Override": "GET",
}


def inbox_id(client, header="", headers=None):
    return client.call(get_folder(named("inbox")), header, headers)


def check_headers(server):
    """bob stays bob whatever the request claims, and nobody stays nobody."""
    alice, bob, nobody = Client(server, "alice"), Client(server, "bob"), Client(server, None)
    hers, his = inbox_id(alice).ids("FolderId"), inbox_id(bob).ids("FolderId")
    assert hers != his
    for name, value in CLAIMS.items():
        assert inbox_id(bob, headers={name: value}).ids("FolderId") == his, name
        assert inbox_id(nobody, headers={name: value}).status == 401, name
    assert inbox_id(bob, headers=CLAIMS).ids("FolderId") == his
    query = urllib.parse.urlsplit(server.ews_url).path + "?mailbox=alice@example.test&realm=example.test&ExchClientVer=15"
    assert bob.request(ews.envelope(get_folder(named("inbox"))), path=query).ids("FolderId") in (his, [])
    # one kept connection, other credentials: each request is its own
    bob.headers["Authorization"], kept = alice.headers["Authorization"], bob.headers["Authorization"]
    assert inbox_id(bob).ids("FolderId") == hers
    bob.headers["Authorization"] = kept
    assert inbox_id(bob).ids("FolderId") == his
    del bob.headers["Authorization"]
    assert inbox_id(bob).status == 401


def check_impersonation(server):
    bob = Client(server, "bob")
    his = inbox_id(bob).ids("FolderId")
    for kind in ("PrincipalName", "SID", "PrimarySmtpAddress", "SmtpAddress"):
        answer = inbox_id(bob, IMPERSONATION.format(kind, "alice@example.test"))
        assert answer.codes == ["ErrorImpersonationDenied"], (kind, answer.codes)
    own = inbox_id(bob, IMPERSONATION.format("PrimarySmtpAddress", "bob@example.test"))
    assert own.codes == ["ErrorImpersonationDenied"] or own.ids("FolderId") == his, own.codes
    for header in ("<t:SerializedSecurityContext><t:UserSid>S-1-5-18</t:UserSid><t:GroupSids/></t:SerializedSecurityContext>",
                   "<t:ManagementRole><t:UserRoles><t:Role>MailboxSearch</t:Role></t:UserRoles></t:ManagementRole>",
                   "<t:OpenAsAdminOrSystemService LogonType='Admin'><t:ConnectingSID><t:PrincipalName>alice@example.test</t:PrincipalName></t:ConnectingSID></t:OpenAsAdminOrSystemService>",
                   "<t:ProxyRequestTypeHeader/>", "<t:TokenType>x</t:TokenType>"):
        answer = inbox_id(bob, header)
        assert answer.ids("FolderId") in (his, []), header


def requests_on(folder_id, item_id, key, attachment_id, subscription, watermark, own):
    """Every place of a request that takes an id, filled with alice's; `own`: a folder of the caller's."""
    place, thing = folder(folder_id), items(item_id)
    yield "GetFolder", get_folder(folder_id)
    yield "FindFolder", find_folder(folder_id)
    yield "FindItem", find_item(folder_id)
    yield "GetItem", get_item(item_id, shape="AllProperties")
    yield "GetItem key", get_item(item_id).replace("/></m:ItemIds>", f" ChangeKey='{key}'/></m:ItemIds>")
    yield "UpdateItem", update_item(item_id, "stolen")
    yield "UpdateFolder", rename_folder(folder_id, "stolen")
    yield "UpdateFolder permissions", set_permission(folder_id, "bob@example.test", "Owner")
    yield "CreateItem", create_item(folder_id, message("planted"))
    yield "CreateItem copy", create_item(folder_id, message("planted", "bob@example.test"), "SendAndSaveCopy")
    yield "CreateItem reply", create_item(own, f"<t:ReplyToItem><t:ReferenceItemId Id='{item_id}' ChangeKey='{key}'/><t:NewBodyContent BodyType='Text'>x</t:NewBodyContent></t:ReplyToItem>")
    yield "CreateItem forward", create_item(own, f"<t:ForwardItem><t:ToRecipients><t:Mailbox><t:EmailAddress>bob@example.test</t:EmailAddress></t:Mailbox></t:ToRecipients>"
                                            f"<t:ReferenceItemId Id='{item_id}' ChangeKey='{key}'/></t:ForwardItem>")
    yield "CreateFolder", create_folder(folder_id, "planted")
    yield "CreateAttachment", f"<m:CreateAttachment><m:ParentItemId Id='{item_id}'/><m:Attachments>{ews.FILE}</m:Attachments></m:CreateAttachment>"
    yield "GetAttachment", f"<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id='{attachment_id}'/></m:AttachmentIds></m:GetAttachment>"
    yield "DeleteAttachment", f"<m:DeleteAttachment><m:AttachmentIds><t:AttachmentId Id='{attachment_id}'/></m:AttachmentIds></m:DeleteAttachment>"
    for operation in ("CopyItem", "MoveItem"):
        yield operation, f"<m:{operation}><m:ToFolderId>{folder(own)}</m:ToFolderId>{thing}</m:{operation}>"
    for operation in ("CopyFolder", "MoveFolder"):
        yield operation, f"<m:{operation}><m:ToFolderId>{folder(own)}</m:ToFolderId>{folders(folder_id)}</m:{operation}>"
    yield "SendItem", f"<m:SendItem SaveItemToFolder='false'><m:ItemIds><t:ItemId Id='{item_id}' ChangeKey='{key}'/></m:ItemIds></m:SendItem>"
    yield "SyncFolderItems", ("<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>" + place
                              + "</m:SyncFolderId><m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>")
    yield "SyncFolderHierarchy", f"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncFolderId>{place}</m:SyncFolderId></m:SyncFolderHierarchy>"
    yield "Subscribe", subscribe_pull(folder_id)
    yield "Subscribe streaming", subscribe_streaming(folder_id)
    yield "GetEvents", f"<m:GetEvents><m:SubscriptionId>{subscription}</m:SubscriptionId><m:Watermark>{watermark}</m:Watermark></m:GetEvents>"
    yield "Unsubscribe", f"<m:Unsubscribe><m:SubscriptionId>{subscription}</m:SubscriptionId></m:Unsubscribe>"
    yield "MarkAllItemsAsRead", f"<m:MarkAllItemsAsRead><m:ReadFlag>true</m:ReadFlag><m:SuppressReadReceipts>true</m:SuppressReadReceipts>{folders(folder_id)}</m:MarkAllItemsAsRead>"
    yield "EmptyFolder", f"<m:EmptyFolder DeleteType='HardDelete' DeleteSubFolders='true'>{folders(folder_id)}</m:EmptyFolder>"
    yield "DeleteItem", f"<m:DeleteItem DeleteType='HardDelete'>{thing}</m:DeleteItem>"
    yield "DeleteFolder", f"<m:DeleteFolder DeleteType='HardDelete'>{folders(folder_id)}</m:DeleteFolder>"


def mixed(identity, other):
    """An id that claims another mailbox: the bytes of the one with the mailbox of the other (docs: kind, mailbox GUID, then the numbers)."""
    mine, theirs = bytearray(base64.b64decode(identity)), base64.b64decode(other)
    mine[2:18] = theirs[2:18]
    return base64.b64encode(mine).decode()


def check_foreign_ids(server):
    """alice's ids in every id of bob's requests, with headers that claim alice; and his own ids bent to her mailbox."""
    alice, bob = Client(server, "alice"), Client(server, "bob")
    secret = f"secret {os.urandom(6).hex()}"
    place = alice.must(create_folder(named("msgfolderroot"), secret)).ids("FolderId")[0]
    made = alice.must(create_item(place, message(secret, "bob@example.test", attachment=True)))
    item, key = made.ids("ItemId")[0], made.attributes("ItemId")[0]["ChangeKey"]
    attachment = alice.must(get_item(item, shape="AllProperties")).ids("AttachmentId")[0]
    subscription = alice.must(subscribe_pull(place))
    own = bob.must(create_folder(named("msgfolderroot"), f"own {secret[7:]}")).ids("FolderId")[0]
    before = alice.must(get_folder(place, shape="AllProperties")).data, alice.must(find_item(place, "AllProperties")).data
    wrong = []
    try:
        for name, body in requests_on(place, item, key, attachment, subscription.text("SubscriptionId"), subscription.text("Watermark"), own):
            for header, headers in (("", None), ("", CLAIMS), (IMPERSONATION.format("PrimarySmtpAddress", "alice@example.test"), None)):
                answer = bob.call(body, header, headers)
                if "NoError" in answer.codes or secret.encode() in answer.data:
                    wrong.append(f"{name}: {answer.codes}")
        bent = mixed(own, place)
        for name, body in (("GetFolder", get_folder(bent)), ("FindItem", find_item(bent)), ("CreateItem", create_item(bent, message("x")))):
            if "NoError" in bob.call(body).codes:
                wrong.append(f"{name} with a bent id")
        for broken in ("", "A", "AAAA", place[:-4], place + "AAAA", "AQ" * 500, re.sub("[A-Z]", "A", place), "../../" + place):
            answer = bob.call(get_folder(f"<t:FolderId Id='{broken}'/>"))
            if "NoError" in answer.codes or answer.status not in (200, 500):
                wrong.append(f"id {broken[:40]!r}: {answer.status} {answer.codes}")
        after = alice.must(get_folder(place, shape="AllProperties")).data, alice.must(find_item(place, "AllProperties")).data
        if after != before:
            wrong.append("something of alice changed")
        if bob.must(find_item(own)).ids("ItemId"):
            wrong.append("something of alice came into bob's folder")
    finally:
        alice.call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(place)}</m:DeleteFolder>")
        bob.call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(own)}</m:DeleteFolder>")
    assert not wrong, "\n".join(wrong)


def check_distinguished_folders(server):
    """A mailbox named beside a distinguished folder's name opens nothing that the rights do not."""
    bob = Client(server, "bob")
    for name in ("inbox", "msgfolderroot", "root", "calendar", "contacts", "recoverableitemsdeletions", "sentitems", "drafts"):
        for body in (get_folder(named(name, "alice@example.test")), find_item(named(name, "Alice.Adams@EXAMPLE.test")), create_item(named(name, "alice@example.test"), message("x"))):
            codes = bob.call(body).codes
            assert "NoError" not in codes, (name, codes)
    assert "NoError" not in bob.call(get_folder(named("inbox", "nobody@example.test"))).codes


def syncing(target, state, hierarchy=False):
    if hierarchy:
        return (f"<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape><m:SyncFolderId>{folder(target)}</m:SyncFolderId>"
                f"<m:SyncState>{state}</m:SyncState></m:SyncFolderHierarchy>")
    return (f"<m:SyncFolderItems><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:SyncFolderId>{folder(target)}</m:SyncFolderId>"
            f"<m:SyncState>{state}</m:SyncState><m:MaxChangesReturned>100</m:MaxChangesReturned></m:SyncFolderItems>")


def check_foreign_sync_states(server):
    """A sync state that somebody else got says nothing about what its bearer may see."""
    alice, bob = Client(server, "alice"), Client(server, "bob")
    secret = f"secret {os.urandom(6).hex()}"
    place = alice.must(create_folder(named("msgfolderroot"), secret)).ids("FolderId")[0]
    own = bob.must(create_folder(named("msgfolderroot"), f"own {secret[7:]}")).ids("FolderId")[0]
    try:
        states = {kind: alice.must(syncing(target, "", kind)).text("SyncState") for kind, target in ((False, place), (True, named("msgfolderroot")))}
        alice.must(create_item(place, message(secret)))
        alice.must(create_folder(place, f"below {secret}"))
        for kind, state in states.items():
            assert state
            for target in (own, place, named("msgfolderroot"), named("msgfolderroot", "alice@example.test")):
                answer = bob.call(syncing(target, state, kind))
                assert secret.encode() not in answer.data, f"hierarchy {kind}: {answer.codes}"
                assert answer.codes != ["NoError"] or target in (own, named("msgfolderroot")), answer.codes
        control = alice.must(syncing(place, states[False]))
        assert secret.encode() in control.data
    finally:
        alice.call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(place)}</m:DeleteFolder>")
        bob.call(f"<m:DeleteFolder DeleteType='HardDelete'>{folders(own)}</m:DeleteFolder>")
