"""Validates decoded answers against the response schema of their command."""
import functools
import os

from lxml import etree

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema")
# a status of the whole command may stand alone in the root [MS-ASCMD] 2.2.2; these schemas ask for more
ALONE = {"GetItemEstimate", "MoveItems", "MeetingResponse"}
OLD_ONLY = {("AirSync:Collection", "AirSync:Class")}  # 12.1 names the class of each collection [MS-ASCMD] 2.2.3.27.5; the schemas are those of 16.1
NAMESPACES = {"Gal": "GAL"}  # WBXML's name of code page 16, and the schema's


class Invalid(AssertionError):
    pass


@functools.lru_cache(maxsize=None)
def schema_of(command):
    return etree.XMLSchema(etree.parse(os.path.join(FOLDER, f"{command}Response.xsd")))


def element_of(node):
    namespace, tag = node.name.split(":")
    element = etree.Element(f"{{{NAMESPACES.get(namespace, namespace)}}}{tag}")
    if node.text:
        element.text = node.text if isinstance(node.text, str) else node.text.hex()
    element.extend([element_of(child) for child in node.children if (node.name, child.name) not in OLD_ONLY])
    return element


def is_global_status(tree):
    return len(tree.children) == 1 and tree.children[0].name.endswith(":Status")


def validate(command, tree):
    """Raises Invalid with the first faults and the answer."""
    if command in ALONE and is_global_status(tree):
        return
    schema, element = schema_of(command), element_of(tree)
    if not schema.validate(element):
        faults = "\n".join(f"{error.path}: {error.message}" for error in list(schema.error_log)[:5])
        raise Invalid(f"answer of {command} against its schema:\n{faults}\n{tree.show()[:3000]}")
