"""Growth rates s(k) of the modes e^(st + ikx): every branch on the lattice, and those of an equation."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import Backward, Move, of_model, reacts_alone
from symdiff.continuum.observables.result import Found
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.named_transforms import named_transform
from symdiff.model.number_laws import is_number_law
from symdiff.model.occupancy import is_crowd
from symdiff.model.scheme import Scheme
from symdiff.model.step_law import StepLaw

MAX_STATES = 6


def wave_vector(model: JumpModel) -> list[sp.Symbol]:
    """k in one dimension, else k_x, k_y, ..."""
    taken = {p.name for p in model.parameters}
    names = ["k"] if model.dimension == 1 and "k" not in taken else [f"k_{c}" for c in model.coordinates]
    return [sp.Symbol(n, real=True) for n in names]


def lattice(model: JumpModel, *, empty: bool = False) -> Found:
    """The branch that tends to zero with k (log of the step's eigenvalue over the time step); all branches beside it."""
    if model.boundaries:
        raise NotYetError("modes between walls are no plane waves", instead='ask for "decay_rate"')
    if model.scheme is not None:
        return _of_scheme(model.scheme, model)
    if is_crowd(model) or (model.crowd.reactions and not reacts_alone(model)):
        from symdiff.continuum.observables.crowd_modes import lattice_matrix  # loaded when used: start-up time

        return _of_crowd(model, *lattice_matrix(model, wave_vector(model), empty=empty), model.time_step)
    if model.clock == "waiting":
        from symdiff.continuum.waiting import as_markov  # loaded when used: start-up time

        model = as_markov(model) or model
    generator = of_model(model)
    if not generator.homogeneous:
        raise DerivationError("the rates depend on place: there are no plane waves on the lattice",
                              instead="ask for the equation's dispersion relation where its coefficients are constant")  # fmt: skip
    symbol = forward_symbol(generator, [sp.I * k for k in wave_vector(model)])
    values = eigenvalues(symbol)
    main = next((v for v in values if _slow(v, wave_vector(model), generator.step)), values[0])
    others = [v for v in values if v is not main]
    return Found(*_ordered(main, others, generator.step))


def _of_scheme(scheme: Scheme, model: JumpModel) -> Found:
    """The factors z of a wave in one step, by the terms of the scheme: sum of c z^m e^(ik r) (ik)^n = 0."""
    shifts = {t.time_shift for t in scheme.terms if t.time_shift != 0}
    step = next((s for s in sorted(shifts, key=str) if not s.could_extract_minus_sign()), None)
    step = step or -next(iter(shifts), sp.S.Zero)
    powers = {s: sp.cancel(s / step) for s in shifts}
    if any(t.time_order for t in scheme.terms) or not all(p.is_Integer for p in powers.values()):
        raise NotYetError("the waves of a scheme are handled for whole steps in time so far")
    waves, z = wave_vector(model), sp.Dummy("z")
    first = min(0, *(int(p) for p in powers.values()))
    total = sp.S.Zero
    for t in scheme.terms:
        angle = sp.expand(sp.Add(*(k * r for k, r in zip(waves, t.shift, strict=True))))
        slopes = sp.Mul(*((sp.I * k) ** n for k, n in zip(waves, t.space_orders, strict=True)))
        total += t.coefficient * slopes * sp.exp(sp.I * angle) * z ** (powers.get(t.time_shift, 0) - first)
    if total.has(*model.coordinate_symbols, model.time) or total.atoms(AppliedUndef):
        raise DerivationError("the coefficients depend on place or time: there are no plane waves on the lattice")
    level = [as_waves(c) for c in sp.Poly(sp.expand(total), z).all_coeffs()]
    if len(level) == 2:
        values = [sp.cancel(-level[1] / level[0])]
    elif len(level) == 3:
        root = sp.sqrt(sp.factor(level[1] ** 2 - 4 * level[0] * level[2]))
        values = [sp.cancel(-level[1] / (2 * level[0])) + sign * root / (2 * level[0]) for sign in (1, -1)]
    else:
        raise NotYetError("the waves of a scheme over more than three levels in time are not handled yet")
    main = next((v for v in values if _slow(v, waves, step)), None)
    if main is None:
        raise NotYetError("which of the waves of the scheme is the slow one could not be told")
    return Found(*_ordered(main, [v for v in values if v is not main], step))


def _of_crowd(model: JumpModel, matrix: sp.Matrix, notes: tuple[str, ...], step: sp.Expr | None) -> Found:
    """The branches of linearised equations, the one of a conserved density first."""
    waves = wave_vector(model)
    values = eigenvalues(matrix, waves=waves)
    main = next((v for v in values if _slow(v, waves, step)), values[0])
    value, _, branches = _ordered(main, [v for v in values if v is not main], step)
    return Found(value, notes, branches)


def _ordered(
    main: sp.Expr, others: list[sp.Expr], step: sp.Expr | None
) -> tuple[sp.Expr, tuple[str, ...], tuple[sp.Expr, ...]]:
    def rate(value: sp.Expr) -> sp.Expr:
        return value if step is None else sp.log(value) / step

    branches = tuple(rate(v) for v in (main, *others))
    return branches[0], (), branches if others else ()


def forward_symbol(generator: Backward, exponents: list[sp.Expr]) -> sp.Matrix:
    """The generator (in discrete time the step) on e^(q x), entry (i, j) from state j to i; q = ik for plane waves."""
    size = len(generator.states)
    matrix = sp.eye(size) if generator.step is not None else sp.zeros(size, size)
    for move in generator.moves:
        matrix[move.target, move.source] += move.rate * phase(move, exponents)
        matrix[move.source, move.source] -= move.rate
    for term in generator.local:
        factor = sp.Mul(*((-q) ** n for q, n in zip(exponents, term.order, strict=True)))
        matrix[term.target, term.source] += term.coefficient * factor
    return matrix.applyfunc(sp.expand)


def as_waves(value: sp.Expr) -> sp.Expr:
    """e^(i a) and e^(-i a) as cos a and i sin a."""
    found: dict[sp.Expr, list[sp.Expr]] = {}
    rest = []
    for term in sp.Add.make_args(sp.expand(value)):
        waves = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.exp) and f.args[0].has(sp.I)]
        angle = sp.expand(sp.Add(*(w.args[0] for w in waves)) / sp.I)
        if not waves or not angle.is_real:
            rest.append(term)
            continue
        sign = -1 if angle.could_extract_minus_sign() else 1
        found.setdefault(sign * angle, [sp.Integer(0), sp.Integer(0)])[0 if sign > 0 else 1] += term / sp.Mul(*waves)
    for angle, (ahead, back) in found.items():
        rest += [sp.expand(ahead + back) * sp.cos(angle), sp.I * sp.expand(ahead - back) * sp.sin(angle)]
    return sp.Add(*rest)


def phase(move: Move, exponents: list[sp.Expr]) -> sp.Expr:
    """E[e^(-q r)] of one jump."""
    fixed = sp.Add(*(q * r for q, r in zip(exponents, move.step, strict=True)))
    value = sp.exp(-sp.expand(fixed))
    if move.law is None:
        return value
    along = [sp.Add(*(q * e for q, e in zip(exponents, axis, strict=True))) for axis in move.directions]
    return value * (transform(move.law, along[0]) if len(along) == 1 else _of_several_lengths(move.law, along))


def _of_several_lengths(law: StepLaw, q: list[sp.Expr]) -> sp.Expr:
    """E[e^(-q.s)] of a normal law, e^(-q.m + q.C.q/2), and of steps of fixed length in random directions, sin(ka)/(ka) or J_0(ka)."""
    a, axes = dict(law.arguments), range(len(q))
    if law.distribution == "normal":
        mean = sp.Add(*(q[i] * a[f"mean.{i}"] for i in axes))
        spread = sp.Add(*(q[i] * q[j] * a[f"covariance.{min(i, j)}.{max(i, j)}"] for i in axes for j in axes))
        return sp.exp(sp.expand(spread / 2 - mean))
    inner = law.inner
    if law.distribution == "isotropic" and inner is not None and inner.distribution == "fixed" and len(q) in (2, 3):
        turns = sp.sqrt(sp.expand(sp.Add(*((q[i] / sp.I) ** 2 for i in axes)))) * dict(inner.arguments)["value"]
        return sp.sin(turns) / turns if len(q) == 3 else sp.besselj(0, turns)
    raise NotYetError("the transform of a law of several lengths has no closed form here")


def transform(law: StepLaw, q: sp.Expr) -> sp.Expr:
    """E[e^(-q s)] in closed form."""
    a = dict(law.arguments)
    wave = q / sp.I
    heavy = {
        "levy": lambda: sp.exp(-((a["scale"] * sp.Abs(wave)) ** a["index"])),
        "cauchy": lambda: sp.exp(-a["scale"] * sp.Abs(wave)),
    }
    if law.distribution in heavy:
        value = heavy[law.distribution]()
    else:
        value = None if is_number_law(law) else named_transform(law.distribution, a, q)
    if value is None or "skewness" in a:
        raise NotYetError(f"the law '{law.distribution}' has no transform in closed form here")
    return value if law.distribution in ("uniform", "gamma") else sp.expand(value)


def eigenvalues(matrix: sp.Matrix, *, factored: bool = False, waves: list[sp.Symbol] | None = None) -> list[sp.Expr]:
    """The eigenvalues in closed form: one or two states, or (``factored``) those of a polynomial with small factors.

    ``waves``: symbols that stand as ik, so that the polynomial has real coefficients in q = ik.
    """
    size = matrix.shape[0]
    if size == 1:
        return [as_waves(matrix[0, 0])]
    if size == 2 and not factored:
        trace, determinant = sp.expand(matrix.trace()), sp.expand(matrix.det())
        return _roots([determinant, -trace, sp.Integer(1)])
    if size > MAX_STATES:
        raise NotYetError(
            f"the branches of {size} states have no closed form here", instead="use the system of equations"
        )
    z = sp.Dummy("z")
    _check_degree(matrix, z, waves or [])
    growths = {k: sp.Dummy(f"q{n}") for n, k in enumerate(waves or [])}
    back = {q: sp.I * k for k, q in growths.items()}
    real = matrix.xreplace({k: -sp.I * q for k, q in growths.items()}).applyfunc(sp.expand)
    _, factors = sp.factor_list(sp.expand((z * sp.eye(size) - real).det(method="berkowitz")), z)
    found: list[sp.Expr] = []
    for factor, power in factors:
        coefficients = [sp.expand(c.xreplace(back)) for c in reversed(sp.Poly(factor, z).all_coeffs())]
        _closed_up_to_two(len(coefficients) - 1)
        found += _roots(coefficients) * power
    return found


def _closed_up_to_two(degree: int) -> None:
    if degree > 2:
        raise NotYetError(f"a branch of the dispersion relation is the root of a polynomial of degree {degree}",
                          instead="use the system of equations")  # fmt: skip


def _check_degree(matrix: sp.Matrix, z: sp.Dummy, waves: list[sp.Symbol]) -> None:
    """Raises where some branch has no closed form, before the polynomial is factored with its symbols.

    Factors of a monic polynomial in z stay factors at any values of the symbols: where one of degree above two is left of it at
    numbers, there is one of at least this degree.
    """
    ratio = sp.log(2) if matrix.has(sp.exp) else sp.Integer(2)  # of ik: e^(ik) is a symbol of its own
    values = {k: -sp.I * ratio * (n + 1) for n, k in enumerate(waves)}
    others = sorted(matrix.free_symbols - set(waves), key=str)
    values |= {s: sp.Rational(sp.prime(n + 3), sp.prime(n + 5)) for n, s in enumerate(others)}
    numbers = matrix.xreplace(values).applyfunc(sp.expand)
    if all(entry.is_Rational for entry in numbers):
        _, factors = sp.Poly(numbers.charpoly().all_coeffs(), z, domain="QQ").factor_list()
        _closed_up_to_two(max(f.degree() for f, _ in factors))


def _roots(c: list[sp.Expr]) -> list[sp.Expr]:
    if len(c) == 2:
        return [-c[0] / c[1]]
    if len(c) == 1:
        return []
    square = as_waves((c[1] ** 2 - 4 * c[0] * c[2]) / (4 * c[2] ** 2))
    half, root = (
        as_waves(-c[1] / (2 * c[2])),
        sp.sqrt(square if square.has(sp.cos, sp.sin, sp.exp) else sp.factor(square)),
    )
    return [half + root, half - root]


def _slow(value: sp.Expr, waves: list[sp.Symbol], step: sp.Expr | None) -> bool:
    """Whether the branch is that of the conserved density."""
    at_zero = sp.factor(sp.expand(value.xreplace(dict.fromkeys(waves, sp.Integer(0)))))
    rest = sp.Integer(0 if step is None else 1)
    return bool(sp.expand(at_zero - rest) == 0)


def of_equation(model: JumpModel, limit: ContinuumLimit, *, empty: bool = False) -> Found:
    """The growth rate that tends to zero with k; for a second-order equation both branches beside it."""
    equation = limit.equation
    if limit.growth_rate is None and (is_crowd(model) or model.crowd.reactions):
        from symdiff.continuum.observables.crowd_modes import of_equation as of_crowd  # loaded when used: start-up time

        return _of_crowd(model, *of_crowd(model, limit, wave_vector(model), empty=empty), None)
    if limit.growth_rate is None:
        raise NotYetError("the regime has no growth rate in closed form")
    if equation is None or max(t.time for t in equation.left) < 2:
        return Found(limit.growth_rate)
    waves = [sp.I * k for k in wave_vector(model)]
    parts = [sp.Integer(0)] * 3
    for sign, terms in ((1, equation.left), (-1, equation.right)):
        for term in terms:
            if term.time > 2:
                return Found(limit.growth_rate)
            parts[term.time] += (
                sign * term.coefficient * sp.Mul(*(q**n for q, n in zip(waves, term.space, strict=True)))
            )
    total = sp.expand(-parts[1] / parts[2])
    return Found(limit.growth_rate, (), (limit.growth_rate, total - limit.growth_rate))
