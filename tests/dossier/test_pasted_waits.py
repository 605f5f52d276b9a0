r"""Pasted continuous-time random walks; coefficients by hand from <dx>/<T> and (m2 - ...)/(2 <T>), Metzler and Klafter, Phys. Rep. (2000)."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import SymdiffError
from symdiff.model.loading import load_text, to_toml

BY_JUMPS = r"P_n(t) = \Psi(t)\delta_{n,0} + \int_0^t\psi(t-t')[\tfrac12P_{n-1}(t')+\tfrac12P_{n+1}(t')]dt'"
MEMORY = r"\frac{dP_n(t)}{dt} = \int_0^t K(t-t')\left[\tfrac12P_{n-1}(t')+\tfrac12P_{n+1}(t')-P_n(t')\right]dt'"
WEISS = r"\hat P(k,s) = \frac{1-\hat\psi(s)}{s}\frac{1}{1-\hat\psi(s)\hat\lambda(k)}"
EACH = r"J(x,t) = \int_0^t \tfrac12 J(x+b,t-s)\psi(s)ds + \int_0^t \tfrac12 J(x-b,t-s)\psi(s)ds + \delta(t)C(x,0)"  # an integral for each jump
ARRIVALS = r"\eta(x,t) = \int_{-\infty}^\infty dx'\int_0^t dt' \eta(x',t')\psi(x-x',t-t') + \delta(x)\delta(t)"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (rf"{BY_JUMPS}, \psi(t)=\frac1T e^{{-t/T}}", "D", r"\frac{a^2}{2T}"),
        (BY_JUMPS, "D", r"\frac{a^2}{2\tau}"),  # any waits with a mean
        # K(s) = g^2/(s + 2g): psi = (g/(g + s))^2, with the mean 2/g
        (rf"{EACH}, \psi(t)=\frac1T e^{{-t/T}}", "D", r"\frac{b^2}{2T}"),
        (rf"{MEMORY}, K(t)=\gamma^2e^{{-2\gamma t}}", "D", r"a^2\gamma/4"),
        (rf"{MEMORY}, \hat K(s) = s^{{1-\alpha}}/T^\alpha", "K", r"\frac{a^2}{2T^\alpha}"),
        (r"\partial_t^\alpha P_n = \gamma(P_{n+1}+P_{n-1}-2P_n)", "K", r"a^2\gamma"),
        (rf"{WEISS}, \hat\psi(s) = \frac{{1}}{{1+sT}}, \hat\lambda(k) = \cos(kb)", "D", r"\frac{b^2}{2T}"),
        (rf"{WEISS}, \hat\psi(s)\simeq 1-(sT)^\alpha, \hat\lambda(k)\simeq 1-\sigma^2k^2/2, 0<\alpha<1", "K", r"\frac{\sigma^2}{2T^\alpha}"),
        (r"\hat\psi(s) = \frac{1}{1+sT}, \hat\lambda(k) = e^{-\sigma^\mu|k|^\mu}", "K", r"\frac{\sigma^\mu}{T}"),
        (r"\psi(t) = \delta(t-T), \lambda(x) = p\delta(x-b)+q\delta(x+b)", "v", r"\frac{b(2p-1)}{T}"),
        (r"\psi(t) = \frac{1}{T}e^{-t/T}, \lambda(x) = \frac{1}{2b}e^{-|x|/b}", "D", r"\frac{b^2}{T}"),
        (rf"{ARRIVALS}, \psi(x,t) = \lambda(x) w(t), w(t) = \frac1T e^{{-t/T}}, \lambda(x) = \frac12\delta(x-b)+\frac12\delta(x+b)", "D", r"\frac{b^2}{2T}"),
    ],
)  # fmt: skip
def test_waits_and_steps_are_read(text: str, name: str, value: str) -> None:
    model = model_from_latex(text).model
    limit = sd.derive(model)
    assert sd.check(model, f"{name} = {value}").verdict == "proved"
    assert sd.check(model, f"{name} = 2{value}").verdict == "refuted"
    again = load_text(to_toml(model))
    assert str(sd.derive(again).equation) == str(limit.equation)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"P_n(t) = \Psi(t)\delta_{n,0} + \int_0^t\psi(t-t')[P_{n-1}(t')+P_{n+1}(t')]dt'", "not conserved"),
        (rf"{BY_JUMPS}, \Psi(t) = e^{{-t/T}}, \psi(t) = \frac2T e^{{-2t/T}}", "does not belong to waits"),
        (rf"{WEISS}, \hat\lambda(k) = \frac12\cos(kb)", "not normalised"),
        (r"\hat P(k,s) = \frac{1}{1-\hat\psi(s)\hat\lambda(k)}", "Montroll"),
        (ARRIVALS, "ties waits and steps"),
        (rf"{MEMORY}, K(t) = c t^{{\alpha-2}}", "powers of time"),
    ],
)
def test_what_is_wrong_or_open_is_named(text: str, said: str) -> None:
    with pytest.raises(SymdiffError, match=said):
        model_from_latex(text)


def test_a_rate_in_front_of_the_time_passed_is_a_factor() -> None:
    text = r"\frac{dP_n(t)}{dt} = \int_0^t \gamma\omega e^{-\omega(t-t')}[P_{n-1}(t')+P_{n+1}(t')-2P_n(t')]dt'"
    assert "a**2*gam" in str(sd.derive(model_from_latex(text).model).diffusion_tensor)


def test_limits_that_come_as_cases_are_kept_as_json() -> None:
    text = r"P_n(t) = \Psi(t)\delta_{n,0} + \int_0^t\psi(t-t')[\tfrac12P_{n-1}(t')+\tfrac12P_{n+1}(t')]dt', \Psi(t) = (1+t/T)^{-\mu}"
    limits = sd.derive_all(model_from_latex(text).model)
    assert [limit.assumptions[0] for limit in limits][:1] == ["0 < mu < 1"]
    assert all(sd.from_json(limit.to_json()) == limit for limit in limits)


def test_kernels_of_deltas_are_jumps() -> None:
    text = r"P(x,t+\tau) = \int w(x-x')P(x',t)dx', w(x) = p\delta(x-a)+q\delta(x+a)"
    assert [(str(j.displacement[0]), str(j.intensity)) for j in model_from_latex(text).model.jumps] == [
        ("a", "p"),
        ("-a", "1 - p"),
    ]


def test_arrivals_beside_the_start_name_the_density() -> None:
    assert model_from_latex(EACH).model.density == "C"


def test_integrals_with_waits_of_their_own_are_no_single_law() -> None:
    with pytest.raises(SymdiffError, match="several laws of waits"):
        model_from_latex(EACH.replace(r"x-b,t-s)\psi", r"x-b,t-s)\phi"))
