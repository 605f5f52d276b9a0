"""Jumps with ``where``: conditions at interfaces, barriers, skew and sticky sites and traps; refusals; negative controls."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.junction_chain import Chain, Contact, chain_around, contact, ends
from symdiff.continuum.junction_confirmation import confirm_contact, confirm_ends
from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit
from symdiff.continuum.regimes import LONG_WAVE, prepare
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.derive_document import derive_document
from symdiff.errors import DerivationError, InternalFaultError, ModelError, NotYetError, SymdiffError
from symdiff.model.loading import load_file, load_text, to_toml

MODELS = Path(__file__).parent.parent / "data" / "models"
HEAD = """
[parameters]
h = "positive"
L = "positive"
D = "positive"
D1 = "positive"
D2 = "positive"
kap = "positive"
s = "positive"
[model]
coordinates = ["x"]
density = "u"
{more}
[scaling]
h = 1
"""
LOSSY = 'time_step = "h**2/(2*D)"\nsurvival = "lossy"'


def jumps(*rows: tuple[str, str, str], key: str = "rate") -> str:
    """(where, displacements, intensity) of every kind of jump."""
    text = ""
    for where, moves, rate in rows:
        listed = ", ".join(f'"{m}"' for m in moves.split())
        text += (
            f'[[jumps]]\n{f"""where = "{where}" """ if where else ""}\ndisplacements = [{listed}]\n{key} = "{rate}"\n'
        )
    return text


WEAK_BOND = jumps(
    ("x != 0", "h", "D/h**2"), ("x != h", "-h", "D/h**2"), ("x = 0", "h", "kap/h"), ("x = h", "-h", "kap/h")
)
TWO_MEDIA = jumps(("x < 0", "h -h", "D1/h**2"), ("x >= 0", "h -h", "D2/h**2"))
STICKY = jumps(("x != 0", "h -h", "D/h**2"), ("x = 0", "h -h", "s/h"))
TRAP = jumps(("x != 0", "h -h", "D/h**2"))
PARTIAL = jumps(("x != 0", "h -h", "1/2"), ("x = 0", "h -h", "1/2 - kap*h/(4*D)"), key="probability")
FICK = jumps(
    ("x < 0", "h", "D1/h**2"), ("x <= 0", "-h", "D1/h**2"), ("x > 0", "-h", "D2/h**2"), ("x >= 0", "h", "D2/h**2")
)
CLOSED = jumps(("x != 0", "h", "D/h**2"), ("x != h", "-h", "D/h**2"))
LAYER = jumps(("x < 0", "h -h", "D1/h**2"), ("0 <= x < L", "h -h", "D2/h**2"), ("x >= L", "h -h", "D1/h**2"))
WALLS = '[[boundaries]]\ndomain = "-L < x < 2*L"\nkind = "absorbing"\n'


def limit(body: str, more: str = "", regime: int = 0) -> ContinuumLimit:
    return derive_all(load_text(HEAD.format(more=more) + body))[regime]


def shown(found: BoundaryCondition) -> tuple[str, str, str]:
    def text(value: sp.Expr) -> str:
        return str(value).replace("Limit(u(x, t), x, 0, dir='-')", "u-").replace("Limit(u(x, t), x, 0, dir='+')", "u+")

    return found.kind, text(found.lhs), text(found.rhs)


def value(found: ContinuumLimit, role: str, numbers: dict[str, str]) -> float:
    named = dict(c for b in found.boundary_conditions for c in b.coefficients)
    return float(named[role].xreplace({s: sp.Rational(numbers[s.name]) for s in named[role].free_symbols}))


def test_textbook_interfaces_vs_their_test_vectors() -> None:
    """Harrison and Shepp (1981); van Kampen (1988); Powles et al. (1992): the ratios, and the flux across a weak bond."""
    skew = derive_all(load_file(MODELS / "bc-skew.toml"))[0]
    assert value(skew, "ratio", {"p": "0.7"}) == pytest.approx(2.3333333333333333333, rel=1e-14)
    media = limit(TWO_MEDIA)
    assert value(media, "ratio", {"D1": "0.7", "D2": "1.9"}) == pytest.approx(0.36842105263157894737, rel=1e-14)
    bond = limit(WEAK_BOND)
    permeability = value(bond, "permeability", {"kap": "0.9"})
    assert 1 / (1.5 / 0.7 + 1 / permeability) == pytest.approx(0.30731707317073170732, rel=1e-14)
    assert shown(skew.boundary_conditions[0])[1:] == ("u+", "p*u-/(1 - p)")
    assert str(media.boundary_conditions[1].rhs) == "D1*Limit(Derivative(u(x, t), x), x, 0, dir='-')"


@pytest.mark.parametrize(
    ("body", "more", "kinds", "roles"),
    [
        (STICKY, "", ["sticky", "interface"], {"storage": "D/s", "ratio": "1"}),
        (STICKY.replace("s/h", "s"), "", ["absorbing", "absorbing"], {}),
        (TRAP, "", ["absorbing", "absorbing"], {}),
        (PARTIAL, LOSSY, ["interface", "interface"], {"ratio": "1", "kappa": "kap"}),
        (PARTIAL.replace("kap*h/(4*D)", "1/4"), LOSSY, ["absorbing", "absorbing"], {}),
        (CLOSED, "", ["reflecting", "reflecting"], {}),
        (WEAK_BOND.replace("kap/h", "kap"), "", ["reflecting", "reflecting"], {}),
        (FICK, "", ["interface", "interface"], {"ratio": "1"}),
        (LAYER, "", ["interface"] * 4, {"ratio": "D2/D1"}),
        (LAYER + WALLS, "", ["interface"] * 4 + ["absorbing"] * 2, {"ratio": "D2/D1", "extrapolation_length": "0", "wall": "2*L"}),
        (WEAK_BOND.replace("kap/h", "D/(2*h**2)"), "", [], {}),
    ],
)  # fmt: skip
def test_kinds_of_special_sites_vs_their_conditions(
    body: str, more: str, kinds: list[str], roles: dict[str, str]
) -> None:
    """Mass D/s u of a sticky site left at s/h; loss kap u of a site that kills at kap/h; the strong and the weak limits."""
    found = limit(body, more)
    assert [b.kind for b in found.boundary_conditions] == kinds
    named = dict(c for b in found.boundary_conditions for c in b.coefficients)
    assert {n: str(v) for n, v in named.items()} == roles


def test_a_trap_that_turns_walkers_into_another_state_vs_the_textbook() -> None:
    """Absorption at one site at the rate kap/h: J = 1/(L/(2 D) + 1/kap) of a point trap in the middle of 2 L."""
    moves = jumps(("", "h -h", "D/h**2")).replace("[[jumps]]", '[[jumps]]\nfrom = "u"')
    dying = '[[jumps]]\nwhere = "x = 0"\nfrom = "u"\nto = "dead"\ndisplacement = "0"\nrate = "kap/h"\n'
    text = HEAD.format(more='states = ["u", "dead"]').replace('density = "u"\n', "")
    found = derive_all(load_text(text + moves + dying))[0]
    kappa = value(found, "kappa", {"kap": "0.9"})
    assert 1 / (1.5 / (2 * 0.7) + 1 / kappa) == pytest.approx(1 / (1.5 / 1.4 + 1 / 0.9), rel=1e-14)
    assert [e.density for e in found.equations] == ["u"]
    both = load_text(text + moves + dying + dying.replace("dead", "u").replace('from = "u"', 'from = "dead"'))
    assert not derive_all(both)[0].boundary_conditions  # who comes back is not lost: left open


def test_long_waits_at_one_site_vs_its_mass() -> None:
    """Waits of mean s h at the site: P_0/(2 s h) = (D/h^2) h u, so that it holds 2 s D u."""
    wait = '[waiting_time]\ndistribution = "gamma"\nshape = "2"\nscale = "h**2/(4*D)"\n'
    body = jumps(("x != 0", "h -h", "1/2"), ("x = 0", "h -h", "1/2"), key="probability")
    body += 'waiting_time = {distribution = "exponential", mean = "s*h"}\n'
    found = limit(wait + body)
    assert [b.kind for b in found.boundary_conditions] == ["sticky", "interface"]
    assert value(found, "storage", {"s": "0.3", "D": "0.7"}) == pytest.approx(0.42, rel=1e-14)


def test_two_media_in_long_wave_meet_midway() -> None:
    """Departure rates: the last site of the left medium is -h, the first of the right one 0; Fick: rates belong to bonds."""
    for body, place in ((TWO_MEDIA, "-h/2"), (FICK, "None")):
        named = dict(c for b in limit(body, regime=1).boundary_conditions for c in b.coefficients)
        assert str(named.get("wall")) == place


def test_several_places_are_one_equation_with_cases() -> None:
    found = limit(LAYER)
    assert [str(v) for v, _ in found.coefficient("D").args] == ["D1", "D2", "D1"]
    assert found.growth_rate is None


def prepared_chain(body: str, more: str = "", regime: int = 0) -> tuple:  # type: ignore[type-arg]
    model = load_text(HEAD.format(more=more) + body)
    prepared = prepare(LONG_WAVE if regime else model.regimes[0], model)
    places = (
        [sp.Integer(0), model.parameter("h").symbol] if '"x = h"' in body or '"x != h"' in body else [sp.Integer(0)]
    )
    return model, prepared, chain_around(model, prepared, 0, places)


@pytest.mark.parametrize("body", [WEAK_BOND, TWO_MEDIA, STICKY, PARTIAL])
@pytest.mark.parametrize("field", ["ratio", "resistance", "storage", "loss"])
def test_second_route_vs_a_wrong_condition(body: str, field: str) -> None:
    model, prepared, chain = prepared_chain(body, LOSSY if body == PARTIAL else "", 1)
    good: Contact = contact(chain)
    assert confirm_contact(model, prepared, chain, good)
    spoilt = replace(good, **{field: getattr(good, field) * sp.Rational(101, 100) + chain.spacing / 100})
    with pytest.raises(InternalFaultError):
        confirm_contact(model, prepared, chain, spoilt)


def test_second_route_vs_a_wrong_wall() -> None:
    model, prepared, chain = prepared_chain(CLOSED, "", 1)
    left, right = ends(chain)
    assert confirm_ends(model, prepared, chain, (left, right))
    with pytest.raises(InternalFaultError):
        confirm_ends(model, prepared, chain, (replace(left, alpha=chain.up[0] * chain.spacing), right))


def test_mirror_image_of_a_chain() -> None:
    """Seen from the right the ratio is the inverse."""
    chain: Chain = prepared_chain(TWO_MEDIA)[2]
    there, back = contact(chain), contact(chain.mirrored())
    assert sp.cancel(there.ratio * back.ratio - 1) == 0
    assert chain.mirrored().mirrored() == chain


def test_skew_walk_counts_vs_its_law() -> None:
    """P(X_3 > 0) = p: Harrison and Shepp, on the lattice exactly; walks from the special site number 2^3."""
    model = load_file(MODELS / "bc-skew.toml").substitute({"p": sp.Rational(3, 4)})
    found = sd.count_walks(model, n=3)
    assert found.total == 8
    right = sum(found.probability((n,)) or 0 for n in (1, 3))
    assert right == Fraction(3, 4)


def test_document_reads_back_and_nothing_is_lost_on_the_way() -> None:
    model = load_text(HEAD.format(more="") + WEAK_BOND)
    assert load_text(to_toml(model)) == model
    found = json.loads(json.dumps(derive_document(derive_model(model))))
    names = {n: sp.Symbol(n) for n in ("x", "t", "h", "D", "kap")} | {"u": sp.Function("u")}
    first = found["limits"][0]["boundary_conditions"][0]
    gap = sp.sympify(first["rhs"]["sympy"], locals=names)
    beside = [sp.Limit(names["u"](names["x"], names["t"]), names["x"], 0, dir=d) for d in "+-"]
    assert sp.expand(gap - names["kap"] * (beside[0] - beside[1])) == 0
    assert first["lhs"]["latex"] == r"D \, \frac{\partial u}{\partial x}(0^{-}, t)"
    assert "Piecewise" in found["master_equation"]["equations"][0]["rhs"]["sympy"]
    assert r"\begin{cases}" in found["master_equation"]["equations"][0]["rhs"]["latex"]


def derive_with_observables(text: str) -> None:
    """The derivation, with the observables of the file asked for by name, so that one without a form raises."""
    model = load_text(text)
    derive_model(model, observables=model.observables)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (jumps(("h > 0", "h -h", "D")), "says nothing about the site"),
        (jumps(("x**2 < 1", "h -h", "D")), "not handled yet"),
        (jumps(("", "h -h", "D"), ("0 < x < -h", "h", "D")), "no place satisfies"),
        (jumps(("", "h -h", "D"), ("x = h/3", "h", "D")), "no site satisfies"),
        (jumps(("x < L", "h -h", "D"), ("x > s", "h", "D")), "which of .* comes first"),
        (jumps(("x > 0", "h -h", "D")), "no jump is open"),
        (
            TRAP + '[[jumps]]\ndestination = ["0"]\nrate = "D"\n',
            "a destination beside jumps with 'where'",
        ),  # was a fault
        (TRAP + "[[observables]]\nname = 'm'\nkind = 'variance'\n", "special sites"),
        (TRAP + '[[boundaries]]\ndomain = "0 <= x < L"\nkind = "periodic"\n', "beside jumps with 'where'"),
    ],
)
def test_what_is_refused_vs_its_reason(body: str, message: str) -> None:
    with pytest.raises((NotYetError, ModelError, DerivationError, SymdiffError), match=message):
        derive_with_observables(HEAD.format(more="") + body)


def test_a_valve_and_a_strong_drift_are_said_to_be_open() -> None:
    for body, reason in ((CLOSED.replace('where = "x != h" ', ""), "one direction only"),
                         (TWO_MEDIA + jumps(("", "h", "D/h**2")), "as thin as the lattice")):  # fmt: skip
        found = derive_regime(load_text(HEAD.format(more="") + body), LONG_WAVE)
        assert not found.boundary_conditions
        assert any(reason in a for a in found.assumptions)


def test_a_place_far_out_is_as_good_as_any() -> None:
    far = limit(WEAK_BOND.replace("x != 0", "x != 10**400*h").replace("x = 0", "x = 10**400*h").replace("x != h", "x != (10**400 + 1)*h")
                .replace("x = h", "x = (10**400 + 1)*h"))  # fmt: skip
    assert str(dict(far.boundary_conditions[0].coefficients)["permeability"]) == "kap"


def test_probabilities_are_summed_site_by_site() -> None:
    body = jumps(("x < 0", "h -h", "1/2"), ("x >= 0", "h -h", "1/2"), key="probability")
    load_text(HEAD.format(more='time_step = "h"') + body)
    with pytest.raises(ModelError, match="sum"):
        load_text(HEAD.format(more='time_step = "h"') + body.replace("x >= 0", "x > -L"))


@pytest.mark.parametrize("where", ["x != 0", "x != h"])
def test_a_line_of_traps_in_the_plane_absorbs_from_both_sides(where: str) -> None:
    """No jump is open from the line: u = 0 on it. The solved chain gave -1e-59 in place of 0, and that was a fault."""
    steps = [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]
    model = sd.JumpModel(
        parameters={"h": "positive", "G": "positive"},
        coordinates=["x", "y"],
        jumps=[{"displacements": steps, "rate": "G", "where": where}],
    )
    found = derive_all(model)[0].boundary_conditions
    assert [(c.kind, str(c.rhs)) for c in found] == [("absorbing", "0"), ("absorbing", "0")]
