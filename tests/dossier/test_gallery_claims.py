"""The chapter's claims against the verdicts that they must get; altered claims must not pass."""

from __future__ import annotations

import pytest

import symdiff as sd
from gallery_sample import QUICK
from symdiff.dossier.check import check_model
from symdiff.dossier.gallery import gallery_folder, gallery_names, load
from symdiff.model.jump_model import ClaimStatement, JumpModel

EXPECTED = {  # the chapter's imprecise claims, which stay in the gallery with the right verdict
    ("biased_walk", "D-independent-of-bias"): "conditional",
    ("persistent_walk", "alpha"): "conditional",
    ("levy_flight", "msd-power-law"): "refuted",
    ("harmonic_trap", "probability-for-every-x"): "conditional",
}


def unexpected(name: str) -> dict[str, tuple[str, str]]:
    return {v.id: (v.verdict, v.why) for v in check_model(load(name)).verdicts if not v.as_expected}


@pytest.mark.parametrize("name", sorted(QUICK))
def test_every_claim_gets_the_verdict_that_its_entry_expects(name: str) -> None:
    assert not unexpected(name)


@pytest.mark.slow
def test_every_claim_of_a_quarter_of_the_other_entries_gets_its_verdict() -> None:
    others = [name for name in gallery_names() if name not in QUICK]
    assert {name: found for name in others[::4] if (found := unexpected(name))} == {}


@pytest.mark.exhaustive
def test_every_claim_of_the_rest_gets_its_verdict() -> None:
    others = [name for name in gallery_names() if name not in QUICK]
    assert {name: found for n, name in enumerate(others) if n % 4 and (found := unexpected(name))} == {}


def test_imprecise_claims_of_the_chapter() -> None:
    for (name, claim), verdict in EXPECTED.items():
        found = {v.id: v.verdict for v in check_model(load(name)).verdicts}
        assert found[claim] == verdict


def lacks(model: JumpModel) -> list[str]:
    """What an entry of the gallery must state and this one does not."""
    missing = [name for name in ("title", "topic", "source") if not getattr(model, name)]
    missing += [] if model.claims else ["claims"]
    return missing + [f"expect of {claim.id}" for claim in model.claims if not claim.expect]


def test_the_gallery_is_complete() -> None:
    """A source and expected claims in every entry, a note where a claim is wrong, and entries of every topic."""
    models = {name: load(name) for name in gallery_names()}
    assert {name: lacks(m) for name, m in models.items() if lacks(m)} == {}
    wrong = [
        (n, c.id)
        for n, m in models.items()
        for c in m.claims
        if c.expect == "refuted" and not (c.notes or c.source or m.notes)
    ]
    assert wrong == []
    assert len(models) >= 120
    assert sum(any(c.expect == "refuted" for c in m.claims) for m in models.values()) > len(models) / 2
    assert len({m.topic for m in models.values()}) > 15


@pytest.mark.exhaustive  # chosen with -k by who adds an entry; the tests above go over all
@pytest.mark.parametrize("name", gallery_names())
def test_an_entry_states_its_source_and_its_claims_get_their_verdicts(name: str) -> None:
    assert lacks(load(name)) == []
    assert not unexpected(name)


def test_an_entry_without_source_or_claims_is_noticed() -> None:
    text = (gallery_folder() / "central_limit.toml").read_text()
    model = text.split("[[claims]]", 1)[0]
    unsourced = "\n".join(line for line in text.splitlines() if not line.startswith("source"))
    assert lacks(sd.loads(unsourced)) == ["source"]
    assert lacks(sd.loads(model)) == ["claims"]
    assert lacks(sd.loads(text.replace('expect = "proved"', "", 1))) == ["expect of macroscopic-msd"]


def test_a_witness_avoids_the_zeros_that_would_hide_the_error() -> None:
    """The bias b is limited by the other parameters; at b = 0, the simplest allowed value, both sides vanish."""
    verdict = sd.check(sd.load("lazy_walk_with_weak_bias"), "v = 4bk")
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None


ALTERED = [  # (entry, right claim, wrong claim)
    ("biased_walk", r"v = \frac{(2p-1)\ell}{\tau}", r"v = \frac{(1-2p)\ell}{\tau}"),
    ("biased_walk", r"v = \frac{(2p-1)\ell}{\tau}", r"v = \frac{(2p-1)\ell}{2\tau}"),
    ("continuous_time_diffusion", r"D = \Gamma a^2", r"D = 2\Gamma a^2"),
    ("discrete_time_diffusion", r"D = \frac{(\Delta x)^2}{2\Delta t}", r"D = \frac{(\Delta x)^2}{4\Delta t}"),
    ("discrete_time_diffusion", r"P_t = D P_{xx}", r"P_t = -D P_{xx}"),
    ("discrete_time_diffusion", r"P_t = D P_{xx}", r"P_t = D P_{xx} + P_x"),
    ("gaussian_propagator", r"P(x,t) = \frac{1}{\sqrt{4\pi Dt}} e^{-x^2/(4Dt)}", r"P(x,t) = \frac{1}{\sqrt{2\pi Dt}} e^{-x^2/(4Dt)}"),
    ("gaussian_propagator", r"\langle x^2\rangle = 2Dt", r"\langle x^2\rangle = 4Dt"),
    ("central_limit", r"D = \frac{\sigma^2}{2\tau}", r"D = \frac{\sigma^2}{\tau}"),
    ("mean_squared_displacement", r"\langle x^2(t)\rangle \propto t", r"\langle x^2(t)\rangle \propto t^2"),
    ("mean_squared_displacement", r"\langle x_N^2\rangle = N L^2", r"\langle x_N^2\rangle = (N+1) L^2"),
    ("harmonic_trap", r"F(x) = -Cx", r"F(x) = Cx"),
    ("levy_flight", r"K = \frac{\pi A}{\tau\,\Gamma(1+\alpha)\sin(\pi\alpha/2)}", r"K = \frac{2\pi A}{\tau\,\Gamma(1+\alpha)\sin(\pi\alpha/2)}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "right", "wrong"), ALTERED, ids=lambda t: t[:40])
def test_altered_claims_are_refuted(name: str, right: str, wrong: str) -> None:
    model = sd.load(name)
    assert sd.check(model, right).verdict == "proved"
    verdict = sd.check(model, wrong)
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None


def test_refutation_carries_an_exact_witness() -> None:
    verdict = sd.check(sd.load("central_limit"), r"D = \frac{\sigma^2}{\tau}")
    witness = verdict.witness
    values = dict(witness.witness)
    sigma, tau = (float(eval_fraction(values[n])) for n in ("sigma", "tau"))
    assert float(eval_fraction(witness.left)) == pytest.approx(sigma**2 / (2 * tau))
    assert float(eval_fraction(witness.right)) == pytest.approx(sigma**2 / tau)


def eval_fraction(text: str):  # type: ignore[no-untyped-def]
    from fractions import Fraction

    return Fraction(text)


def test_found_regimes_make_a_claim_conditional_without_any_stated_scaling() -> None:
    model = sd.JumpModel(parameters={"ell": "positive", "tau": "positive", "p": "probability"}, coordinates=["x"], time_step="tau",
                         jumps=[{"displacement": "ell", "probability": "p"}, {"displacement": "-ell", "probability": "1 - p"}])  # fmt: skip
    verdict = sd.check(model, r"D = \frac{\ell^2}{2\tau}")
    assert verdict.verdict == "conditional"
    assert {r.name for r in verdict.regimes} == {"long-wave", "diffusive"}


def test_master_equations_with_places_exchanged_are_refuted() -> None:
    model = sd.load("biased_walk")
    assert sd.check(model, r"C(x, t+\tau) = (1-p) C(x-\ell, t) + p C(x+\ell, t)").verdict == "refuted"
    assert sd.check(model, r"C(x, t+\tau) = p C(x-\ell, t) + (1-p) C(x+\ell, t)").verdict == "proved"


def test_symbols_of_a_claim_name_their_role() -> None:
    model = sd.load("persistent_walk")
    assert sd.check(model, r"\beta = 2(1-p)/\tau").verdict == "undecided"
    assert sd.check(model, r"\beta = 2(1-p)/\tau", symbols={"beta": "damping_rate"}).verdict == "conditional"


def test_count_claims() -> None:
    model = sd.load("square_walk_three_steps")
    for probability, verdict in (("3/64", "proved"), ("9/64", "refuted")):
        claim = ClaimStatement("count", expression=f"probability = {probability}", count=(("n", 3), ("to", [1, 2])))
        found = {v.id: v.verdict for v in check_model(model, (claim,)).verdicts}
        assert found["count"] == verdict


NOTATIONS = [  # (entry, claim, verdict): the ways in which texts write the same things, and altered ones
    ("biased_walk", r"\operatorname{Var}(x) = 4p(1-p)\ell^2 t/\tau", "proved"),
    ("biased_walk", r"\operatorname{Var}(x) = 2p(1-p)\ell^2 t/\tau", "refuted"),
    ("biased_walk", r"\mathrm{MSD}(t) = 2Dt + v^2t^2", "proved"),
    ("biased_walk", r"\sigma^2 = 2Dt", "proved"),
    ("biased_walk", r"\lim_{t\to\infty}\frac{\langle x^2\rangle - \langle x\rangle^2}{2t} = D", "proved"),
    ("biased_walk", r"\langle (x - \langle x\rangle)^2\rangle = 2Dt", "proved"),
    ("biased_walk", r"\langle (x - \langle x\rangle)^2\rangle = 4Dt", "refuted"),
    ("biased_walk", r"\tau = 2pq\ell^2/D", "proved"),
    ("biased_walk", r"\hat C(k,t) = e^{-ivkt-Dk^2t}", "proved"),
    ("biased_walk", r"\hat C(k,t) = e^{-ivkt-2Dk^2t}", "refuted"),
    ("biased_walk", r"J = vC - D\frac{\partial C}{\partial x}", "proved"),
    ("biased_walk", r"J = -D\frac{\partial C}{\partial x}", "refuted"),
    ("biased_walk", r"\frac{\partial C}{\partial t} = -\frac{\partial J}{\partial x}", "proved"),
    ("square_walk_three_steps", r"\langle \mathbf{r}^2\rangle = 2dDt", "proved"),
    ("square_walk_three_steps", r"\langle \mathbf{r}^2\rangle = 2Dt", "refuted"),
    ("gaussian_propagator", r"P(0,t) = \frac{1}{\sqrt{4\pi Dt}}", "proved"),
    ("gaussian_propagator", r"\int_{-\infty}^\infty P(x,t)\,dx = 1", "proved"),
    ("gaussian_propagator", r"\int_{-\infty}^\infty x^2 P(x,t)\,dx = 2Dt", "proved"),
    ("gaussian_propagator", r"P(x,0) = \delta(x)", "proved"),
    ("levy_flight", r"\hat P(k,t) = e^{-K|k|^\alpha t}", "proved"),
]


@pytest.mark.parametrize(("name", "claim", "verdict"), NOTATIONS, ids=lambda t: t[:40])
def test_customary_notations(name: str, claim: str, verdict: str) -> None:
    assert sd.check(sd.load(name), claim).verdict == verdict
