"""Certificates: what the engine derives is verified again from the model alone, and any changed digit is refused.

The checker is one file on the standard library; it is also run as such, in a process that cannot import the engine.
"""

from __future__ import annotations

import ast
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symdiff import certifier
from symdiff.certifier import RefusedError, check
from symdiff.cli.main import main
from symdiff.dossier.certificate import certificate, sealed
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

POSITIVE = {"h": "positive", "tau": "positive"}
BIASED = JumpModel(
    parameters={**POSITIVE, "p": "0 < p < 1"}, coordinates=["x"], time_step="tau",
    jumps=[{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}],
    scaling={"h": 1, "tau": 2, "2*p - 1": 1})  # fmt: skip
HONEYCOMB = JumpModel(
    parameters={**POSITIVE, "a": "positive", "b": "positive"}, coordinates=["x", "y"], states=["A", "B"],
    jumps=[{"from": "A", "to": "B", "displacements": [["0", "h"], ["sqrt(3)*h/2", "-h/2"], ["-sqrt(3)*h/2", "-h/2"]], "rate": "a"},
           {"from": "B", "to": "A", "displacements": [["0", "-h"], ["-sqrt(3)*h/2", "h/2"], ["sqrt(3)*h/2", "h/2"]], "rate": "b"}])  # fmt: skip
PERSISTENT = JumpModel(
    parameters={**POSITIVE, "p": "0 < p < 1"}, coordinates=["x"], states=["right", "left"], time_step="tau",
    jumps=[{"from": "right", "displacement": "h", "probability": "p"}, {"from": "left", "displacement": "-h", "probability": "p"},
           {"from": "right", "to": "left", "displacement": "-h", "probability": "1 - p"},
           {"from": "left", "to": "right", "displacement": "h", "probability": "1 - p"}],
    scaling={"h": 1, "tau": 1, "1 - p": 1})  # fmt: skip
POTENTIAL = JumpModel(
    parameters={**POSITIVE, "beta": "positive"}, functions={"V": ["x"], "D": ["x"]}, coordinates=["x"],
    jumps=[{"displacements": ["h", "-h"], "rate": "D(x + r/2)*exp(-beta*(V(x + r) - V(x))/2)/(D(x) + D(x + r))"}])  # fmt: skip
DEPARTURE = JumpModel(  # the logarithm of parts that do not commute
    parameters=POSITIVE, functions={"q": ["x"]}, coordinates=["x"], time_step="tau",
    jumps=[{"displacement": "h", "probability": "q(x)"}, {"displacement": "-h", "probability": "1 - q(x)"}])  # fmt: skip
TRAP = JumpModel(
    parameters={**POSITIVE, "k": "positive"}, coordinates=["x"],
    jumps=[{"displacement": "h", "rate": "exp(-k*x*h)/h**2"}, {"displacement": "-h", "rate": "exp(k*x*h)/h**2"}],
    scaling={"h": 1})  # fmt: skip
MODELS = {
    "biased": BIASED,
    "honeycomb": HONEYCOMB,
    "persistent": PERSISTENT,
    "potential": POTENTIAL,
    "departure": DEPARTURE,
    "trap": TRAP,
}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The certificate of every model: all regimes, held against the model by the checker when it is written."""
    found = {}
    for name, model in MODELS.items():
        derivation = derive_model(model)
        found[name] = certificate(derivation)
        regimes = [limit["regime"]["name"] for limit in json.loads(found[name])["limits"]]
        assert regimes == [limit.regime.name for limit in derivation.limits]
    return found


def test_the_equation_that_holds_is_the_derived_one(texts: dict[str, str]) -> None:
    assert check(texts["biased"])[1] == (
        "long-wave", "d_t P = d(1,) [h*(1 - 2*p)/tau * P] + d(2,) [2*h**2*p*(1 - p)/tau * P]"
    )  # fmt: skip


def test_sums_of_roots_are_told_apart() -> None:
    """Hexagonal close packing, where sqrt(3) and its powers meet; in the third order of its local equilibrium."""
    document = json.loads(certificate(derive_model(load("hexagonal_close_packed"))))
    assert document["limits"][0]["equilibrium"]["A"]["P"][1] == ["3", [2, 1, 0], "sqrt(3)*a**3/288"]


def _digits(text: str) -> Iterator[str]:
    """The text with one digit changed, for every digit."""
    for i, c in enumerate(text):
        if c.isdigit():
            yield text[:i] + str((int(c) + 1) % 10) + text[i + 1 :]


def test_one_changed_digit_anywhere_is_refused(texts: dict[str, str]) -> None:
    for text in texts.values():
        for changed in _digits(text):
            with pytest.raises(RefusedError):
                check(changed)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every piece of text or number inside a document, by its path."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*path, key))
    elif isinstance(value, str | int):
        yield path, str(value)


@pytest.mark.parametrize("name", ["biased", "persistent", "trap"])
def test_a_changed_digit_is_refused_by_the_mathematics_too(texts: dict[str, str], name: str) -> None:
    """The same with the fingerprint made again: only the identities stand against the change."""
    document = json.loads(texts[name])
    document["limits"] = document["limits"][:1]
    tried = 0
    for path, text in list(_places({"limits": document["limits"]})):
        if {"kept", "remainder", "fields"} & {*path}:
            continue  # a weaker statement may be as true; the power that a density counts in itself is common to both sides
        for changed in _digits(text):
            copy = json.loads(json.dumps(document))
            inner = copy
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = changed if isinstance(inner[path[-1]], str) else int(changed)
            with pytest.raises(RefusedError):
                check(sealed(copy))
            tried += 1
    assert tried > 30


@pytest.mark.parametrize("name", ["asymmetric_exclusion", "biased_rates"])
def test_forged_digits_of_a_found_regime_and_of_a_crowd_are_refused_by_the_mathematics(name: str) -> None:
    """The power of eps beside a crowd's term and the power of t in a scaling were read without use. Every third digit."""
    document = json.loads(certificate(derive_model(load(name))))
    document["limits"] = document["limits"][1:2]
    assert check(sealed(document))
    places = [
        (path, i) for path, text in _places({"limits": document["limits"]}) for i, c in enumerate(text) if c.isdigit()
    ]
    assert any("scaling" in path for path, _ in places) == (name == "biased_rates")
    ways = [w for w in places if not {"kept", "remainder", "fields"} & {*w[0]}]
    for path, i in [*ways[::3], *(w for w in ways if "scaling" in w[0] or w[0][-3:-1] == ("", 0))]:
        copy = json.loads(json.dumps(document))
        inner = copy
        for key in path[:-1]:
            inner = inner[key]
        text = str(inner[path[-1]])
        changed = text[:i] + str((int(text[i]) + 1) % 10) + text[i + 1 :]
        inner[path[-1]] = changed if isinstance(inner[path[-1]], str) else int(changed)
        with pytest.raises(RefusedError):
            check(sealed(copy))


def test_a_fast_mode_is_not_taken_for_the_density() -> None:
    """The staggered combination of the states obeys K Q = Q L as well; it is not what is conserved."""
    model = JumpModel(parameters={"g": "positive", "h": "positive"}, coordinates=["x"], states=["a", "b"],
                      jumps=[{"from": "a", "to": "b", "displacement": "0", "rate": "g"}, {"from": "b", "to": "a", "displacement": "0", "rate": "2*g"}])  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    limit = document["limits"][0]
    assert check(sealed(document))
    limit["operator"]["P"]["P"] = [["0", [0], "-3*g"]]
    limit["equilibrium"] = {"a": {"P": [["0", [0], "1"]]}, "b": {"P": [["0", [0], "-1"]]}}
    with pytest.raises(RefusedError):
        check(sealed(document))


HOSTILE = {
    "nothing": b"", "binary": b"\xff\xfe\x00\x01", "not JSON": b"{'a': 1}", "a list": b"[]", "nested": b"[" * 200_000,
    "nested objects": b'{"a":' * 100_000, "large": b" " * 100_000_000, "a long number": b"1" * 1_000_000, "twice": b'{"format": 1, "format": 2}',
}  # fmt: skip
EXPRESSIONS = ["h**(10**9)", "9**9**9**9", "(" * 5000 + "h" + ")" * 5000, "-" * 20_000 + "h", "h + " * 20_000 + "h", "1/(h - h)", "(h + tau + p)**199",
               "exp(" * 60 + "h" + ")" * 60, "__import__('os').system('true')", "h.real", "[h for h in h]", "1" * 90_000, "1e400", "h**0.5", "sqrt(" * 90 + "2" + ")" * 90]  # fmt: skip


def test_a_density_with_a_power_of_its_own_falls_out_of_a_linear_equation() -> None:
    model = JumpModel(
        parameters={"h": "positive", "D": "positive", "k": "positive"}, model={"coordinates": ["x"], "density": "C"},
        jumps=[{"displacements": ["h", "-h"], "rate": "D/h**2"}], reactions=[{"rule": "C -> 0", "rate": "k"}],
        scaling={"name": "dilute", "h": 1, "C": 2})  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    equations = dict(check(sealed(document)))
    assert "D * C" in equations["dilute"]
    (limit,) = [x for x in document["limits"] if x["regime"]["name"] == "dilute"]
    (term,) = [t for t in limit["operator"]["C"]["C"] if t[1] == [2]]
    term[2] = f"2*({term[2]})"
    with pytest.raises(RefusedError):
        check(sealed(document))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "certificate.json"
    path.write_bytes(HOSTILE[name])
    assert main(["certify", str(path)]) == 2


@pytest.mark.parametrize("place", ["rate", "coefficient"])
def test_hostile_expressions_are_refused(texts: dict[str, str], place: str) -> None:
    for expression in EXPRESSIONS:
        document = json.loads(texts["biased"])
        if place == "rate":
            document["limits"][0]["model"]["events"][0]["rate"] = expression
        else:
            document["limits"][0]["operator"]["P"]["P"][0][2] = expression
        with pytest.raises(RefusedError):
            check(sealed(document))


def test_the_checker_stands_alone(tmp_path: Path, texts: dict[str, str]) -> None:
    source = Path(certifier.__file__)
    text = source.read_text()
    assert len(text.splitlines()) <= 300
    imported = {a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for a in n.names}
    imported |= {str(n.module) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    (tmp_path / "checker.py").write_text(text)
    (tmp_path / "certificate.json").write_text(texts["honeycomb"])
    command = [sys.executable, "-I", "-S", str(tmp_path / "checker.py"), str(tmp_path / "certificate.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("holds in long-wave")


@pytest.mark.parametrize(
    ("name", "why"), [("dispersion_in_a_channel", "no finite sum of modes"), ("cauchy_steps", "order is not whole"),
                      ("stochastic_resetting", "jumps to fixed places"), ("metropolis_rates", "formulas with sign")])  # fmt: skip
def test_a_class_without_certificates_is_refused(name: str, why: str) -> None:
    with pytest.raises(NotYetError, match=why):
        certificate(derive_model(load(name)))


CLASSES = {
    "laws": "gaussian_jumps_in_the_plane", "waits": "exponential_waits", "steps": "lax_friedrichs", "schemes": "heat_scheme_implicit",
    "crowds": "two_species_in_lanes", "reactions": "annihilation_of_two_species", "populations": "moran_with_selection",
    "potentials": "scharfetter_gummel_rates", "motion": "layered_medium", "place": "triangular_lattice_with_departure_rates",
    "directions": "chiral_active_particle", "turns": "correlated_walk_with_turning_angles", "velocities": "ornstein_uhlenbeck_velocity",
    "powers": "porous_medium", "moments of laws": "student_jumps", "strong bias": "strong_bias_that_varies", "states": "telegraph_limit", "walls": "wall_of_gaussian_steps",
}  # fmt: skip


def _mutants(limit: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The limit with one coefficient a little larger, of the other sign, or left out; with one event left out or made stronger."""
    for part in ("operator", "equilibrium"):
        for a, row in limit[part].items():
            for b, terms in row.items():
                for i, (_, _, text) in enumerate(terms):
                    for changed in (f"({text})*1000001/1000000", f"-({text})", "0"):
                        copy = json.loads(json.dumps(limit))
                        copy[part][a][b][i][2] = changed
                        yield copy
    for i, event in enumerate(limit["model"]["events"]):
        for rate in ("0", f"({event['rate']})*1000001/1000000"):
            copy = json.loads(json.dumps(limit))
            copy["model"]["events"][i]["rate"] = rate
            yield copy
    yield limit | {"model": limit["model"] | {"clock": f"{limit['model']['clock']} + d_t/1000000"}}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_mutant_of_every_class_is_refused(kind: str) -> None:
    document = json.loads(certificate(derive_model(load(CLASSES[kind]))))
    limit = document["limits"][0]
    assert ("walls" in check(sealed(document))[0][1]) == (kind == "walls")
    assert ("moments" in check(sealed(document))[0][1]) == (kind in ("directions", "turns", "velocities"))
    mutants = list(_mutants(limit))
    assert len(mutants) > 4
    for mutant in mutants[:: 1 + len(mutants) // 12]:
        with pytest.raises(RefusedError) as refused:
            check(sealed(document | {"limits": [mutant]}))
        assert refused.value.args[1] == 1


def test_units_of_states_do_not_hide_a_wrong_coefficient() -> None:
    """Units of negative power would leave nothing below the stated power of eps to be verified."""
    document = json.loads(certificate(derive_model(load("run_and_tumble_in_the_plane"))))
    limit = document["limits"][0]
    limit["operator"]["P"]["P"][0][2] = f"2*({limit['operator']['P']['P'][0][2]})"
    for power in ("0", "-100"):
        limit["regime"]["units"] = dict.fromkeys(limit["model"]["states"], power)
        with pytest.raises(RefusedError) as refused:
            check(sealed(document))
        assert refused.value.args[1] == 1


def test_states_that_mix_through_a_singular_matrix_of_roots_leave_two_densities() -> None:
    """K = [[-2, sqrt(2)], [sqrt(2), -1]] has one slow mode, (1, sqrt(2)), as 2 = sqrt(2)**2; with 3 for 2 it has none."""
    ring = certifier.Ring(["x"], 1, True, 9)
    for number, modes in ((2, 1), (3, 0)):
        entries = {("a", "a"): f"-{number}", ("a", "b"): "sqrt(2)", ("b", "a"): "sqrt(2)", ("b", "b"): "-1"}
        k = {(s, ((z, "0"),)): ring.read(text) for (s, z), text in entries.items()}
        assert certifier.nullity(ring, k, {"a": 0, "b": 0}) == modes


def test_cosines_and_logarithms_against_their_identities() -> None:
    ring = certifier.Ring(["x"], 1, True, 9)
    ring.names |= {"x": ring.atom(("x", 0)), "a": ring.atom(("s", "a"), positive=True)}
    for text in (
        "sin(a*x)**2 + cos(a*x)**2 - 1",
        "log(a**2*6) - 2*log(a) - log(2) - log(3)",
        "exp(a*log(2)) - 2**a",
    ):
        assert ring.vanishes(ring.read(text), 9)
        assert not ring.vanishes(ring.read(text + " + a"), 9)


def test_two_branches_of_a_scheme_and_their_mutants() -> None:
    """Du Fort-Frankel at a fixed ratio of the steps: u_tt + h^2/(D0 tau^2) u_t = h^2/tau^2 u_xx."""
    model = JumpModel(parameters={**POSITIVE, "D0": "positive"}, coordinates=["x"], density="u", scaling={"name": "hyperbolic", "h": 1, "tau": 1},
                      model={"master_equation": "u(x, t + tau) - u(x, t - tau) = 2*tau*D0/h**2*(u(x + h, t) - u(x, t + tau) - u(x, t - tau) + u(x - h, t))"})  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    assert check(sealed(document))[0][1].endswith("d_t u_t = d(2,) [h**2/tau**2 * u] + d(0,) [-h**2/(D0*tau**2) * u_t]")
    for mutant in _mutants(document["limits"][0]):
        with pytest.raises(RefusedError):
            check(sealed(document | {"limits": [mutant]}))


def test_a_rate_whose_leading_part_cancels_is_not_fast() -> None:
    """Two states that die at one rate: their sum closes; it is all that is slow only where the states mix faster than they die."""
    model = JumpModel(parameters={**POSITIVE, "k": "positive"}, coordinates=["x"], states=["a", "b"],
                      jumps=[{"from": "a", "displacements": ["h", "-h"], "rate": "1/h**2"}, {"from": "b", "displacements": ["h", "-h"], "rate": "1/h**2"},
                             {"from": "a", "to": "b", "displacement": "0", "rate": "k/h**2"}, {"from": "b", "to": "a", "displacement": "0", "rate": "k/h**2"}],
                      scaling={"h": 1})  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    document["limits"] = document["limits"][:1]
    limit = document["limits"][0]
    limit["model"]["events"] += [{"from": [[state, ["0"]]], "to": [], "rate": "k"} for state in "ab"]
    limit["operator"]["P"]["P"].append(["0", [0], "-k"])
    assert check(sealed(document))[0][1].endswith("d(0,) [-k * P]")
    for event in limit["model"]["events"][-4:-2]:
        event["rate"] = "k/h**2 - (k*h + k)/(h**2*(1 + h)) + k"
    with pytest.raises(RefusedError, match="other densities are slow"):
        check(sealed(document))


def test_the_command_writes_and_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "walk.json"
    assert main(["derive", "biased_walk", "--certificate", str(path), "--order", "4"]) == 0
    assert main(["certify", str(path)]) == 0
    capsys.readouterr()
    path.write_text(path.read_text().replace("ell**2", "ell**3"))
    assert main(["certify", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["certified"] is False


def test_noise_that_is_large_in_the_units_of_the_regime_and_rates_of_place() -> None:
    """x' = f(x) + g(x) y beside a fast y of variance s2/tc (Wong and Zakai): D = s2 g^2, v = f + s2 g g'."""
    model = JumpModel(parameters={"tc": "positive", "s2": "positive"}, functions={"f": ["x"], "g": ["x"]}, coordinates=["x"],
                      states=[{"velocity": "f(x) + g(x)*y"}], internal=[{"name": "y", "domain": "line", "drift": "-y/tc", "diffusivity": "s2/tc**2"}],
                      scaling={"tc": 2})  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    assert "d(2,) [s2*g(x)**2 * P]" in check(sealed(document))[0][1]
    limit = document["limits"][0]
    assert min(int(p) for p in limit["regime"]["units"].values()) < 0
    for mutant in list(_mutants(limit))[::6]:
        with pytest.raises(RefusedError):
            check(sealed(document | {"limits": [mutant]}))


def test_two_slow_branches_in_long_waves_and_a_power_of_eps_that_hides_terms() -> None:
    """The leapfrog scheme of the wave equation: u_tt = c^2 u_xx; the power of u_t is the one that its own equation gives."""
    model = JumpModel(parameters={**POSITIVE, "c": "positive"}, coordinates=["x"], density="u",
                      model={"master_equation": "(u(x, t + tau) - 2*u(x, t) + u(x, t - tau))/tau**2 = c**2*(u(x + h, t) - 2*u(x, t) + u(x - h, t))/h**2"})  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    assert check(sealed(document))[0][1].endswith("d_t u_t = d(2,) [c**2 * u]")
    limit = document["limits"][0]
    for mutant in _mutants(limit):
        with pytest.raises(RefusedError):
            check(sealed(document | {"limits": [mutant]}))
    row = limit["operator"]["u_t"]["u"]
    row[-1][2] = f"2*({row[-1][2]})"  # what is discarded
    for own, power in itertools.product(("-4", "0", "1", "4"), repeat=2):
        limit["regime"]["fields"]["u_t"], limit["operator"]["u"]["u_t"][0][0] = own, power
        with pytest.raises(RefusedError):
            check(sealed(document))


def test_a_transform_that_is_known_in_part_and_its_mutants() -> None:
    """1 - a^2 k^2/2 + O(k^4), of which the power in O(...) was written as a logarithm; D = G a^2/2."""
    model = JumpModel(parameters={"a": "positive", "G": "positive"}, coordinates=["x"],
                      jumps=[{"characteristic_function": "1 - a**2*k**2/2 + O(k**4)", "rate": "G"}])  # fmt: skip
    document = json.loads(certificate(derive_model(model)))
    assert check(sealed(document))[0][1] == "d_t P = d(2,) [G*a**2/2 * P]"
    for mutant in _mutants(document["limits"][0]):
        with pytest.raises(RefusedError):
            check(sealed(document | {"limits": [mutant]}))


SEASON = JumpModel(  # e^(tau d_t) P = (1 + K(t)) P: half of tau dK/dt belongs to the drift
    parameters={**POSITIVE, "a": "0 < a < 1"}, coordinates=["x"], time_step="tau",
    jumps=[{"displacement": "h", "probability": "1/2 + a*cos(t)/2"}, {"displacement": "-h", "probability": "1/2 - a*cos(t)/2"}])  # fmt: skip
RARER = JumpModel(  # the shares of the states lag behind their rates
    parameters={"c": "positive", "a": "positive"}, coordinates=["x"], states=["R", "L"],
    jumps=[{"from": "R", "to": "L", "rate": "1", "displacement": "0"}, {"from": "L", "to": "R", "rate": "1 + a*t", "displacement": "0"},
           {"from": "R", "displacement": "c", "rate": "1"}])  # fmt: skip


@pytest.mark.parametrize(
    ("model", "right", "wrong"),
    [(SEASON, "-a*h*sin(t)/2", "a*h*sin(t)/2"), (RARER, "a*c/(a*t + 2)**3", "2*a*c/(a*t + 2)**3")],
)
def test_time_is_differentiated(model: JumpModel, right: str, wrong: str) -> None:
    text = certificate(derive_model(model))
    assert f'"{right}"' in text
    for old, new, why in (
        (f'"{right}"', f'"{wrong}"', "is not the model's"),
        ('"timed": true', '"timed": false', "is not declared"),  # t would be any constant
    ):
        document = json.loads(text.replace(old, new))
        with pytest.raises(RefusedError, match=why):
            check(sealed(document))


def test_the_number_e() -> None:
    model = JumpModel(parameters=POSITIVE, coordinates=["x"], jumps=[{"displacement": "h", "rate": "exp(1)"}])
    text = certificate(derive_model(model))
    wrong = json.loads(text.replace("-exp(1)*h", "-exp(2)*h").replace("-h*exp(1)", "-h*exp(2)"))
    with pytest.raises(RefusedError, match="is not the model's"):
        check(sealed(wrong))
