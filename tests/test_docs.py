"""README and docs against the program: snippets are run, keys are compared, links lead somewhere."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.cli.main import main
from symdiff.dossier.gallery import gallery_names
from symdiff.model.keys import BUILT, LATER

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
