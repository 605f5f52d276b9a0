"""Random models by the thousand: both routes of the derivation on each, and on some the checker of certificates as a third.

    python -m tests.benchmarks.random_models --models 100000 --seed 1 --processes 16 --minutes 60 --state run.jsonl

``derive_regime`` raises InternalFaultError where its two routes disagree. Printed are the models of every kind, how many
were refused with a reason, and the seeds and documents of all that disagreed or crashed: there should be none. Model n of
``--seed`` S is always the same, whatever the number of processes: ``--only S:n`` runs it alone. ``--state`` keeps one line
per block of models that is done; a run that was cut off goes on from there.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from symdiff import certifier
from symdiff.continuum.derive import derive_regime, stated_regimes
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.certificate import certificate
from symdiff.dossier.derivation import derive_model
from symdiff.errors import InternalFaultError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel

Document = dict[str, Any]
PARAMETERS = {"h": "positive", "tau": "positive", "p": "0 < p < 1", "g": "positive"}


def _clock(rng: random.Random) -> tuple[str, Document]:
    return ("probability", {"time_step": "tau"}) if rng.random() < 0.5 else ("rate", {})


def _weights(rng: random.Random, n: int, key: str) -> list[str]:
    parts = [rng.randint(1, 5) for _ in range(n)]
    total = sum(parts) + rng.randint(0, 3)
    if key == "rate":
        return [rng.choice([f"{a}*g", f"{a}/{total}*g*p", f"{a}/tau", f"g*(1 - p)/{total}"]) for a in parts]
    return [rng.choice([f"{a}/{total}", f"{a}*p/{total}", f"{a}*(1 - p)/{total}"]) for a in parts]


def line(rng: random.Random) -> Document:
    """Jumps on the line."""
    return walk(rng, 1)


def walk(rng: random.Random, dimension: int = 0) -> Document:
    """Jumps on a lattice of one to three dimensions."""
    d = dimension or rng.choice([1, 1, 1, 2, 2, 3])
    vectors = [v for v in {tuple(rng.randint(-2, 2) for _ in range(d)) for _ in range(rng.randint(2, 5))} if any(v)]
    key, head = _clock(rng)
    jumps = [
        {"displacement": [f"{c}*h" for c in v], key: w}
        for v, w in zip(vectors or [(1,) * d], _weights(rng, max(1, len(vectors)), key), strict=True)
    ]
    return {"parameters": PARAMETERS, "coordinates": ["x", "y", "z"][:d], "jumps": jumps, **head}


def named_lattice(rng: random.Random) -> Document:
    """A lattice by its name, with its own cell, equal or unequal rates."""
    name, d = rng.choice(
        [
            ("square", 2),
            ("triangular", 2),
            ("honeycomb", 2),
            ("kagome", 2),
            ("cubic", 3),
            ("bcc", 3),
            ("fcc", 3),
            ("diamond", 3),
        ]
    )
    rate = rng.choice(["g", "p*g", "3/tau", "g + p/tau"])
    return {"parameters": PARAMETERS, "coordinates": ["x", "y", "z"][:d],
            "model": {"lattice": name, "spacing": "h", **rng.choice([{"rate": rate}, {"total_rate": rate}, {"time_step": "tau"}])}}  # fmt: skip


def chain(rng: random.Random) -> Document:
    """Two to four internal states in a ring, with further links."""
    names = ["a", "b", "c", "d"][: rng.choice([2, 2, 2, 3, 3, 4])]
    key, head = _clock(rng)
    jumps = []
    for n, state in enumerate(names):
        targets = [names[(n + 1) % len(names)], *(rng.choice(names) for _ in range(rng.randint(0, 2)))]
        for target, weight in zip(targets, _weights(rng, len(targets), key), strict=True):
            jumps.append({"from": state, "to": target, "displacement": f"{rng.randint(-2, 2)}*h", key: f"({weight})"})
    return {"parameters": PARAMETERS, "coordinates": ["x"], "states": names, "jumps": jumps, **head}


def scaled(rng: random.Random) -> Document:
    """A walk with a weak bias, in a stated scaling."""
    n, weight = rng.randint(1, 3), rng.choice(["", "/2", "/3"])
    key, head = _clock(rng)
    rate = "" if key == "probability" else "/tau"
    return {"parameters": PARAMETERS, "coordinates": ["x"], **head, "scaling": {"h": 1, "tau": 2, "2*p - 1": rng.choice([1, 1, 2])},
            "jumps": [{"displacement": f"{n}*h", key: f"p{weight}{rate}"}, {"displacement": f"-{n}*h", key: f"(1 - p){weight}{rate}"}]}  # fmt: skip


def placed(rng: random.Random) -> Document:
    """Rates that depend on place, read at several places."""
    places = ["x", "x + r", "x + r/2", "x - r/2", "x + h/2"]
    forms = [
        "D({0})",
        "D({0})*exp(V({1}) - V(x))",
        "D({0})/(D({0}) + V({1}))",
        "sqrt(D({0})*D({1}))",
        "1 + x*D({0})",
        "g + p*V({0})*D({1})",
    ]
    steps = rng.sample([-2, -1, 1, 2], rng.randint(1, 2))
    return {"parameters": PARAMETERS, "functions": {"D": ["x"], "V": ["x"]}, "coordinates": ["x"],
            "jumps": [{"displacement": f"{s}*h", "rate": rng.choice(forms).format(rng.choice(places), rng.choice(places))} for s in steps]}  # fmt: skip


def crowd(rng: random.Random) -> Document:
    """Agents that see each other in the mean field."""
    forms = [
        "g*(1 - C(x + r))",
        "g*C(x + r)",
        "g*(1 - C(x + r))*(1 - C(x - r))",
        "g*(p + C(x - r))",
        "g*(1 - C(x + r))*(1 + p*C(x - r))",
    ]
    if rng.random() < 0.5:
        jumps = [{"displacements": ["h", "-h"], "rate": rng.choice(forms)}]
    else:
        jumps = [{"displacement": f"{s}*h", "rate": rng.choice(forms)} for s in (1, -1, 2)[: rng.randint(1, 3)]]
    return {"parameters": PARAMETERS, "coordinates": ["x"], "density": "C", "jumps": jumps}


Rule = tuple[dict[str, int], dict[str, int], int]  # consumed, produced, how many times the unit rate


def _rules(rng: random.Random, names: list[str], closed: bool) -> list[Rule]:
    """Reactions of at most three agents a side; in a ``closed`` network their number stays."""
    found = []
    while len(found) < rng.randint(2, 5):
        consumed = [rng.choice(names) for _ in range(rng.choice([0, 1, 1, 2, 2, 3][2 * closed :]))]
        produced = [rng.choice(names) for _ in range(len(consumed) if closed else rng.randint(0, 3))]
        if sorted(consumed) != sorted(produced):
            sides = [{n: side.count(n) for n in names if n in side} for side in (consumed, produced)]
            found.append((sides[0], sides[1], rng.randint(1, 5)))
    return found


def _side(agents: dict[str, int]) -> str:
    return " + ".join(f"{m} {n}" if m > 1 else n for n, m in agents.items()) or "0"


def network(rng: random.Random) -> Document:
    """Individuals of one to three species that react by mass action, half of the networks closed."""
    names = ["A", "B", "C"][: rng.choice([1, 2, 2, 3])]
    rules = _rules(rng, names, closed=len(names) > 1 and rng.random() < 0.5)
    reactions = [
        {"rule": f"{_side(c)} -> {_side(p)}", "rate": f"{k}*g*V**({1 - sum(c.values())})"} for c, p, k in rules
    ]
    return {"parameters": PARAMETERS | {"V": "positive"}, "coordinates": names, "reactions": reactions,
            "model": {"system_size": "V", "scaled": [n.lower() for n in names]}, "density": "Q"}  # fmt: skip


def species(rng: random.Random) -> Document:
    """Two species on the line that jump, exclude each other or not, and react."""
    rate = {
        "a": rng.choice(["g", "g*(1 - a(x + r) - b(x + r))", "g*(1 + p*b(x + r))"]),
        "b": rng.choice(["g/2", "p*g*(1 - a(x + r))"]),
    }
    jumps = [{"from": n, "displacement": f"{s}*h", "rate": rate[n]} for n in "ab" for s in rng.sample([-1, 1, 2], 2)]
    rules = [
        {"rule": f"{_side(c)} -> {_side(p)}", "rate": f"{k}*h**2*g"}
        for c, p, k in _rules(rng, ["a", "b"], closed=False)
    ]
    return {
        "parameters": PARAMETERS,
        "coordinates": ["x"],
        "states": ["a", "b"],
        "jumps": jumps,
        "reactions": rules,
        "scaling": {"h": 1},
    }


def generations(rng: random.Random) -> Document:
    """A population in discrete time with weak selection: one death and birth per step, or a whole generation."""
    law = rng.choice(
        ["n*(N - n)/N**2*(1 + {a}*p*g)", "n/N*(1 - n/N)/2 + g*(N - n)/N/{a}", "(1 + g*n/N)*n*(N - n)/({a}*N**2)"]
    )
    head: Document = {
        "parameters": PARAMETERS | {"N": "positive"},
        "coordinates": ["n"],
        "system_size": "N",
        "scaling": {"name": "weak", "N": -1, "g": 1},
    }
    a = rng.randint(2, 5)
    if rng.random() < 0.5:
        success = rng.choice(
            [
                "n/N + g*n/N*(1 - n/N)",
                "n/N*(1 - g) + {a}*g*(1 - n/N)/9",
                "(1 + g)*n/(N + g*n)",
                "n/N + g*n/N*(1 - n/N)*(1 - {a}*n/N)",
            ]
        )
        return head | {"model": {"time_step": "1", "scaled": ["x"]}, "jumps": [
            {"displacement": "-n", "distribution": "binomial", "trials": "N", "success": success.format(a=a), "probability": "1"}]}  # fmt: skip
    return head | {"model": {"time_step": "1/N", "scaled": ["x"]}, "jumps": [
        {"displacement": "1", "probability": law.format(a=a)}, {"displacement": "-1", "probability": f"n*(N - n)/({a}*N**2)"}]}  # fmt: skip


KINDS: dict[str, tuple[Callable[[random.Random], Document], int]] = {
    "walk": (walk, 60), "chain": (chain, 8), "lattice": (named_lattice, 8), "scaled": (scaled, 10), "place": (placed, 4), "crowd": (crowd, 4),
    "network": (network, 4), "species": (species, 1), "generations": (generations, 1), "line": (line, 0),
}  # fmt: skip


LIGHT = {"line": 70, "scaled": 25, "walk": 3, "place": 1, "lattice": 1}  # for a run in CI


def models(rng: random.Random, shares_by_kind: dict[str, int]) -> Iterator[tuple[str, Document]]:
    """Random documents, each with its kind."""
    names, shares = list(shares_by_kind), list(shares_by_kind.values())
    while True:
        (kind,) = rng.choices(names, shares)
        yield kind, KINDS[kind][0](rng)


def try_one(kind: str, document: Document, rng: random.Random, certify: float) -> str:
    """ "agree", "refused", or what went wrong."""
    try:
        model = JumpModel(**document)
        if rng.random() < certify and kind != "crowd":
            try:
                certifier.check(certificate(derive_model(model)))
                return "certified"
            except NotYetError:
                return "refused"
        regime = (LONG_WAVE, *stated_regimes(model))[-1]
        order = None if kind != "walk" else rng.choice([None, None, 3, 4])
        derive_regime(model, regime, order)
    except InternalFaultError as error:
        return f"DISAGREE {error}"
    except SymdiffError as error:
        return f"refused: {error.message[:70]}"
    except Exception as error:  # a crash is what is looked for
        return f"CRASH {type(error).__name__}: {error}"
    return "agree"


def run(
    number: int, seconds: float, seed: int, certify: float, shares: dict[str, int] | None = None
) -> tuple[Counter[tuple[str, str]], list[tuple[Document, str]]]:
    """Outcomes by kind, and what went wrong."""
    shares = shares or {kind: share for kind, (_, share) in KINDS.items() if share}
    rng, found, wrong, end = random.Random(seed), Counter[tuple[str, str]](), [], time.monotonic() + seconds
    for (kind, document), _ in zip(models(rng, shares), range(number), strict=False):
        outcome = try_one(kind, document, rng, certify)
        found[kind, outcome] += 1
        if outcome.startswith(("DISAGREE", "CRASH")):
            wrong.append((document, outcome))
        if time.monotonic() > end:
            break
    return found, wrong


BLOCK = 50  # models per task
LONGEST = 300  # CPU seconds for one model; beyond, it counts as a crash
Failure = tuple[str, Document, str]  # seed and number, document, what went wrong


def model_of(seed: int, number: int) -> tuple[str, Document, random.Random]:
    """Model ``number`` of a seed: its kind, its document, and the generator for what else is drawn."""
    shares = {kind: share for kind, (_, share) in KINDS.items() if share}
    rng = random.Random(f"{seed}:{number}")
    kind, document = next(models(rng, shares))
    return kind, document, rng


def _too_long(*_: object) -> None:
    raise TimeoutError(f"more than {LONGEST} CPU seconds")


def block(seed: int, first: int, last: int, certify: float, end: float) -> tuple[int, int, list[Any], list[Failure]]:
    """(first, number after the last that was run, outcomes by kind, failures) of some models, until the clock says ``end``."""
    found, wrong = Counter[tuple[str, str]](), []
    for number in range(first, last):
        if time.time() > end:
            last = number
            break
        kind, document, rng = model_of(seed, number)
        signal.signal(signal.SIGPROF, _too_long)
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        outcome = try_one(kind, document, rng, certify)
        signal.setitimer(signal.ITIMER_PROF, 0)
        found[kind, outcome] += 1
        if outcome.startswith(("DISAGREE", "CRASH")):
            wrong.append((f"{seed}:{number}", document, outcome))
    return first, last, sorted([*key, n] for key, n in found.items()), wrong


def _kept(state: Path | None, seed: int) -> dict[int, list[Any]]:
    """The blocks that an earlier run has finished, by their first model."""
    if state is None or not state.exists():
        return {}
    found = {}
    for line in state.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # cut off while it was written
            continue
        if entry["seed"] == seed:
            found[entry["block"][0]] = entry["block"]
    return found


def run_blocks(
    number: int, minutes: float, seed: int, certify: float, processes: int, state: Path | None = None
) -> tuple[Counter[tuple[str, str]], list[Failure]]:
    """Models 0 .. number - 1 of a seed on several processes; what ``state`` has is not run again."""
    end, done = time.time() + 60 * minutes, _kept(state, seed)
    starts = iter([n for n in range(0, number, BLOCK) if n not in done])
    with ProcessPoolExecutor(processes) as pool:
        waiting: set[Future[Any]] = set()
        while True:
            while len(waiting) < 2 * processes and time.time() < end and (first := next(starts, None)) is not None:
                waiting.add(pool.submit(block, seed, first, min(first + BLOCK, number), certify, end))
            if not waiting:
                break
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                part = future.result()
                done[part[0]] = part
                for name, _, outcome in part[3]:
                    print(name, outcome, flush=True)
                if state is not None and part[1] == min(part[0] + BLOCK, number):  # whole blocks only
                    with state.open("a") as file:
                        file.write(json.dumps({"seed": seed, "block": part}) + "\n")
    found, wrong = Counter[tuple[str, str]](), []
    for _, _, outcomes, failures in done.values():
        for kind, outcome, times in outcomes:
            found[kind, outcome] += times
        wrong += [(name, document, outcome) for name, document, outcome in failures]
    return found, wrong


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("models", 2000), ("seed", 1), ("processes", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--certify", type=float, default=0.05, help="share of the models that also get a certificate")
    parser.add_argument("--state", type=Path, help="file of the blocks that are done, to go on after an interruption")
    parser.add_argument("--only", metavar="SEED:NUMBER", help="run this model alone")
    options = parser.parse_args()
    if options.only:
        kind, document, rng = model_of(*map(int, options.only.split(":")))
        print(json.dumps(document), try_one(kind, document, rng, options.certify), sep="\n")
        return
    start = time.monotonic()
    found, wrong = run_blocks(
        options.models, options.minutes, options.seed, options.certify, options.processes, options.state
    )
    for (kind, outcome), times in sorted(found.items()):
        print(f"{times:8d}  {kind:8s} {outcome[:120]}")
    print(f"{sum(found.values())} models, {len(wrong)} wrong, {time.monotonic() - start:.0f} s")
    for name, document, outcome in wrong[:20]:
        print(name, outcome, json.dumps(document))


if __name__ == "__main__":
    main()
