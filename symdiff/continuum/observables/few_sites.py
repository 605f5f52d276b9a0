"""Walkers on finitely many sites: the balance of every site, solved exactly, whatever the rates, the walls and the dimension.

The sites inside the walls are listed, and every jump is followed to where it ends. With A the backward generator on them (less
one, in discrete time, per step) the mean time solves A T = -1, the chance to leave through the target A h = -(rate of leaving there),
the time of those that do A J = -h, and the stationary law A^T P = 0. Source: Redner, A Guide to First-Passage Processes, ch. 1.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import sympy as sp
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from symdiff.continuum.observables.backward import of_model, state_law
from symdiff.continuum.observables.embedded import duration, embedded_walk
from symdiff.continuum.observables.exit_modes import OVER_TARGET
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.site_chain import ONE, ZERO, Chain, Place, chain_of
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.boundary import Region
from symdiff.model.jump_model import JumpModel, ObservableStatement

MOST_MODES, MOST_LISTED = 40, 40
LONGEST = 300  # operations of a closed form in numbers
DIGITS = 36


def with_few_sites(
    usual: Callable[[JumpModel, ObservableStatement], Found], model: JumpModel, statement: ObservableStatement
) -> Found:
    """What ``usual`` finds; where it knows no form, or one of numbers that nobody can read, the answer site by site, if the sites are few."""
    solved = SOLVED[statement.kind]
    if len(model.state_names) > 1 and model.preparation.stated and not model.parameters:
        try:  # modes of several states in numbers are roots of polynomials; the answer is one number
            return solved(model, statement)
        except NotYetError:
            pass
    try:
        found = usual(model, statement)
    except NotYetError as error:
        try:
            return solved(model, statement)
        except NotYetError:
            raise error from None
    if found.value.free_symbols <= {*model.coordinate_symbols} and found.value.count_ops() > LONGEST:
        try:
            return solved(model, statement)
        except NotYetError:
            return found
    return found


def _over(entries: list[list[sp.Expr]]) -> DomainMatrix:
    """A matrix over the field of its entries; raises where these are no quotients of polynomials."""
    flat = [e for row in entries for e in row]
    domain, values = construct_domain(flat, field=True)
    if domain.is_EX:
        raise NotYetError("the rates are no quotients of polynomials", instead="put numbers in with --set")
    width = len(entries[0])
    rows = [list(values[n : n + width]) for n in range(0, len(values), width)]
    return DomainMatrix(rows, (len(entries), width), domain)


def _solve(chain: Chain, columns: list[list[sp.Expr]]) -> list[list[sp.Expr]]:
    """A f = column for every column, by elimination among the entries that are not zero (few: A is a band in one dimension)."""
    size = len(chain.keys)
    rows = [[*row, *(column[n] for column in columns)] for n, row in enumerate(chain.generator())]
    reduced, pivots = _over(rows).to_sparse().rref()
    if pivots != tuple(range(size)):
        raise NotYetError("from some sites walkers never leave")
    solved = reduced.to_Matrix()
    return [list(solved.col(size + n)) for n in range(len(columns))]


def _listed(model: JumpModel, target: Region | None, *, start: bool = True) -> Chain:
    """The chain of few sites; raises at once where the answer would be a list of very many."""
    chain = chain_of(model, target)
    if len(chain.keys) > MOST_LISTED * len(model.state_names) and not (start and model.preparation.stated):
        raise NotYetError("the sites are too many to be listed", instead="state the start: [initial] position = [...]")
    return chain


def exit_of(model: JumpModel, statement: ObservableStatement) -> Found:
    """Splitting probability or mean exit time; with waits by the number of jumps."""
    if model.clock == "waiting":
        walk, law = embedded_walk(model)
        found = exit_of(walk, statement)
        if statement.kind == "splitting_probability":
            return found
        value, more = duration(model, law, found.value)
        return Found(value, (*found.assumptions, *more))
    chain = _listed(model, statement.target)
    absorbing = any(b.kind in ("absorbing", "partial") for b in model.boundaries)
    killed = any(sp.expand(v) != 0 for v in chain.dying.values())
    every = not any(sp.expand(v) != 0 for v in chain.other.values())
    if statement.target is not None and absorbing and killed:
        every = False
    size, notes = len(chain.keys), tuple[str, ...]()
    if statement.kind == "mean_exit_time" and every:
        values = _solve(chain, [[-chain.unit] * size])[0]
        notes = ("walkers die on the way: the mean is over the time until they leave or die",) if killed else ()
    else:
        chances = _solve(chain, [[-chain.counted.get(n, ZERO) for n in range(size)]])[0]
        values = chances
        if statement.kind == "mean_exit_time":
            joint = _solve(chain, [[-chain.unit * h for h in chances]])[0]
            if any(h == 0 for h in chances):
                raise NotYetError("from some sites no walker comes to the target")
            values = [sp.cancel(j / h) for j, h in zip(joint, chances, strict=True)]
            return _by_site(model, chain, values, (OVER_TARGET,), start=True, weights=chances)
    return _by_site(model, chain, values, notes, start=True)


def stationary(model: JumpModel, statement: ObservableStatement) -> Found:
    """The probability of the site at x, whatever the state."""
    chain = _listed(model, None, start=False)
    if any(sp.expand(v) != 0 for lost in (chain.counted, chain.other, chain.dying) for v in lost.values()):
        raise DerivationError("walkers are lost: there is no stationary law", instead="ask for the decay rate")
    null = _over(chain.generator()).transpose().nullspace().to_Matrix()
    if null.rows != 1:
        raise DerivationError("walkers never come from some sites to others: there are several stationary laws",
                              instead="open jumps between them")  # fmt: skip
    total = sp.Add(*null)
    return _by_site(model, chain, [sp.cancel(v / total) for v in null], (), start=False)


def decay(model: JumpModel, statement: ObservableStatement) -> Found:
    """The slowest rate, as a number of 16 digits."""
    chain = chain_of(model, None)
    with mpmath.workdps(DIGITS):
        numbers = _numbers(chain)
        roots = _modes(numbers)[0]
        if chain.discrete:
            rates = [
                mpmath.inf if abs(1 + r) < mpmath.mpf(10) ** -20 else -mpmath.log(abs(1 + r)) / _number(chain.unit)
                for r in roots
            ]
        else:
            rates = [-mpmath.re(r) for r in roots]
        rates.sort()
        if not (chain.counted or chain.other or chain.dying):
            rates = rates[1:]
        if not rates or rates[0] < mpmath.mpf(10) ** -15 or rates[0] == mpmath.inf:
            raise NotYetError("a wave that does not decay, or none that does")
        return Found(_shown(rates[0]), ("the slowest rate is given to 16 digits",))


def passage(model: JumpModel, statement: ObservableStatement) -> Found:
    """Survival probability and first-passage density as sums over the modes, with numbers of 16 digits."""
    if statement.target is not None:
        raise NotYetError("through one of several exits the law of the time is not solved site by site")
    chain = _listed(model, None)
    size, lasting = len(chain.keys), statement.kind == "survival_probability"
    with mpmath.workdps(DIGITS):
        roots, right = _modes(_numbers(chain))
        try:
            left = right**-1
        except ZeroDivisionError:
            left = None
        if left is None or mpmath.mnorm(left, "f") * mpmath.mnorm(right, "f") > 10 ** (DIGITS // 2):
            raise NotYetError("two modes decay alike: the law holds powers of t beside exponentials")
        leaving = [sp.Add(chain.counted.get(n, ZERO), chain.other.get(n, ZERO)) for n in range(size)]
        weights = left * mpmath.matrix([mpmath.mpf(1) if lasting else _number(e) for e in leaving])
        steps = model.time / chain.unit - (ONE if chain.discrete and not lasting else ZERO)
        values = [
            sp.Add(*(_mode(right[n, k] * weights[k], roots[k], steps, chain.discrete) for k in range(size)))
            for n in range(size)
        ]
    return _by_site(model, chain, values, ("the modes are given to 16 digits",), start=True)


def _modes(numbers: mpmath.matrix) -> tuple[list[mpmath.mpc], mpmath.matrix]:
    try:
        roots, right = mpmath.eig(numbers)
    except RuntimeError:
        raise NotYetError("the modes were not found: several may decay alike") from None
    return list(roots), right


def _numbers(chain: Chain) -> mpmath.matrix:
    rows = chain.generator()
    if len(rows) > MOST_MODES:
        raise NotYetError("the modes of so many sites are not worked out")
    if any(e.free_symbols for row in rows for e in row) or chain.unit.free_symbols:
        raise NotYetError("the modes are roots of a polynomial", instead="put numbers in with --set")
    return mpmath.matrix([[_number(e) for e in row] for row in rows])


def _number(value: sp.Expr) -> mpmath.mpf:
    return mpmath.mpf(sp.N(value, DIGITS))


def _shown(value: mpmath.mpf) -> sp.Expr:
    return ZERO if abs(value) < mpmath.mpf(10) ** -20 else sp.Float(mpmath.nstr(value, 25), 16)


def _mode(weight: mpmath.mpc, root: mpmath.mpc, n: sp.Expr, discrete: bool) -> sp.Expr:
    """c e^(s t), or c (1 + s)^n after n steps; of two that are conjugate the sum, which oscillates."""
    if abs(weight) < mpmath.mpf(10) ** -20 or mpmath.im(root) < -(mpmath.mpf(10) ** -20):
        return ZERO
    base = 1 + root if discrete else root
    if mpmath.im(root) <= mpmath.mpf(10) ** -20:
        return _shown(mpmath.re(weight)) * (
            _shown(mpmath.re(base)) ** n if discrete else sp.exp(_shown(mpmath.re(base)) * n)
        )
    turn = _shown(mpmath.arg(base) if discrete else mpmath.im(base)) * n
    size = _shown(abs(base)) ** n if discrete else sp.exp(_shown(mpmath.re(base)) * n)
    return 2 * size * (_shown(mpmath.re(weight)) * sp.cos(turn) - _shown(mpmath.im(weight)) * sp.sin(turn))


def _by_site(
    model: JumpModel, chain: Chain, values: list[sp.Expr], notes: tuple[str, ...], *, start: bool,
    weights: list[sp.Expr] | None = None,
) -> Found:  # fmt: skip
    """One number where the start is stated; else the list of all sites; ``weights``: how many of those who start there count."""
    shares = [ONE] * len(model.state_names)
    if start and len(shares) > 1 and model.preparation.states is not None:
        stated = dict(model.preparation.states)
        shares = [stated.get(name, ZERO) for name in model.state_names]
    elif start and len(shares) > 1:
        shares, notes = state_law(model, of_model(model)), (*notes, "the states start in their stationary law")

    def plain(value: sp.Expr) -> sp.Expr:
        """One fraction; sums of modes term by term, since an exponential in front of all of them would leave others that grow."""
        return sp.expand_mul(value) if value.has(model.time) else sp.cancel(value)

    table: dict[Place, sp.Expr] = {}
    counted: dict[Place, sp.Expr] = {}
    for (state, place), index in chain.keys.items():
        share = shares[state] * (ONE if weights is None else weights[index])
        table[place] = table.get(place, ZERO) + share * values[index]
        counted[place] = counted.get(place, ZERO) + share
    if weights is not None and len(shares) > 1:
        table = {place: value / counted[place] for place, value in table.items()}
    elif weights is not None:
        table = {place: values[index] for (_, place), index in chain.keys.items()}
    if start and model.preparation.stated:
        place = tuple(map(sp.expand, model.preparation.position))
        if place not in table:
            raise DerivationError(f"no walker can start at ({', '.join(map(str, place))}): it is no site between the walls", where="initial",
                                  instead="state a site")  # fmt: skip
        return Found(plain(table[place]), notes)
    pieces = [(plain(v), sp.And(*(sp.Eq(c, p) for c, p in zip(model.coordinate_symbols, place, strict=True))))
              for place, v in table.items()]  # fmt: skip
    return Found(sp.Piecewise(*pieces), (*notes, "given site by site"))


SOLVED: dict[str, Callable[[JumpModel, ObservableStatement], Found]] = {
    "splitting_probability": exit_of, "mean_exit_time": exit_of, "stationary_density": stationary, "decay_rate": decay,
    "survival_probability": passage, "first_passage_density": passage,
}  # fmt: skip
