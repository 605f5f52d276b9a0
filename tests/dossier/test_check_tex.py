"""Whole .tex files: what is found, which model it belongs to, the verdicts, the annotated copy, hostile text."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import time
from pathlib import Path

import pytest

from symdiff.cli.main import main
from symdiff.errors import UsageError
from symdiff.notation.latex.scan import equations_of

NOTES = r"""
\documentclass{article}\usepackage{amsmath}
\begin{document}
The walker hops as
\begin{equation}\label{eq:m}
\frac{dP_n}{dt} = \Gamma [P_{n+1}(t) + P_{n-1}(t) - 2P_n(t)]
\end{equation}
with $x=n\ell$. Hence % \[ not this one \]
\[
D = \Gamma
	\ell^2
\]
\begin{align}
 D &= \frac{\Gamma \ell^2}{2}, \nonumber
\end{align}
% symdiff: model = biased_walk
$$ v = \frac{(2p-1)\ell}{\tau}. $$
% symdiff: skip
\[ \text{not a claim} \]
\[ D = \frac{\ell^2}{2\tau} \]
\begin{verbatim}\[ D = 0 \]\end{verbatim}
\end{document}
"""


def check(capsys: pytest.CaptureFixture[str], path: Path, *more: str) -> tuple[int, list[dict]]:
    status = main(["check", str(path), "--json", *more])
    return status, json.loads(capsys.readouterr().out)["equations"]


def test_every_displayed_equation_gets_the_verdict_of_its_model(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(NOTES)
    status, found = check(capsys, path)
    assert [e["verdict"] for e in found] == ["model", "proved", "refuted", "proved", "conditional"]
    assert [e["line"] for e in found] == [5, 9, 13, 17, 20]
    assert status == 1
    assert "factor 2" in found[2]["mend"]


def test_corrected_text_has_no_refutation(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(NOTES.replace(r"\frac{\Gamma \ell^2}{2}", r"\Gamma \ell^2"))
    status, found = check(capsys, path)
    assert status == 3  # the bias makes one of them conditional
    assert "refuted" not in {e["verdict"] for e in found}


def test_annotated_copy_has_a_note_behind_each_and_the_text_unchanged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, out = tmp_path / "notes.tex", tmp_path / "checked.tex"
    path.write_text(NOTES)
    check(capsys, path, "-o", str(out))
    text = out.read_text()
    assert text.count("\\symdiffnote{") == 5 + 1 - 1
    assert path.read_text() == NOTES
    stripped = "\n".join(line.split("\\symdiffnote{")[0] for line in text.splitlines() if "providecommand" not in line)
    assert stripped.split() == NOTES.split()


def test_an_equation_without_a_model_is_said_to_have_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(r"\[ D = \frac{\ell^2}{2\tau} \]")
    status, found = check(capsys, path)
    assert (status, found[0]["verdict"]) == (3, "no model")
    status, found = check(capsys, path, "--model", "discrete_time_diffusion")
    assert found[0]["verdict"] == "proved"
    assert "with ell for " in found[0]["why"]


@pytest.mark.parametrize("text", [
    r"\[ D = 1", "$$ x", r"\begin{align} a", "no equation at all", "% symdiff: model = no_such_model\n\\[ D = 1 \\]",
    "% symdiff: model = /etc/passwd\n\\[ D = 1 \\]", "\\[ \\input{/etc/passwd} \\]",
])  # fmt: skip
def test_bad_text_ends_in_status_2_or_an_unread_equation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(text)
    status = main(["check", str(path)])
    out, err = capsys.readouterr()
    assert status in (2, 3)
    assert "Traceback" not in out + err
    assert "root:" not in out + err


def test_the_text_itself_is_never_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(NOTES)
    assert main(["check", str(path), "-o", str(path)]) == 2
    assert path.read_text() == NOTES


def test_a_text_of_any_size_is_bounded() -> None:
    with pytest.raises(UsageError):
        equations_of("\\[ a = b \\]" * 3000)
    with pytest.raises(UsageError):
        equations_of("x" * 3_000_000)


OWN_COMMANDS = r"""
\documentclass{article}
\usepackage[latin1]{inputenc}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} % \newcommand{\pd}{wrong}
\newcommand*{\Dt}[1][\tau]{#1}
\def\half{\tfrac12}
\DeclareMathOperator{\Var}{Var}
\newenvironment{boxed}{\begin{equation}}{\end{equation}}
\begin{document}
Die Strömung, \verb|\begin{equation}|:
\begin{equation} \pd{C}{t} + v \pd{C}{x} = D \frac{\partial^2 C}{\partial x^2} \end{equation}
\begin{align} v &= \frac{(2p-1)\ell}{\Dt} \end{align}
\[ \Var(x) = 4\half\, D t \]
\begin{multline} D = \\ \frac{\ell^2}{2\tau} \end{multline}
\end{document}
"""


@pytest.mark.parametrize(
    "content",
    [
        OWN_COMMANDS.encode("latin-1"),
        OWN_COMMANDS.replace("\n", "\r\n").encode("latin-1"),
        OWN_COMMANDS.replace("\n", "\r").encode("latin-1"),
        OWN_COMMANDS.encode("utf-8-sig"),
        OWN_COMMANDS.encode("utf-16"),
    ],
    ids=["latin-1", "crlf", "cr", "bom", "utf-16"],
)
def test_the_authors_own_commands_in_any_encoding(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    path, out = tmp_path / "notes.tex", tmp_path / "checked.tex"
    path.write_bytes(content)
    status, found = check(capsys, path, "--model", "biased_walk", "-o", str(out))
    assert [e["verdict"] for e in found] == ["proved", "proved", "proved", "conditional"]
    assert [e["line"] for e in found] == [11, 12, 13, 14]
    assert status == 3
    written = out.read_bytes()
    text = written.decode("utf-16" if written.startswith(b"\xff\xfe") else "latin-1")
    assert text.count("\\symdiffnote{") == 4
    assert (b"\r\n" in content) == ("\r\n" in text)


def test_commands_that_grow_without_end_are_left_as_they_are() -> None:
    doubling = "".join(f"\\def\\{chr(98 + n)}{{\\{chr(97 + n)}\\{chr(97 + n)}}}" for n in range(20))
    (found,) = equations_of(f"\\def\\a{{x}}{doubling}\\def\\loop{{\\loop}}\\[ D = \\u + \\loop \\]")
    assert len(found.latex) < 10_000


LECTURE = r"""With $q = 1 - p$
\[ P(x,t+\tau) = p\,P(x-\ell,t) + q\,P(x+\ell,t). \]
\begin{align}
\frac{\partial P}{\partial t} &= -v \frac{\partial P}{\partial x} + D \frac{\partial^2 P}{\partial x^2}, \\
v &= \frac{(p-q)\ell}{\tau}, \qquad D = \frac{\ell^2}{\tau}.
\end{align}
"""


def test_an_equation_behind_the_master_equation_is_a_claim_and_no_new_model(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "lecture.tex"
    path.write_text(LECTURE)
    status, found = check(capsys, path)
    assert (status, [e["verdict"] for e in found]) == (1, ["model", "refuted"])
    assert found[1]["correct"] == "ell**2/(2*tau)"
    path.write_text(LECTURE.replace(r"D = \frac{\ell^2}{\tau}", r"D = \frac{\ell^2}{2\tau}"))
    assert [e["verdict"] for e in check(capsys, path)[1]] == ["model", "conditional"]
    main(["check", str(path), "--model", "biased_walk"])
    assert "nothing is known" not in capsys.readouterr().out


def test_each_row_of_an_alignment_gets_its_verdict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "rows.tex"
    path.write_text(
        "% symdiff: model = biased_walk\n\\begin{align} C_t &= -v C_x \\\\ &\\quad + D C_{xx} \\\\[2pt] D &= \\frac{\\ell^2}{\\tau} \\\\ "
        "v &= \\frac{(2p-1)\\ell}{\\tau} \\\\ q &= \\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix} \\circledast 2 \\end{align}\n"
    )
    assert main(["check", str(path), "-o", str(tmp_path / "out.tex")]) == 1
    said = capsys.readouterr().out
    assert "row 1 proved, row 2 refuted, row 3 proved, row 4 unread" in said
    assert "right is   D =" in said
    assert "textquotedbl" not in (tmp_path / "out.tex").read_text()


PASSED_OVER = r"""\documentclass{article}\newif\ifdraft
\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}}
\def\bea{\begin{eqnarray}}\def\eea{\end{eqnarray}}
\newenvironment{eqn}{\begin{equation}}{\end{equation}}
\begin{document}
\be a = 1 \ee
\bea b &=& 2 \eea
\begin{eqn} c = 3 \end{eqn}
\begin{IEEEeqnarray}{rCl} d &=& 4\end{IEEEeqnarray}
\begin{empheq}[box=\fbox]{align} e &= 5\end{empheq}
\iffalse \begin{equation} x = 1 \end{equation} \ifdraft y \fi \[ x = 2 \] \fi
\iftrue \[ f = 6 \] \else \[ x = 3 \] \fi
\lstinline{\[ x = 4 \]} \mintinline{tex}|\[ x = 5 \]|
\begin{equation} g = \frac{7}{2 \end{equation}
\end{document}
\[ x = 6 \]
"""


def test_displays_by_any_name_are_found_and_what_tex_passes_over_is_not() -> None:
    found = equations_of(PASSED_OVER)
    heads = [e.latex.replace(r"\begin{aligned}", "").split("=")[0].strip(" &") for e in found]
    assert heads == ["a", "b", "c", "d", "e", "f", "g"]
    assert [e.first_line for e in found] == [6, 7, 8, 9, 10, 12, 14]
    assert all(PASSED_OVER[: e.end].endswith(("}", "ee", "eea", "]")) for e in found)


SYMBOLS = r"""% symdiff: model = telegraph_limit
\[ D = \frac{v^2}{2\lambda} \]
% symdiff: symbols v = c
\[ D = \frac{v^2}{2\lambda} \]
\[ D = \frac{v^2}{\lambda} \]
\if0
\[ D = 7 \]
\fi
"""


def test_the_authors_symbols_are_those_of_the_model_where_the_text_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "symbols.tex"
    path.write_text(SYMBOLS)
    _, found = check(capsys, path)
    assert [e["verdict"] for e in found] == ["conditional", "conditional", "refuted"]
    assert found[0]["warnings"] == ["v is read as the speed c of the walkers"]
    path.write_text(SYMBOLS.replace("v = c", "v -> c"))
    assert main(["check", str(path)]) == 2


CELL = r"""\[ \frac{dP_n}{dt} = \left[ k(\mathbb E^{-1}-1) + \gamma(\mathbb E-1)n \right] P_n \]
\begin{align*} \langle n^2\rangle_{\mathrm{st}} - \langle n\rangle_{\mathrm{st}}^2 &= \frac{k}{\gamma},
\intertext{but some claim} \langle n^2\rangle_{\mathrm{st}} &= \frac{k}{\gamma}. \end{align*}
\[ \dot P(\mathbf r) = \Gamma\sum_{\boldsymbol\delta}[P(\mathbf r+\boldsymbol\delta)-P(\mathbf r)] \]
\[ \langle r^2\rangle = 6\Gamma a^2 t \]
\[ \langle r^2\rangle = 5\Gamma a^2 t \]
"""


def test_rows_between_words_and_claims_for_one_number_of_dimensions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "cell.tex"
    path.write_text(CELL)
    _, found = check(capsys, path)
    assert [e["verdict"] for e in found] == ["model", "refuted", "model", "conditional", "refuted"]
    assert "row 1 proved, row 2 refuted" in found[1]["why"]
    assert "holds for d = 3" in found[3]["why"]


def test_places_in_the_moving_frame_are_measured_from_the_drift() -> None:
    import symdiff as sd

    walk = sd.load("biased_walk")
    assert sd.check(walk, r"\langle (x-vt)^2\rangle = 2Dt").verdict == "proved"
    assert sd.check(walk, r"\langle (x(t)-vt)^2\rangle = 4Dt").verdict == "refuted"
    assert sd.check(walk, r"\langle v x\rangle = 1").verdict == "undecided"  # a velocity that moves itself


INLINE = r"""With probability $p = \frac12(1+\epsilon)$ to the right and $q = 1-p$ to the left,
\[ P(x,t+\tau) = p P(x-a,t) + q P(x+a,t). \]
\[ v = \frac{\epsilon a}{\tau} \]
\[ v = \frac{2\epsilon a}{\tau} \]
\[ D = D_0(1-\epsilon^2) \]
where $D_0 = a^2/2\tau$.
"""


def test_what_the_words_say_of_a_symbol_is_put_beside_an_equation_that_needs_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "inline.tex"
    path.write_text(INLINE)
    _, found = check(capsys, path)
    assert [e["verdict"] for e in found] == ["model", "proved", "refuted", "proved"]
    assert found[1]["why"].endswith(r"with \epsilon = 2 p - 1 of the text")
    path.write_text(INLINE.replace(r"D_0 = a^2/2\tau", r"D_0 = a^2/\tau"))
    assert check(capsys, path)[1][3]["verdict"] == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        r"\iffalse " * 40_000 + r"\fi " * 40_000,
        r"\begin{verbatim}" * 40_000,
        r"\newcommand{\a}[" * 40_000,
        r"\begin{align}" + r"a&=b\\ " * 80_000 + r"\end{align}",
    ],
    ids=["conditionals", "verbatim", "commands", "rows"],
)
def test_long_hostile_texts_cost_time_in_proportion_to_their_length(text: str) -> None:
    """Each took more than a minute of 2 MB: the whole text was copied, or looked through, for every piece of it."""
    start = time.process_time()
    with contextlib.suppress(UsageError):  # not closed
        equations_of(text)
    assert time.process_time() - start < 5


NEXT_MODEL = r"""% symdiff: model = biased_walk
\[ v = \frac{(2p-1)\ell}{\tau} \]
\[ \partial_t P_n = \Gamma (P_{n+1} + P_{n-1} - 2 P_n) \]
\[ D = \Gamma a^2 \]
% symdiff: model = biased_walk
\[ D = \Gamma a^2 \]
\[ P_n(t+\tau) = p P_{n+1}(t) + (1-p) P_{n-1}(t) \]
\[ v = \frac{(2p-1)\ell}{\tau} \]
% symdiff: model = text
\[ P_n(t+\tau) = p P_{n+1}(t) + (1-p) P_{n-1}(t) \]
\[ v = -\frac{(2p-1)a}{\tau} \]
\[ v = \frac{(2p-1)a}{\tau} \]
"""


def test_a_master_equation_of_another_model_ends_what_the_comment_names(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "next.tex"
    path.write_text(NEXT_MODEL)
    _, found = check(capsys, path)
    verdicts = [e["verdict"] for e in found]
    # the same moves at wrong rates are a wrong claim; named as the text's own, they are its model
    expected = ["proved", "model", "proved", "undecided", "refuted", "proved", "model", "proved", "refuted"]
    assert verdicts == expected, [(e["latex"], e["verdict"], e["why"]) for e in found]
    assert found[2]["model"] == "the master equation in line 3"
    assert "model = text" in found[4]["why"]


SPACINGS = r"""\newcommand{\D}{\Delta}
\[ P_j(t+\D t) = \frac12 P_{j-1}(t) + \frac12 P_{j+1}(t) \] % 100\% of them
A step takes \D t; here $x=j\D x$, and later $x = k\,\delta$.
\[ D = \frac{(\D x)^2}{2\D t} \]
\[ \dot p_k = \lambda_+ p_{k-1} + \lambda_- p_{k+1} - (\lambda_+ + \lambda_-) p_k \]
\[ \kappa_3 = \delta^3(\lambda_+-\lambda_-)t \]
\[ \kappa_3 = \delta^3(\lambda_+ +\lambda_-)t \]
On a grid of spacing $h_0$ let
\[ \dot q_m = w (q_{m+1} + q_{m-1} - 2 q_m) \]
\[ D = w h_0^2 \]
\[ D = 2 w h_0^2 \]
"""


def test_the_spacing_is_that_of_the_letter_that_numbers_the_sites_and_defines_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """``x = k delta`` was taken as delta = x/k, which refuted right claims."""
    path = tmp_path / "spacings.tex"
    path.write_text(SPACINGS)
    verdicts = [e["verdict"] for e in check(capsys, path)[1]]
    assert verdicts == ["model", "proved", "model", "proved", "refuted", "model", "proved", "refuted"]


DEFINED = r"""\[ \dot p_k = a p_{k-1} + b p_{k+1} - (a + b) p_k, \quad x = kh \]
\[ \mu = h(a - b) \quad\text{and}\quad D = \frac{h^2}{2}(a+b) \]
\[ \partial_t p = -\mu\,\partial_x p + D\,\partial_x^2 p \]
\[ \langle x^2\rangle = 2Dt + \mu^2 t^2 \]
\[ \langle x^2\rangle = 2Dt + \mu^2 t \]
\begin{align} \partial_t \rho &= -\partial_x J, \\ J &= \mu\rho - D\,\partial_x\rho \end{align}
\section{Springs}
\[ \partial_t W = \partial_x[\gamma x W] + B\,\partial_x^2 W \]
\[ \langle x^2\rangle_{st} = B/\gamma \]
\[ \langle x^2\rangle_{st} = 2B/\gamma \]
"""


def test_what_a_display_defines_is_put_beside_the_others_and_judged_by_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A drift called mu is known from the equation in which it stands; behind a heading another equation is another model."""
    path = tmp_path / "defined.tex"
    path.write_text(DEFINED)
    found = check(capsys, path)[1]
    verdicts = [e["verdict"] for e in found]
    assert verdicts[:2] == ["model", "proved"], found[1]["why"]
    assert verdicts[2:5] == ["conditional", "proved", "refuted"]
    assert verdicts[6:] == ["model", "proved", "refuted"]
    path.write_text(DEFINED.replace(r"\mu = h(a - b)", r"\mu = h(a + b)"))
    found = check(capsys, path)[1]
    assert [e["verdict"] for e in found[1:3]] == ["refuted", "conditional"]
    assert found[3]["verdict"] == "undecided"  # what is wrong is not put in elsewhere


OWN_FRAMES = r"""\usepackage{mdframed}
\newenvironment{important}[1]{\begin{mdframed}\begin{equation}\label{#1}}{\end{equation}\end{mdframed}}
\newenvironment{both}{\begin{equation}\left\{\begin{aligned}}{\end{aligned}\right.\end{equation}}
\let\eps\varepsilon \let\oldphi\phi \renewcommand{\phi}{\varphi}
\NewDocumentCommand{\half}{O{1}m}{\frac{#1}{2}#2}
\begin{document}
\begin{important}{eq:a} a = \eps \phi \end{important}
\begin{both} b &= \half{x} \\ c &= \half[3]{x} \end{both}
\begin{numcases}{f = } 1 & $x < 0$ \\ 2 & else \end{numcases}
\begin{dgroup} \begin{dmath} g = 1 \end{dmath} \begin{dmath*} h = 2 \end{dmath*} \end{dgroup}
\url{a%20b} \[ i = 3 \] \verb|%| \[ j = 4 \]
text \\% \[ x = 5 \]
\begin{equation} k = 6 % \end{equation}
\end{equation}
\end{document}
"""


def test_displays_within_the_authors_own_environments() -> None:
    found = equations_of(OWN_FRAMES)
    heads = [re.search(r"(?<![A-Za-z\\])([a-k])\s*&?\s*=", e.latex) for e in found]
    assert [h[1] if h else "" for h in heads] == list("abfgijk")
    assert found[0].latex.split() == [r"a", "=", r"\varepsilon", r"\varphi"]
    assert r"\frac{1}{2}x" in found[1].latex
    assert r"\frac{3}{2}x" in found[1].latex
    assert OWN_FRAMES[: found[0].end].endswith(r"\end{important}")
    assert found[3].latex.count(r"\\") == 1


def test_gamma_of_a_place_is_a_rate_and_no_gamma_function(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "rates.tex"
    path.write_text(
        r"\[ \dot P(x) = \Gamma(x-\tfrac h2)[P(x-h)-P(x)] + \Gamma(x+\tfrac h2)[P(x+h)-P(x)] \]"
        r"\[ \partial_t P = \partial_x[h^2\Gamma(x)\partial_x P] \] \[ \partial_t P = \partial_x^2[h^2\Gamma(x) P] \]"
    )
    assert [e["verdict"] for e in check(capsys, path)[1]] == ["model", "proved", "refuted"]


SHEET = r"""\[ \frac{dP_n}{dt} = (\nu + b(n-1))P_{n-1} + d(n+1)P_{n+1} - (\nu + bn + dn)P_n \]
\begin{align} \operatorname{Var}(n) &= \frac{\nu d}{(d-b)^2}, \\ F = \frac{\operatorname{Var}(n)}{\langle n\rangle} &= \frac{b}{d-b} \end{align}
\[ \dot P_n = k_+(N-n+1)P_{n-1} + k_-(n+1)P_{n+1} - [k_+(N-n)+k_-n]P_n \]
\[ \langle n\rangle = N\frac{k_+}{k_++k_-} \]
\[ P(x,t+\tau) = p\,P(x-a,t) + (1-p)\,P(x+a,t) \]
\[ \mathopen{}\langle x^2 \rangle - \langle x \rangle^2 = \qty[4 D t]^{} \]
\[ P(\mathbf n, t+\tau) = \frac{1}{2d}\sum_{i=1}^d[P(\mathbf n-\mathbf e_i,t)+P(\mathbf n+\mathbf e_i,t)] \]
\[ \langle r^2\rangle = 2Dt \]
% symdiff: model = chiral_active_particle
\[ D = D_t + \frac{v^2 D_r}{2(D_r^2+\omega^2)} \]
"""


def test_what_is_right_is_said_in_short(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Van Kampen, Stochastic Processes, ch. VI (variances of linear birth and death, binomial law of isomerisation)."""
    path = tmp_path / "sheet.tex"
    path.write_text(SHEET)
    found = check(capsys, path)[1]
    verdicts = ["model", "refuted", "model", "proved", "model", "refuted", "model", "refuted", "proved"]
    assert [e["verdict"] for e in found] == verdicts
    assert "row 1 proved, row 2 refuted" in found[1]["why"]
    assert found[1]["correct"] == "d/(-b + d)"
    assert found[5]["correct"] == "4*a**2*p*t*(1 - p)/tau"
    assert "the number of dimensions, d, is missing" in found[7]["mend"]


def test_what_is_not_looked_at_is_said_and_nothing_moves_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, secret = tmp_path / "notes.tex", tmp_path / "secret.tex"
    secret.write_text(r"\[ SECRET = 1 \]")
    path.write_text(
        "\\input{secret} % \\input{no}\n\\include{two} \\import{sub/}{three}\n\\[ D = \x1b[31m 1 \\] \\input four.tex\n"
    )
    status, found = check(capsys, path)
    assert (status, len(found)) == (3, 1)
    main(["check", str(path), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert [(f["line"], f["file"]) for f in document["not_read"]] == [
        (1, "secret"), (2, "two"), (2, "sub/three"), (3, "four.tex")]  # fmt: skip
    main(["check", str(path)])
    out = capsys.readouterr().out
    assert "1 displayed equation: 1 no model (line 3)" in out
    assert "not read: secret (line 1), two (line 2)" in out
    assert "SECRET" not in out
    assert "\x1b" not in out


@pytest.mark.parametrize("out", ["/dev/full", "/proc/checked.tex", "missing/checked.tex"])
def test_a_copy_that_cannot_be_written_is_wrong_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, out: str
) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(r"\[ D = 1 \]")
    assert main(["check", str(path), "-o", out]) == 2
    (tmp_path / "old.tex").write_text("old")
    assert main(["check", str(tmp_path / "none.tex"), "-o", str(tmp_path / "old.tex")]) == 2
    assert (tmp_path / "old.tex").read_text() == "old"
    assert "no such file" in capsys.readouterr().err


def test_notes_are_typeset(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, out = tmp_path / "notes.tex", tmp_path / "checked.tex"
    path.write_text(NOTES)
    check(capsys, path, "-o", str(out))
    text = out.read_text()
    assert r"\symdiffnote{\textbf{model}: a master equation: the model of what follows; Assumed: " in text
    assert r"$\Gamma$ is positive" in text
    assert r"\textbf{refuted}: the two sides differ; right is $\displaystyle D = " in text
    assert "Gamma is positive" not in text


LETTERS = r"""% symdiff: model = biased_walk
\[ v = (1-2p)\frac{a}{\Delta t} \]
\[ D = \frac{a^2}{2\Delta t} \]
\[ D = \frac{a^2}{2\Delta t}\,b \]
% symdiff: model = telegraph_limit
\[ D = \frac{s^2}{\mu} \]
"""


def test_letters_of_the_authors_are_known_where_an_equation_holds_in_one_way_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "letters.tex"
    path.write_text(LETTERS)
    found = check(capsys, path)[1]
    assert [e["verdict"] for e in found] == ["refuted", "conditional", "undecided", "undecided"]
    assert found[0]["why"].endswith("with Delta t for tau, a for ell, as line 3 shows")
    assert found[0]["mend"] == "the sign"
    path.write_text(LETTERS.replace(r"D = \frac{a^2}{2\Delta t} \]", r"D = \frac{a^3}{2\Delta t} \]"))
    assert {e["verdict"] for e in check(capsys, path)[1]} == {"undecided"}  # nothing bears the letters out


def test_the_model_is_asked_for_and_the_answer_is_remembered(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "asked.tex"
    path.write_text(r"\[ v = \frac{(2p-1)\ell}{\tau} \] \[ v = \frac{p\ell}{\tau} \] \[ v = 1 \] \[ v = 2 \]")
    answers = io.StringIO("no_such_model\nbiased_walk\n\n-\nq\n")
    for stream in (answers, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", answers)
    assert main(["check", str(path)]) == 1
    shown = capsys.readouterr()
    assert "4 displayed equations: 1 refuted (line 1); 1 proved; 2 no model (line 1, 1)" in shown.out
    assert "no gallery entry is named 'no_such_model'" in shown.err
    assert "empty: biased_walk" in shown.err


EXPANSIONS = r"""\[ P(x,t+\tau) = P + \tau \partial_t P + \frac{\tau^2}{2} \partial_t^2 P + O(\tau^3) \]
\[ P(x\pm a,t) = P(x,t) \pm a\,\partial_x P + \frac{a^2}{2}\partial_x^2 P + \dots \]
\[ P(x\pm a,t) = P(x,t) \pm a\,\partial_x P + a^2\,\partial_x^2 P + \dots \]
\[ P(x-a,t) = P(x,t) + a\,\partial_x P + \dots \]
\[ P(x+a,t) + P(x-a,t) - 2P(x,t) \approx a^2 \partial_x^2 P \]
\[ P(x+a,t) = P(x,t) + a\,\partial_x P + O(a^3) \]
\[ P(x+a,y+b,t) = P + a P_x + b P_y + \frac12 (a^2 P_{xx} + ab P_{xy} + b^2 P_{yy}) + \dots \]
\[ P(x,t+\tau) - P(x,t) = D\tau P_{xx} \]
\[ P_j(t+\tau) - P_j(t) = \frac12 P_{j-1}(t) + \frac12 P_{j+1}(t) - P_j(t) = \frac12 [(P_{j+1}(t) - P_j(t)) - (P_j(t) - P_{j-1}(t))] \]
\[ \dot P_n = \Gamma P_{n+1} + \Gamma P_{n-1} - 2\Gamma P_n = \Gamma [P_{n+1} + P_{n-1} - P_n] \]
\[ \Delta P_j = P_j(t+\tau) - P_j(t) = \frac12 P_{j-1}(t) + \frac12 P_{j+1}(t) - P_j(t) \]
\[ P(x,t+\tau) - P(x,t) = pP(x-a,t)+qP(x+a,t)-P(x,t) = p[P(x-a,t)-P(x,t)]+q[P(x+a,t)-P(x,t)] \]
"""


def test_expansions_and_chains_are_judged_whatever_the_model(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The coefficients of Taylor's series are 1/n!; p + q = 1 is known from the words, so that a chain that needs it may hold."""
    path = tmp_path / "expansions.tex"
    path.write_text(EXPANSIONS)
    found = check(capsys, path)[1]
    expected = ["proved", "proved", "refuted", "refuted", "proved", "refuted", "refuted", "no model", "model", "refuted", "model", "model"]  # fmt: skip
    assert [e["verdict"] for e in found] == expected
    assert "d_xx P is a**2/2, not a**2" in found[2]["why"]
    assert "differ by -Gamma*P(n, t)" in found[9]["why"]


EINSTEIN = r"""\[ \rho(x,t+\tau) = \int_{-\infty}^{\infty}\rho(x-\Delta,t)\,\phi(\Delta)\,d\Delta, \]
\[ \int\phi(\Delta)\,d\Delta = 1,\qquad \phi(\Delta)=\phi(-\Delta). \]
\[ \rho(x,t) = \frac{N}{\sqrt{4\pi Dt}}\,e^{-x^2/4Dt} \]
\[ \sqrt{\overline{x^2}} = \sqrt{2Dt} \]
\[ \overline{x^2} = 4Dt \]
"""


def test_what_is_said_of_a_step_law_is_part_of_the_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Einstein (1905), section 4; from memory. A drift was left open, which refuted what he says."""
    path = tmp_path / "einstein.tex"
    path.write_text(EINSTEIN)
    found = check(capsys, path)[1]
    assert [e["verdict"] for e in found] == ["model", "model", "proved", "proved", "refuted"]
    assert found[1]["why"].startswith("a property of what stands in the master equation in line 1")
    path.write_text(EINSTEIN.replace(r",\qquad \phi(\Delta)=\phi(-\Delta)", ""))
    assert check(capsys, path)[1][3]["verdict"] != "proved"  # with a drift
    path.write_text(
        "A law with $\\phi(-\\Delta)=\\phi(\\Delta)$.\n" + EINSTEIN.replace(r",\qquad \phi(\Delta)=\phi(-\Delta)", "")
    )
    assert check(capsys, path)[1][3]["verdict"] == "proved"
