"""SBML networks against the same networks written by hand, against the rate equation, and hostile files against a refusal."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import symdiff as sd
from symdiff.cli.main import main
from symdiff.model.sbml import SbmlModel, read_sbml_bytes

CORE = {2: "http://www.sbml.org/sbml/level2/version4", 3: "http://www.sbml.org/sbml/level3/version2/core"}
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'

Formula = Any  # a name, a number, or (operator, formula, ...)


def math_of(formula: Formula) -> str:
    if isinstance(formula, tuple):
        head = formula[0] if formula[0].startswith("<") else f"<{formula[0]}/>"
        return f"<apply>{head}{''.join(map(math_of, formula[1:]))}</apply>"
    if isinstance(formula, str):
        return formula if formula.startswith("<") else f"<ci>{formula}</ci>"
    return f"<cn>{formula}</cn>"


def value_of(formula: Formula, at: dict[str, Any]) -> Any:
    """The same formula as a number: a third reader, in five lines."""
    if not isinstance(formula, tuple):
        return at[formula] if isinstance(formula, str) else sp.Rational(str(formula))
    parts = [value_of(f, at) for f in formula[1:]]
    return {"plus": sp.Add, "times": sp.Mul, "divide": lambda a, b: a / b, "power": sp.Pow,
            "minus": lambda a, b: a - b}[formula[0]](*parts)  # fmt: skip


def side(entries: dict[str, int], name: str) -> str:
    refs = "".join(f'<speciesReference species="{s}" stoichiometry="{n}"/>' for s, n in entries.items())
    return f"<listOf{name}>{refs}</listOf{name}>" if refs else ""


def file_of(
    species: dict[str, str], reactions: list[tuple[dict[str, int], dict[str, int], Formula]], parameters: dict[str, Any] | None = None,
    *, level: int = 3, reversible: str = "false", more: str = "", cells: str = '<compartment id="cell" size="2"/>',
    attributes: str = "", local: str = "",
) -> bytes:  # fmt: skip
    items = "".join(
        f'<species id="{s}" {a if "compartment=" in a else "compartment=" + chr(34) + "cell" + chr(34) + " " + a}/>'
        for s, a in species.items()
    )
    values = "".join(f'<parameter id="{p}" value="{v}"/>' for p, v in (parameters or {}).items())
    ways = "".join(
        f'<reaction id="R{i}" reversible="{reversible}">{side(a, "Reactants")}{side(b, "Products")}'
        f"<kineticLaw>{MATH}{math_of(law)}</math>{local}</kineticLaw></reaction>" for i, (a, b, law) in enumerate(reactions))  # fmt: skip
    return (
        f'<?xml version="1.0"?><sbml xmlns="{CORE[level]}" level="{level}" version="1"><model id="m" {attributes}>'
        f"<listOfCompartments>{cells}</listOfCompartments><listOfSpecies>{items}</listOfSpecies>"
        f"<listOfParameters>{values}</listOfParameters>{more}<listOfReactions>{ways}</listOfReactions></model></sbml>"
    ).encode()


def by_hand(coordinates: list[str], rules: list[tuple[str, str]], parameters: str, size: str = "Omega") -> sd.JumpModel:
    scaled = [c.removeprefix("n_") for c in coordinates]
    head: dict[str, Any] = {"coordinates": coordinates, "density": "Prob"} | (
        {"system_size": size, "scaled": scaled} if size else {}
    )
    return sd.JumpModel(parameters=dict.fromkeys(parameters.split(), "positive"), model=head,
                        reactions=[{"rule": r, "rate": w} for r, w in rules])  # fmt: skip


def rates(model: sd.JumpModel) -> dict[tuple[sp.Expr, ...], sp.Expr]:
    """The rate of every displacement, with symbols that know nothing but their names."""
    found: dict[tuple[sp.Expr, ...], sp.Expr] = {}
    for jump in model.jumps:
        plain = jump.intensity.xreplace({s: sp.Symbol(s.name) for s in jump.intensity.free_symbols})
        found[jump.displacement] = found.get(jump.displacement, 0) + plain
    return {k: sp.cancel(v) for k, v in found.items()}


ITEMS = 'substanceUnits="item"'
NETWORKS = {
    "Brusselator": (
        file_of({"X": "", "Y": ""}, [({}, {"X": 1}, ("times", "cell", "a")), ({"X": 1}, {"Y": 1}, ("times", "cell", "b", "X")),
                ({"X": 2, "Y": 1}, {"X": 3}, ("times", "cell", ("power", "X", 2), "Y")), ({"X": 1}, {}, ("times", "cell", "X"))],
                {"a": 1, "b": 3}),
        by_hand(["n_X", "n_Y"], [("0 -> n_X", "a*Omega"), ("n_X -> n_Y", "b"), ("2 n_X + n_Y -> 3 n_X", "1/Omega**2"),
                ("n_X -> 0", "1")], "a b Omega")),
    # K = k A^2 per volume: Gillespie's c n (n - 1)/2 with c = 2 k/V, so k n (n - 1)/V and no further factor 1/2
    "dimerisation in concentrations": (
        file_of({"A": "", "B": ""}, [({"A": 2}, {"B": 1}, ("times", "cell", "q", "A", "A"))], {"q": 1}, level=2),
        by_hand(["n_A", "n_B"], [("2 n_A -> n_B", "q/Omega")], "q Omega")),
    "dimerisation in items, with its factor 1/2 and n (n - 1) written out": (
        file_of({"A": 'hasOnlySubstanceUnits="true"', "B": 'hasOnlySubstanceUnits="true"'},
                [({"A": 2}, {"B": 1}, ("divide", ("times", "c", "A", ("minus", "A", 1)), 2))], {"c": 1}, attributes=ITEMS),
        by_hand(["A", "B"], [("2 A -> B", "c/2")], "c", size="")),
    "SIR, items per volume": (
        file_of(dict.fromkeys("SIR", ""), [({"S": 1, "I": 1}, {"I": 2}, ("times", "beta", "S", "I", "cell")),
                ({"I": 1}, {"R": 1}, ("times", "gamma", "I", "cell"))], {"beta": 2, "gamma": 1}, attributes=ITEMS),
        by_hand(["n_S", "n_I", "n_R"], [("n_S + n_I -> 2 n_I", "beta/cell"), ("n_I -> n_R", "gam")], "beta gam cell", size="cell")),
    "enzyme, amounts, split": (
        file_of(dict.fromkeys(("E", "S", "C"), 'hasOnlySubstanceUnits="true"'),
                [({"E": 1, "S": 1}, {"C": 1}, ("minus", ("divide", ("times", "on", "E", "S"), "cell"), ("times", "off", "C")))],
                {"on": 1, "off": 2}, reversible="true"),
        by_hand(["n_E", "n_S", "n_C"], [("n_E + n_S -> n_C", "on/(cell*Omega)"), ("n_C -> n_E + n_S", "off")], "on off cell Omega")),
    "Michaelis-Menten": (
        file_of({"S": "", "Q": ""}, [({"S": 1}, {"Q": 1}, ("divide", ("times", "cell", "v", "S"), ("plus", "K", "S")))],
                {"v": 1, "K": 2}),
        by_hand(["n_S", "n_Q"], [("n_S -> n_Q", "v*Omega/(K*Omega + n_S)")], "v K Omega")),
    "a membrane between two compartments": (
        file_of({"A": 'compartment="inner"', "B": 'compartment="outer"'},
                [({"A": 1}, {"B": 1}, ("times", "p", ("minus", "A", "B")))], {"p": 1}, reversible="true",
                cells='<compartment id="inner" size="1"/><compartment id="outer" size="3"/>'),
        by_hand(["n_A", "n_B"], [("n_A -> n_B", "p/inner"), ("n_B -> n_A", "p/outer")], "p inner outer Omega")),
}  # fmt: skip


@pytest.mark.parametrize("case", NETWORKS)
def test_rates_of_a_file_against_the_network_written_by_hand(case: str) -> None:
    data, model = NETWORKS[case]
    found = read_sbml_bytes(data).model
    assert found.coordinates == model.coordinates
    assert rates(found) == rates(model)
    doubled = {k: 2 * v for k, v in rates(model).items()}
    assert rates(found) != doubled


def test_a_limit_of_a_file_is_the_limit_of_the_network_by_hand() -> None:
    data, model = NETWORKS["Brusselator"]
    found, expected = (sd.derive(m, regime="large-system") for m in (read_sbml_bytes(data).model, model))
    assert [found.coefficient(c) for c in ("v_X", "v_Y", "D_XY")] == [
        expected.coefficient(c) for c in ("v_X", "v_Y", "D_XY")
    ]


def random_network(seed: int) -> tuple[bytes, Any]:
    """A file of random mass action in one or two compartments, and the function that gives d(amount)/dt at numbers."""
    dice = random.Random(seed)
    sizes = {"inner": sp.Rational(dice.randint(1, 9), 4), "outer": sp.Rational(dice.randint(1, 9), 2)}
    home = {s: dice.choice(list(sizes)) for s in "ABC"}
    amount = {s: dice.random() < 0.5 for s in "ABC"}
    reactions = []
    for i in range(dice.randint(2, 5)):
        left = {s: dice.randint(1, 2) for s in dice.sample("ABC", dice.randint(0, 2))}
        right = {s: dice.randint(1, 2) for s in dice.sample("ABC", dice.randint(0, 2))}
        law = ("times", f"c{i}", dice.choice(list(sizes)), *[s for s, n in left.items() for _ in range(n)])
        if left != right:
            reactions.append((left, right, law))
    reactions.append(({"A": 1}, {"B": 1}, ("times", "cz", "A")))
    constants = {f"c{i}": sp.Rational(dice.randint(1, 20), 7) for i in range(5)} | {"cz": sp.Rational(1, 3)}
    species = {s: f'compartment="{home[s]}" hasOnlySubstanceUnits="{"true" if amount[s] else "false"}"' for s in "ABC"}
    data = file_of(species, reactions, {n: f"{float(v):.17g}" for n, v in constants.items()}, level=dice.choice((2, 3)),
                   cells="".join(f'<compartment id="{c}" size="{float(v)}"/>' for c, v in sizes.items()))  # fmt: skip

    def change(amounts: dict[str, sp.Expr]) -> dict[str, sp.Expr]:
        at = constants | sizes | {s: a if amount[s] else a / sizes[home[s]] for s, a in amounts.items()}
        speed = [value_of(law, at) for _, _, law in reactions]
        return {
            s: sp.Add(*(k * (b.get(s, 0) - a.get(s, 0)) for (a, b, _), k in zip(reactions, speed, strict=True)))
            for s in amounts
        }

    return data, (change, constants | sizes, home, amount)


@pytest.mark.parametrize("seed", range(8))
def test_drift_of_random_networks_against_their_rate_equation_at_points(seed: int) -> None:
    data, (change, numbers, home, amount) = random_network(seed)
    model = read_sbml_bytes(data).model
    assert model.population is not None
    names = [c.removeprefix("n_") for c in model.coordinates]
    one = len({home[s] for s in names}) == 1 and not any(amount[s] for s in names)
    amounts = {s: sp.Rational(n, 11) for s, n in zip("ABC", (7, 13, 5), strict=True)}
    expected = change(amounts)
    size = sp.Integer(10) ** 9  # of the system: what is left of n (n - 1) is of its inverse
    drift = dict.fromkeys(names, sp.Integer(0))
    at = {str(model.population.system_size): size} | {k: sp.Rational(f"{float(v):.17g}") for k, v in numbers.items()}
    volume = {s: numbers[home[s]] for s in names}
    at |= {f"n_{s}": size * amounts[s] / (volume[s] if one else 1) for s in names}
    at |= {s: (amounts[s] if amount[s] else amounts[s] / numbers[home[s]]) for s in "ABC" if s not in names}
    for jump in model.jumps:
        rate = jump.intensity.xreplace({s: at[s.name] for s in jump.intensity.free_symbols})
        for s, r in zip(names, jump.displacement, strict=True):
            drift[s] += r * rate
    for s in names:
        found = drift[s] / size * (volume[s] if one else 1)
        assert abs(found - expected[s]) < sp.Rational(1, 10**6) * (1 + abs(expected[s])), s
        assert abs(2 * found - expected[s]) > sp.Rational(1, 10**6) or not expected[s]


def test_functions_local_names_initial_assignments_and_reserved_words() -> None:
    more = (
        f'<listOfFunctionDefinitions><functionDefinition id="mm">{MATH}<lambda><bvar><ci>x</ci></bvar><bvar><ci>h</ci></bvar>'
        f"{math_of(('divide', 'x', ('plus', 'h', 'x')))}</lambda></math></functionDefinition></listOfFunctionDefinitions>"
        f'<listOfInitialAssignments><initialAssignment symbol="h">{MATH}{math_of(("times", 2, "pi_"))}</math></initialAssignment>'
        f'<initialAssignment symbol="S">{MATH}{math_of(("times", 3, "pi_"))}</math></initialAssignment></listOfInitialAssignments>'
    )
    data = file_of({"S": "", "gamma": 'boundaryCondition="true" initialConcentration="5"'},
                   [({"S": 1, "gamma": 1}, {}, ("times", "cell", "lambda", "gamma", ("<ci>mm</ci>", "S", "h")))],
                   {"h": 0, "pi_": 7}, more=more, local='<listOfLocalParameters><localParameter id="lambda" value="4"/></listOfLocalParameters>')  # fmt: skip
    found = read_sbml_bytes(data)
    assert {str(k): sp.factor(v) for k, v in found.model.values} == {"pi_": 7, "gam": 5, "lam": 4}
    (jump,) = found.model.jumps
    n, size, pi_, lam, gam = (sp.Symbol(s) for s in ("n_S", "Omega", "pi_", "lam", "gam"))
    plain = jump.intensity.xreplace({s: sp.Symbol(s.name) for s in jump.intensity.free_symbols})
    assert sp.cancel(plain - size * lam * gam * n / (2 * pi_ * size + n)) == 0
    assert [str(p) for p in found.model.preparation.position] == ["3*Omega*pi_"]
    assert any("held fixed" in a for a in found.assumed)
    assert all("'gamma' of the file is called gam" not in a or a for a in found.assumed)


ONE = [({"A": 1}, {"B": 1}, ("times", "k", "A"))]


def broken(old: str, new: str) -> bytes:
    data = file_of({"A": "", "B": ""}, ONE, {"k": 1}).decode()
    assert old in data
    return data.replace(old, new, 1).encode()


def listed(name: str, inner: str) -> bytes:
    return broken("<listOfReactions>", f"<listOf{name}>{inner}</listOf{name}><listOfReactions>")


def ruled(variable: str, formula: Formula) -> str:
    return f'<assignmentRule variable="{variable}">{MATH}{math_of(formula)}</math></assignmentRule>'


LAW = math_of(ONE[0][2])
LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"  # fmt: skip
REFUSED = {
    "a rate rule": (listed("Rules", f'<rateRule variable="k">{MATH}<cn>1</cn></math></rateRule>'), "<rateRule> of 'k' is not read"),
    "a rule of what reactions change": (listed("Rules", ruled("A", 1)), "an assignment rule for 'A', which reactions change"),
    "a rule of nothing": (listed("Rules", ruled("cell", 1)), "an assignment rule for 'cell', which is no species or parameter"),
    "two rules of one": (listed("Rules", ruled("k", 1) + ruled("k", 2)), "two assignments to 'k'"),
    "a rule in a circle": (listed("Rules", ruled("k", ("plus", "k", 1))), "assignment rules that need each other"),
    "an algebraic rule": (listed("Rules", f"<algebraicRule>{MATH}<cn>1</cn></math></algebraicRule>"), "<algebraicRule>"),
    "an event": (listed("Events", '<event id="pulse"/>'), "events are not read: <event> of 'pulse'"),
    "a constraint": (listed("Constraints", "<constraint/>"), "constraints are not read"),
    "time": (broken(LAW, '<csymbol definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'), "'time' is not read here: laws that depend on time"),
    "a delay": (broken(LAW, math_of(('<csymbol definitionURL="http://www.sbml.org/sbml/symbols/delay">d</csymbol>', "A", 1))), "'delay'"),
    "pieces": (broken(LAW, "<piecewise><piece><cn>1</cn><true/></piece></piecewise>"), "<piecewise> is not read here: laws in pieces"),
    "an unknown name": (broken(LAW, "<ci>zzz</ci>"), "'zzz' is not defined"),
    "the rate of a reaction": (broken(LAW, "<ci>R0</ci>"), "'R0' is the rate of a reaction"),
    "half an individual": (broken('stoichiometry="1"', 'stoichiometry="0.5"'), "the stoichiometry 1/2 of 'A' is no whole number"),
    "a package that is needed": (broken('level="3"', 'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true" level="3"'), "needs the SBML package comp"),
    "Level 1": (broken('level="3"', 'level="1"'), "Level 1 is not read"),
    "another namespace": (broken(CORE[3], "http://example.org/sbml"), "this is no SBML"),
    "no law": (broken(f"<kineticLaw>{MATH}{LAW}</math></kineticLaw>", ""), "a reaction without a kinetic law"),
    "a law that does not vanish": (broken(LAW, "<ci>k</ci>"), "does not vanish where fewer than 1 of 'n_A' are left"),
    "a negative law": (broken(LAW, math_of(("minus", LAW, "k"))), "the reaction is irreversible, and its kinetic law may be negative"),
    "an unknown sign": (broken(LAW, math_of(("times", "k", ("sin", "A")))), "the sign of"),
    "a conversion factor": (broken('id="m"', 'id="m" conversionFactor="k"'), "conversion factor"),
    "an unknown attribute": (broken('<species id="A"', '<species id="A" initialAmout="3"'), "the attribute 'initialAmout'"),
    "two things of one name": (broken('<species id="B"', '<species id="A"'), "'A' names two things"),
    "a function that calls itself": (broken("<listOfReactions>", f'<listOfFunctionDefinitions><functionDefinition id="f">{MATH}<lambda><bvar><ci>x</ci></bvar>{math_of(("<ci>f</ci>", "x"))}</lambda></math></functionDefinition></listOfFunctionDefinitions><listOfReactions>').replace(LAW.encode(), math_of(("<ci>f</ci>", "A")).encode()), "functions call each other more than"),
    "a tower of powers": (broken(LAW, math_of(("power", 9, ("power", 9, ("power", 9, 9))))), "6,000 digits"),
    "exponential functions": (broken(LAW, math_of(("times", "k", "A", ("divide", 1, ("minus", "A", "A"))))), "division by zero"),
    "billion laughs": (broken('?>', '?>' + LAUGHS), "a document type declaration: entities are not read"),
    "an external entity": (broken('?>', '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "entities are not read"),
    "an external document type": (broken('?>', '?><!DOCTYPE sbml SYSTEM "http://example.org/x.dtd">'), "entities are not read"),
    "deep nesting": (broken(LAW, "<apply>" * 5000), "nested deeper than"),
    "deep notes": (broken("<listOfCompartments>", "<notes>" + "<p>" * 5000), "nested deeper than"),
    "bytes": (bytes(range(256)), "this is no XML"),
    "nothing": (b"", "this is no XML"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="nonsense"?><sbml/>', "this is no XML"),
    "half a file": (broken("</model></sbml>", ""), "this is no XML"),
    "web page": (b"<html><body/></html>", "this is no SBML"),
    "a number that is none": (broken('value="1"', 'value="INF"'), "value = 'INF' is no number"),
    "nothing that changes": (broken('<species id="A"', '<species constant="true" id="A"').replace(b'<species id="B"', b'<species boundaryCondition="1" id="B"'), "no reaction changes the number of anything"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_plain_network_is_refused_by_name_and_place(case: str) -> None:
    data, message = REFUSED[case]
    with pytest.raises(sd.SymdiffError) as refused:
        read_sbml_bytes(data, "net.xml")
    assert message in refused.value.message
    assert "net.xml" in refused.value.where
    assert read_sbml_bytes(file_of({"A": "", "B": ""}, ONE, {"k": 1})).model.jumps


def test_assignment_rules_against_the_same_laws_written_out() -> None:
    """k = u v and u = w/(1 + A), in any order, beside the law k A itself; another rule is another network."""
    inner = ("divide", "w", ("plus", 1, "A"))
    species, constants = {"A": "", "B": ""}, {"k": 1, "u": 1, "v": 3, "w": 2}
    rules = ruled("k", ("times", "u", "v")) + ruled("u", inner)
    found = read_sbml_bytes(file_of(species, ONE, constants, more=f"<listOfRules>{rules}</listOfRules>"))
    written = [(a, b, ("times", ("times", inner, "v"), "A")) for a, b, _ in ONE]
    assert rates(found.model) == rates(read_sbml_bytes(file_of(species, written, constants)).model)
    assert "assignment rules are written out: k, u" in found.assumed
    other = ruled("k", ("times", "u", "v")) + ruled("u", "w")
    assert rates(found.model) != rates(
        read_sbml_bytes(file_of(species, ONE, constants, more=f"<listOfRules>{other}</listOfRules>")).model
    )


def test_calls_that_share_their_arguments_are_sized_before_they_are_written_out() -> None:
    double = math_of(("times", ("root", "x"), ("exp", "x")))
    body = "".join(f'<functionDefinition id="f{i}">{MATH}<lambda><bvar><ci>x</ci></bvar>{double if not i else math_of((f"<ci>f{i - 1}</ci>", (f"<ci>f{i - 1}</ci>", "x")))}</lambda></math></functionDefinition>' for i in range(12))  # fmt: skip
    data = broken(
        "<listOfReactions>", f"<listOfFunctionDefinitions>{body}</listOfFunctionDefinitions><listOfReactions>"
    )
    with pytest.raises(sd.SymdiffError, match="roots and functions inside each other"):
        read_sbml_bytes(data.replace(LAW.encode(), math_of(("<ci>f11</ci>", "A")).encode()))


def test_the_command_writes_a_model_file_and_refuses_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, huge, out = (tmp_path / n for n in ("good.xml", "bad.xml", "huge.xml", "out.toml"))
    good.write_bytes(NETWORKS["Brusselator"][0])
    bad.write_bytes(REFUSED["billion laughs"][0])
    with huge.open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    assert main(["new", "--sbml", str(good), "-o", str(out)]) == 0
    assert "assumed: Omega is the number of individuals at one unit of concentration" in capsys.readouterr().err
    assert rates(sd.load(out)) == rates(sd.read_sbml(good)) == rates(NETWORKS["Brusselator"][1])
    for path in (bad, huge, tmp_path / "missing.xml", tmp_path):
        assert main(["new", "--sbml", str(path)]) == 2
        assert path.name in capsys.readouterr().err
    assert main(["derive", str(good)]) == 2
    assert "symdiff new --sbml" in capsys.readouterr().err


def test_every_reading_is_listed_in_the_model_file() -> None:
    found: SbmlModel = read_sbml_bytes(NETWORKS["enzyme, amounts, split"][0])
    assert all(a in sd.loads(found.text).notes for a in found.assumed)
    assert any("is split" in a for a in found.assumed)
