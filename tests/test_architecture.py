"""The rules of import as they are stated, and each of them against a violation planted on purpose."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLANTS = {  # where an import is planted -> what it imports: one for every contract
    "symdiff/algebra/multiindex.py": "symdiff.model.jump_model",
    "symdiff/evidence/counting/steps.py": "symdiff.equations.evolution_equation",
    "symdiff/evidence/solution/dispersion.py": "symdiff.model.jump_model",
    "symdiff/evidence/propagation/growth.py": "symdiff.evidence.simulation.walkers",
    "symdiff/continuum/numeric_jets.py": "symdiff.continuum.regimes",
    "symdiff/algebra/graded.py": "symdiff.continuum.confirmation",
    "symdiff/model/parameter.py": "numpy",
    "symdiff/certifier.py": "symdiff.errors",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("importlinter")
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def copied(folder: Path) -> Path:
    shutil.copytree(ROOT / "symdiff", folder / "symdiff", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_imports_keep_to_the_rules() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.slow
@pytest.mark.parametrize("path", PLANTS)
def test_planted_violations_are_reported(tmp_path: Path, path: str) -> None:
    target = copied(tmp_path) / path
    text = target.read_text(encoding="utf-8")
    target.write_text(
        text.replace(
            "from __future__ import annotations\n", f"from __future__ import annotations\nimport {PLANTS[path]}\n", 1
        )
    )
    found = lint(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout


def test_every_contract_has_a_planted_violation() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert len(PLANTS) >= len(contracts)


FORBIDDEN_CALLS = {
    "series",
    "doit",
    "evalf",
    "equals",
    "nsimplify",
    "simplify",
    "sympify",
    "parse_expr",
    "eval",
    "exec",
}


@pytest.mark.parametrize("layer", ["algebra", "model", "continuum", "equations"])
def test_the_core_never_calls_what_is_inexact_or_evaluates_text(layer: str) -> None:
    for path in (ROOT / "symdiff" / layer).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name == "series" and len(node.args) + len(node.keywords) < 3:
                    continue  # symdiff's own: series(expression, order); SymPy's is series(x, 0, n)
                assert name not in FORBIDDEN_CALLS, f"{path.name}:{node.lineno} calls {name}"


def test_nothing_prints_below_the_command_line() -> None:
    for path in (ROOT / "symdiff").rglob("*.py"):
        if "cli" in path.parts or "web" in path.parts or path.name == "certifier.py":  # it is a command of its own
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"), path


def test_version_and_help_do_not_import_sympy() -> None:
    code = "import sys; from symdiff.cli.main import main\ntry: main(['{}'])\nexcept SystemExit: pass\nassert 'sympy' not in sys.modules"
    for flag in ("--help", "--version"):
        done = subprocess.run([sys.executable, "-c", code.format(flag)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
