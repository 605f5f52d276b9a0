"""``symdiff new``: a model file from a pasted master equation, an SBML file, or answers to a few questions."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from symdiff.cli.output import Outcome, ask
from symdiff.cli.pasted import pasted_model, reading_document
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import to_toml
from symdiff.model.sbml import read_sbml
from symdiff.notation.names import is_identifier


def run(_reference: str | None, options: Namespace) -> Outcome:
    """Write a model file, or show it where no file is named."""
    path = None if options.output is None else Path(options.output)
    if path is not None:
        _check(path, options.force)
    document: dict[str, Any] = {}
    if options.sbml is not None:
        if options.latex is not None:
            raise UsageError("--latex stands beside --sbml", where="symdiff new", instead="give one of them")
        network = read_sbml(Path(options.sbml))
        text = network.text
        document = {"assumed": list(network.assumed)}
        if not options.json:
            sys.stderr.write("".join(f"assumed: {a}\n" for a in network.assumed) + "\n")
    elif options.latex is not None:
        found = pasted_model(options)
        text = to_toml(found.model)
        document = {"reading": reading_document(found)}
    elif sys.stdin.isatty() and not options.json:
        text = to_toml(_asked())
    else:
        raise UsageError("there is nothing to make a model of", where="symdiff new",
                         instead="symdiff new --latex 'P_n(t+\\tau) = p P_{n-1}(t) + (1-p) P_{n+1}(t)' -o walk.toml, or call it at a terminal")  # fmt: skip
    if path is None:
        return Outcome(0, text=text.rstrip(), document=document | {"toml": text})
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the file cannot be written ({error.strerror})", where="-o") from None
    return Outcome(
        0, text=f"{path.name} written; next: symdiff derive {_shown(path)}", document=document | {"written": path.name}
    )


def _shown(path: Path) -> str:
    return str(path) if path.suffix or "/" in str(path) else f"./{path}"


def _check(path: Path, force: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(
            "this is no place for a file", where="-o", instead="name a file in a folder that exists, as walk.toml"
        )
    if path.exists() and not force:
        raise UsageError(f"'{path.name}' exists already", where="-o", instead="choose another name, or add --force")


def _asked() -> JumpModel:
    """A model from questions; a wrong answer is explained and asked again."""
    title = _ask("Title", "A jump model")
    parameters: dict[str, str] = {}
    head: dict[str, Any] = {}
    for key, question, default in (
        ("coordinates", "Coordinates, as x or x, y", "x"),
        ("states", "Internal states, as right, left (empty: none)", ""),
        ("time_step", "Time step (a symbol such as tau; empty: continuous time with rates)", ""),
    ):
        _ask_head(key, question, default, head, parameters)
    jumps: list[dict[str, Any]] = []
    while (entry := _ask_jump(len(jumps) + 1, head)) or not jumps:
        if not entry:
            sys.stderr.write("  a model has one jump at least\n")
        elif _accepted(entry, head, parameters, jumps):
            jumps.append(entry)
    return JumpModel(title=title, parameters=parameters, model=head, jumps=jumps)


def _ask_head(key: str, question: str, default: str, head: dict[str, Any], parameters: dict[str, str]) -> None:
    """One entry of [model], asked until a model with it is valid."""
    while True:
        answer = _ask(question, default)
        if not answer:
            return
        value: Any = answer if key == "time_step" else [part.strip() for part in answer.split(",") if part.strip()]
        tried, known = head | {key: value}, dict(parameters)
        try:
            if key == "time_step":
                _declare(answer, tried, known)
            JumpModel(parameters=known, model=tried, jumps=[_some_jump(tried)])
        except SymdiffError as error:
            _explain(error)
            continue
        head[key] = value
        parameters.update(known)
        return


def _some_jump(head: dict[str, Any]) -> dict[str, Any]:
    """A jump that any model with this head may have."""
    return {"displacement": ["1"] * len(head["coordinates"]), "probability" if "time_step" in head else "rate": "1/2"}


def _ask_jump(number: int, head: dict[str, Any]) -> dict[str, Any]:
    """The next jump; empty where there is no more."""
    shape = ", ".join(["ell", "0", "0"][: len(head["coordinates"])])
    where = _ask(f"Jump {number}: displacement, as {shape} (empty: no more)", "")
    if not where:
        return {}
    kind = "probability" if "time_step" in head else "rate"
    entry: dict[str, Any] = {"displacement": [w.strip() for w in where.split(",")]}
    if "states" in head:
        said = {
            "from": _ask("  from which state (empty: from each)", ""),
            "to": _ask("  to which state (empty: it stays)", ""),
        }
        entry |= {key: state for key, state in said.items() if state}
    return entry | {kind: _ask(f"  its {kind}", "1/2" if kind == "probability" else "Gamma")}


def _accepted(
    entry: dict[str, Any], head: dict[str, Any], parameters: dict[str, str], jumps: list[dict[str, Any]]
) -> bool:
    """Whether the model is valid with one more jump, after asking what is assumed of names that are new in it."""
    known = dict(parameters)
    try:
        for text in (*entry["displacement"], str(entry.get("rate", entry.get("probability")))):
            _declare(text, head, known)
        JumpModel(parameters=known, model=head, jumps=[*jumps, entry])
    except SymdiffError as error:
        _explain(error)
        return False
    parameters.update(known)
    return True


def _declare(text: str, head: dict[str, Any], known: dict[str, str]) -> None:
    """Ask what is assumed of every name that is new in an expression."""
    import re

    from symdiff.notation.names import RESERVED

    taken = {*head["coordinates"], *head.get("states", ()), "P", "r", "t", *(f"r_{c}" for c in head["coordinates"])}
    for name in re.findall(r"[^\W\d]\w*", text):
        if is_identifier(name) and name not in (known.keys() | taken | RESERVED):
            known[name] = _assumed(name, known)


def _assumed(name: str, known: dict[str, str]) -> str:
    """What is assumed of a name, asked until it can be read."""
    while True:
        answer = _ask(f"  what is assumed of {name} (positive, real, probability, ...)", "positive")
        try:
            JumpModel(parameters={**known, name: answer}, model={"coordinates": ["place"]},
                      jumps=[{"displacement": "1", "rate": "1"}])  # fmt: skip
        except SymdiffError as error:
            _explain(error)
            continue
        return answer


def _explain(error: SymdiffError) -> None:
    sys.stderr.write(f"  {error.message}" + (f"; instead: {error.instead}" if error.instead else "") + "\n")


def _ask(question: str, default: str) -> str:
    answer = ask(f"{question}{f' [{default}]' if default else ''}: ")
    if answer is None:
        raise UsageError("the answers ended before the model was complete", where="symdiff new")
    return answer or default
