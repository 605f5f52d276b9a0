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
    names = _ask("Coordinates, as x or x, y", "x")
    coordinates = [c.strip() for c in names.split(",") if c.strip()]
    step = _ask("Time step (a symbol such as tau; empty: continuous time with rates)", "")
    head: dict[str, Any] = {"coordinates": coordinates} | ({"time_step": step} if step else {})
    parameters: dict[str, str] = {}
    jumps: list[dict[str, Any]] = []
    kind = "probability" if step else "rate"
    for name in (n for n in [step] if n.isidentifier()):
        parameters[name] = "positive"
    while True:
        where = _ask(
            f"Jump {len(jumps) + 1}: displacement, as {', '.join(['ell', '0', '0'][: len(coordinates)])} (empty: no more)",
            "",
        )
        if not where:
            if jumps:
                break
            continue
        entry = {
            "displacement": [w.strip() for w in where.split(",")],
            kind: _ask(f"  its {kind}", "1/2" if step else "Gamma"),
        }
        try:
            _declare(entry, head, parameters, jumps)
        except SymdiffError as error:
            _explain(error)
            continue
        jumps.append(entry)
    return JumpModel(title=title, parameters=parameters, model=head, jumps=jumps)


def _declare(
    entry: dict[str, Any], head: dict[str, Any], parameters: dict[str, str], jumps: list[dict[str, Any]]
) -> None:
    """Ask what is assumed of every name that is new in a jump, and see that the model so far is a valid one."""
    import re

    from symdiff.notation.names import RESERVED

    known = dict(parameters)
    for text in (*entry["displacement"], str(entry.get("rate", entry.get("probability")))):
        for name in re.findall(r"[^\W\d]\w*", text):
            if (
                name not in known
                and name not in head["coordinates"]
                and name not in RESERVED
                and name not in ("r", "t")
            ):
                known[name] = _assumed(name, known)
    JumpModel(parameters=known, model=head, jumps=[*jumps, entry])
    parameters.update(known)


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
    sys.stderr.write(f"  {error.message}" + (f" ({error.instead})" if error.instead else "") + "\n")


def _ask(question: str, default: str) -> str:
    answer = ask(f"{question}{f' [{default}]' if default else ''}: ")
    if answer is None:
        raise UsageError("the answers ended before the model was complete", where="symdiff new")
    return answer or default
