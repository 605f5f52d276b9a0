"""TOML text to a plain document and back, with the line of every key for error messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from symdiff.errors import ModelError

MAX_FILE_BYTES = 512 * 1024
ARRAYS = ("jumps", "regimes", "claims", "observables", "boundaries", "reactions")

KeyPath = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*((?:\"[^\"]*\"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:\"[^\"]*\"|'[^']*'|[\w-]+))*)\s*=")
_LONG_KEY = re.compile(r"(?<![\w-])(?:(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.[ \t]*){40}")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def read_bytes(path: Path, largest: int = MAX_FILE_BYTES, kind: str = "a model file") -> bytes:
    """The file's bytes; refuses folders, unreadable files and files over ``largest`` bytes before reading them."""
    name = path.name or str(path)
    try:
        if path.is_dir():
            raise ModelError("this is a folder", where=name, instead="name a model file, such as walk.toml")
        if path.is_file() and path.stat().st_size > largest:
            raise _too_large(name, path.stat().st_size, largest, kind)
        with path.open("rb") as stream:
            data = stream.read(largest + 1)
    except FileNotFoundError:
        raise ModelError(
            "no such file", where=name, instead="check the path; 'symdiff list' shows the gallery"
        ) from None
    except OSError as error:
        raise ModelError(f"the file cannot be read ({error.strerror})", where=name) from None
    if len(data) > largest:
        raise _too_large(name, len(data), largest, kind)
    return data


def _too_large(name: str, size: int, largest: int, kind: str) -> ModelError:
    advice = {"a model file": "state one model a file", "an SBML file": "take the part of the network that matters"}
    instead = advice.get(kind, "check it chapter by chapter")
    return ModelError(f"the file has {size} bytes or more; {kind} has at most {largest}", where=name, instead=instead)


def parse_toml(data: bytes, name: str) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """The document (decimal numbers as exact fractions) and the line of every key."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise ModelError("the file is UTF-16 text, as older Windows shells write it with '>'", where=name,
                             instead="save it as UTF-8; symdiff's own files are written so with -o") from None  # fmt: skip
        raise ModelError(
            f"byte {error.start} is not UTF-8 text", where=name, instead="a model file is TOML, plain text in UTF-8"
        ) from None
    if not text.strip():
        raise ModelError("the file is empty", where=name, instead="see 'symdiff list' for models to start from")
    if text.lstrip().startswith("<"):
        raise ModelError("this is XML, and a model file is TOML", where=name,
                         instead="symdiff new --sbml FILE -o model.toml makes a model file of an SBML file")  # fmt: skip
    if _LONG_KEY.search(text):  # reading a dotted key takes a time that grows with the square of its length
        raise ModelError("a key of more than 40 parts", where=name, instead="a model file is flat")
    try:
        document = tomllib.loads(text, parse_float=_exact)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"not valid TOML: {error}", where=name, instead=_toml_hint(text, str(error))) from None
    except ModelError as error:
        raise error.located(name) from None
    except RecursionError:
        raise ModelError("not valid TOML: nested too deeply", where=name, instead="a model file is flat") from None
    except ValueError as error:
        raise ModelError(
            f"not valid TOML: {str(error)[:200]}", where=name, instead="write long numbers as a power"
        ) from None
    return document, key_lines(text)


def _exact(text: str) -> Fraction:
    cleaned = text.replace("_", "")
    if "inf" in cleaned or "nan" in cleaned:
        raise ModelError(f"'{text}' is no number", instead='write "oo" for infinity, in quotes')
    mantissa, _, exponent = cleaned.lower().partition("e")
    if len(mantissa) > 1000 or abs(int(exponent or 0)) > 1000:
        raise ModelError("a number with more than 1,000 digits", instead="write it with a parameter")
    return Fraction(cleaned)


def _toml_hint(text: str, error: str) -> str:
    if "Unescaped '\\'" in error or "escape" in error.lower():
        return "put LaTeX in single quotes, as in latex = 'D = \\frac{\\ell^2}{2\\tau}'"
    if "Illegal character" in error:
        return "put LaTeX in single quotes; tabs and line breaks do not belong into one-line strings"
    twice = re.search(r"Cannot (?:declare|mutate|overwrite) .*?'(\w+)'", error)
    if twice and twice[1] in ARRAYS:
        return f"each of several stands under [[{twice[1]}]], in double brackets"
    found = re.search(r"line (\d+)", error)
    if found:
        lines = text.splitlines()
        number = int(found.group(1))
        if number <= len(lines) and lines[number - 1].count("'") > 2 and "'''" not in lines[number - 1]:
            return "a prime ends a text in single quotes: write it between three, as in latex = '''v = -V'(x)'''"
        if (
            number <= len(lines)
            and "=" in lines[number - 1]
            and '"' not in lines[number - 1]
            and "'" not in lines[number - 1]
        ):
            return 'put expressions in quotes, as in displacement = ["ell"]'
    return 'see docs/model-file.md; keys are written name = "value"'


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line numbers by key path, found without parsing: good enough for messages, never used for meaning."""
    lines: dict[KeyPath, int] = {}
    counts: dict[str, int] = {}
    prefix: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            parts = _parts(header.group(2))
            if header.group(1) == "[[":
                name = ".".join(parts)
                counts[name] = counts.get(name, -1) + 1
                prefix = (*parts, counts[name])
            else:
                prefix = tuple(parts)
            lines.setdefault(prefix, number)
            continue
        key = _KEY.match(line)
        if key:
            lines.setdefault((*prefix, *_parts(key.group(1))), number)
    return lines


def _parts(text: str) -> list[str]:
    return [next(p for p in found if p) if any(found) else "" for found in _PART.findall(text)]


def describe(path: KeyPath, lines: Mapping[KeyPath, int], name: str) -> str:
    """A place in words: file, line, table and key."""
    line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), lines.get((*path, 0)))
    pieces = [name] if name else []
    if line:
        pieces.append(f"line {line}")
    if path:
        pieces.append(path_text(path))
    return ", ".join(pieces)


def path_text(path: KeyPath) -> str:
    """``("jumps", 1, "probability")`` as ``[[jumps]] 2: probability``."""
    head, rest = str(path[0]), list(path[1:])
    if rest and isinstance(rest[0], int):
        text = f"[[{head}]] {rest[0] + 1}"
        del rest[0]
    else:
        text = f"[[{head}]]" if head in ARRAYS else f"[{head}]" if rest else head
    for part in rest:
        text += f", entry {part + 1}" if isinstance(part, int) else f": {part}"
    return text
