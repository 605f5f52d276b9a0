"""The mutation score of claims: every claim of the gallery that holds, altered in one place, must be refuted.

``PYTHONPATH=tests python -m benchmarks.claim_mutations [NAME ...]`` prints a line an entry and the score; entries that were
answered before are read from ``--done FILE`` and not worked out again. ``--seed S`` draws four alterations of each claim at random.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import sympy as sp

from claim_mutants import altered, drawn
from symdiff.dossier.check import judge
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.frames import read_in_frame
from symdiff.dossier.gallery import gallery_names, load
from symdiff.dossier.settings import Settings
from symdiff.verification.claim import Claim


def score(name: str, seed: str = "") -> dict[str, object]:
    """Mutants of one entry: how many were refuted, are equal to the original, or survived."""
    began = time.process_time()
    model = load(name)
    derivation = derive_model(model)
    refuted, equal, survived = 0, 0, []
    for statement in model.claims:
        claim = read_in_frame(statement, model)
        if statement.count or judge(claim, model, derivation, Settings()).verdict != "proved":
            continue
        parameters = tuple(p.symbol for p in model.parameters)
        of_claim = drawn(claim, parameters, f"{seed} {name} {statement.id}", 4) if seed else altered(claim)
        for what, mutant in of_claim:
            verdict = judge(mutant, model, derivation, Settings()).verdict
            if verdict == "refuted":
                refuted += 1
            elif same(claim, mutant):
                equal += 1
            else:
                survived.append([statement.id, what, verdict])
    seconds = round(time.process_time() - began, 1)
    return {"name": name, "refuted": refuted, "equal": equal, "survived": survived, "seconds": seconds}


def same(claim: Claim, mutant: Claim) -> bool:
    """Whether the mutant says the same as the original, by SymPy's simplification."""
    pairs = zip(claim.relations, mutant.relations, strict=True)
    return all(sp.simplify(a.right - b.right) == 0 for a, b in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--done", type=Path)
    parser.add_argument("--seed", default="")
    options = parser.parse_args()
    rows = []
    if options.done and options.done.exists():
        rows = [json.loads(line) for line in options.done.read_text().splitlines()]
    known = {row["name"] for row in rows}
    for name in options.names or gallery_names():
        if name in known:
            continue
        row = score(name, options.seed)
        rows.append(row)
        print(json.dumps(row), flush=True)
        if options.done:
            with options.done.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
    refuted, equal = sum(r["refuted"] for r in rows), sum(r["equal"] for r in rows)
    survived = sum(len(r["survived"]) for r in rows)
    print(f"{len(rows)} entries: {refuted} of {refuted + survived} refuted, {equal} equal to the original")


if __name__ == "__main__":
    main()
