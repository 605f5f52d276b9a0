"""README and docs against the program: snippets are run, keys are compared, links lead somewhere."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import symdiff as sd
from symdiff.cli.arguments import COMMANDS, options_of
from symdiff.cli.main import main
from symdiff.dossier.gallery import gallery_names
from symdiff.model.boundary import BOUNDARY_KINDS
from symdiff.model.keys import BUILT, LATER, OBSERVABLE_KINDS
from symdiff.model.lattice import LATTICES
from symdiff.model.named_laws import LATER_LAWS, LAWS
from symdiff.model.parameter import WORDS
from symdiff.model.reading_waiting import ARGUMENTS as WAITS
from symdiff.notation.names import KNOWN_FUNCTIONS, SPECIAL_FORMS
from symdiff.verification.roles import KNOWN_ROLES

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if "gallery" not in p.parts and "_build" not in p.parts),
]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_sessions_print_what_they_say(page: Path) -> None:
    for number, text in enumerate(blocks(page, "pycon")):
        example = doctest.DocTestParser().get_doctest(text, {}, f"{page.name} {number}", str(page), 0)
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


def _files(page: Path) -> dict[str, str]:
    """Snippets whose first line is a comment with a file name."""
    found = {}
    for language in ("toml", "tex", "xml"):
        for text in blocks(page, language):
            named = re.match(r"(?:[#%]|<!--) (\S+\.(?:toml|tex|xml))(?: -->)?\n", text)
            if named:
                found[named.group(1)] = text
    return found


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "console")], ids=lambda p: p.name)
def test_console_lines_run_and_print_the_lines_that_are_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in _files(page).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = [line for text in blocks(page, "console") for line in text.splitlines()]
    assert any(line.startswith("$ symdiff") for line in lines)
    printed: list[str] = []
    for line in lines:
        if not line.startswith("$ symdiff"):
            assert line in printed, line  # in this order, other lines between them left out
            printed = printed[printed.index(line) + 1 :]
        elif line.split()[2] != "web":  # web serves until it is stopped
            status = main(shlex.split(line.removeprefix("$ symdiff"), comments=True))
            out, err = capsys.readouterr()
            assert status in (0, 1, 3), err
            printed = out.splitlines()


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, r"\{code-cell\} python")], ids=lambda p: p.name)
def test_code_cells_run(page: Path) -> None:
    names: dict[str, object] = {}
    for number, text in enumerate(blocks(page, r"\{code-cell\} python")):
        exec(compile(text, f"{page.name}, cell {number + 1}", "exec"), names)
    assert names


def test_model_files_in_the_docs_derive_and_meet_their_expectations() -> None:
    models = [text for page in PAGES for text in blocks(page, "toml") if "[model]" in text]
    assert len(models) >= 2
    for text in models:
        model = sd.loads(text)
        assert sd.derive_all(model)
        if model.claims:
            assert all(v.as_expected is not False for v in sd.check_all(model).verdicts)


def _cells(page: str, table: str) -> set[str]:
    row = next(line for line in page.splitlines() if line.startswith(f"| {table} |"))
    return set(re.findall(r"`(\w+)`", row.partition("|")[2].partition("|")[2]))


@pytest.mark.parametrize(
    "table",
    [
        "[model]",
        "[[jumps]]",
        "[[states]]",
        "[[internal]]",
        "[[claims]]",
        "[initial]",
        "[[observables]]",
        "[[boundaries]]",
    ],
)
def test_the_page_on_the_model_file_names_every_key(table: str) -> None:
    name = table.strip("[]")
    page = (ROOT / "docs/model-file.md").read_text(encoding="utf-8")
    extra = set(BUILT["count"]) if name == "claims" else set()
    shown = _cells(page, f"`{table}`")
    assert set(BUILT[name]) <= shown, "keys that the page does not name"
    assert shown - extra <= set(BUILT[name]) | set(LATER.get(name, ())), "keys that do not exist"


def _section(page: str, heading: str) -> str:
    """The text below a heading of second level, up to the next one."""
    return re.split(r"^## ", page.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def _rows(section: str) -> list[list[str]]:
    return [
        [c.strip().replace("`", "") for c in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]


def test_the_page_on_the_model_file_lists_the_lattices_as_they_are() -> None:
    page = (ROOT / "docs/model-file.md").read_text(encoding="utf-8")
    listed = {row[0]: row for row in _rows(_section(page, "Lattices")) if row[0] in LATTICES}
    assert list(listed) == sorted(LATTICES, key=list(listed).index)
    for name, (_, dimension, neighbours, ratio, *_) in listed.items():
        kind = LATTICES[name]
        coordinates = ["x", "y", "z"][: kind.dimension or 2]
        head = {"coordinates": coordinates, "lattice": name, "spacing": "a", "rate": "g"}
        model = sd.JumpModel(parameters={"a": "positive", "g": "positive"}, **head)  # type: ignore[arg-type]
        degree = len(model.jumps) // max(len(kind.sublattices), 1)
        assert neighbours == (str(degree) if kind.dimension else "2 d"), name
        assert dimension == str(kind.dimension or "any")
        shown = sp.sympify(re.sub(r"√(\d)", r"sqrt(\1)", ratio.partition(",")[0]))
        assert shown == kind.constant, name


def test_the_page_on_the_model_file_lists_every_law_function_and_word() -> None:
    page = (ROOT / "docs/model-file.md").read_text(encoding="utf-8")
    laws = _rows(_section(page, "Laws"))
    assert {row[0] for row in laws} == {"distribution", *LAWS, *LATER_LAWS, "isotropic"}
    for name, definition in LAWS.items():
        keys = set(next(re.findall(r"[a-z_]+", row[1]) for row in laws if row[0] == name))
        assert {*definition.required, *definition.optional} <= keys, name
    waits = set(re.findall(r"`(\w+)`", _section(page, "Waits").partition("Laws of waits")[2]))
    assert set(WAITS) <= waits
    shown = set(re.findall(r"\b[A-Za-z]\w*", _section(page, "Expressions")))
    assert {*KNOWN_FUNCTIONS, *SPECIAL_FORMS, "pi", "oo"} <= shown
    assert set(WORDS) <= set(re.findall(r"`(\w+)`", _section(page, "Parameters, functions, definitions, values")))
    assert {*KNOWN_ROLES} - {"growth_rate_+", "growth_rate_-"} <= set(re.findall(r"`(\w+)`", _section(page, "Claims")))
    assert set(BOUNDARY_KINDS) <= set(re.findall(r"`(\w+)`", _section(page, "Walls")))


def test_the_page_on_observables_lists_every_kind() -> None:
    page = (ROOT / "docs/observables.md").read_text(encoding="utf-8")
    shown = {word for row in _rows(_section(page, "The kinds")) for word in re.findall(r"\w+", row[0])}
    assert shown == set(OBSERVABLE_KINDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_on_the_command_line_names_every_option(command: str) -> None:
    page = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    general, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    everywhere = set(re.findall(r"^\| `(--[a-z-]+)", general, re.MULTILINE))
    (section,) = (s for s in sections if command in s.partition("\n")[0].split(", "))
    together = section.partition("\n")[0].split(", ")
    rows = re.findall(r"^\| (`-.*?) \|", section, re.MULTILINE)
    shown = {option for row in rows for option in re.findall(r"--[a-z-]+", row)}
    known = {name: set(options_of(name)) - {"--output"} for name in together}
    assert known[command] <= shown | everywhere
    assert shown <= set().union(*known.values())


def test_the_reference_names_everything_that_is_public() -> None:
    page = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\w+", page.partition("## Functions")[2]))
    assert set(sd.__all__) - {"__version__"} <= shown


def test_the_page_on_json_names_the_keys_of_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    named = {word for code in re.findall(r"`([^`\n]+)`", page) for word in re.findall(r"\w+", code)}
    for line in ("derive biased_walk", "check biased_walk", "verify biased_walk --tier exact", "count biased_walk -n 2 --to 0",
                 "read x", "list", "export biased_walk --to sde", "compare biased_walk biased_walk",
                 "solve biased_walk --times 2", "valid biased_walk --length 9 --time 9 --set ell=1 --set tau=1 --set p=1/3"):  # fmt: skip
        main([*line.split(), "--json"])
        document = json.loads(capsys.readouterr().out)
        assert _keys(document, {"start", "spacing", "kind", "width", "parts"}) <= named, line
    assert "no_such_key" not in named


def _keys(document: dict[str, Any], unnamed: set[str]) -> set[str]:
    """The keys of a document and of the first of its lists of tables."""
    inner = [v[0] for v in document.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    return (set(document) | {k for table in inner for k in table}) - unnamed


def test_the_page_on_limits_lists_exactly_what_is_refused() -> None:
    page = (
        (ROOT / "docs/limits.md").read_text(encoding="utf-8").partition("<!-- later-keys -->")[2].partition("\n\n")[0]
    )
    listed = {
        row.split("`")[1].strip("[]"): set(re.findall(r"`(\w+)`", row))
        for row in page.splitlines()
        if row.startswith("| `")
    }
    assert listed == {name: set(keys) for name, keys in LATER.items() if keys}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if target.startswith("gallery/"):  # written when the site is built
            assert target in {"gallery/index.md", *(f"gallery/{name}.md" for name in gallery_names())}
        elif "://" not in target and not target.startswith("data:"):
            assert (page.parent / target).exists(), target
