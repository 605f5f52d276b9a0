"""Stability of a uniform state: where modes e^(st + iqx) of the linearised equations begin to grow.

With D the matrix of the flux and J that of the sources, modes grow at the eigenvalues of J - q^2 D. Two densities: det(J - q^2
D) = a q^4 + b q^2 + c. Where c = 0 (a conserved density) long waves grow as soon as b < 0, and then for q^2 < -b/a; where c > 0
a band grows if b < -2 sqrt(a c) (Turing 1952). The value is positive where the uniform state is unstable.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import Found, OffLatticeError
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """Not handled on the lattice."""
    raise OffLatticeError("stability is judged by the equations of each regime so far")


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The margin of instability, or with ``of`` = a parameter its critical value."""
    names, spread, sources = _linear_parts(model, limit)
    state, notes = uniform_state(model, names, sources)
    symbols = [sp.Symbol(f"{n}.", positive=True) for n in names]
    jacobian = sp.Matrix(len(names), len(names), lambda i, j: sp.diff(sources[i], symbols[j]).xreplace(state))
    diffusion = spread.xreplace(state)
    margin, why = _margin(diffusion, jacobian)
    notes = (*notes, *why)
    if statement.of is None:
        return Found(margin, (*notes, "the uniform state is unstable where the value is positive"))
    if statement.of not in {p.symbol for p in model.parameters}:
        raise DerivationError(
            f"'{statement.of}' is no parameter", instead='write of = "chi", the parameter whose threshold is meant'
        )
    of_band = _threshold_of_band(diffusion, jacobian, statement.of)
    if of_band is not None:
        return Found(of_band[0], (*notes, *of_band[1]))
    top = sp.numer(sp.together(margin))
    if not top.is_polynomial(statement.of) or sp.degree(top, statement.of) != 1:
        raise NotYetError(f"the threshold is not linear in {statement.of}", where=f"observable '{statement.name}'",
                          instead="leave out `of`: the value is then positive where the uniform state is unstable")  # fmt: skip
    slope, rest = sp.Poly(top, statement.of).all_coeffs()
    return Found(sp.factor(-rest / slope), notes)


def _threshold_of_band(
    diffusion: sp.Matrix, jacobian: sp.Matrix, of: sp.Symbol
) -> tuple[sp.Expr, tuple[str, ...]] | None:
    """The diffusivity at which a band of modes begins to grow; None where this is another kind of threshold.

    With b = b0 + b1 D and a c = k D, b = -2 sqrt(a c) is a quadratic equation for sqrt(D): one positive root where b0 and
    b1 differ in sign.
    """
    if diffusion.shape[0] != 2 or jacobian.has(of):
        return None
    c, b, a = _quadratic(diffusion, jacobian)
    k, over = sp.Poly(sp.expand(a * c), of).all_coeffs() if sp.degree(sp.expand(a * c), of) == 1 else (None, None)
    if c == 0 or k is None or over != 0 or sp.degree(sp.expand(b), of) != 1:
        return None
    b1, b0 = (sp.factor(e) for e in sp.Poly(sp.expand(b), of).all_coeffs())
    k = sp.factor(k)
    root = sp.sqrt(sp.factor(k - b0 * b1))
    if b0.is_positive:
        notes = () if b1.is_negative else (f"{sp.factor(-b1)} > 0: else no band grows at any {of}",)
        return sp.factor((sp.sqrt(k) + root) ** 2 / b1**2), (*notes, f"a band of modes grows where {of} is larger")
    if b1.is_positive:
        notes = () if b0.is_negative else (f"{sp.factor(-b0)} > 0: else no band grows at any {of}",)
        return sp.factor((root - sp.sqrt(k)) ** 2 / b1**2), (*notes, f"a band of modes grows where {of} is smaller")
    return None


def _quadratic(diffusion: sp.Matrix, jacobian: sp.Matrix) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """c, b, a of det(J - q^2 D) = a q^4 + b q^2 + c."""
    q = sp.Dummy("q")
    determinant = sp.Poly(sp.expand((jacobian - q * diffusion).det()), q)
    c, b, a = (sp.factor(determinant.coeff_monomial(q**n)) for n in (0, 1, 2))
    return c, b, a


def _linear_parts(model: JumpModel, limit: ContinuumLimit) -> tuple[list[str], sp.Matrix, list[sp.Expr]]:
    """Names, D matrix and sources, with every density replaced by a symbol of its own."""
    x, t = model.coordinate_symbols, model.time
    if model.dimension != 1:
        raise NotYetError(
            "stability is judged in one dimension so far; isotropic equations have the same threshold in any"
        )
    if limit.coupled:
        names = list(dict.fromkeys(c.density for c in limit.coupled))
        table = {(c.density, c.role, c.of): c.value for c in limit.coupled}
        rows = [[table.get((a, "D", b), sp.Integer(0)) for b in names] for a in names]
        sources = [table.get((a, "source", ""), sp.Integer(0)) for a in names]
        fluxes = [table.get((a, "flux", ""), sp.Integer(0)) for a in names]
    elif "source" in dict(limit.coefficients) or "flux" in dict(limit.coefficients):
        named = dict(limit.coefficients)
        names = [limit.density]
        rows, sources, fluxes = [[named["D"]]], [named.get("source", sp.Integer(0))], [named.get("flux", sp.Integer(0))]
    else:
        raise DerivationError("the equation is linear: a uniform state has no threshold",
                              instead="ask for the dispersion relation")  # fmt: skip
    change = {sp.Function(n)(*x, t): sp.Symbol(f"{n}.", positive=True) for n in names}
    plain = [e.xreplace(change) for e in (*sources, *fluxes, *(v for row in rows for v in row))]
    if any(e.has(*x, t) or e.atoms(AppliedUndef) for e in plain):
        raise NotYetError("stability is handled for coefficients that depend on the densities alone")
    size = len(names)
    if any(e != 0 for e in plain[size : 2 * size]):
        raise NotYetError("stability with drift is not handled yet")
    return names, sp.Matrix(size, size, plain[2 * size :]), plain[:size]


def uniform_state(
    model: JumpModel, names: list[str], sources: list[sp.Expr], *, empty: bool = False
) -> tuple[dict[sp.Symbol, sp.Expr], tuple[str, ...]]:
    """Densities that the sources leave alone; those that nothing fixes are named u0, v0, ... ``empty``: where nobody is."""
    taken = {p.name for p in model.parameters} | set(model.coordinates)
    symbols = {n: sp.Symbol(f"{n}.", positive=True) for n in names}
    if empty:
        nobody = dict.fromkeys(symbols.values(), sp.Integer(0))
        if any(sp.expand(s.xreplace(nobody)) != 0 for s in sources):
            raise NotYetError("an empty space does not stay empty")
        return nobody, ("about the empty state",)
    state: dict[sp.Symbol, sp.Expr] = {}
    notes: list[str] = []
    open_names = [n for n, source in zip(names, sources, strict=True) if sp.expand(source) == 0]

    def free(name: str) -> sp.Symbol:
        """The density that nothing fixes, called u0."""
        given = next((p.symbol for p in model.parameters if p.name in (f"{name}0", f"{name}_0")), None)
        called = given.name if given is not None else f"{name}0" if f"{name}0" not in taken else f"{name}_0"
        notes.append(f"{called} is the uniform density of {name}")
        return given if given is not None else sp.Symbol(called, positive=True)

    for name in open_names:
        state[symbols[name]] = free(name)
    equations = [sp.factor(s.xreplace(state)) for s in sources if sp.expand(s) != 0]
    unknown = [symbols[n] for n in names if n not in open_names]
    if not unknown:
        return state, tuple(notes)
    found = [s for s in sp.solve(equations, unknown, dict=True) if all(not v.is_nonpositive for v in s.values())]
    if len(found) != 1:
        raise NotYetError(
            "the uniform state is not unique: which one is meant?", instead="let the file fix one by its reactions"
        )
    conserved = {
        s: free(s.name[:-1]) for s in unknown if s not in found[0]
    }  # one number for every sum that reactions conserve
    state |= conserved
    for symbol, value in found[0].items():
        state[symbol] = sp.factor(value.xreplace(conserved))
        notes.append(f"the uniform density of {symbol.name[:-1]} is {state[symbol]}")
    return state, tuple(notes)


def _margin(diffusion: sp.Matrix, jacobian: sp.Matrix) -> tuple[sp.Expr, tuple[str, ...]]:
    size = diffusion.shape[0]
    if size == 1:
        spread, growth = sp.factor(diffusion[0, 0]), sp.factor(jacobian[0, 0])
        if growth == 0:
            return sp.factor(-spread), ("short waves grow at once where the diffusion is negative",)
        return growth, ("the uniform state grows or decays as a whole",)
    if size > 2:
        raise NotYetError("stability is handled for one or two densities so far")
    c, b, a = _quadratic(diffusion, jacobian)
    if c == 0:
        return sp.factor(-b / a), ("the squared wave numbers below the value grow",)
    trace = sp.factor(jacobian.trace())
    return -b - 2 * sp.sqrt(sp.factor(a * c)), (f"without diffusion the uniform state is stable: {trace} < 0 < {c}",)
