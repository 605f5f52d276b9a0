"""XML bytes to a frozen tree, with the line of every element; document types, and with them entities, are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from symdiff.errors import ModelError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 150
MAX_ELEMENTS = 100_000
MAX_TEXT = 10_000  # characters inside one element
UNREAD = ("notes", "annotation")  # for people and other programs; they say nothing about the process


@dataclass(frozen=True)
class Element:
    """One element: local name, namespace, attributes (``"uri name"`` where they have a namespace), children, text."""

    name: str
    namespace: str
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Element, ...] = ()
    text: str = ""

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name in this element's namespace."""
        return (c for c in self.children if c.name == name and c.namespace == self.namespace)

    def one(self, name: str) -> Element | None:
        """The first of :meth:`all`."""
        return next(self.all(name), None)


class _Open:
    def __init__(self, name: str, namespace: str, line: int, attributes: dict[str, str]) -> None:
        self.name, self.namespace, self.line, self.attributes = name, namespace, line, attributes
        self.children: list[Element] = []
        self.text: list[str] = []
        self.size = 0

    def closed(self) -> Element:
        return Element(self.name, self.namespace, self.line, self.attributes, tuple(self.children), "".join(self.text))


class _Builder:
    """Handlers of expat: nothing is resolved, nothing is fetched, and sizes are bounded while they grow."""

    def __init__(self, file: str) -> None:
        self.file, self.open = file, list[_Open]()
        self.root: Element | None = None
        self.depth = self.elements = self.skipped = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype
        self.parser.ExternalEntityRefHandler = self.doctype

    def fail(self, message: str, instead: str = "") -> NoReturn:
        raise ModelError(message, where=f"{self.file}, line {self.parser.CurrentLineNumber}", instead=instead)

    def doctype(self, *_: object) -> NoReturn:
        self.fail("a document type declaration: entities are not read", "remove the <!DOCTYPE ...>; SBML has none")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"elements are nested deeper than {MAX_DEPTH}", "name the parts of long formulas")
        if self.elements > MAX_ELEMENTS:
            self.fail(f"more than {MAX_ELEMENTS} elements", "take the part of the network that matters")
        namespace, _, local = name.rpartition(" ")
        if self.skipped or local in UNREAD:
            self.skipped += 1
            return
        if self.open:
            self.open[-1].text.append(" ")  # 1<sep/>2 holds two numbers
        self.open.append(_Open(local, namespace, self.parser.CurrentLineNumber, attributes))

    def end(self, _: str) -> None:
        self.depth -= 1
        if self.skipped:
            self.skipped -= 1
            return
        element = self.open.pop().closed()
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element

    def characters(self, text: str) -> None:
        if self.skipped or not self.open:
            return
        here = self.open[-1]
        here.size += len(text)
        if here.size > MAX_TEXT:
            self.fail(f"more than {MAX_TEXT} characters in <{here.name}>")
        here.text.append(text)


def parse_xml(data: bytes, file: str) -> Element:
    """The root element of a document; raises :class:`ModelError` with file and line for all that is no plain XML."""
    if len(data) > MAX_BYTES:
        raise ModelError(f"the file has {len(data)} bytes or more; an SBML file has at most {MAX_BYTES}", where=file,
                         instead="take the part of the network that matters")  # fmt: skip
    builder = _Builder(file)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ModelError(f"this is no XML: {expat.ErrorString(error.code)}", where=f"{file}, line {error.lineno}",
                         instead="an SBML file starts with <sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" ...>") from None  # fmt: skip
    except (ValueError, LookupError) as error:  # an encoding that Python does not know, or does not allow
        raise ModelError(f"this is no XML: {str(error)[:200]}", where=file, instead="write it in UTF-8") from None
    if builder.root is None:
        raise ModelError("the file has no content", where=file)
    return builder.root
