"""Whole ``.tex`` files in sections: rates that depend on the site, laws and balances of other models, displays that are not closed."""

from __future__ import annotations

from symdiff.dossier.check_tex import TexVerdict, check_tex
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel


def _load(name: str) -> JumpModel:
    raise UsageError(f"there is no gallery entry '{name}'")


def judged(text: str) -> list[TexVerdict]:
    return list(check_tex(f"\\begin{{document}}\n{text}\n\\end{{document}}\n", "notes.tex", _load))


HOPS = r"""Sites $x_n = na$.
\[ \frac{dP_n}{dt} = W^+_{n-1}P_{n-1} + W^-_{n+1}P_{n+1} - (W^+_n + W^-_n)P_n . \]
\[ \partial_t P = -\partial_x[A(x)P] + \partial_x^2[B(x)P] \]
\begin{align} A(x) &= a\,[W^+(x) - W^-(x)], \\ B(x) &= \frac{a^2}{2}\,[W^+(x)+W^-(x)] . \end{align}
"""


def test_rates_of_the_site_are_functions_of_its_place_and_definitions_are_those_of_functions() -> None:
    # the moments of one hop per time (van Kampen, ch. VIII): A = sum of w r, B = half the sum of w r^2
    verdicts = judged(HOPS)
    assert [v.outcome for v in verdicts[:2]] == ["model", "proved"]
    wrong = judged(HOPS.replace(r"\frac{a^2}{2}", "a^2"))[1]
    assert wrong.outcome == "refuted"
    assert "factor 2" in wrong.verdict.witness.mend


SMOLUCHOWSKI = r"""\begin{equation}\begin{split}
 \frac{dP_n}{dt} ={}& \frac{D}{a^2}\Big[ e^{-\beta(V_{n}-V_{n-1})/2}P_{n-1} + e^{-\beta(V_n-V_{n+1})/2}P_{n+1}\\
  & - \big(e^{-\beta(V_{n+1}-V_n)/2}+e^{-\beta(V_{n-1}-V_n)/2}\big)P_n\Big].
\end{split}\end{equation}
\[ J = -D\,\partial_xP - \beta D V'(x)P \]
\[ v(x) = \beta D V'(x) \]
"""


def test_brackets_over_several_rows_and_a_potential_at_the_sites() -> None:
    # Smoluchowski's equation; the last is its drift with the wrong sign
    assert [v.outcome for v in judged(SMOLUCHOWSKI)] == ["model", "proved", "refuted"]
    broken = SMOLUCHOWSKI.replace(r"\Big[", r"\left[").replace(r"P_{n+1}\\", r"P_{n+1} \right.\\")
    broken = broken.replace("& - \\big(", "& \\left. - \\big(").replace(r"\Big]", r"\right]")
    assert [v.outcome for v in judged(broken)] == ["model", "proved", "refuted"]


TURNS = r"""\section{Persistence}
\[ \frac{\partial^2 P}{\partial t^2} + \alpha\frac{\partial P}{\partial t} = c^2\frac{\partial^2 P}{\partial x^2} \]
"""


def test_a_law_behind_a_heading_is_not_judged_by_the_model_before_it() -> None:
    flights = (
        r"\[ p(l) \propto |l|^{-1-\alpha}, \qquad 0<\alpha<2 \]"
        + "\n"
        + r"\[ \langle x^2\rangle \propto t^{2/\alpha} \]"
    )
    held = judged(TURNS + "\\section{Flights}\n" + flights)[-1]
    assert held.outcome == "undecided"
    assert "line 5" in held.why
    assert "it is wrong" in held.why
    assert judged(TURNS + r"\[ \langle x^2\rangle \propto t^{2/\alpha} \]")[-1].outcome == "refuted"
    force = judged(TURNS + "\\section{Forces}\n" + r"\[ F(x) = -\frac{dV}{dx} = -\kappa x \]")[-1]
    assert force.outcome == "undecided"  # V is no drift, which is the same everywhere


def test_what_follows_a_balance_that_could_not_be_read_is_not_refuted() -> None:
    unread = r"\[ \partial_t p = \oiint p \]" + "\n"
    assert judged(TURNS + r"\[ D = c^2/2\alpha \]")[-1].outcome == "refuted"
    held = judged(TURNS + unread + r"\[ D = c^2/2\alpha \]")
    assert [v.outcome for v in held] == ["model", "unread", "undecided"]
    assert "line 4" in held[-1].why


def test_a_display_that_is_not_closed_is_named_and_the_others_are_judged() -> None:
    walk = r"\[ P_n(t+\tau) = \frac12 P_{n-1}(t) + \frac12 P_{n+1}(t),\ x = na \]" + "\n"
    verdicts = judged(
        walk + "\\[ D = \\frac{a^2}{2\\tau}\n\n" + r"\begin{align} v &= 0 \\[2pt] D &= \frac{a^2}{\tau} \end{align}"
    )
    assert [v.outcome for v in verdicts] == ["model", "unread", "refuted"]
    assert "not closed" in verdicts[1].why
    assert verdicts[1].equation.first_line == 3
    assert judged(walk + "\\[ v = 1\n\\[ v = 0 \\]")[-1].outcome == "proved"


def test_the_mean_of_a_step_over_the_time_step_is_the_drift() -> None:
    walk = r"\[ P(x,t+\tau) = p P(x-a,t) + (1-p) P(x+a,t) \]" + "\n"  # the mean step is (2 p - 1) a
    verdicts = judged(
        walk
        + r"\[ v = \frac{\langle \Delta x\rangle}{\Delta t} \]"
        + "\n"
        + r"\[ v = \frac{\langle \Delta x\rangle}{2\Delta t} \]"
    )
    assert [v.outcome for v in verdicts] == ["model", "proved", "refuted"]


def test_moments_of_a_law_that_is_only_named() -> None:
    # Einstein (1905): D = (1/tau) int (Delta^2 / 2) phi(Delta) d Delta
    einstein = (
        r"Here $\phi(-\Delta)=\phi(\Delta)$. \[ f(x,t+\tau) = \int_{-\infty}^{\infty} f(x+\Delta,t)\phi(\Delta)\,d\Delta \]"
        r"\[ D = \frac{1}{\tau}\int_{-\infty}^{\infty} \frac{\Delta^2}{2}\phi(\Delta)\,d\Delta \]"
        r"\[ D = \frac{1}{\tau}\int_{-\infty}^{\infty} \Delta^2\phi(\Delta)\,d\Delta \]"
    )
    assert [v.outcome for v in judged(einstein)] == ["model", "proved", "refuted"]
