"""The section on the microscopic model says what the file says: motion, internal states, waits, walls, reactions, schemes."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.typography import typography_of
from symdiff.report.build import limit_blocks
from symdiff.report.build_model import model_blocks
from symdiff.report.markdown import blocks_markdown

SAID = [
    ("run_and_tumble_in_the_plane", [r"moves with the velocity $(v_0 u_x, v_0 u_y)$", "a direction, a unit vector",
                                     r"it diffuses with $D_r$; it is drawn anew at the rate $\lambda$", r"mean cosine of the turn $\alpha$"]),
    ("mobile_and_immobile", ["In the state ", "the walker moves with the "]),
    ("partly_absorbing_wall", [r"Walkers are where $x \ge 0$; a jump that would end outside is the last with the probability $h P_1$, else it is not made."]),
    ("subdiffusion", ["Waits between jumps: law ‘Mittag-Leffler’"]),
    ("lax_wendroff", ["A scheme in one dimension, in discrete time, one step every ", "its weights need not be probabilities", "| weight |"]),
    ("dispersion_in_a_channel", ["confined to the interval of half-length "]),
    ("gaussian_jumps_in_the_plane", ["covariance x y $S_{xy}$"]),
    ("dimerisation", ["System size: $"]),
    ("annihilation_of_two_species", ["| consumes | produces | rate |"]),
    ("face_centred_cubic", [r"$(a / 2, a / 2, 0)$, $(a / 2, -a / 2, 0)$"]),
    ("asymmetric_exclusion", ["At most $1$ to a site."]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said"), SAID, ids=[name for name, _ in SAID])
def test_the_model_section_vs_the_model_file(name: str, said: list[str]) -> None:
    model = sd.load(name)
    text = blocks_markdown(model_blocks(model, typography_of(model)))
    assert [s for s in said if s not in text] == []


def test_the_noise_of_a_population_is_shown_with_its_regime() -> None:
    """Arrivals at k V, pairs that vanish at c n(n - 1)/V: dx/dt = k - 2 c x^2, and by hand dS/dt = 2(-4 c x) S + k + 4 c x^2."""
    model = sd.load("immigration_and_pair_annihilation")
    large, plain = (blocks_markdown(limit_blocks(x, typography_of(model))) for x in sd.derive_all(model))
    assert r"\frac{d x}{d t} = k - 2 c x^{2}" in large
    assert r"\frac{d S_{xx}}{d t} = 4 c x^{2} - 8 c S_{xx} x + k" in large
    assert r"\delta_{x} = \frac{1}{8}" in large
    assert "System-size" not in plain


def test_jumps_that_differ_in_more_than_their_displacement_keep_their_rows() -> None:
    text = "[parameters]\nh = 'positive'\na = 'positive'\nb = 'positive'\n[model]\ncoordinates = ['x', 'y']\n"
    text += "".join(
        f"[[jumps]]\ndisplacement = ['{x}', '0']\nrate = '{r}'\n" for x, r in (("h", "a"), ("-h", "b"), ("2*h", "b"))
    )
    model = sd.loads(text)
    shown = blocks_markdown(model_blocks(model, typography_of(model)))
    assert "| $(h, 0)$ | $a$ |" in shown
    assert "| $(-h, 0)$, $(2 h, 0)$ | $b$ |" in shown
