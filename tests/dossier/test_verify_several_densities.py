"""The exact tier of several densities of walkers that never meet, each the sum of states that are eliminated."""

from dataclasses import replace

import pytest

import symdiff as sd
from symdiff.dossier import verification
from symdiff.dossier.verify_claim import with_term_scaled

# Walkers with a memory of their direction beside others without.
TWO_KINDS = """
[parameters]
h = "positive"
[model]
coordinates = ["x"]
states = ["r", "l", "s"]
density = {u = ["r", "l"], w = ["s"]}
[[jumps]]
from = "r"
displacement = "h"
rate = "2/3"
[[jumps]]
from = "r"
to = "l"
displacement = "-h"
rate = "1/3"
[[jumps]]
from = "l"
displacement = "-h"
rate = "2/3"
[[jumps]]
from = "l"
to = "r"
displacement = "h"
rate = "1/3"
[[jumps]]
from = "s"
displacements = [["h"], ["-h"]]
rate = "1/4"
"""


def test_two_kinds_of_walkers_pass_and_a_wrong_coefficient_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    model = sd.loads(TWO_KINDS)
    assert sd.verify(model, tier="exact").passed is True
    right = verification.derive_all

    def planted(model: sd.JumpModel):
        (limit,) = right(model)
        first, second = limit.equations
        return (replace(limit, equations=(with_term_scaled(first, 1, 2), second)),)

    monkeypatch.setattr(verification, "derive_all", planted)
    assert sd.verify(model, tier="exact").passed is False
