"""Random models of every class with their own derived equations, put to the exact tier: none may be rejected, wrong ones must be.

    python -m tests.benchmarks.false_alarms --models 10000 --processes 16 --seed 1

Every model is verified in all its regimes. A share of the derived equations is then made wrong by one random mutation, which must not
pass. Printed are the outcomes by kind of model, and the document of every model that was rejected, missed or crashed: there should be
none. Model n depends on the seed and on n only, so that any number of processes sees the same models. ``--limit`` are seconds for one model.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: one thread a process

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mutations import mutations, verdict_on
from symdiff.continuum.derive import derive_all
from symdiff.dossier.verification import verify_model
from symdiff.errors import InternalFaultError, NotYetError, SymdiffError
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel
from tests.benchmarks.random_models import KINDS, Document

PARAMETERS = {"h": "positive", "tau": "positive", "p": "0 < p < 1", "g": "positive"}


class _TooSlow(Exception):
    pass


def laws(rng: random.Random) -> Document:
    """Steps with a continuous law, in discrete or continuous time."""
    law = rng.choice([{"distribution": "normal", "mean": rng.choice(["0", "h*p"]), "variance": "h**2"},
                      {"distribution": "laplace", "scale": "h"}, {"distribution": "uniform", "low": "-h", "high": rng.choice(["h", "2*h"])},
                      {"distribution": "exponential", "mean": "h"}, {"distribution": "gamma", "shape": "2", "scale": "h"},
                      {"distribution": "moments", "mean": "h*p", "variance": "h**2"}])  # fmt: skip
    clock = rng.choice([{"probability": "1"}, {"probability": "p"}, {"rate": "g"}])
    other = {"displacement": "-h", "rate": "g*p"} if "rate" in clock else None
    time_step = {} if "rate" in clock else {"time_step": "tau"}
    return {"parameters": PARAMETERS, "coordinates": ["x"], "jumps": [{**law, **clock}, *([other] if other and rng.random() < 0.5 else [])], **time_step}  # fmt: skip


def waits(rng: random.Random) -> Document:
    """Waits of any law between jumps."""
    alpha = f"{rng.randint(3, 9)}/10"
    law = rng.choice([{"distribution": "gamma", "shape": "3/2", "scale": "tau"}, {"distribution": "fixed", "value": "tau"},
                      {"distribution": "exponential", "mean": "tau"}, {"distribution": "uniform", "low": "0", "high": "tau"},
                      {"distribution": "mittag_leffler", "index": alpha, "scale": "tau"}, {"distribution": "lomax", "index": alpha, "scale": "tau"},
                      {"distribution": "pareto", "index": alpha, "scale": "tau"}])  # fmt: skip
    heavy = "index" in law
    right = "1/2" if heavy else rng.choice(["1/2", "p", "1/3"])
    steps = rng.choice([1, 2])
    return {"parameters": PARAMETERS, "coordinates": ["x"], "waiting_time": law,
            "jumps": [{"displacement": f"{steps}*h", "probability": right}, {"displacement": f"-{steps}*h", "probability": f"1 - ({right})"}]}  # fmt: skip


def flights(rng: random.Random) -> Document:
    """Steps with a heavy tail."""
    index = rng.choice(["3/2", "4/5", "13/10", "17/10"])
    law = rng.choice([{"distribution": "levy", "index": index, "scale": "h"}, {"distribution": "tail", "index": index, "amplitude": "g*h"},
                      {"distribution": "cauchy", "scale": "h"}])  # fmt: skip
    clock = rng.choice([{"probability": "1"}, {"rate": "1/tau"}])
    return {"parameters": PARAMETERS, "coordinates": ["x"], "jumps": [{**law, **clock}], **({"time_step": "tau"} if "probability" in clock else {})}  # fmt: skip


def population(rng: random.Random) -> Document:
    """Births, deaths and annihilations of one species in a large system."""
    rules = ["0 -> n", "n -> 0", "n -> 2 n", "2 n -> 0", "2 n -> n", "n -> 3 n", "2 n -> 3 n"]
    chosen = rng.sample(rules, rng.randint(2, 3))
    reactions = []
    for rule in chosen:
        number = {"0": 0, "n": 1, "2 n": 2}[rule.split(" -> ")[0]]
        reactions.append({"rule": rule, "rate": f"{rng.randint(1, 5)}*" + ("g*V", "g", "g/V")[number]})
    return {"parameters": {"V": "positive", "g": "positive"}, "model": {"coordinates": ["n"], "system_size": "V", "scaled": ["x"]},
            "reactions": reactions}  # fmt: skip


def walls(rng: random.Random) -> Document:
    """A wall of a lattice walk."""
    kind = rng.choice([{"kind": "absorbing"}, {"kind": "reflecting"}, {"kind": "partial", "probability": "g*h"},
                       {"kind": "partial", "rate": "g/h"}])  # fmt: skip
    domain = rng.choice(["x >= 0", "x > 0"])
    far = rng.choice([1, 1, 1, 2])
    jumps = [{"displacements": ["h", "-h"], "rate": f"{rng.randint(1, 4)}/h**2"}]
    if far == 2:
        jumps.append({"displacements": ["2*h", "-2*h"], "rate": f"{rng.randint(1, 3)}/h**2"})
    return {"parameters": {"h": "positive", "g": "positive"}, "coordinates": ["x"], "jumps": jumps, "boundaries": [{"domain": domain, **kind}],
            "scaling": {"h": 1}}  # fmt: skip


def directions(rng: random.Random) -> Document:
    """Walkers with a direction or a velocity."""
    if rng.random() < 0.5:
        own = rng.choice(
            [
                {"diffusivity": "g"},
                {"rate": "g", "mean_cosine": rng.choice(["0", "p", "-p/2"])},
                {"diffusivity": "g", "drift": "p*g"},
            ]
        )
        return {"parameters": PARAMETERS, "coordinates": ["x", "y"], "internal": [{"name": "u", "domain": "direction", **own}],
                "states": [{"velocity": ["h*g*u_x", "h*g*u_y"], "diffusivity": rng.choice(["h**2*g", "0"])}]}  # fmt: skip
    return {"parameters": PARAMETERS, "coordinates": ["x"], "internal": [{"name": "y", "domain": "0 < y < h", "diffusivity": "g*h**2"}],
            "states": [{"velocity": f"g*(y/h)**{rng.randint(1, 3)}*h", "diffusivity": rng.choice(["g*h**2", "0"])}]}  # fmt: skip


Maker = Callable[[random.Random], Document]
SHARES: dict[str, tuple[Maker, int]] = {
    "walk": (KINDS["walk"][0], 30), "line": (KINDS["line"][0], 14), "chain": (KINDS["chain"][0], 8), "lattice": (KINDS["lattice"][0], 5),
    "scaled": (KINDS["scaled"][0], 10), "place": (KINDS["place"][0], 4), "crowd": (KINDS["crowd"][0], 8), "laws": (laws, 6), "waits": (waits, 5),
    "flights": (flights, 3), "population": (population, 3), "walls": (walls, 3), "directions": (directions, 1),
}  # fmt: skip


def _stop(signum: int, frame: object) -> None:
    raise _TooSlow


def examine(seed: int, share: float, limit: int, number: int) -> tuple[str, str, Document, float]:
    """Kind, outcome, document and seconds of one model."""
    rng = random.Random(f"{seed} {number}")
    names, weights = list(SHARES), [s for _, s in SHARES.values()]
    (kind,) = rng.choices(names, weights)
    document, start = SHARES[kind][0](rng), time.process_time()
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(limit)
    try:
        outcome = _outcome(document, rng, share)
    except _TooSlow:
        outcome = "too slow"
    except InternalFaultError as error:
        outcome = f"FAULT {error.message[:150]}"
    except SymdiffError as error:
        outcome = f"refused: {error.message[:60]}"
    except Exception as error:  # a crash is what is looked for
        outcome = f"CRASH {type(error).__name__}: {str(error)[:150]}"
    finally:
        signal.alarm(0)
    return kind, outcome, document, time.process_time() - start


def _outcome(document: Document, rng: random.Random, share: float) -> str:
    model = JumpModel(**document)
    evidence = verify_model(model, tier="exact")
    for row in evidence.tiers:
        if row.passed is False:
            return f"FALSE ALARM {row.regime}: {row.why[:120]}"
    if evidence.passed is None:
        return "inconclusive"
    if rng.random() >= share or not is_homogeneous(model) or model.boundaries:
        return "passed"
    return _wrong(model, rng)


def _wrong(model: JumpModel, rng: random.Random) -> str:
    limit = rng.choice(derive_all(model))
    if limit.equation is None or not limit.equation.is_linear or limit.equation.coordinates != model.coordinate_symbols:
        return "passed"
    name, equation = rng.choice(list(mutations(limit.equation)) or [("", limit.equation)])
    if not name:
        return "passed"
    with suppress(NotYetError):
        found = verdict_on(model, limit, equation)
        resolves = found.smallest_detectable_error
        if found.passed is True and not (resolves is not None and resolves > 1e-7 and name.endswith("/1000000")):
            return f"MISSED {limit.regime.name}: {name}"
    return "passed, and a wrong equation failed"


def main() -> int:
    """Run and print; the number of models with something wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("models", 1000), ("processes", 1), ("seed", 1), ("first", 0), ("limit", 300)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument(
        "--wrong", type=float, default=0.2, help="share of the equations of which a wrong one is tried too"
    )
    options = parser.parse_args()
    begin, numbers = time.monotonic(), range(options.first, options.first + options.models)
    work = partial(examine, options.seed, options.wrong, options.limit)
    counts, seconds, bad = Counter[tuple[str, str]](), Counter[str](), []
    with ProcessPoolExecutor(options.processes) as pool:
        for done, (kind, outcome, document, spent) in enumerate(pool.map(work, numbers, chunksize=4), start=1):
            counts[kind, outcome] += 1
            seconds[kind] += spent
            if outcome.startswith(("FALSE", "MISSED", "CRASH", "FAULT")):
                bad.append(document)
                print(outcome, json.dumps(document), flush=True)
            if done % 500 == 0:
                print(f"{done} models, {len(bad)} wrong, {time.monotonic() - begin:.0f} s", flush=True)
    for (kind, outcome), times in sorted(counts.items()):
        print(f"{times:8d}  {kind:10s} {outcome[:110]}")
    for kind, spent in sorted(seconds.items()):
        print(f"{spent / sum(n for (k, _), n in counts.items() if k == kind):8.2f} CPU-s a model: {kind}")
    passed = sum(n for (_, outcome), n in counts.items() if outcome.startswith("passed"))
    print(f"{options.models} models, {passed} passed, {len(bad)} wrong, {time.monotonic() - begin:.0f} s")
    return len(bad)


if __name__ == "__main__":
    sys.exit(main() > 0)
