"""The package after a plain install outside the checkout, and after an editable one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from symdiff.dossier.gallery import gallery_names

ROOT = Path(__file__).parents[1]


def pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr


def listed(python: str, folder: Path) -> list[str]:
    done = subprocess.run(
        [python, "-I", "-m", "symdiff.cli.main", "list", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [e["name"] for e in json.loads(done.stdout)["entries"]]


@pytest.mark.exhaustive  # a fresh copy is installed both ways wherever the README's commands are run
@pytest.mark.parametrize("editable", [False, True])
def test_gallery_names_work_after_installation(tmp_path: Path, editable: bool) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False, system_site_packages=False)
    python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
    pip("--python", python, "install", "--no-deps", *(["-e"] if editable else []), str(ROOT))
    # SymPy is that of this environment; .pth files that stand there (of an editable install) are not read again
    places = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    (Path(places.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    assert listed(python, outside) == gallery_names()
    done = subprocess.run(
        [python, "-I", "-m", "symdiff.cli.main", "derive", "biased_walk"],
        cwd=outside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code = "from symdiff.dossier.gallery import gallery_folder; print(gallery_folder())"
    folder = Path(
        subprocess.run(
            [python, "-I", "-c", code], cwd=outside, capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    assert (folder == ROOT / "derivations") is editable


@pytest.mark.slow
def test_two_builds_of_other_date_and_mode_are_the_same_bytes_and_hold_the_gallery(tmp_path: Path) -> None:
    built = []
    for n, mode in enumerate((0o644, 0o600)):
        copy = tmp_path / f"copy{n}"
        for name in ("symdiff", "derivations", "docs", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
            else:
                shutil.copy(source, copy / name)
        for file in copy.rglob("*"):
            if file.is_file():
                file.chmod(mode)
                os.utime(file, (1e9 + 1e6 * n, 1e9 + 1e6 * n))
        pip("wheel", "--no-deps", "-w", str(tmp_path / f"out{n}"), str(copy))
        built.append(next((tmp_path / f"out{n}").glob("*.whl")).read_bytes())
    assert built[0] == built[1]
    with zipfile.ZipFile(next((tmp_path / "out0").glob("*.whl"))) as wheel:
        names = wheel.namelist()
        wheel.extractall(tmp_path / "unpacked")
    assert {f"symdiff/derivations/{n}.toml" for n in gallery_names()} <= set(names)
    assert "symdiff/py.typed" in names
    assert not [n for n in names if n.startswith("tests")]
    command = [sys.executable, "-c", "from symdiff.dossier.gallery import gallery_folder; print(gallery_folder())"]
    folder = subprocess.run(
        command, cwd=tmp_path / "unpacked", capture_output=True, text=True, check=True
    ).stdout.strip()
    assert Path(folder) == tmp_path / "unpacked" / "symdiff" / "derivations"
