#!/usr/bin/python3
"""A random device against a mailbox that others change too [docs/reliability.md]: after each round the device's model equals what EWS says of the folders.

    converge.py ENDPOINTS.json [--steps N] [--seeds N] [--seed FIRST] [--user LOGIN]

The device adds, changes, deletes and moves; one request in five loses its answer (the connection is cut before it is read, or half-way through the request) and the same
bytes are sent again. Mail arrives by SMTP meanwhile, and EWS changes, moves and deletes. Prints one line a seed; exit code 1 when a model differs."""
import argparse
import json
import os
import random
import socket
import ssl
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
sys.dont_write_bytecode = True
from client import WBXML, Device, Failure  # noqa: E402
from ews_client import account  # noqa: E402
from mail import build, send, unique  # noqa: E402
from schemas import validate  # noqa: E402
from wbxml import Node, decode, encode  # noqa: E402

ROUND = 40  # steps between two looks
OPTIONS = [Node("AirSync:FilterType", "0"), Node("AirSync:MIMESupport", "0"),
           Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:TruncationSize", "200")])]


class Lossy(Device):
    """A device whose connections break."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.random, self.lost = random.Random(0), 0

    def cut(self, command, body, parameters):
        """Sends all or a part of the request and hangs up."""
        self.lost += 1
        fields = {**self.headers(WBXML if body else None), "Host": f"{self.host}:{self.port}", "Content-Length": str(len(body))}
        head = f"POST {self.path}?{self.query(command, parameters)} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        whole = head.encode() + body
        length = len(whole) if self.random.random() < 0.7 else self.random.randrange(len(whole))
        with socket.create_connection((self.host, self.port), timeout=20) as plain, self.context.wrap_socket(plain, server_hostname=self.host) as secure:
            secure.sendall(whole[:length])
            if self.random.random() < 0.5 and length == len(whole):
                secure.settimeout(5)
                try:
                    secure.recv(self.random.choice((1, 100, 100000)))
                except (TimeoutError, ssl.SSLError, OSError):
                    pass

    def call(self, command, root=None, content_type=WBXML, timeout=60, **parameters):
        body = encode(root) if isinstance(root, Node) else (root or b"")
        while self.random.random() < 0.2:
            self.cut(command, body, parameters)
        while True:
            status, headers, answer = self.raw("POST", self.query(command, parameters), body, self.headers(content_type if body else None), timeout)
            if status != 503:
                break
        if status != 200:
            raise Failure(status, headers, answer)
        if not answer:
            return None
        tree = decode(answer)
        validate(command, tree)
        return tree


class Run:
    def __init__(self, server, login, seed):
        self.server, self.random = server, random.Random(seed)
        self.device = Lossy(server.endpoints, server.users[login], device_id="ConvergeTest")
        self.device.provision()
        self.device.random = random.Random(seed + 1)
        self.device.folder_sync("0")
        self.mailbox = account(server, login)
        self.address = server.users[login].address
        self.names = [unique(f"converge {seed}"), unique(f"converge other {seed}")]
        self.folders = [self.make_folder(name) for name in self.names]
        self.ews = [next(folder for folder in self.mailbox.msg_folder_root.walk() if folder.name == name) for name in self.names]
        for folder in self.folders:
            self.device.sync_all(folder, options=OPTIONS)
        self.count = 0

    def make_folder(self, name):
        answer = self.device.call("FolderCreate", Node("FolderHierarchy:FolderCreate", [
            Node("FolderHierarchy:SyncKey", self.device.hierarchy_key), Node("FolderHierarchy:ParentId", "0"),
            Node("FolderHierarchy:DisplayName", name), Node("FolderHierarchy:Type", "12")]))
        if answer.value("FolderHierarchy:Status") == "9":  # a request that was cut came after the one sent again: as devices do, begin anew
            self.device.folder_sync("0")
            return self.device.folder(name) if name in [folder["name"] for folder in self.device.folders.values()] else self.make_folder(name)
        assert answer.value("FolderHierarchy:Status") == "1", answer.show()
        self.device.hierarchy_key = answer.value("FolderHierarchy:SyncKey")
        return answer.value("FolderHierarchy:ServerId")

    # ---- the device ----

    def pick(self, folder):
        items = sorted(self.device.items.get(folder, {}))
        return self.random.choice(items) if items else None

    def apply_own(self, folder, item, data):
        self.device.items[folder].get(item, {}).update({node.name: node for node in data})

    def device_sync(self):
        self.device.sync(self.random.choice(self.folders), window=self.random.choice((1, 3, 100)))

    def device_change(self):
        folder = self.random.choice(self.folders)
        item = self.pick(folder)
        if item is None:
            return
        if self.random.random() < 0.5:
            data = [Node("Email:Read", self.random.choice("01"))]
        else:
            on = self.random.random() < 0.6
            data = [Node("Email:Flag", [Node("Email:Status", "2"), Node("Email:FlagType", "Flag for follow up")] if on else [])]
        # what the answer says comes after the device's own change
        request = self.device.sync_request(folder, commands=[Node("AirSync:Change", [Node("AirSync:ServerId", item), Node("AirSync:ApplicationData", data)])],
                                           changes=self.random.choice(("0", "1")))
        answer = self.device.call("Sync", request)
        refused = answer.find("AirSync:Collections", "AirSync:Collection", "AirSync:Responses", "AirSync:Change")
        if refused is None:
            self.apply_own(folder, item, data)
        self.device.take(answer)

    def device_delete(self):
        folder = self.random.choice(self.folders)
        item = self.pick(folder)
        if item is None:
            return
        request = self.device.sync_request(folder, commands=[Node("AirSync:Delete", [Node("AirSync:ServerId", item)])],
                                           changes=self.random.choice(("0", "1")))
        answer = self.device.call("Sync", request)
        self.device.items[folder].pop(item, None)
        self.device.take(answer)

    def device_move(self):
        source, target = self.random.sample(self.folders, 2)
        item = self.pick(source)
        if item is not None:
            self.device.call("MoveItems", Node("Move:MoveItems", [Node("Move:Move", [
                Node("Move:SrcMsgId", item), Node("Move:SrcFldId", source), Node("Move:DstFldId", target)])]))

    # ---- others ----

    def ews_add(self):
        from exchangelib import Message
        self.count += 1
        Message(account=self.mailbox, folder=self.random.choice(self.ews), subject=f"item {self.count}", body=f"text {self.count}", is_read=False).save()

    def smtp_add(self):
        """Mail goes to the inbox; EWS moves it."""
        self.count += 1
        subject = unique(f"mail {self.count}")
        send(self.server, "friend@partner.test", [self.address], build("friend@partner.test", [self.address], subject, "Hello"))
        for item in list(self.mailbox.inbox.filter(subject=subject)):
            item.move(to_folder=self.random.choice(self.ews))

    def ews_pick(self):
        items = list(self.random.choice(self.ews).all().only("subject", "is_read", "categories").order_by("subject")[:30])
        return self.random.choice(items) if items else None

    def ews_change(self):
        item = self.ews_pick()
        if item is None:
            return
        if self.random.random() < 0.5:
            item.is_read = not item.is_read
            item.save(update_fields=["is_read"])
        else:
            item.categories = [self.random.choice(("red", "blue", "green"))]
            item.save(update_fields=["categories"])

    def ews_delete(self):
        item = self.ews_pick()
        if item is not None:
            item.delete()

    def ews_move(self):
        item = self.ews_pick()
        if item is not None:
            item.move(to_folder=self.random.choice(self.ews))

    # ---- the comparison ----

    def settle(self):
        for _ in range(2):
            for folder in self.folders:
                self.device.sync_all(folder)

    def device_view(self, folder):
        view = []
        for data in self.device.items[folder].values():
            flag, categories = data.get("Email:Flag"), data.get("Email:Categories")
            view.append((data["Email:Subject"].text, data["Email:Read"].text == "1", flag.value("Email:Status") == "2" if flag is not None and flag.children else False,
                         tuple(sorted(node.text for node in categories.children)) if categories is not None else ()))
        return sorted(view)

    def server_view(self, folder):
        return sorted((item.subject, bool(item.is_read), tuple(sorted(item.categories or ()))) for item in folder.all().only("subject", "is_read", "categories"))

    def compare(self, where):
        self.settle()
        for folder, ews in zip(self.folders, self.ews):
            device = self.device_view(folder)
            without_flag = sorted((subject, is_read, categories) for subject, is_read, _, categories in device)
            server = self.server_view(ews)
            assert without_flag == server, f"{where}: folder {folder}\nonly the device: {[x for x in without_flag if x not in server]}\n" \
                                           f"only the server: {[x for x in server if x not in without_flag]}\ncounts {len(device)} {len(server)}"
            # a second device that begins anew has the flags too
            fresh = Device(self.server.endpoints, self.device.user, device_id="ConvergeFresh")
            fresh.provision()
            fresh.folder_sync("0")
            fresh.sync_all(folder, options=OPTIONS)
            kept, self.device.items = self.device.items, fresh.items
            anew = self.device_view(folder)
            self.device.items = kept
            assert anew == device, f"{where}: folder {folder} anew: {[x for x in anew if x not in device]}, model: {[x for x in device if x not in anew]}"

    def run(self, steps):
        actions = [(self.device_sync, 6), (self.device_change, 5), (self.device_delete, 1), (self.device_move, 2), (self.ews_add, 3), (self.smtp_add, 1),
                   (self.ews_change, 4), (self.ews_delete, 1), (self.ews_move, 2)]
        functions, weights = zip(*actions)
        for step in range(1, steps + 1):
            self.random.choices(functions, weights)[0]()
            if step % ROUND == 0 or step == steps:
                self.compare(f"step {step}")
        return self.device.lost


def converge(server, login, seed, steps):
    lost = Run(server, login, seed).run(steps)
    return f"seed {seed}: {steps} steps, {lost} answers lost, device and server the same at each of {(steps + ROUND - 1) // ROUND} looks"


class Endpoints:
    def __init__(self, path):
        from instance import User
        with open(path, encoding="utf-8") as file:
            self.endpoints = json.load(file)
        self.users = {entry["login"]: User(entry) for entry in self.endpoints["users"]}

    def __getattr__(self, name):
        try:
            return self.__dict__["endpoints"][name]
        except KeyError:
            raise AttributeError(name) from None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoints")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--user", default="bob")
    arguments = parser.parse_args()
    server, failed = Endpoints(arguments.endpoints), 0
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        try:
            print(converge(server, arguments.user, seed, arguments.steps), flush=True)
        except AssertionError as error:
            failed += 1
            print(f"seed {seed}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
