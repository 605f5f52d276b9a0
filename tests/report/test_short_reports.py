"""What a report leaves out to keep short is listed with the command that runs it; populations are not called walkers."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.cli.derive import show
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.dossier import make_dossier
from symdiff.dossier.picture import picture_of
from symdiff.dossier.settings import Settings
from symdiff.model.jump_model import ClaimStatement
from symdiff.notation.display.build import Typography
from symdiff.report.build_evidence import claim_blocks
from symdiff.report.document import Document, Heading, Link, Table
from symdiff.report.write import WRITERS, render


def test_what_takes_long_is_listed_with_the_command_that_runs_it() -> None:
    dossier = make_dossier(sd.load("square_lattice"))
    assert dossier.evidence is not None
    left_out = [t for t in dossier.evidence.tiers if t.why.startswith("not run here")]
    assert "pde" in {t.tier for t in left_out}
    assert not any(t.applies for t in left_out)
    assert any(t.tier == "exact" and t.passed for t in dossier.evidence.tiers)  # the report is not without evidence
    assert all("symdiff verify runs it" in t.why for t in left_out)
    assert "not run here" in render(dossier, ".md")


def test_populations_have_no_walkers_in_their_reports() -> None:
    text = render(make_dossier(sd.load("immigration_and_death"), measured=False), ".md").lower()
    assert "walker" not in text
    assert "walk counts" not in text
    assert "walker" in render(make_dossier(sd.load("biased_walk"), measured=False), ".md").lower()  # negative control


def test_a_solution_that_is_not_resolved_is_not_drawn() -> None:
    """A drift that grows with the number made waves of the grid, 1e30 high, beside the law; a trap is drawn as before."""
    for name, drawn in (("isomerisation", False), ("harmonic_trap", True)):
        model = sd.load(name)
        picture, why = picture_of(model, derive_model(model), Settings())
        assert (picture is not None) is drawn
        assert drawn or "not resolved" in why


def test_a_claim_that_cannot_be_read_says_where_and_what_to_write_instead() -> None:
    report = check_model(sd.load("biased_walk"), (ClaimStatement("open", latex=r"D = \frac{\ell^2"),))
    table = next(b for b in claim_blocks(report.verdicts, Typography()) if isinstance(b, Table))
    claim, _, verdict, why = table.rows[-1]
    assert (claim, verdict) == (("open",), ("error",))
    assert why == (r"Column 10 of ‘D = \frac{\ell^2’: '{' is opened but not closed. Instead: balance the braces.",)
    assert ("error",) not in [row[2] for row in table.rows[:-1]]


def test_what_an_observable_assumes_stands_beside_it() -> None:
    model = sd.loads("""
[parameters]
h = "positive"
g = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "g"
[[observables]]
name = "R"
kind = "return_probability"
""")
    found = derive_model(model)
    (result,) = found.observables
    assert result.assumptions
    assert not result.equation
    shown = render(make_dossier(model, measured=False), ".md")
    printed = "\n".join(show(found, steps=False))
    for said in (*result.assumptions, result.why):
        assert said.split(":")[0] in printed
        assert said.split(":")[0].lower() in shown.lower()
    assert "not known on the lattice" not in printed.lower()  # the other level has its value


@pytest.mark.parametrize(
    ("form", "link", "place"),
    [
        ("html", 'href="#chapter-{}"', 'id="chapter-{}"'),
        ("md", "(#chapter-{})", '<a id="chapter-{}">'),
        ("tex", r"\hyperref[chapter-{}]", r"\label{{chapter-{}}}"),
        ("typ", "#link(<chapter-{}>)", "] <chapter-{}>"),
    ],
)
def test_contents_of_a_book_lead_to_its_chapters(form: str, link: str, place: str) -> None:
    """Every link has its place, and a report of one model has neither."""
    write = WRITERS[f".{form}"]
    titles = ("One", "Two")
    contents = Table((("model",),), tuple(((Link(t, f"chapter-{n}"),),) for n, t in enumerate(titles, 1)))
    chapters = tuple(Heading(0, f"{n}. {t}", anchor=f"chapter-{n}") for n, t in enumerate(titles, 1))
    text = write(Document("Book", (contents, *chapters)))
    for n in (1, 2):
        assert text.count(link.format(n)) == 1, form
        assert text.count(place.format(n)) == 1, form
    assert "hyperref" not in write(Document("Report", (Heading(1, "Section"),)))
