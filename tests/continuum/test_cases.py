"""Results that depend on the range of an index come as cases; the formulas are those of each range alone."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import loads
from symdiff.dossier.check import check_model
from symdiff.errors import ModelError

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

HEAD = '[parameters]\na = "positive"\ng = "positive"\nal = "{}"\n[model]\ncoordinates = ["x"]\n'
STUDENT = '[[jumps]]\ndistribution = "student"\ndof = "al"\nrate = "g"\n'
DENSITY = '[[jumps]]\ndensity = "al*a**al/(2*(a + Abs(r))**(1 + al))"\nrate = "g"\n'
FAMILY = '[[jumps]]\nindex = {j = ["-oo", "oo"]}\nwhere = "j != 0"\ndisplacement = "j*a"\nrate = "g/Abs(j)**(1 + al)"\n'
PARETO = '[[jumps]]\ndistribution = "pareto"\nindex = "al"\nscale = "a"\nrate = "g"\n'
WAITS = ('[waiting_time]\ndistribution = "lomax"\nindex = "al"\nscale = "a"\n'
         '[[jumps]]\ndisplacements = [["1"], ["-1"]]\nprobability = "1/2"\n')  # fmt: skip


@pytest.mark.parametrize(("law", "span", "below", "above"), [
    (STUDENT, "positive", "0 < al < 2", "al > 2"), (DENSITY, "1 < al < 3", "1 < al < 2", "2 < al < 3"),
    pytest.param(FAMILY, "1 < al < 3", "1 < al < 2", "2 < al < 3", marks=pytest.mark.slow), (PARETO, "positive", "1 < al < 2", "al > 2"),
])  # fmt: skip
def test_cases_vs_each_range_alone(law: str, span: str, below: str, above: str) -> None:
    limits = {limit.case: limit for limit in sd.derive_all(loads(HEAD.format(span) + law))}
    for case in (below, above):
        alone = sd.derive(loads(HEAD.format(case) + law))
        assert limits[case].assumptions[0] == case
        assert {n: sp.simplify(v) for n, v in limits[case].coefficients} == {
            n: sp.simplify(v) for n, v in alone.coefficients
        }
        assert not alone.ranges
    assert dict(limits[below].coefficients) != dict(limits[above].coefficients)  # negative control


def test_a_range_that_decides_needs_no_cases() -> None:
    levy = '[[jumps]]\ndistribution = "levy"\nindex = "al"\nscale = "a"\nrate = "g"\n'
    assert [limit.case for limit in sd.derive_all(loads(HEAD.format("0 < al <= 2") + levy))] == [""]


def test_claims_that_hold_in_one_case_are_conditional() -> None:
    text = HEAD.format("positive") + STUDENT
    texts = ["D = g*al/(2*(al - 2))", "D = g*al/(al - 2)"]
    claims = "".join(f'[[claims]]\nid = "{n}"\nexpression = "{t}"\n' for n, t in enumerate(texts))
    right, wrong = check_model(loads(text + claims)).verdicts
    assert (right.verdict, wrong.verdict) == ("conditional", "refuted")
    assert "al > 2" in right.why


@pytest.mark.slow
def test_observables_belong_to_their_case() -> None:
    """At 0 < al < 1 the mean square is t^al/(a^al Gamma(1 + al) Gamma(1 - al)), above t (al - 1)/a."""
    text = HEAD.format("positive") + WAITS + '[[observables]]\nname = "msd"\nkind = "moment"\nof = "x**2"\n'
    claim = '[[claims]]\nid = "late"\nexpression = "msd = (al - 1)*t/a"\n'
    (verdict,) = check_model(loads(text + claim)).verdicts
    assert verdict.verdict == "conditional"
    assert {r.case: r.verdict for r in verdict.regimes}["0 < al < 1"] == "refuted"
    assert {r.case: r.verdict for r in verdict.regimes}["al > 1"] == "proved"


def test_characteristic_functions_of_signed_and_of_drifting_steps() -> None:
    """E[e^(ikr)] with I; exp(-abs(k)**3) has no variance and belongs to no law."""
    text = HEAD.format("0 < al < 1") + '[[jumps]]\nrate = "g"\ncharacteristic_function = "{}"\n'
    a, g = sp.symbols("a g", positive=True)
    limit = sd.derive(loads(text.format("exp(I*a*k)/(1 - I*a*k)")), order=2)  # a step a and an exponential one
    assert (limit.coefficient("v"), limit.coefficient("D")) == (2 * a * g, sp.Rational(5, 2) * a**2 * g)
    with pytest.raises(ModelError, match="no variance"):
        loads(text.format("exp(-Abs(k)**3)"))
