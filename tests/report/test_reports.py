"""Reports: complete, the same on every run, nothing of the machine in them, and the user's text as plain text only."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import symdiff as sd
from gallery_sample import entries_with_slow_ones
from symdiff.cli.main import main
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.dossier import make_dossier
from symdiff.dossier.gallery import load
from symdiff.dossier.picture import picture_of
from symdiff.dossier.settings import Settings
from symdiff.errors import SymdiffError, UsageError
from symdiff.report.write import render, write_whole

HOSTILE = r"""
title  = '\title{\input{/etc/passwd}} <script>alert(1)</script> **bold** $x$ & 100% #1 _y_ ~ ^ {'
source = '\write18{touch pwned} <img src=x onerror=alert(1)> [link](javascript:alert(1)) `code`'
notes  = '''
\end{document} </main><iframe> | table | ![image](http://example.org/x.png) ]]> &amp; "quoted"
'''
[parameters]
h   = {assume = "positive", latex = '\eta'}
tau = "positive"
[model]
coordinates = ["x"]
time_step   = "tau"
states      = ["A_1", "B"]
[[jumps]]
from = "A_1"
to   = "B"
displacement = "h"
probability  = "1/2"
[[jumps]]
from = "B"
to   = "A_1"
displacement = "-h"
probability  = "1/3"
[[claims]]
id     = '\immediate\write18{id} <b>'
latex  = 'v = 0'
source = '\csname input\endcsname{/etc/passwd}'
"""


@pytest.fixture(scope="module")
def hostile() -> dict[str, str]:
    dossier = make_dossier(sd.loads(HOSTILE), budget=0.05)
    return {suffix: render(dossier, suffix) for suffix in (".html", ".tex", ".md")}


def test_hostile_text_in_html_is_text(hostile: dict[str, str]) -> None:
    text = hostile[".html"]
    tree = ET.fromstring(re.sub(r"<(meta[^>]*|br)>", r"<\1/>", text.removeprefix("<!DOCTYPE html>")))
    tags = {e.tag.rpartition("}")[2] for e in tree.iter()}
    assert not tags & {"script", "iframe", "img", "object", "embed", "link", "base", "form", "a"}
    assert all(not k.lower().startswith("on") for e in tree.iter() for k in e.attrib)
    assert "default-src 'none'" in text
    assert "<script>alert(1)</script>" in "".join(tree.itertext())  # shown, not run


def test_hostile_text_in_tex_is_text(hostile: dict[str, str]) -> None:
    text = hostile[".tex"]
    assert not re.search(r"\\(input|write|immediate|csname|include|openin|read|catcode|def)(?![a-z])", text)
    assert text.count(r"\end{document}") == 1
    assert r"\textbackslash{}input\{/etc/passwd\}" in text


def test_hostile_text_in_markdown_is_text(hostile: dict[str, str]) -> None:
    text, code = re.subn(r"(?ms)^```bibtex$.*?^```$", "", hostile[".md"])  # in code nothing is markup
    assert code == 1
    assert not re.search(r"(?m)^ {0,3}(```|~~~)", text)  # and no text of the user's opens or ends code
    assert not re.search(r"(?<!\\)<(script|img|iframe|b>|/main)", text)
    assert not re.search(r"(?<![\\!])\[link\]\(", text)
    assert not re.search(r"(?<!\\)!\[image\]", text)
    assert not re.search(r"(?<!\\)\*\*bold", text)


@pytest.mark.parametrize(
    "latex",
    [
        r"\input{/etc/passwd}",
        r"\\kappa",
        "a$ <script>",
        "a&b",
        r"\write18{id}",
        "a_b_c",
        "a^b^c",
        "{a",
        "a}",
        "a%",
        "#1",
        "_a",
    ],
)
def test_the_latex_of_a_parameter_is_a_symbol_or_refused(latex: str) -> None:
    with pytest.raises(SymdiffError, match=r"symbol|missing|brace|script"):
        sd.loads(HOSTILE.replace(r"\eta", latex))


def test_the_latex_of_a_parameter_is_shown_in_every_format() -> None:
    text = "[parameters]\nh = {assume = 'positive', latex = '\\hat{\\sigma}_{\\mathrm{eff}}'}\nkT = {assume = 'positive', latex = 'k_B T'}\n"
    text += "s = {assume = 'positive', latex = 's^2'}\n[model]\ncoordinates = ['x']\n[[jumps]]\ndisplacements = ['h', '-h']\nrate = 's**2/kT**2'"
    dossier = make_dossier(sd.loads(text), measured=False)
    assert r"\frac{\hat{\sigma}_{\mathrm{eff}}^{2} (s^2)^{2}}{(k_B T)^{2}}" in render(dossier, ".tex")
    html, typst = render(dossier, ".html"), render(dossier, ".typ")
    assert "<msubsup><mi>σ\u0302</mi><mi>eff</mi><mn>2</mn></msubsup>" in html
    assert "<msub><mi>k</mi><mi>B</mi></msub><mo>&#x2062;</mo><mi>T</mi>" in html
    assert 'attach(accent(σ, "\u0302"), b: "eff")' in typst


@pytest.mark.parametrize("name", ["x\u0007", "a\nb", "\x1b[31m"])
def test_control_characters_reach_no_report(name: str) -> None:
    model = sd.JumpModel(title=f"walk {name}", parameters={"h": "positive", "g": "positive"}, coordinates=["x"],
                         jumps=[{"displacements": ["h", "-h"], "rate": "g"}])  # fmt: skip
    dossier = make_dossier(model, budget=0.05)
    for suffix in (".html", ".tex", ".md"):
        text = render(dossier, suffix)
        assert not [c for c in text if ord(c) < 32 and c != "\n"]


SECTIONS = ("The microscopic model", "Regime: ", "Coefficients", "What was discarded", "Claims", "Numerical cross-check",
            "Figures", "Provenance")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["biased_walk", "persistent_walk", "levy_flight", "harmonic_trap"])
def test_every_section_is_there(name: str) -> None:
    text = render(make_dossier(sd.load(name), budget=0.05), ".html")
    assert all(s in text for s in SECTIONS)
    assert text.count("<svg") >= 1
    assert "Step 1." in text
    assert re.search(r"SHA-256 of the model: [0-9a-f]{64}", text)
    for word in (socket.gethostname(), str(Path.cwd()), os.path.expanduser("~"), sys.prefix):
        assert word not in text
    assert not re.search(rf"\b{re.escape(getpass.getuser())}\b", text) or getpass.getuser() in ("root", "user")


def test_kinds_show_what_they_are_for() -> None:
    dossier = make_dossier(sd.load("biased_walk"), budget=0.05)
    appendix, referee = (render(dossier, ".md", kind) for kind in ("appendix", "referee"))
    assert "Step 1." in appendix
    assert "Claims" not in appendix
    assert "Claims" in referee
    assert "Numerical cross\\-check" in referee or "Numerical cross-check" in referee
    assert "Step 1." not in referee


EVERY_FORMAT = """
import importlib.util, pathlib
import symdiff as sd
from symdiff.dossier.dossier import make_dossier
from symdiff.report.write import write_report
dossier = make_dossier(sd.load("persistent_walk"), budget=0.05)
for suffix in ("html", "tex", "md", "ipynb", "typ", "bib", *["pdf"] * bool(importlib.util.find_spec("typst"))):
    write_report(dossier, pathlib.Path("x." + suffix))
"""


@pytest.mark.slow
def test_two_runs_with_other_hash_seeds_and_folders_agree_byte_for_byte(tmp_path: Path) -> None:
    found: list[dict[str, bytes]] = []
    for seed in ("0", "4711"):
        folder = tmp_path / seed
        folder.mkdir()
        command = [sys.executable, "-c", EVERY_FORMAT]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed})
        found.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert len(found[0]) >= 6
    assert [n for n in found[0] if found[0][n] != found[1][n]] == []


def test_several_models_make_a_book_with_one_bibliography(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("biased_walk", "harmonic_trap")
    assert main(["report", *names, "-o", "book.md"]) == 0
    text = (tmp_path / "book.md").read_text()
    titles = [sd.load(n).title for n in names]
    assert re.findall(r"(?m)^# (\d+)\\?\. (.+)$", text) == [(str(n), t) for n, t in enumerate(titles, 1)]
    assert text.count("```bibtex") == 1
    assert main(["report", *names, "-o", "book.bib"]) == 0
    assert (tmp_path / "book.bib").read_text() == text.partition("```bibtex\n")[2].partition("```")[0]
    for wrong in (["--style", "appendix"], ["--set", "p=1/3"]):
        assert main(["report", *names, "-o", "wrong.md", *wrong]) == 2
    assert main(["report", names[0], "--gallery", "-o", "wrong.md"]) == 2
    assert not (tmp_path / "wrong.md").exists()


def test_sources_become_bibtex_without_anything_that_they_do_not_say() -> None:
    from symdiff.report.bibliography import source_of

    entry = source_of(r"H. C. Berg and E. M. Purcell (1977), 50% of {\input}", set())
    assert (entry.key, entry.author, entry.year) == ("berg1977", "H. C. Berg and E. M. Purcell", "1977")
    assert r"note = {H. C. Berg and E. M. Purcell (1977), 50\% of \{\textbackslash{}input\}}" in entry.bibtex
    assert source_of("Berg (1977)", {"berg1977"}).key == "berg1977a"
    nobody = source_of("a lecture on walks", set())
    assert (nobody.author, nobody.year) == ("", "")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "walk.html"
    target.write_text("old")

    def broken(self: Path, other: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(UsageError, match="No space"):
        write_whole(target, b"new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["walk.html"]


def test_a_wrong_model_writes_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", "no_such_walk", "-o", "x.html"]) == 2
    assert not list(tmp_path.iterdir())


needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def compiled(folder: Path, text: str) -> str:
    """The log of pdflatex, run twice."""
    (folder / "report.tex").write_text(text, encoding="utf-8")
    for _ in range(2):
        command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=False, env={**os.environ, "openin_any": "p"}
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    return (folder / "report.log").read_text(errors="replace")


@needs_latex
def test_hostile_text_compiles(tmp_path: Path, hostile: dict[str, str]) -> None:
    compiled(tmp_path, hostile[".tex"])
    assert not (tmp_path / "pwned").exists()


COMPILED = frozenset({"biased_walk", "levy_flight", "persistent_walk", "walk_in_potential"})


@pytest.mark.slow
@needs_latex
@pytest.mark.parametrize("name", entries_with_slow_ones(COMPILED, every=45))
def test_gallery_reports_compile_without_warnings_of_substance(tmp_path: Path, name: str) -> None:
    log = compiled(tmp_path, render(make_dossier(sd.load(name), budget=0.05), ".tex"))
    wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0.0) < 2, "a line runs into the margin"
    assert "LaTeX Warning" not in log.replace("LaTeX Warning: Label(s) may have changed", "")


def test_hostile_text_in_typst_is_text() -> None:
    pytest.importorskip("typst")
    from symdiff.report.build import build_document
    from symdiff.report.pdf import write_pdf

    hostile = HOSTILE.replace("[link]", '#read("/etc/passwd") #import "@preview/x:1.0.0": y')
    document = build_document(make_dossier(sd.loads(hostile), budget=0.05))
    found = write_pdf(document)
    assert found.startswith(b"%PDF-")
    assert found == write_pdf(document)


@pytest.mark.slow
@pytest.mark.parametrize("name", entries_with_slow_ones(COMPILED, every=45))
def test_gallery_reports_as_pdf_and_notebook(tmp_path: Path, name: str) -> None:
    pytest.importorskip("typst")
    nbformat = pytest.importorskip("nbformat")
    from symdiff.report.write import write_report

    dossier = make_dossier(sd.load(name), budget=0.05)
    for suffix in (".pdf", ".ipynb"):
        write_report(dossier, tmp_path / f"x{suffix}")
    nbformat.validate(nbformat.read(tmp_path / "x.ipynb", as_version=4))
    assert (tmp_path / "x.pdf").stat().st_size > 10_000


def test_the_notebook_holds_the_model_to_go_on_from(hostile: dict[str, str]) -> None:
    import json

    model = sd.loads(HOSTILE)
    cells = json.loads(render(make_dossier(model, budget=0.05), ".ipynb"))["cells"]
    code = "".join(cells[-1]["source"])
    text = code.partition("sd.loads(")[2].rpartition(")\nsd.derive")[0]
    import ast

    found = sd.loads(ast.literal_eval(text))
    assert found.jumps == model.jumps
    assert set(found.parameters) == set(model.parameters)
    assert found.claims == model.claims


def test_the_public_function_is_not_hidden_by_its_package(tmp_path: Path) -> None:
    model = sd.load("gaussian_propagator")
    for name in ("a.md", "b.md"):  # the first call imports the package symdiff.report
        sd.report(model, tmp_path / name, style="appendix")
    assert (tmp_path / "a.md").read_bytes() == (tmp_path / "b.md").read_bytes()


def test_a_walk_that_waits_has_no_picture_of_its_jumps_beside_the_solution_in_time() -> None:
    model = load("gamma_waits_with_bias")
    picture, why = picture_of(model, derive_model(model), Settings())
    assert picture is None
    assert "wait" in why
    control = load("biased_walk")
    assert picture_of(control, derive_model(control), Settings())[0] is not None
