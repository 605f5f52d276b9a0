"""The model file: what it means, where its errors are, and that nothing is lost on the way out and in."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp

from symdiff.dossier.gallery import gallery_folder
from symdiff.errors import ModelError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint, load_file, load_text, to_toml
from symdiff.model.toml_text import MAX_FILE_BYTES
from walks import MODELS, line

WALK = """
[parameters]
h = "positive"
p = "probability"
tau = "positive"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
"""

ALL_FILES = sorted([*MODELS.glob("*.toml"), *gallery_folder().glob("*.toml")])


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda p: p.stem)
def test_written_model_against_read_one(path: Path) -> None:
    model = load_file(path)
    again = load_text(to_toml(model))
    assert again == model
    assert fingerprint(again) == fingerprint(model)


def test_model_from_python_against_file() -> None:
    model = JumpModel(
        parameters={"h": "positive", "p": "probability", "tau": "positive"}, coordinates=["x"], time_step="tau",
        jumps=[{"displacement": "h", "probability": "p"}, {"displacement": ["-h"], "probability": "1 - p"}],
    )  # fmt: skip
    assert model == load_text(WALK)
    assert model != load_text(WALK.replace('"1 - p"', '"(1 - p)/2"'))


def test_numbers_are_exact() -> None:
    model = load_text(WALK.replace('probability = "p"', "probability = 0.3").replace('"1 - p"', "0.1"))
    assert [j.intensity for j in model.jumps] == [sp.Rational(3, 10), sp.Rational(1, 10)]


BAD = {  # change to the walk above -> (what the place names, what the message says)
    ('coordinates = ["x"]', "coordinates = []"): ("coordinates", "zero dimension"),
    ("[model]", '[initial]\nposition = ["x"]\n[model]'): ("[initial]: position", "a coordinate is none"),
    ('coordinates = ["x"]', 'cordinates = ["x"]'): ("[model]", "unknown key"),
    ('displacement = "h"', 'displacement = ["h", "0"]'): ("displacement", "2 entries"),
    ('displacement = "h"', 'displacement = "g"'): ("displacement", "unknown symbol 'g'"),
    ('probability = "p"', 'probability = "p + 2"'): ("[[jumps]] 1: probability", "above one"),
    ('probability = "p"', 'probability = "-tau"'): ("[[jumps]] 1: probability", "negative"),
    ('probability = "1 - p"', 'probability = "2 - p/2"'): ("[[jumps]] 2: probability", "above one"),
    ('probability = "1 - p"', 'probability = "1"'): ("", ""),
    ('probability = "p"', 'rate = "p"'): ("[[jumps]] 1: rate", "time step"),
    ('probability = "p"', 'probability = "sqrt(-h)"'): ("probability", "not real"),
    ('probability = "p"', 'probability = "__import__(1)"'): ("probability", "no name"),
    ('probability = "p"', 'probability = "9**9**9**9"'): ("probability", "digits"),
    ('p = "probability"', 'p = "probable"'): ("[parameters]: p", "unknown assumption"),
    ('p = "probability"', 'p = "2 < p < 1"'): ("[parameters]: p", "no number satisfies"),
    ('p = "probability"', 'lambda = "positive"'): ("lambda", "keyword"),
    ('time_step = "tau"', 'time_step = "-tau"'): ("time_step", "not positive"),
    ('time_step = "tau"', 'time_step = "tau*x"'): ("time_step", "depends on place"),
    ("[[jumps]]", "[jumps]"): ("", ""),
}  # fmt: skip


@pytest.mark.parametrize("change", BAD, ids=lambda c: c[1])
def test_bad_models_are_refused_with_their_place(change: tuple[str, str]) -> None:
    text = WALK.replace(*change, 1)
    place, message = BAD[change]
    if change[1] == 'probability = "1"':
        text = text.replace('probability = "p"', 'probability = "(1 + p)/2"')
        place, message = "[[jumps]]", "sum to"
    with pytest.raises(SymdiffError) as refused:
        load_text(text, "walk.toml")
    error = refused.value
    assert error.status == 2
    assert "walk.toml" in error.where
    assert place in error.where
    assert message in error.message


def test_the_line_is_named() -> None:
    with pytest.raises(SymdiffError) as refused:
        load_text(WALK.replace('"1 - p"', '"1 - q"'), "walk.toml")
    number = next(n for n, text in enumerate(WALK.splitlines(), 1) if '"1 - p"' in text)
    assert f"line {number}," in refused.value.where


def test_latex_in_double_quotes_is_explained() -> None:
    text = WALK + '\n[[claims]]\nlatex = "D = \\tau"\n'
    with pytest.raises(SymdiffError, match="single quotes"):
        load_text(text)


def test_a_prime_in_single_quotes_is_explained() -> None:
    text = WALK + "\n[[claims]]\nlatex = 'v = -V'(x)'\n"
    with pytest.raises(SymdiffError) as refused:
        load_text(text)
    assert "between three" in refused.value.instead
    with pytest.raises(SymdiffError) as other:
        load_text(WALK + "\n[[claims]]\nlatex = 'v = 1' 2\n")
    assert "between three" not in other.value.instead


def test_wide_unknowns_get_the_nearest_key() -> None:
    with pytest.raises(ModelError, match="did you mean 'displacement'"):
        load_text(WALK.replace("displacement", "displacment", 1))


@pytest.mark.parametrize(
    "extra", ['[[jumps]]\ndestination = ["0"]\nprobability = "0"\nwhere = "x < 0"'],
)  # fmt: skip
def test_what_is_not_built_is_refused_with_what_to_write_instead(extra: str) -> None:
    with pytest.raises(NotYetError) as refused:
        load_text(WALK + extra)
    assert "handled:" in (refused.value.instead or "")


@pytest.mark.parametrize("data", [b"", b"   \n", b"\xff\xfe\x00binary\x00", b"not toml at all", b"a = [[[[", b"[model", b"x = 1e999999",
                                  b"a = nan", b"[" * 20000, b"a.b" * 5000])  # fmt: skip
def test_files_that_are_no_models(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "walk.toml"
    path.write_bytes(data)
    with pytest.raises(SymdiffError) as refused:
        load_file(path)
    assert refused.value.where.startswith("walk.toml") or "number" in refused.value.message
    assert str(tmp_path) not in str(refused.value)


def test_a_file_of_ten_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "walk.toml"
    path.write_bytes(b"#" * (10 * 1024 * 1024))
    with pytest.raises(ModelError, match=str(MAX_FILE_BYTES)):
        load_file(path)


def test_conditions_are_kept_where_probabilities_hold_for_some_values_only() -> None:
    model = load_file(gallery_folder() / "harmonic_trap.toml")
    (condition,) = model.conditions
    assert str(condition) == "Abs(x) <= 2*kT/(C*delta)"


def test_constraints_settle_the_sum_of_probabilities() -> None:
    jumps = {"h": "p", "-h": "q"}
    names = {"h": "positive", "tau": "positive", "p": "probability", "q": "probability"}
    assert [str(c) for c in line(jumps, parameters=names).conditions] == ["p + q <= 1"]
    assert line(jumps, parameters=names, constraints=["p + q <= 1"]).conditions == ()


def test_weights_become_probabilities_in_proportion() -> None:
    model = JumpModel(parameters={"h": "positive", "tau": "positive"}, functions={"w": ["x"]}, coordinates=["x"], time_step="tau",
                      jumps=[{"displacements": ["h", "-h"], "weight": "w(x + r)"}])  # fmt: skip
    assert sp.simplify(sum(j.intensity for j in model.jumps)) == 1


def test_index_families_are_written_out() -> None:
    model = JumpModel(parameters={"h": "positive", "tau": "positive"}, coordinates=["x"], time_step="tau",
                      jumps=[{"index": {"j": [-2, 2]}, "displacement": "j*h", "probability": "1/5"}])  # fmt: skip
    h = sp.Symbol("h", positive=True)
    assert [j.displacement[0] for j in model.jumps] == [-2 * h, -h, 0, h, 2 * h]


def test_own_displacement_means_the_jump() -> None:
    model = JumpModel(parameters={"h": "positive"}, functions={"D": ["x"]}, coordinates=["x"],
                      jumps=[{"displacements": ["h", "-h"], "rate": "D(x + r/2)/h**2"}])  # fmt: skip
    D, x, h = sp.Function("D"), sp.Symbol("x", real=True), sp.Symbol("h", positive=True)
    assert [j.intensity for j in model.jumps] == [D(x + h / 2) / h**2, D(x - h / 2) / h**2]


def test_definitions_in_any_order_and_circles() -> None:
    base = WALK.replace("[model]", '[definitions]\nb = "2*a"\na = "p/4"\n[model]').replace('"p"\n[[', '"b"\n[[')
    assert str(load_text(base).jumps[0].intensity) == "p/2"
    with pytest.raises(ModelError, match="circle"):
        load_text(base.replace('"p/4"', '"b/4"'))


def test_setting_values() -> None:
    from symdiff.model.substitution import read_settings

    model = load_text(WALK)
    p = sp.Symbol("p", nonnegative=True)
    assert read_settings(model, ["p=1/3"]) == {"p": sp.Rational(1, 3)}
    assert p not in model.substitute({"p": sp.Rational(1, 3)}).jumps[0].intensity.free_symbols
    for bad in ("p=3/2", "q=1", "p", "p=", "p=p", "tau=-1", "tau=oo", "p=1/2=1", "p=h/0"):
        with pytest.raises(SymdiffError):
            read_settings(model, [bad])
    with pytest.raises(SymdiffError):
        read_settings(model, ["p=1/3", "p=1/2"])


@pytest.mark.parametrize(("arguments", "call"), [(["t"], "q(x)"), (["x"], "q(t)"), (["x", "t"], "q(x, x)")])
def test_a_function_of_time_is_not_read_at_a_place_nor_the_other_way_round(arguments: list[str], call: str) -> None:
    with pytest.raises(SymdiffError, match="reads a function of"):
        JumpModel(functions={"q": arguments}, coordinates=["x"], jumps=[{"displacement": "1", "rate": call}])
    JumpModel(functions={"q": ["x"]}, coordinates=["x"], jumps=[{"displacement": "1", "rate": "q(x - 2*t)"}])
