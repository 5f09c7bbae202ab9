"""An ActiveSync client for tests: commands over HTTPS, states of collections, a model of what the device has.

    device = Device(instance.endpoints, instance.users["alice"], version="16.1")
    device.provision(); device.folder_sync(); device.sync(device.folder("Inbox"))
"""
import base64
import http.client
import ssl
import struct
import urllib.parse

from schemas import validate
from wbxml import Node, decode, encode

COMMANDS = {"Sync": 0, "SendMail": 1, "SmartForward": 2, "SmartReply": 3, "GetAttachment": 4, "FolderSync": 9, "FolderCreate": 10, "FolderDelete": 11,
            "FolderUpdate": 12, "MoveItems": 13, "GetItemEstimate": 14, "MeetingResponse": 15, "Search": 16, "Settings": 17, "Ping": 18, "ItemOperations": 19,
            "Provision": 20, "ResolveRecipients": 21, "ValidateCert": 22, "Find": 23}
WBXML = "application/vnd.ms-sync.wbxml"


class Failure(Exception):
    def __init__(self, status, headers, body):
        super().__init__(f"HTTP {status}")
        self.status, self.headers, self.body = status, headers, body


class Device:
    def __init__(self, endpoints, user, version="16.1", device_id="TestDevice1", device_type="iPhone", plain=True):
        url = urllib.parse.urlsplit(endpoints["activesync_url"])
        self.host, self.port, self.path = url.hostname, url.port, url.path
        self.context = ssl.create_default_context(cafile=endpoints["ca_file"])
        self.user, self.version, self.plain = user, version, plain
        self.device_id, self.device_type = device_id, device_type
        self.policy_key, self.hierarchy_key = 0, "0"
        self.folders, self.keys, self.items = {}, {}, {}
        self.connection = None
        self.log = []

    # ---- transport ----

    def query(self, command, parameters):
        if self.plain:
            fields = {"Cmd": command, "User": self.user.login, "DeviceId": self.device_id, "DeviceType": self.device_type, **parameters}
            return urllib.parse.urlencode(fields)
        out = struct.pack("<BBH", round(float(self.version) * 10), COMMANDS[command], 0x0409)
        out += bytes([len(self.device_id)]) + self.device_id.encode()
        out += struct.pack("<BI", 4, self.policy_key) if self.policy_key else b"\x00"
        out += bytes([len(self.device_type)]) + self.device_type.encode()
        tags = {"AttachmentName": 0, "CollectionId": 1, "ItemId": 3, "LongId": 4, "Occurrence": 6}
        flags = 1 if parameters.get("SaveInSent") == "T" else 0
        for name, value in parameters.items():
            if name in tags:
                out += bytes([tags[name], len(value)]) + value.encode()
        if flags:
            out += bytes([7, 1, flags])
        return base64.b64encode(out).decode()

    def headers(self, content_type):
        token = base64.b64encode(f"{self.user.login}:{self.user.password}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "User-Agent": "BourseTest/1.0"}
        if content_type:
            headers["Content-Type"] = content_type
        if self.plain:
            headers["MS-ASProtocolVersion"] = self.version
            headers["X-MS-PolicyKey"] = str(self.policy_key)
        return headers

    def raw(self, method, query, body=b"", headers=None, timeout=60):
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.context, timeout=timeout)
        try:
            connection.request(method, f"{self.path}?{query}" if query else self.path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def call(self, command, root=None, content_type=WBXML, timeout=60, **parameters):
        """The decoded and validated answer, None when it is empty. Raises Failure for any HTTP status but 200."""
        body = encode(root) if isinstance(root, Node) else (root or b"")
        status, headers, answer = self.raw("POST", self.query(command, parameters), body, self.headers(content_type if body else None), timeout)
        if status != 200:
            raise Failure(status, headers, answer)
        if not answer:
            return None
        if headers.get("Content-Type") != WBXML:
            return answer
        tree = decode(answer)
        validate(command, tree)
        self.log.append((command, root, tree))
        return tree

    # ---- commands ----

    def options(self):
        return self.raw("OPTIONS", "")

    def provision(self):
        """Both phases; device information goes with the first from 14.1 on."""
        information = Node("Settings:DeviceInformation", [Node("Settings:Set", [Node("Settings:Model", "Test phone"), Node("Settings:OS", "TestOS 1")])])
        policy = Node("Provision:Policies", [Node("Provision:Policy", [Node("Provision:PolicyType", "MS-EAS-Provisioning-WBXML")])])
        first = self.call("Provision", Node("Provision:Provision", ([information] if float(self.version) >= 14.1 else []) + [policy]))
        offered = first.find("Provision:Policies", "Provision:Policy")
        if offered is None:
            return first
        self.policy_key = int(offered.value("Provision:PolicyKey"))
        confirm = Node("Provision:Policies", [Node("Provision:Policy", [
            Node("Provision:PolicyType", "MS-EAS-Provisioning-WBXML"), Node("Provision:PolicyKey", str(self.policy_key)), Node("Provision:Status", "1")])])
        second = self.call("Provision", Node("Provision:Provision", [confirm]))
        self.policy_key = int(second.value("Provision:Policies", "Provision:Policy", "Provision:PolicyKey"))
        return first

    def folder_sync(self, key=None):
        answer = self.call("FolderSync", Node("FolderHierarchy:FolderSync", [Node("FolderHierarchy:SyncKey", key or self.hierarchy_key)]))
        if answer.value("FolderHierarchy:Status") != "1":
            return answer
        if (key or self.hierarchy_key) == "0":
            self.folders = {}
        self.hierarchy_key = answer.value("FolderHierarchy:SyncKey")
        changes = answer.find("FolderHierarchy:Changes")
        for change in changes.children if changes is not None else []:
            if change.name in ("FolderHierarchy:Add", "FolderHierarchy:Update"):
                self.folders[change.value("FolderHierarchy:ServerId")] = {
                    "name": change.value("FolderHierarchy:DisplayName"), "parent": change.value("FolderHierarchy:ParentId"),
                    "type": change.value("FolderHierarchy:Type")}
            elif change.name == "FolderHierarchy:Delete":
                self.folders.pop(change.value("FolderHierarchy:ServerId"), None)
        return answer

    def folder(self, name):
        return next(number for number, folder in self.folders.items() if folder["name"] == name)

    def sync_request(self, collection, commands=None, window=None, options=None, key=None, changes=None, extra=None, more=None):
        content = [Node("AirSync:SyncKey", key or self.keys.get(collection, "0")), Node("AirSync:CollectionId", collection)]
        content += extra or []
        if changes is not None:
            content.append(Node("AirSync:GetChanges", changes))
        if window:
            content.append(Node("AirSync:WindowSize", str(window)))
        if options:
            content.append(Node("AirSync:Options", options))
        if commands:
            content.append(Node("AirSync:Commands", commands))
        return Node("AirSync:Sync", [Node("AirSync:Collections", [Node("AirSync:Collection", content)])] + (more or []))

    def take(self, answer):
        """Puts what an answer says into the model."""
        for collection in answer.all("AirSync:Collections", "AirSync:Collection") if answer is not None else []:
            number = collection.value("AirSync:CollectionId")
            if collection.value("AirSync:Status") != "1":
                continue
            self.keys[number] = collection.value("AirSync:SyncKey")
            items = self.items.setdefault(number, {})
            commands = collection.find("AirSync:Commands")
            for change in commands.children if commands is not None else []:
                server_id, data = change.value("AirSync:ServerId"), change.find("AirSync:ApplicationData")
                if change.name == "AirSync:Add":
                    items[server_id] = {child.name: child for child in data.children}
                elif change.name == "AirSync:Change":
                    items.setdefault(server_id, {}).update({child.name: child for child in data.children})
                else:
                    items.pop(server_id, None)
            for added in collection.all("AirSync:Responses", "AirSync:Add"):
                if added.value("AirSync:Status") == "1":
                    items.setdefault(added.value("AirSync:ServerId"), {})
        return answer

    def sync(self, collection, timeout=60, **arguments):
        return self.take(self.call("Sync", self.sync_request(collection, **arguments), timeout=timeout))

    def sync_all(self, collection, **arguments):
        """From the key that the device has until nothing is left; the first call primes it."""
        if self.keys.get(collection, "0") == "0":
            self.items[collection] = {}
            self.sync(collection, **{key: value for key, value in arguments.items() if key in ("options", "extra")})
        rounds = 0
        while True:
            rounds += 1
            answer = self.sync(collection, **arguments)
            found = answer.find("AirSync:Collections", "AirSync:Collection") if answer is not None else None
            if found is None or found.find("AirSync:MoreAvailable") is None:
                return rounds

    def ping(self, collections, seconds=60, timeout=120):
        folders = [Node("Ping:Folder", [Node("Ping:Id", number), Node("Ping:Class", "Email")]) for number in collections]
        return self.call("Ping", Node("Ping:Ping", [Node("Ping:HeartbeatInterval", str(seconds)), Node("Ping:Folders", folders)]), timeout=timeout)
