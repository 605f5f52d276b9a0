r"""Laws of waits and of steps as texts state them: ``\psi(t) = ...``, ``\hat\psi(s) \simeq 1 - (s\tau)^\alpha``, ``\hat\lambda(k) = ...``, K(t).

With M(s) the transform of a memory, the waits have the transform M/(s + M). Of a law that is only named the first two moments are
parameters, which the assumptions list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError, NotYetError

S, K = sp.Symbol("s"), sp.Symbol("k")  # of the model file
T, R = sp.Symbol("t"), sp.Symbol("r")
NEAR = ("Approx", "Propto")
_MARKED = re.compile(r"(hat|tilde|bar)+$")


def base(name: str) -> str:
    """``psihat`` as psi: a transform and its function share their letter."""
    return _MARKED.sub("", name) or name


@dataclass
class Laws:
    """What a text says of functions of one variable: exactly, or near zero (of transforms) and far out (of densities)."""

    exact: dict[str, tuple[sp.Symbol, sp.Expr]] = field(default_factory=dict)
    near: dict[str, tuple[sp.Symbol, sp.Expr]] = field(default_factory=dict)
    symbols: dict[sp.Symbol, str] = field(default_factory=dict)  # what is assumed of new parameters
    notes: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    more: set[sp.Symbol] = field(default_factory=set)

    def letters(self) -> set[sp.Symbol]:
        """All symbols of the laws but their variables."""
        stated = [*self.exact.values(), *self.near.values()]
        return {s for v, e in stated for s in e.free_symbols - {v}} | set(self.symbols) | self.more

    def parameter(self, name: str, assume: str, taken: set[str]) -> sp.Symbol:
        """A parameter that the text does not name."""
        while name in taken or sp.Symbol(name) in self.symbols:
            name += "0"
        self.symbols[sp.Symbol(name)] = assume
        return sp.Symbol(name)


def laws_in(equations: Sequence[sp.Basic]) -> tuple[Laws, list[sp.Basic]]:
    r"""The definitions ``\psi(t) = ...`` of functions of one variable, and what else there is."""
    found, others = Laws(), []
    for e in equations:
        near = isinstance(e, AppliedUndef) and e.func.__name__ in NEAR and len(e.args) == 2
        if not (near or isinstance(e, sp.Equality)) or not isinstance(e.args[0], AppliedUndef):
            others.append(e)
            continue
        head, value = e.args
        if len(head.args) != 1 or not head.args[0].is_Symbol or value.has(sp.Integral, sp.Derivative, sp.Sum):
            others.append(e)
            continue
        (found.near if near else found.exact)[head.func.__name__] = (head.args[0], value)
    return found, others


# --- waits -----------------------------------------------------------------------------------------------------------


def waits_of(name: str, laws: Laws, taken: set[str]) -> dict[str, Any]:
    """The law of the waits whose density is called ``name``, in words of the model file."""
    known = _known(name, laws)
    if known is not None:
        return known
    mean = laws.parameter("T1" if "tau" in taken else "tau", "positive", taken)
    square = laws.parameter("T2", "positive", taken)
    laws.notes.append(f"{mean} and {square} are the mean wait and the mean square of the waits, of which the text names the law {base(name)} only; "
                      "waits without a mean are stated beside it, as \\hat\\psi(s) \\simeq 1 - (s\\tau)^\\alpha")  # fmt: skip
    return {"distribution": "moments", "mean": str(mean), "second_moment": str(square)}


def _known(name: str, laws: Laws) -> dict[str, Any] | None:
    for own in sorted({*laws.exact, *laws.near}):
        if base(own) != base(name):
            continue
        laws.used.add(own)
        transform = base(own) != own or _is_transform(laws, own)
        if transform and own in laws.exact and _begins(*laws.exact[own]):
            laws.near[own] = laws.exact.pop(own)
            laws.notes.append(f"{laws.near[own][1]} is read as the start of a transform")
        if own in laws.exact:
            variable, value = laws.exact[own]
            return (
                by_transform(value.xreplace({variable: S})) if transform else _by_density(value.xreplace({variable: T}))
            )
        variable, value = laws.near[own]
        return _near_zero(value, variable, laws) if transform else _far_out(value, variable, laws)
    survival = name[:1].upper() + name[1:]
    if survival != name and survival in laws.exact:
        laws.used.add(survival)
        variable, value = laws.exact[survival]
        if not value.has(AppliedUndef):
            return _by_density(-sp.diff(value, variable).xreplace({variable: T}))
    return None


def _begins(variable: sp.Symbol, value: sp.Expr) -> bool:
    """One minus a power: no law has it for its whole transform."""
    terms = sp.Add.make_args(sp.expand(value - 1))
    return len(terms) == 1 and terms[0].has(variable) and not terms[0].has(sp.exp, sp.cos, sp.sin) and all(
        not f.has(variable) or f.as_base_exp()[0] in (variable, sp.Abs(variable)) or f.is_Pow for f in sp.Mul.make_args(terms[0])) and not any(
        p.base.is_Add for p in terms[0].atoms(sp.Pow))  # fmt: skip


def _is_transform(laws: Laws, own: str) -> bool:
    variable = (laws.exact.get(own) or laws.near[own])[0]
    return variable.name in ("s", "u", "p", "epsilon")


def by_transform(value: sp.Expr) -> dict[str, Any]:
    """Waits by their transform in s: exponential, Mittag-Leffler, or as it stands.

    >>> by_transform(1 / (1 + sp.Symbol("s") * sp.Symbol("tau")))
    {'distribution': 'exponential', 'mean': 'tau'}
    """
    _alone(value)
    return by_odds(sp.cancel(sp.together(1 / value) - 1), value)


def by_odds(rest: sp.Expr, value: sp.Expr | None = None) -> dict[str, Any]:
    """Waits with the transform 1/(1 + ``rest``), written as ``value``: rest = s/M(s) for a memory M."""
    _alone(rest)
    rest = sp.powsimp(rest, force=True)
    slope = sp.cancel(rest / S)
    if not slope.has(S) and slope != 0:
        return {"distribution": "exponential", "mean": str(slope)}
    power = sp.expand(sp.expand_log(sp.log(rest), force=True), force=True)
    index = sp.cancel(S * sp.diff(power, S))
    if not index.has(S) and index != 0:
        scale = sp.powsimp(sp.powdenest(sp.cancel(sp.expand_power_base(rest, force=True) / S**index) ** (1 / index), force=True), force=True)  # fmt: skip
        if not scale.has(S):
            return {"distribution": "mittag_leffler", "index": str(index), "scale": str(scale)}
    return {"laplace_transform": str(sp.factor(sp.cancel(1 / (1 + rest))) if value is None else value)}


def _by_density(value: sp.Expr) -> dict[str, Any]:
    _alone(value)
    if isinstance(value, sp.DiracDelta) and sp.diff(value.args[0], T) in (1, -1):
        gap = value.args[0]
        return {"distribution": "fixed", "value": str(sp.expand(T - gap / sp.diff(gap, T)))}
    power = sp.expand(sp.expand_log(sp.log(value), force=True))
    rate = -sp.diff(power, T)
    if not rate.has(T) and sp.cancel(value.xreplace({T: sp.S.Zero}) - rate) == 0:
        return {"distribution": "exponential", "mean": str(sp.cancel(1 / rate))}
    inverse = sp.cancel(1 / sp.diff(power, T)) if power.has(T) else sp.S.Zero
    slope = sp.diff(inverse, T)
    if not slope.has(T) and slope != 0:  # a power of (a + t)
        index, scale = sp.expand(-1 - 1 / slope), sp.cancel(inverse.xreplace({T: sp.S.Zero}) / slope)
        if scale != 0 and sp.cancel(value.xreplace({T: sp.S.Zero}) * scale - index) == 0:
            return {"distribution": "lomax", "index": str(index), "scale": str(scale)}
    return {"density": str(value)}


def _alone(value: sp.Expr) -> None:
    calls = sorted(value.atoms(AppliedUndef), key=str)
    if calls:
        raise NotYetError(f"the law {value} depends on {calls[0]}, which is not written out", instead=f"write {calls[0]} = ... beside it")  # fmt: skip


def _near_zero(value: sp.Expr, variable: sp.Symbol, laws: Laws) -> dict[str, Any]:
    r"""``\hat\psi(s) \simeq 1 - (s\tau)^\alpha``."""
    _alone(value)
    index = _index(sp.sympify(1) - value, variable)
    if index == 1:
        laws.notes.append("the waits have a finite mean square")
        return {"laplace_transform": f"{value.xreplace({variable: S})} + O(s**2)"}
    for symbol in index.free_symbols:
        laws.symbols.setdefault(symbol, f"0 < {symbol} < 1")
    return {"laplace_transform": f"{value.xreplace({variable: S})} + O(s)"}


def _far_out(value: sp.Expr, variable: sp.Symbol, laws: Laws) -> dict[str, Any]:
    r"""``\psi(t) \sim A t^{-1-\alpha}``."""
    _alone(value)
    index = sp.expand(-_index(value, variable) - 1)
    amplitude = sp.powsimp(sp.expand_power_base(value, force=True) * variable ** (1 + index), force=True)
    if amplitude.has(variable):
        raise NotYetError(f"{value} is no power of {variable}", instead="write \\psi(t) \\sim A t^{-1-\\alpha}")
    for symbol in index.free_symbols:
        laws.symbols.setdefault(symbol, f"0 < {symbol} < 1")
    laws.notes.append("\\sim is read with the amplitude as it stands")
    return {"distribution": "tail", "index": str(index), "amplitude": str(amplitude)}


def _index(value: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The power of the variable in one term."""
    found = sp.cancel(variable * sp.diff(sp.expand(sp.expand_log(sp.log(value), force=True)), variable))
    if found.has(variable):
        raise NotYetError(
            f"{value} is no power of {variable}", instead="write 1 - (s\\tau)^\\alpha, or A t^{-1-\\alpha}"
        )
    return found


def memory_transform(value: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """The Laplace transform of a sum of c t^n e^(-b t) and deltas.

    >>> t, b = sp.symbols("t b")
    >>> memory_transform(b**2 * sp.exp(-2 * b * t), t)
    b**2/(2*b + s)
    """
    total: sp.Expr = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(value)):
        front, power, rate, at_once = sp.S.One, sp.S.Zero, sp.S.Zero, False
        for factor in sp.Mul.make_args(term):
            exponent = factor.args[0] if isinstance(factor, sp.exp) else sp.S.Zero
            if not factor.has(t):
                front *= factor
            elif factor == t or (factor.is_Pow and factor.base == t and not factor.exp.has(t)):
                power += factor.as_base_exp()[1]
            elif factor == sp.DiracDelta(t):
                at_once = True
            elif not sp.diff(exponent, t).has(t) and exponent != 0:
                rate -= sp.diff(exponent, t)
                front *= sp.exp(exponent.xreplace({t: sp.S.Zero}))
            else:
                raise NotYetError(f"the transform of the memory {value} is not known", instead="write it as \\hat K(s) = ... beside the equation")  # fmt: skip
        if not (power.is_Integer and power >= 0):
            raise NotYetError(f"the transform of the memory {value} is not known: powers of time need their range",
                              instead="write it as \\hat K(s) = c s^{1-\\alpha} beside the equation")  # fmt: skip
        total += front if at_once else front * sp.gamma(power + 1) / (S + rate) ** (power + 1)
    return total


# --- steps -----------------------------------------------------------------------------------------------------------


def steps_of(name: str, laws: Laws, taken: set[str]) -> list[dict[str, Any]]:
    """The jumps of a walk whose steps have the density (or the transform) ``name``, with their probabilities."""
    for own in sorted({*laws.exact, *laws.near}):
        if base(own) != base(name):
            continue
        laws.used.add(own)
        variable, value = laws.exact.get(own) or laws.near[own]
        transform = base(own) != own or variable.name in ("k", "q")
        if transform and own in laws.exact and _begins(variable, value):
            laws.near[own] = laws.exact.pop(own)
            laws.notes.append(f"{value} is read as the start of a transform")
        if own in laws.near:
            if not transform:
                raise NotYetError(
                    f"of the law {own} only its tail is said",
                    instead="write \\hat\\lambda(k) \\simeq 1 - \\sigma^2 k^2/2 or c |k|^\\mu",
                )
            return [_near_wave(value, variable, laws)]
        return by_waves(value.xreplace({variable: K})) if transform else _by_places(value.xreplace({variable: R}))
    first, second = laws.parameter("m1", "real", taken), laws.parameter("m2", "positive", taken)
    laws.notes.append(
        f"{first} and {second} are the mean and the mean square of the steps, of which the text names the law {base(name)} only"
    )
    return [{"distribution": "moments", "mean": str(first), "second_moment": str(second), "probability": "1"}]


def by_waves(value: sp.Expr) -> list[dict[str, Any]]:
    """Steps by their characteristic function: jumps where it is a sum of cosines, else a law.

    >>> by_waves(sp.cos(sp.Symbol("k") * sp.Symbol("a")))
    [{'displacement': 'a', 'probability': '1/2'}, {'displacement': '-a', 'probability': '1/2'}]
    """
    _alone(value)
    stable = _stable(value)
    if stable is not None:
        return [stable | {"probability": "1"}]
    if sp.cancel(value.xreplace({K: sp.S.Zero}) - 1) != 0:
        raise ModelError(f"the law of the steps is not normalised: at k = 0 it is {value.xreplace({K: sp.S.Zero})}, not one",
                         instead="check the transform")  # fmt: skip
    jumps: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(value.rewrite(sp.exp))):
        waves = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.exp)]
        step = sp.expand(sp.Add(*(f.args[0] for f in waves)) / (sp.I * K))
        front = term / sp.Mul(*waves)
        if step.has(K, sp.I) or front.has(K, sp.I):
            return [{"characteristic_function": str(value), "probability": "1"}]
        jumps[step] = jumps.get(step, sp.S.Zero) + front
    return [{"displacement": str(step), "probability": str(p)} for step, p in sorted(jumps.items(), key=lambda j: (str(j[0]).startswith("-"), str(j[0])))]  # fmt: skip


def _stable(value: sp.Expr) -> dict[str, Any] | None:
    """``e^{-c |k|^\\mu}`` as the law of Levy with the index mu; None for other transforms."""
    wave = sp.Symbol("wave", positive=True)
    power = sp.log(value.xreplace({sp.Abs(K): wave})) if value.has(sp.Abs(K)) else sp.S.Zero
    power = -sp.expand(sp.expand_log(power, force=True))
    if power.has(K) or not power.has(wave) or power.is_Add:
        return None
    index = sp.cancel(wave * sp.diff(power, wave) / power)
    scale = sp.powsimp(sp.powdenest((power / wave**index) ** (1 / index), force=True), force=True)
    if index.has(wave) or scale.has(wave) or not index.is_Symbol:
        return None
    return {"distribution": "levy", "index": str(index), "scale": str(scale)}


def _by_places(value: sp.Expr) -> list[dict[str, Any]]:
    _alone(value)
    terms = sp.Add.make_args(sp.expand(value))
    found = []
    for term in terms:
        deltas = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.DiracDelta)]
        if len(deltas) != 1 or sp.diff(deltas[0].args[0], R) not in (1, -1) or (term / deltas[0]).has(R):
            return [(named_density(value, R) or {"density": str(value)}) | {"probability": "1"}]
        gap = deltas[0].args[0]
        found.append({"displacement": str(sp.expand(R - gap / sp.diff(gap, R))), "probability": str(term / deltas[0])})
    return found


def _near_wave(value: sp.Expr, variable: sp.Symbol, laws: Laws) -> dict[str, Any]:
    _alone(value)
    wave = sp.Symbol("k", positive=True)
    index = _index(sp.sympify(1) - value.xreplace({variable: wave}), wave)
    text = str(value.xreplace({variable: K}))
    for symbol in index.free_symbols:
        laws.symbols.setdefault(symbol, f"0 < {symbol} < 2")
    return {"characteristic_function": f"{text} + O(k**{3 if index == 2 else 2})", "probability": "1"}


# --- documents -------------------------------------------------------------------------------------------------------


def renamed(text: str, own: dict[str, str]) -> str:
    """An expression of a law in the names of the model."""
    return re.sub(r"[A-Za-z_]\w*", lambda m: own.get(m.group(), m.group()), text)


def declare_laws(
    document: dict[str, Any], entries: Sequence[dict[str, Any]], own: dict[str, str], laws: Laws, assumed: list[str]
) -> None:
    """The parameters of laws, with what is assumed of them."""
    used = {w for e in entries for v in e.values() for w in re.findall(r"[A-Za-z_]\w*", v)}
    for e in entries:
        if e.get("distribution") in ("mittag_leffler", "levy"):
            below = 1 if e["distribution"] == "mittag_leffler" else 2
            for s in laws.letters():
                if e["index"] == own.get(s.name, s.name):
                    laws.symbols.setdefault(s, f"0 < {s} < {below}")
    said = {own.get(s.name, s.name): renamed(text, own) for s, text in laws.symbols.items()}
    for name in sorted({*own.values(), *said} & used - set(document["model"]["coordinates"])):
        if name not in document["parameters"]:
            document["parameters"][name] = text = said.get(name, "positive")
            article = "a " if text == "probability" else ""
            assumed.append(text if "<" in text else f"{name} is {article}{text}")
    assumed += [n for n in laws.notes if n not in assumed]


def named_density(value: sp.Expr, r: sp.Symbol) -> dict[str, str] | None:
    """A density in ``r`` by the name of its law: normal, Laplace, Cauchy; None for any other.

    >>> r, b = sp.symbols("r b")
    >>> named_density(sp.exp(-sp.Abs(r) / b) / (2 * b), r)
    {'distribution': 'laplace', 'scale': 'b'}
    """
    if value.has(sp.Heaviside, sp.Piecewise, sp.Integral, sp.Sum) or value.atoms(AppliedUndef):
        return None
    length = sp.Symbol("length", positive=True)
    power = sp.expand(sp.expand_log(sp.log(value.xreplace({sp.Abs(r): length})), force=True))
    if power.has(length):
        scale = sp.cancel(-1 / sp.diff(power, length))
        plain = not power.has(r) and not scale.has(length)
        whole = plain and sp.cancel(value.xreplace({sp.Abs(r): sp.S.Zero}) * 2 * scale) == 1
        return {"distribution": "laplace", "scale": str(scale)} if whole else None
    curve = sp.diff(power, r, 2)
    if not curve.has(r) and curve != 0:
        variance = sp.cancel(-1 / curve)
        mean = sp.cancel(variance * sp.diff(power, r).xreplace({r: sp.S.Zero}))
        top = sp.cancel(sp.expand_power_base(value.xreplace({r: mean}) ** 2, force=True) * 2 * sp.pi * variance)
        return {"distribution": "normal", "mean": str(mean), "variance": str(variance)} if top == 1 else None
    under = sp.cancel(1 / value)
    if under.is_polynomial(r) and sp.degree(under, r) == 2 and under.coeff(r, 1) == 0:
        scale = sp.cancel(sp.pi / under.coeff(r, 2)) if under.coeff(r, 2) != 0 else sp.S.Zero
        width = 1 / (sp.pi * value.xreplace({r: sp.S.Zero}))
        same = sp.cancel(under - sp.pi * (r**2 + width**2) / width) == 0
        return {"distribution": "cauchy", "scale": str(sp.cancel(width))} if same and scale != 0 else None
    return None
