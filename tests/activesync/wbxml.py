"""WBXML of ActiveSync [MS-ASWBXML] for tests, independent of the server's codec; made from activesync/facts/wbxml-codepages.tsv.

A document is a tree of Node(name, children or text). Names are "AirSync:Sync".
"""
import csv
import os

FACTS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "activesync/facts/wbxml-codepages.tsv")


def load():
    to_token, to_name = {}, {}
    with open(FACTS, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            place = (int(row["page"]), int(row["token"], 16))
            to_token[f"{row['namespace']}:{row['tag']}"] = place
            to_name.setdefault(place, f"{row['namespace']}:{row['tag']}")
    return to_token, to_name


TOKENS, NAMES = load()


class Node:
    """children: list of Node; text: str, or bytes for opaque data; both may be empty."""

    def __init__(self, name, content=None):
        self.name, self.children, self.text = name, [], ""
        if isinstance(content, (str, bytes)):
            self.text = content
        elif content is not None:
            self.children = list(content)

    def find(self, *path):
        """First descendant along the path, or None."""
        node = self
        for name in path:
            node = next((child for child in node.children if child.name == name), None)
            if node is None:
                return None
        return node

    def all(self, *path):
        parent = self.find(*path[:-1])
        return [child for child in parent.children if child.name == path[-1]] if parent is not None else []

    def value(self, *path):
        node = self.find(*path)
        return node.text if node is not None else None

    def show(self, level=0):
        text = f" {self.text!r}" if self.text else ""
        return "\n".join([f"{'  ' * level}{self.name}{text}"] + [child.show(level + 1) for child in self.children])


def mb_u32(number):
    out = [number & 0x7F]
    while number > 0x7F:
        number >>= 7
        out.insert(0, 0x80 | (number & 0x7F))
    return bytes(out)


def encode(root):
    out, page = bytearray(b"\x03\x01\x6a\x00"), 0

    def write(node):
        nonlocal page
        node_page, token = TOKENS[node.name]
        if node_page != page:
            out.extend((0x00, node_page))
            page = node_page
        has_content = bool(node.children) or bool(node.text)
        out.append(token | (0x40 if has_content else 0))
        if not has_content:
            return
        if isinstance(node.text, bytes) and node.text:
            out.extend(b"\xc3" + mb_u32(len(node.text)) + node.text)
        elif node.text:
            out.extend(b"\x03" + node.text.encode() + b"\x00")
        for child in node.children:
            write(child)
        out.append(0x01)

    write(root)
    return bytes(out)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def mb_u32(self):
        value = 0
        while True:
            byte = self.byte()
            value = value << 7 | (byte & 0x7F)
            if not byte & 0x80:
                return value


def decode(data):
    reader, page, root, stack = Reader(data), 0, None, []
    assert reader.byte() == 3 and reader.mb_u32() == 1 and reader.mb_u32() == 0x6A and reader.mb_u32() == 0, "header"
    while reader.at < len(data):
        token = reader.byte()
        if token == 0x00:
            page = reader.byte()
        elif token == 0x01:
            stack.pop()
        elif token == 0x03:
            end = data.index(b"\x00", reader.at)
            stack[-1].text = (stack[-1].text or "") + data[reader.at:end].decode()
            reader.at = end + 1
        elif token == 0xC3:
            length = reader.mb_u32()
            stack[-1].text = data[reader.at:reader.at + length]
            assert len(stack[-1].text) == length, "opaque data is cut"
            reader.at += length
        else:
            assert not token & 0x80 and (page, token & 0x3F) in NAMES, f"page {page} token {token:#x}"
            node = Node(NAMES[(page, token & 0x3F)])
            if stack:
                stack[-1].children.append(node)
            else:
                assert root is None, "second root"
                root = node
            if token & 0x40:
                stack.append(node)
    assert root is not None and not stack, "document is cut"
    return root
