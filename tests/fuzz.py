"""Random damage to real formulas, model files and ``.tex`` texts, for as long as asked: ``python tests/fuzz.py --minutes 60``.

Counted are uncaught exceptions, inputs beyond their time, growth of memory, and (by an audit hook) every attempt to run
code, to start a process, to reach the network or to open a file while an input is read. A crash prints its input.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import random
import re
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import symdiff.model
from symdiff.errors import InternalFaultError, SymdiffError
from symdiff.model.loading import load_bytes
from symdiff.notation.latex import read_latex
from symdiff.notation.latex.reader import BEYOND
from symdiff.notation.latex.scan import equations_of
from symdiff.notation.latex.surroundings import surroundings_of

ROOT = Path(__file__).parents[1]
FORBIDDEN = ("exec", "compile", "open", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect")
SECONDS = {"reader": 0.2, "model": 5.0, "scanner": 0.2}
PIECES = [
    "{", "}", "(", ")", "[", "]", "$", "$$", r"\[", r"\]", "&", r"\\", "^", "_", "'", '"', "\n", "\t", "\x00", "\x7f", "é", "\u200b", "𝛼", "%", "#",
    "=", "~", "0", "1", "-", "/", "10^{9}", "9" * 40, r"\frac", r"\partial", r"\sum", r"\int", r"\begin{align}", r"\end{align}", r"\input{/etc/passwd}",
    r"\write18{ls}", r"\def\a{b}", r"\left", r"\right", r"\langle", r"\text{", "P_{n+1}", "x**", "oo", "__import__('os')", "lambda: 0", "eval(1)",
    "true", "[[jumps]]", "[[claims]]", "[model]", "a.b", ":", ";", ",", "1e999", "nan", "inf", "!", "|", r"\verb|", r"\begin{verbatim}", "% symdiff: model = x",
]  # fmt: skip


def seeds() -> dict[str, list[str]]:
    """The texts that are damaged: snippets, the gallery, and a chapter."""
    snippets = [s["latex"] for s in json.loads((ROOT / "tests/data/latex_corpus.json").read_text())["snippets"]]
    models = [
        p.read_text() for folder in ("derivations", "tests/data/models") for p in sorted((ROOT / folder).glob("*.toml"))
    ]
    chapter = (ROOT / "tests/data/chapter.txt").read_text()
    texts = [chapter[i : i + 3000] for i in range(0, len(chapter), 1500)]
    texts += ["\n\n".join(f"\\begin{{{e}}}\n{s}\n\\end{{{e}}}" for s in snippets[i : i + 5]) for i, e in enumerate(
        ("equation", "align", "gather*", "multline", "eqnarray", "displaymath") * 3)]  # fmt: skip
    return {"reader": snippets, "model": models, "scanner": texts}


def damaged(text: str, pool: list[str], rng: random.Random) -> str:
    """The text with one to six changes: pieces put in, cut out, doubled, exchanged, or joined from another text."""
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        if rng.random() < 0.7:
            j = min(j, i + rng.randrange(1, 12))
        way = rng.randrange(6)
        if way == 0:
            text = text[:i] + rng.choice(PIECES) + text[i:]
        elif way == 1:
            text = text[:i] + text[j:]
        elif way == 2:
            text = text[:i] + text[i:j] * rng.choice((2, 2, 3, 30)) + text[j:]
        elif way == 3:
            text = text[:i] + rng.choice(PIECES) + text[j:]
        elif way == 4:
            other = rng.choice(pool)
            k = rng.randrange(len(other) + 1)
            text = text[:i] + other[k : k + rng.randrange(1, 60)] + text[j:]
        else:
            text = text[:i] + chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x110000 - 1)))) + text[i + 1 :]
    return text[:20_000]


TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z]+|\d+|\s+|.", re.DOTALL)


def rearranged(text: str, pool: list[str], rng: random.Random) -> str:
    """The text with one to three whole tokens exchanged with tokens of another text: damage that often can still be read."""
    own, other = TOKEN.findall(text), TOKEN.findall(rng.choice(pool))
    for _ in range(rng.choice((1, 1, 2, 3))):
        if own and other:
            own[rng.randrange(len(own))] = rng.choice(other if rng.random() < 0.7 else own)
    return "".join(own)[:20_000]


def read(text: str) -> str:
    read_latex(text)
    return "read"


def parse(text: str) -> str:
    load_bytes(text.encode("utf-8", "surrogatepass"), "fuzz.toml")
    return "read"


def scan(text: str) -> str:
    surroundings_of(text)
    found = equations_of(text, "fuzz.tex")
    assert all(0 <= e.end <= len(text) for e in found)
    return "read" if found else "nothing"


TARGETS: dict[str, Callable[[str], str]] = {"reader": read, "model": parse, "scanner": scan}


class Watch:
    """Notes what the interpreter is asked to do while an input is read."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event.startswith(FORBIDDEN) and not _of_a_module(event, arguments):
            self.seen.append(f"{event} {str(arguments[0])[:120] if arguments else ''}")


def _of_a_module(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether Python loads a module, or SymPy compiles the monomial operations of a ring, which contain no user text."""
    first = arguments[0]
    if event == "compile":
        return str(arguments[1]).endswith(".py") or (isinstance(first, bytes) and first.startswith(b"def monomial_"))
    if event == "exec":
        inner = [c for c in first.co_consts if isinstance(c, CodeType)]
        return first.co_filename.endswith(".py") or (
            bool(inner) and all(c.co_name.startswith("monomial_") for c in inner)
        )
    return str(first).endswith((".py", ".pyc", ".so")) or "__pycache__" in str(first)


def loaded_beforehand() -> None:
    """Import what reading a model loads on the way, so that the making of classes is not taken for code that a text runs."""
    for found in pkgutil.walk_packages(symdiff.model.__path__, "symdiff.model."):
        importlib.import_module(found.name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    loaded_beforehand()
    warnings.simplefilter("ignore")
    pools, rng, watch = seeds(), random.Random(options.seed), Watch()
    counts: Counter[str] = Counter()
    slowest = dict.fromkeys(TARGETS, 0.0)
    faults, late, memory = 0, 0, []
    started = reported = time.monotonic()
    while time.monotonic() - started < 60 * options.minutes:
        target = rng.choices(tuple(TARGETS), (6, 3, 1))[0]
        change = damaged if rng.random() < 0.5 else rearranged
        text = change(rng.choice(pools[target]), pools[target], rng)
        begun, watch.on = time.process_time(), True
        try:
            outcome = TARGETS[target](text)
        except InternalFaultError as error:
            outcome = "FAULT"
            print(f"FAULT {target}: {error.message}: {text!r}", flush=True)
        except SymdiffError as error:
            outcome = "FAULT" if BEYOND in error.message else "refused"
            if outcome == "FAULT":
                print(f"FAULT {target}: {error.message}: {text!r}", flush=True)
        except BaseException as error:  # whatever is not the promised error is what is looked for
            outcome = "FAULT"
            print(f"FAULT {target}: {type(error).__name__}: {error}: {text!r}", flush=True)
        watch.on = False
        taken = time.process_time() - begun
        counts[f"{target} {outcome}"] += 1
        faults += outcome == "FAULT"
        slowest[target] = max(slowest[target], taken)
        if taken > SECONDS[target]:
            late += 1
            print(f"SLOW {target} {taken:.2f} s: {text!r}", flush=True)
        if watch.seen:
            faults += 1
            print(f"FORBIDDEN {target} {watch.seen}: {text!r}", flush=True)
            watch.seen = []
        if time.monotonic() - reported > 60:
            reported = time.monotonic()
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            print(f"{(reported - started) / 60:.0f} min {dict(counts)} faults {faults} late {late} "
                  f"slowest {slowest} memory {memory[0]} -> {memory[-1]} MB", flush=True)  # fmt: skip
    return 1 if faults or late else 0


if __name__ == "__main__":
    sys.exit(main())
