"""Start-up and the exact tier, in CPU time: ``python tests/benchmarks/startup.py``."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

from symdiff.dossier.gallery import load
from symdiff.dossier.verification import verify_model


def child_seconds(*command: str, repeats: int = 7) -> float:
    """CPU time of a fresh process, the shortest of several."""
    found = []
    compiled = {
        k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"
    }  # an installed package is compiled once
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, capture_output=True, env=compiled)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def cold_derive_ratio() -> float:
    """``symdiff derive FILE`` over ``python -c "import sympy"``."""
    return child_seconds("-m", "symdiff.cli.main", "derive", "biased_walk") / child_seconds("-c", "import sympy")


def help_ratio() -> float:
    """``symdiff --help`` over ``python -c pass``."""
    return child_seconds("-m", "symdiff", "--help", repeats=40) / child_seconds("-c", "pass", repeats=40)


def exact_tier_seconds(name: str) -> float:
    """CPU time of the exact tier's verdict on one regime, derivation included, once everything is loaded."""
    model = load(name)
    found = []
    for _ in range(3):
        start = time.process_time()
        result = verify_model(model, tier="exact")
        found.append((time.process_time() - start) / len(result.tiers))
    return min(found)


def main() -> None:
    """Print the figures."""
    print(f"cold derive / import sympy: {cold_derive_ratio():.2f}")
    print(f"--help / pass: {help_ratio():.2f}")
    for name in ("biased_walk", "continuous_time_diffusion", "persistent_walk"):
        print(f"exact tier, {name}: {exact_tier_seconds(name):.3f} CPU-seconds per regime")


if __name__ == "__main__":
    main()
