r"""Claims about averages of numbers of individuals that hold to leading order in the size of the system: ``\mathrm{Var}(n) = N\gamma/\beta``."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.limit import SystemSizeExpansion
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict

AVERAGES = re.compile(r"(?:Mean|Var|Cov)(?:_(?:st|ss|eq|s))?")


def average_claim(claim: Claim, relation: Relation, arena: Arena) -> RegimeVerdict | None:
    """The verdict by the mean V x + delta and the covariance V S of linear noise, where one state is stable; None for other claims."""
    system, model = None if arena.limit is None else arena.limit.system_size, arena.model
    if system is None or relation.kind not in ("=", "approx"):
        return None
    left, right = (_in_full(side, claim, model, system) for side in (relation.left, relation.right))
    calls = {c for side in (left, right) for c in side.atoms(AppliedUndef)}
    if not calls or any(not AVERAGES.fullmatch(c.func.__name__) for c in calls):
        return None
    known = {p.symbol for p in model.parameters} | set(model.coordinate_symbols)
    if (left.free_symbols | right.free_symbols) - known:
        return None
    states = [(dict(v), c) for v, c in zip(system.stationary, system.stationary_conditions, strict=True)]
    inner = [(v, c) for v, c in states if all(v[x] != 0 for x in system.coordinates)]
    if system.stationary_missing or len(inner) != 1:
        return None
    values, conditions = inner[0]
    noise = _Noise(model, system, values)
    try:
        sides = noise.put_in(left), noise.put_in(right)
    except KeyError:
        return None
    shown = tuple((str(c), noise.put_in(c).xreplace(noise.dropped)) for c in sorted(calls, key=str))
    place = ", ".join(f"{x} = {values[x]}" for x in system.coordinates)
    where = f" where {', '.join(map(str, conditions))}" if conditions else ""
    words = f"to leading order in {system.size}, in the stationary state about {place}{where}"
    relates = bool(left.atoms(AppliedUndef) and right.atoms(AppliedUndef))
    only_means = all(c.func.__name__.startswith("Mean") and c.args[0].is_Symbol for c in calls)
    raw = any(c.func.__name__.startswith("Mean") and not c.args[0].is_Symbol for c in calls)
    gaps = tuple(c.gts - c.lts for c in conditions if isinstance(c, sp.StrictGreaterThan | sp.GreaterThan))
    verdict = _compared(
        sides,
        noise,
        replace(arena, positive=(*arena.positive, *gaps)),
        shown,
        words,
        relates=relates,
        only_means=only_means,
        raw=raw,
    )
    if verdict.verdict == REFUTED and sp.S.Zero in (left, right) and _ends(system):
        why = f"it holds where the population has ended; before, the sides differ {words}"
        return RegimeVerdict("", UNDECIDED, shown, why)
    return verdict


def _ends(system: SystemSizeExpansion) -> bool:
    """Whether no individuals stay no individuals: rates and noise vanish at zero."""
    rates = sp.Tuple(*system.macroscopic, *(entry for row in system.noise_covariance for entry in row))
    nobody = {s: sp.S.Zero for s in rates.free_symbols if s.name in system.coordinates}
    return all(rate == 0 for rate in rates.xreplace(nobody))


def _in_full(side: sp.Expr, claim: Claim, model: JumpModel, system: SystemSizeExpansion) -> sp.Expr:
    """sigma_n, sigma_nm, F_n and CV_n by averages; S_xx and S_x_x, the covariance of linear noise, too."""
    own = dict(zip(model.coordinates, model.coordinate_symbols, strict=True))
    mean, cov = sp.Function("Mean"), sp.Function("Cov")
    change: dict[sp.Symbol, sp.Expr] = {}
    for a, x in own.items():
        change[sp.Symbol(f"sigma_{a}")] = sp.sqrt(cov(x, x))
        change |= {sp.Symbol(f"{head}_{a}"): sp.sqrt(cov(x, x)) / mean(x) for head in ("CV", "eta")}
        change |= {sp.Symbol(f"{head}_{a}"): cov(x, x) / mean(x) for head in ("F", "Fano")}
        change |= {sp.Symbol(f"{head}_{a}{b}"): cov(x, y) for head in ("sigma", "C") for b, y in own.items()}
    if len(own) == 1:
        (x,) = own.values()
        change |= {sp.Symbol("sigma"): sp.sqrt(cov(x, x)), sp.Symbol("CV"): sp.sqrt(cov(x, x)) / mean(x)}
        change |= dict.fromkeys((sp.Symbol("F"), sp.Symbol("Fano")), cov(x, x) / mean(x))
    if model.coordinates != system.coordinates:
        places = dict(zip(system.coordinates, own.values(), strict=True))
        change |= {sp.Symbol(f"S_{a}{between}{b}"): cov(x, y) / system.size
                   for a, x in places.items() for b, y in places.items() for between in ("", "_")}  # fmt: skip
        change |= {sp.Symbol("S"): cov(x, x) / system.size for x in own.values() if len(own) == 1}
    stated = {n for n, _ in claim.statement.symbols} | {p.name for p in model.parameters}
    return side.xreplace({s: v for s, v in change.items() if s.name not in stated})


def _compared(
    sides: tuple[sp.Expr, sp.Expr],
    noise: _Noise,
    arena: Arena,
    shown: tuple[tuple[str, sp.Expr], ...],
    words: str,
    *,
    relates: bool,
    only_means: bool,
    raw: bool,
) -> RegimeVerdict:
    """Both sides to the order to which they are known; a claim that ``relates`` averages must hold to that of the noise."""
    left, right = sides
    sizes = [noise.leading(side, arena) for side in (left, right)]
    if any(s is None for s in sizes):
        return RegimeVerdict("", UNDECIDED, shown, f"the leading order in {noise.size} is not known")
    (first, a), (second, b) = (s for s in sizes if s is not None)
    # of roots, such as sigma = sqrt(<n>), there is no polynomial difference: their leading parts decide where no <n^2> is beside them
    found = noise.leading(left - right, arena) or ((first, a - b) if first == second and not raw else None)
    if found is None:
        return RegimeVerdict("", UNDECIDED, shown, f"how the sides differ in {noise.size} is not known")
    third, gap = found
    if arena.equal(gap.xreplace(noise.dropped), sp.S.Zero).answer is Answer.PROVED:
        gap = gap if gap.free_symbols & set(noise.dropped) else sp.S.Zero
    if gap == 0 or gap.free_symbols & set(noise.dropped):  # they part beyond what is known
        return RegimeVerdict("", PROVED, shown, words, reservation=words)
    if third < max(first, second) and only_means and not relates and not noise.speaks_of(third, sides):
        return RegimeVerdict("", PROVED, shown, words, reservation=words)
    if third < max(first, second) and not relates and not only_means:
        why = f"the sides agree to leading order in {noise.size}, and not in that of the noise"
        return RegimeVerdict("", UNDECIDED, shown, why)
    answer = arena.equal(gap, sp.S.Zero)
    verdict = RegimeVerdict("", REFUTED, shown, f"the sides differ {words}", answer.witness, answer.left, answer.right)
    if not first == second == third:
        return verdict
    found_slip = mended(verdict, b, a, arena)
    return replace(found_slip, correct=a * noise.size**first)


class _Noise:
    """Averages at a stable place by the expansion in the size V: ``<n> = V x + delta + O(1/V)``, ``Cov = V S + O(1)``."""

    def __init__(self, model: JumpModel, system: SystemSizeExpansion, values: dict[str, sp.Expr]) -> None:
        self.size, numbers = system.size, model.coordinate_symbols
        scale = sp.S.One if model.coordinates == system.coordinates else self.size  # of numbers, beside x = n/V
        self.dropped: dict[sp.Symbol, sp.Expr] = {}
        self.means: dict[sp.Symbol, sp.Expr] = {}
        self.covariances: dict[tuple[sp.Symbol, sp.Symbol], sp.Expr] = {}
        pairs = list(zip(numbers, system.coordinates, strict=True))
        for n, (a, x) in enumerate(pairs):
            delta = values.get(f"delta_{x}")
            beyond = self._unknown() if delta is None else delta + self._unknown() / self.size
            self.means[a] = scale * (values[x] + beyond / self.size)
            for b, y in pairs[n:]:
                value = scale**2 * (values[f"S_{x}_{y}"] + self._unknown() / self.size) / self.size
                self.covariances[a, b] = self.covariances[b, a] = value

    def _unknown(self) -> sp.Dummy:
        found = sp.Dummy(real=True)
        self.dropped[found] = sp.S.Zero
        return found

    def put_in(self, side: sp.Expr) -> sp.Expr:
        """A side with its averages in numbers; raises :class:`KeyError` for averages beyond the second."""
        change = {call: self._average(call) for call in side.atoms(AppliedUndef)}
        return side.xreplace(change)

    def _average(self, call: AppliedUndef) -> sp.Expr:
        kind = call.func.__name__.partition("_")[0]
        if kind == "Var":
            return self._covariance(call.args[0], call.args[0])
        if kind == "Cov":
            return self._covariance(call.args[0], call.args[1])
        if call.args[0].atoms(AppliedUndef):  # <(n - <n>)^2>
            base, power = call.args[0].as_base_exp()
            average = next(iter(base.atoms(AppliedUndef)))
            if power == 2 and average.func == call.func and sp.expand(base**2 - (average.args[0] - average) ** 2) == 0:
                return self._covariance(average.args[0], average.args[0])
            raise KeyError(call)
        polynomial = sp.Poly(call.args[0], *self.means)
        total = sp.S.Zero
        for powers, factor in polynomial.terms():
            factors = [n for n, e in zip(self.means, powers, strict=True) for _ in range(e)]
            if len(factors) > 2:
                raise KeyError(call)
            product = sp.Mul(*(self.means[n] for n in factors))
            total += factor * (product + (self.covariances[factors[0], factors[1]] if len(factors) == 2 else 0))
        return total

    def _covariance(self, a: sp.Expr, b: sp.Expr) -> sp.Expr:
        first, second = (sp.Poly(e, *self.means) for e in (a, b))
        if first.total_degree() > 1 or second.total_degree() > 1:
            raise KeyError(a)
        return sp.Add(*(
            first.coeff_monomial(n) * second.coeff_monomial(m) * self.covariances[n, m] for n in self.means for m in self.means
        ))  # fmt: skip

    def speaks_of(self, power: sp.Expr, sides: tuple[sp.Expr, sp.Expr]) -> bool:
        """Whether the side that is claimed, which holds no averages, has a term of this power of the size."""
        for side in sides:
            whole = sp.expand(side)
            if not side.free_symbols & set(self.dropped) and whole.is_polynomial(self.size) and power.is_nonnegative:
                return bool(sp.cancel(sp.Poly(whole, self.size).coeff_monomial(self.size**power)) != 0)
        return False

    def leading(self, side: sp.Expr, arena: Arena) -> tuple[sp.Expr, sp.Expr] | None:
        """(p, c) of c V^p for V -> oo; None where the side is no product of roots of quotients of polynomials in V."""
        if side == 0:
            return -sp.oo, sp.S.Zero
        above, below = sp.fraction(sp.together(side))
        if above.is_polynomial(self.size) and below.is_polynomial(self.size):
            (p, a), (q, b) = (self._of_polynomial(e, arena) for e in (above, below))
            return p - q, sp.cancel(a / b)
        if not (side.is_Mul or side.is_Pow) or (side.is_Pow and not side.exp.is_Rational):
            return None
        power, factor = sp.S.Zero, sp.S.One
        for f in sp.Mul.make_args(side):
            base, exponent = f.as_base_exp()
            found = self.leading(base, arena) if f != side or exponent != 1 else None
            if found is None or not exponent.is_Rational:
                return None
            power, factor = power + exponent * found[0], factor * found[1] ** exponent
        return power, factor

    def _of_polynomial(self, side: sp.Expr, arena: Arena) -> tuple[sp.Expr, sp.Expr]:
        for (power,), factor in sp.Poly(side, self.size).terms():
            zero = sp.expand(factor) == 0 or (
                not factor.free_symbols & set(self.dropped) and arena.equal(factor, sp.S.Zero).answer is Answer.PROVED
            )
            if not zero:
                return sp.Integer(power), factor
        return -sp.oo, sp.S.Zero
