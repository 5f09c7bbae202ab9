#!/usr/bin/env python3
"""Makes ews/request_schema.def from the schemas in tests/ews/schema: what may stand in a request of an operation that is
implemented (row with a handler in ews/operations.def). `--check` compares instead of writing; the test suite runs that."""
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
EWS = HERE.parent.parent / "ews"
XS = "{http://www.w3.org/2001/XMLSchema}"
TYPES_NS = "http://schemas.microsoft.com/exchange/services/2006/types"

# Elements and names that servers of later builds know and clients send: (type, after which element, element, its type).
LATER_ELEMENTS = [
    ("t:ItemType", "DisplayTo", "DisplayBcc", "xs:string"),
    ("t:ReplyAllToItemType", None, "IsSpecificMessageReply", "xs:boolean"),
    ("t:ReplyToItemType", None, "IsSpecificMessageReply", "xs:boolean"),
    ("t:CalendarItemType", "InboxReminders", "DoNotForwardMeeting", "xs:boolean"),
    ("t:AttachmentType", "IsInline", "AttachmentOriginalUrl", "xs:string"),
    ("m:GetUserPhotoType", "SizeRequested", "TypeRequested", "xs:string"),
]
LATER_NAMES = {"t:DistinguishedFolderIdNameType": """teamspaceactivity teamspacemessaging teamspaceworkitems scheduled orionnotes
    tagitems alltaggeditems externalcontacts teamchat teamchathistory yammerroot yammerinbound yammeroutbound yammerfeeds
    onedriveroot onedriverecylebin onedrivesystem onedrivevolume important starred archive""".split(),
               "t:MailboxTypeType": ["ImplicitContact"], "t:UserPhotoSizeType": ["HR1024xN", "HR1920xN"]}
# Elements that may be repeated although the schema says once: (type, element). Clients send several names to resolve in one call.
REPEATED = {("m:ResolveNamesType", "UnresolvedEntry")}
# Simple types whose values the handlers check themselves, with a better answer than "schema".
OPEN_TYPES = {"t:UnindexedFieldURIType", "t:PropertyTagType", "t:GuidType", "t:ExcludesAttributeType", "t:DerivedItemIdType",
              "t:ItemClassType", "t:ReminderMinutesBeforeStartType", "t:DictionaryURIType"}
BUILT_IN = {"boolean": "BOOLEAN", "int": "INT", "integer": "INT", "long": "LONG", "short": "INT", "unsignedShort": "INT",
            "dateTime": "DATE_TIME", "date": "DATE", "double": "DOUBLE", "duration": "DURATION", "time": "TIME"}


class Schemas:
    def __init__(self):
        self.types, self.elements, self.groups, self.attribute_groups = {}, {}, {}, {}
        for prefix, name in (("t", "types.xsd"), ("t", "types-more.xsd"), ("m", "messages.xsd"), ("m", "messages-more.xsd")):
            for node in ET.parse(HERE / "schema" / name).getroot():
                key = f"{prefix}:{node.get('name')}"
                where = {"element": self.elements, "group": self.groups,
                         "attributeGroup": self.attribute_groups}.get(node.tag.replace(XS, ""), self.types)
                if node.get("name"):
                    where[key] = node
        self.members = {}
        for key, node in self.elements.items():
            if node.get("substitutionGroup"):
                self.members.setdefault(node.get("substitutionGroup"), []).append(key)


def kind_of(tag):
    return tag.replace(XS, "")


class Maker:
    """Flattens content models: each type becomes a list of children, ordered by group number. A group is one element of a sequence, or all
    the alternatives of a choice."""

    def __init__(self):
        self.xsd = Schemas()
        self.rows, self.order, self.simple = {}, [], {}

    def qualify(self, name, prefix):
        return name if ":" in name else f"{prefix}:{name}"

    def simple_kind(self, name):
        if name.startswith("xs:"):
            return BUILT_IN.get(name[3:], "ANY_TEXT")
        node = self.xsd.types[name]
        if name in OPEN_TYPES:
            return "ANY_TEXT"
        restriction = node.find(f"{XS}restriction")
        listed = node.find(f"{XS}list")
        if listed is not None:
            inner = listed.get("itemType")
            values = [e.get("value") for e in node.iter(f"{XS}enumeration")] if inner is None else self.values_of(inner)
            return self.enum(name, values, "NAMES")
        if restriction is None:
            return "ANY_TEXT"
        values = [e.get("value") for e in restriction.findall(f"{XS}enumeration")]
        if values:
            return self.enum(name, values + LATER_NAMES.get(name, []), "NAME")
        if restriction.find(f"{XS}minLength") is not None:
            return "SOME_TEXT"
        return self.simple_kind(restriction.get("base"))

    def values_of(self, name):
        return [e.get("value") for e in self.xsd.types[name].iter(f"{XS}enumeration")]

    def enum(self, name, values, kind):
        self.simple[name] = (kind, values)
        return name

    def type_of(self, name):
        """Row name of a type that is simple or complex; complex ones are queued."""
        if name.startswith("xs:") or kind_of(self.xsd.types[name].tag) == "simpleType":
            return self.simple_kind(name)
        if name not in self.rows:
            self.rows[name] = None
            self.order.append(name)
        return name

    def model(self, name):
        """(children, attributes, text kind) of a complex type with what it inherits."""
        prefix = name.split(":")[0]
        node = self.xsd.types[name]
        children, attributes, text = [], [], None
        for content in ("complexContent", "simpleContent"):
            inner = node.find(f"{XS}{content}")
            if inner is None:
                continue
            derived = inner[0] if kind_of(inner[0].tag) != "annotation" else inner[1]
            base = self.qualify(derived.get("base"), prefix)
            if base.startswith("xs:") or kind_of(self.xsd.types[base].tag) == "simpleType":
                text = self.simple_kind(base)
            else:
                children, attributes, text = self.model(base)
                if kind_of(derived.tag) == "restriction":
                    children = []
            node = derived
        self.particles(node, prefix, children)
        for later_type, after, element, type_name in LATER_ELEMENTS:
            if later_type == name:
                at = len(children) if after is None else 1 + max(i for i, c in enumerate(children) if c[2] == after)
                self.insert(children, at, ("t" if name[0] == "t" else "m", element, self.type_of(type_name)))
        prohibited = [a.get("name") for a in node.findall(f"{XS}attribute") if a.get("use") == "prohibited"]
        attributes = [a for a in attributes if a[0] not in prohibited]
        for attribute in node.iter(f"{XS}attribute"):
            if attribute.get("name") and attribute.get("use") != "prohibited" and attribute.get("name") not in [a[0] for a in attributes]:
                attributes.append((attribute.get("name"), self.simple_kind(self.qualify(attribute.get("type"), prefix)),
                                   attribute.get("use") == "required"))
        return children, attributes, text

    @staticmethod
    def insert(children, at, what):
        group = (children[at - 1][0] + 1) if at else 1
        for i in range(at, len(children)):
            children[i] = (children[i][0] + 1,) + children[i][1:]
        children.insert(at, (group, what[0], what[1], what[2], "OPTIONAL", 1))

    def particles(self, node, prefix, children):
        for part in node:
            if kind_of(part.tag) in ("sequence", "choice", "group", "all"):
                self.particle(part, prefix, children, True)

    def particle(self, part, prefix, children, needed):
        kind = kind_of(part.tag)
        needed = needed and part.get("minOccurs", "1") != "0"
        if kind == "group":
            self.particle(self.xsd.groups[self.qualify(part.get("ref"), prefix)][0], prefix, children, needed)
        elif kind == "choice":
            group = (children[-1][0] if children else 0) + 1
            many = part.get("maxOccurs", "1") != "1"
            for alternative in self.alternatives(part):
                inner_many = many or alternative.get("maxOccurs", "1") != "1"
                self.element(alternative, prefix, children, group, "ONE_OF" if needed else "OPTIONAL", inner_many)
        elif kind == "sequence":
            for inner in part:
                if kind_of(inner.tag) == "element":
                    group = (children[-1][0] if children else 0) + 1
                    need = "REQUIRED" if needed and inner.get("minOccurs", "1") != "0" else "OPTIONAL"
                    self.element(inner, prefix, children, group, need, inner.get("maxOccurs", "1") != "1")
                elif kind_of(inner.tag) in ("sequence", "choice", "group"):
                    self.particle(inner, prefix, children, needed)

    def alternatives(self, choice):
        for inner in choice:
            if kind_of(inner.tag) == "element":
                yield inner
            elif kind_of(inner.tag) in ("sequence", "choice"):
                yield from self.alternatives(inner)

    def element(self, node, prefix, children, group, need, many):
        if node.get("ref"):
            head = self.qualify(node.get("ref"), prefix)
            members = self.xsd.members.get(head, [])
            if members and need == "REQUIRED":
                need = "ONE_OF"
            for member in members or [head]:
                declared = self.xsd.elements[member]
                children.append((group, member[0], member[2:], self.type_of(declared.get("type")), need, 0 if many else 1))
            if members and self.xsd.elements[head].get("abstract") != "true" and head == "t:Transition":
                children.append((group, head[0], head[2:], self.type_of(self.xsd.elements[head].get("type")), need, 0 if many else 1))
            return
        type_name = node.get("type")
        kind = self.type_of(self.qualify(type_name, prefix)) if type_name else "ANY_TEXT"
        children.append((group, prefix, node.get("name"), kind, need, 0 if many else 1))

    def make(self, operations):
        roots = []
        for operation in operations:
            element = operation if f"m:{operation}" in self.xsd.elements else f"{operation}Request"
            declared = self.xsd.elements[f"m:{element}"]
            roots.append((element, self.type_of(self.qualify(declared.get("type"), "m"))))
        position = 0
        while position < len(self.order):
            name = self.order[position]
            children, attributes, text = self.model(name)
            children = [c[:5] + (0,) if (name, c[2]) in REPEATED else c for c in children]
            self.rows[name] = children, attributes, text
            position += 1
        return self.write(roots)

    def write(self, roots):
        out = ["/* Made by tests/ews/make_request_schema.py from the schemas of [MS-OXWSCDATA] and its sister documents. Do not edit.",
               " * SCHEMA_TYPE(name, children, attributes, text kind), then its rows:",
               " * SCHEMA_CHILD(order group, namespace, element, type, need, most of the group or 0),",
               " * SCHEMA_ATTRIBUTE(name, type, required); SCHEMA_SIMPLE(name, kind, values), SCHEMA_VALUE(text);",
               " * SCHEMA_ROOT(operation, type). Rows of a type follow each other in this order. */", ""]
        names = {}
        simple = ["ANY_TEXT", "SOME_TEXT", "BOOLEAN", "INT", "LONG", "DOUBLE", "DATE_TIME", "DATE", "TIME", "DURATION"]

        def ident(name):
            if name in simple:
                return name
            if name not in names:
                names[name] = re.sub(r"\W", "_", name)
            return names[name]

        for name in simple:
            out.append(f"SCHEMA_SIMPLE({name}, {name}, 0)")
        for name in sorted(self.simple):
            kind, values = self.simple[name]
            out.append(f"SCHEMA_SIMPLE({ident(name)}, {kind}, {len(values)})")
            out += [f'SCHEMA_VALUE("{value}")' for value in values]
        for name in self.order:
            children, attributes, text = self.rows[name]
            out.append(f"SCHEMA_TYPE({ident(name)}, {len(children)}, {len(attributes)}, {ident(text) if text else 'NO_TEXT'})")
            for group, prefix, element, kind, need, most in children:
                namespace = "TYPES" if prefix == "t" else "MESSAGES"
                out.append(f'SCHEMA_CHILD({group}, {namespace}, "{element}", {ident(kind)}, {need}, {most})')
            for attribute, kind, required in attributes:
                out.append(f'SCHEMA_ATTRIBUTE("{attribute}", {ident(kind)}, {"true" if required else "false"})')
        for operation, name in roots:
            out.append(f'SCHEMA_ROOT("{operation}", {ident(name)})')
        return "\n".join(out) + "\n"


def main():
    operations = re.findall(r'^OPERATION\((\w+), \w+, op_\w+', (EWS / "operations.def").read_text(), re.M)
    text = Maker().make(operations)
    target = EWS / "request_schema.def"
    if "--check" in sys.argv:
        if target.read_text() != text:
            sys.exit("ews/request_schema.def differs from the schemas: run tests/ews/make_request_schema.py")
        print(f"request_schema.def: {text.count('SCHEMA_TYPE')} types agree with the schemas")
    else:
        target.write_text(text)


if __name__ == "__main__":
    main()
