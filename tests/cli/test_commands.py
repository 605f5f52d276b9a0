"""The command line against the contract: documents, exit statuses, standard output and error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

from gallery_sample import entries_with_slow_ones
from symdiff.cli.main import main
from symdiff.dossier.gallery import gallery_names

ROOT = Path(__file__).parents[2]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    status, out, _ = run(capsys, *arguments, "--json")
    assert status in (0, 1, 3), out
    return json.loads(out)


def sympified(text: str, symbols: dict) -> sp.Expr:
    """As the contract says that the strings are read back."""
    names = {n: sp.Symbol(n) for n in (*symbols["parameters"], *symbols["coordinates"], symbols["time"])}
    names |= {n: sp.Function(n) for n in (*symbols["functions"], *symbols["densities"])}
    return sp.sympify(text, locals=names)


@pytest.mark.parametrize("name", entries_with_slow_ones())
def test_derive_document_has_the_contract_fields(capsys: pytest.CaptureFixture[str], name: str) -> None:
    found = document(capsys, "derive", name)
    assert found["format"] == 1
    assert set(found["symbols"]) == {"parameters", "functions", "densities", "coordinates", "time"}
    for limit in found["limits"]:
        assert limit["regime"]["origin"] in ("stated", "long-wave", "found")
        assert all(isinstance(p, str) for p in limit["regime"]["scaling"].values())
        assert limit["assumptions"]
        assert limit["steps"]
        for equation in limit["equations"]:
            lhs, rhs = (sympified(equation[side]["sympy"], found["symbols"]) for side in ("lhs", "rhs"))
            assert lhs.atoms(sp.Derivative) or any(
                f.func.__name__ == "CaputoDerivative" for f in lhs.atoms(AppliedUndef)
            )
            assert rhs.free_symbols <= {
                sp.Symbol(n) for n in (*found["symbols"]["parameters"], *found["symbols"]["coordinates"], "t")
            }
        for value in limit["coefficients"].values():
            assert set(value) == {"sympy", "latex"}
            sympified(value["sympy"], found["symbols"])
        assert limit["closure"]["kind"] in ("exact", "mean-field", "local-equilibrium", "none")
    assert set(found["provenance"]) == {"symdiff", "sympy", "model_sha256"}


def test_equation_and_coefficients_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "derive", "biased_walk", "--regime", "long-wave")
    (limit,) = found["limits"]
    symbols = found["symbols"]
    x, t = sp.Symbol("x"), sp.Symbol("t")
    C = sp.Function("C")(x, t)
    v, D = (sympified(limit["coefficients"][n]["sympy"], symbols) for n in ("v", "D"))
    rhs = sympified(limit["equations"][0]["rhs"]["sympy"], symbols)
    assert sp.expand(rhs - (-v * sp.diff(C, x) + D * sp.diff(C, x, 2))) == 0
    k = sp.Symbol("k")
    growth = sympified(limit["growth_rate"]["sympy"], symbols)
    assert sp.expand(growth - (-sp.I * k * v - D * k**2)) == 0


def test_set_adds_decimal_values(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "derive", "biased_walk", "--set", "p=1/3", "--set", "ell=1", "--set", "tau=1/2")
    coefficients = next(x for x in found["limits"] if x["regime"]["name"] == "long-wave")["coefficients"]
    assert coefficients["D"] == {"sympy": "8/9", "latex": r"\frac{8}{9}", "value": "0.888888888888889"}
    assert coefficients["v"]["value"] == "-0.666666666666667"


def test_set_with_an_expression(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "derive", "continuous_time_diffusion", "--set", "Gamma=3/a**2")
    assert found["limits"][0]["coefficients"]["D"]["sympy"] == "3"


def test_order_keeps_higher_derivatives(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "derive", "discrete_time_diffusion", "--order", "4", "--regime", "long-wave")
    assert sympified(found["limits"][0]["coefficients"]["a_4"]["sympy"], found["symbols"]) == sp.sympify(
        "-dx**4/(12*dt)"
    )
    assert any("Pawula" in a for a in found["limits"][0]["assumptions"])


def test_observables(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "derive", "mean_squared_displacement", "--observable", "dispersion_relation")
    msd = found["observables"]["msd"]
    assert msd["kind"] == "moment"
    assert msd["lattice"]["sympy"] == msd["equation"]["long-wave"]["sympy"] == "L**2*t/tau"
    assert "log" in found["observables"]["dispersion_relation"]["lattice"]["sympy"]


def test_check_document(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "check", "biased_walk")
    verdicts = {c["id"]: c for c in found["claims"]}
    assert verdicts["D-independent-of-bias"]["verdict"] == "conditional"
    assert {r["name"]: r["verdict"] for r in verdicts["D-independent-of-bias"]["regimes"]} == {
        "diffusive": "proved",
        "long-wave": "refuted",
    }
    assert verdicts["drift"]["regimes"][0]["derived"]["v"]["sympy"] == "ell*(2*p - 1)/tau"


@pytest.mark.parametrize(("arguments", "status"), [
    (("check", "biased_walk"), 0),
    (("check", "biased_walk", "--claim", r"D = \frac{\ell^2}{\tau}"), 1),
    (("check", "discrete_time_diffusion", "--claim", r"q = 1"), 3),
    (("check", "persistent_walk", "--claim", r"\alpha = 2(1-p)/\tau"), 3),
    (("check", "biased_walk", "--claim", r"D = \frac{"), 2),
    (("check", "biased_walk", "--set", "p=1/10"), 3),  # what the file expects is said of the formulas, not at p = 1/10
    (("derive", "subdiffusion", "--order", "6"), 0),  # the second route needs more digits there
    (("derive", "no_such_entry"), 2),
    (("derive", "biased_walk", "--regime", "difusive"), 2),
    (("derive", "biased_walk", "--order", "x"), 2),
    (("derive", "biased_walk", "--set", "p=2"), 2),
    (("count", "biased_walk"), 2),
    (("count", "biased_walk", "-n", "3", "--to", "1,2"), 2),
    (("count", "biased_walk", "-n", "3", "--recurrence"), 0),
    (("count", "levy_flight", "--recurrence"), 2),
    (("count", "levy_flight", "-n", "3"), 2),
    (("count", "persistent_walk", "-n", "3"), 2),
    (("read", r"\input{/etc/passwd}"), 2),
    (("web", "--port", "99999"), 2),
    (("derve", "biased_walk"), 2),
    ((), 2),
    (("report", "biased_walk", "-o", "walk.docx"), 2),
    (("report", "biased_walk", "-o", "walk"), 2),
    (("report", "biased_walk", "-o", "no/such/folder/walk.html"), 2),
])  # fmt: skip
def test_exit_status(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int) -> None:
    found, out, err = run(capsys, *arguments)
    assert found == status
    assert "Traceback" not in out + err
    if status == 2:
        assert err.startswith("symdiff") or "usage" in err


def test_errors_are_documents_too(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "derive", "biased_wlk", "--json")
    error = json.loads(out)["error"]
    assert status == error["status"] == 2
    assert "biased_walk" in error["instead"]
    assert err == ""


def test_several_files_and_the_worst_status(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = run(capsys, "derive", "biased_walk", "nope", "--json")
    results = json.loads(out)["results"]
    assert status == 2
    assert [r["file"] for r in results] == ["biased_walk", "nope"]
    assert results[0]["limits"]
    assert results[1]["error"]["status"] == 2


@pytest.mark.slow
def test_standard_input_and_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "derivations" / "biased_walk.toml").read_bytes()
    by_pipe = subprocess.run(
        [sys.executable, "-m", "symdiff.cli.main", "derive", "-"], input=text, capture_output=True, check=True
    )
    path = tmp_path / "walk.toml"
    path.write_bytes(text)
    assert main(["derive", str(path)]) == 0
    assert by_pipe.stdout.decode() == capsys.readouterr().out


def test_negative_sites_need_no_equals_sign(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "count", "square_walk_three_steps", "-n", "3", "--to", "-1,2")
    assert found["counts"] == [{"site": [-1, 2], "walks": "3", "probability": "3/64"}]
    assert found["total"] == "64"


def test_total_beside_a_sequence_to_one_site_is_that_of_all_ends(capsys: pytest.CaptureFixture[str]) -> None:
    for kind, to, numbers, total in (
        ([], "1,2", ["0", "0", "0", "3"], "64"),
        (["--non-reversing"], "1,2", ["0", "0", "0", "3"], "36"),
    ):
        found = document(capsys, "count", "square_walk_three_steps", "-n", "3", "--to", to, "--sequence", *kind)
        assert (found["sequence"], found["total"]) == (numbers, total)


def test_count_of_the_whole_law_sums_to_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "count", "square_walk_three_steps", "-n", "3")
    assert sum(int(c["walks"]) for c in found["counts"]) == int(found["total"]) == 64
    assert sum(sp.Rational(c["probability"]) for c in found["counts"]) == 1


def test_read_document_in_canonical_form(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "read", r"\frac{\partial P}{\partial t} = D \frac{\partial^2 P}{\partial x^2}")
    assert found["equations"][0]["srepr"].startswith("Equality(Derivative(Function('P')(Symbol('x'), Symbol('t'))")
    assert {s["name"] for s in found["symbols"]} >= {"P", "D", "x", "t"}


def test_list_document(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "list")
    assert [e["name"] for e in found["entries"]] == gallery_names()
    assert set(found["entries"][0]) == {"name", "title", "topic", "source", "claims"}
    named = document(capsys, "list", "--topic", "LEVY", "--search", "cauchy (-\\Delta)")["entries"]
    assert [e["name"] for e in named] == ["cauchy_steps"]
    assert document(capsys, "list", "--search", "no such word")["entries"] == []
    assert main(["list", "--topic", "no such topic"]) == 2


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_do_not_import_sympy(option: str) -> None:
    code = f"import sys; sys.argv = ['symdiff', '{option}']\nfrom symdiff.cli.main import main\ntry:\n main()\nexcept SystemExit: pass\nassert 'sympy' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_derive_does_not_import_numpy_or_scipy() -> None:
    code = "import sys\nfrom symdiff.cli.main import main\nmain(['derive', 'biased_walk'])\nassert not {'numpy', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_timeout_ends_a_long_derivation() -> None:
    found = subprocess.run([sys.executable, "-m", "symdiff.cli.main", "derive", "harmonic_trap", "--order", "20", "--timeout", "1"],
                           capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert found.returncode == 3
    assert "no result within 1 seconds" in found.stderr
    assert found.stdout == ""


def test_interrupt_is_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from symdiff.dossier import gallery

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gallery, "load", interrupted)
    assert run(capsys, "derive", "biased_walk")[0] == 130


def test_a_fault_of_symdiff_is_status_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from symdiff.dossier import gallery

    def faulty(_: str) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(gallery, "load", faulty)
    status, _, err = run(capsys, "derive", "biased_walk")
    assert status == 4
    assert "planted" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_claims_of_several_models_in_two_processes_vs_one(capsys: pytest.CaptureFixture[str]) -> None:
    models = ["check", "biased_walk", "no_such_model", "square_lattice"]
    assert main(models) == 2
    one = capsys.readouterr()
    assert main([*models, "--jobs", "2"]) == 2
    two = capsys.readouterr()
    assert two.out == one.out != ""
    assert "no_such_model" in two.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the file that is always full is one of Linux")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "more"), [("biased_walk", []), ("biased_walk", ["--json"]), ("no_such_walk", ["--json"])]
)
def test_a_full_disk_behind_standard_output_is_no_fault(name: str, more: list[str]) -> None:
    command = [sys.executable, "-m", "symdiff.cli.main", "derive", name, *more]
    with open("/dev/full", "w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert ("standard output" in run.stderr) is (name == "biased_walk")


NO_WALLS = """
[parameters]
a = "positive"
g = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["a", "-a"]
rate = "g"
[[observables]]
name = "T"
kind = "mean_exit_time"
[[observables]]
name = "spread"
kind = "variance"
of = "x"
"""


def test_an_observable_that_does_not_exist_is_shown_with_the_reason_and_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "open.toml"
    file.write_text(NO_WALLS)
    assert main(["derive", str(file)]) == 2
    shown, told = capsys.readouterr()
    assert "T: does not exist for this model: walkers never leave: no boundary absorbs" in shown
    assert "spread on the lattice: 2a²gt" in shown
    assert "observable 'T': walkers never leave" in told
    assert main(["derive", str(file), "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["status"] == 2
    found = document["observables"]
    assert "no boundary absorbs" in found["T"]["why"]
    assert found["spread"]["lattice"]["sympy"] == "2*a**2*g*t"
    assert main(["derive", str(file), "--observable", "mean_exit_time"]) == 2  # asked for by name
    assert "no boundary absorbs" in capsys.readouterr().err


def test_powers_of_logarithms_are_named_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """log(1 + x) of one step with x = k^2 log(k) has - k^4 log(k)^2/2."""
    jump = 'distribution = "student"\ndof = "2"\nprobability = "1"'
    (tmp_path / "log.toml").write_text(
        f'[parameters]\na = "positive"\n[model]\ncoordinates = ["x"]\ntime_step = "1"\n[[jumps]]\n{jump}\n'
    )
    assert main(["derive", str(tmp_path / "log.toml"), "--regime", "long-wave"]) == 0
    shown = capsys.readouterr().out
    assert "discarded at ε⁴ log(1/ε)²: " in shown
    assert "discarded at ε⁴ log(1/ε): " in shown
    assert "remainder: O(ε⁵ log(1/ε))" in shown
