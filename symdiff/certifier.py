"""Re-verifies a certificate of ``symdiff derive --certificate``, exactly: ``python certifier.py FILE``.

All that a referee has to trust: this file and Python's standard library. From the jumps of the model it builds the exact
master operator K (discrete time: T - 1), a series in eps with exact coefficients and all derivatives to the left,

    d_t P = K P,     e^(-r.d) [w P] = sum_n (-d)^n [r^n w P] / n!,

and multiplies out that the claimed operator L and local equilibrium Q of the states satisfy, below the stated power of eps,

    K Q = Q L  (continuous time),    (T - 1) Q = Q (exp(tau L) - 1)  (discrete time),    M Q = 1,

M summing the states of each density: P = Q u solves the master equation whenever d_t u = L u. That equation is printed.
Identities are decided by clearing denominators, without rounding; functions under roots count as positive.
"""

# fmt: off
from __future__ import annotations

import ast
import hashlib
import json
import sys
from fractions import Fraction
from typing import Any

EXACT = 10**9  # the order of a series that is known to the end
LARGEST_FILE, LARGEST_NUMBER, MOST_PRODUCTS = 4_000_000, 4000, 400_000  # bytes, bits, products of two terms
class RefusedError(Exception):
    """What is wrong, and the exit status: 1 the certificate does not hold, 2 it cannot be checked at all."""
def require(condition: Any, otherwise: str, status: int = 1) -> None:
    if not condition:
        raise RefusedError(otherwise, status)

class Series:
    """The sum of c eps^g m over {(g, m): c}, m a product of powers of atoms ((atom, power), ...), known below eps^order."""
    def __init__(self, terms: dict[Any, Any], order: Any = EXACT) -> None:
        self.order = order if order < EXACT // 2 else EXACT
        self.terms = {k: c for k, c in terms.items() if c and k[0] < self.order}
        self.low = min((g for g, _ in self.terms), default=self.order)
    def __add__(self, other: Series) -> Series:
        out = dict(self.terms)
        for k, c in other.terms.items():
            out[k] = out.get(k, 0) + c
        return Series(out, min(self.order, other.order))
    def times(self, number: Any) -> Series:
        return Series({k: c * number for k, c in self.terms.items()}, self.order)
ONE, ZERO = Series({(0, ()): Fraction(1)}), Series({})

class Ring:
    """The coefficients. Atoms: ("s", symbol), ("x", coordinate), ("d", coordinate) for a derivative to the left, ("j", f,
    orders) for a derivative of a function, ("e", m) = exp(m), ("p", f) = f for a polynomial f."""
    def __init__(self, coordinates: list[str], weight: Any, limit: Any) -> None:
        self.coordinates, self.weight, self.limit, self.products = coordinates, weight, limit, 0
        self.keys, self.index, self.positive = list[Any](), dict[Any, int](), set[int]()
        self.names, self.functions = dict[str, Series](), dict[str, Any]()
    def atom(self, key: Any, grade: Any = 0, power: Any = 1, positive: bool = False) -> Series:
        if key not in self.index:
            self.index[key] = len(self.keys)
            self.keys.append(key)
            self.positive |= {self.index[key]} if positive else set()
        return Series({(grade * power, ((self.index[key], power),)): Fraction(1)})
    def mul(self, a: Series, b: Series) -> Series:
        order, out = min(a.order + b.low, b.order + a.low), dict[Any, Any]()
        self.products += len(a.terms) * len(b.terms)
        require(self.products <= MOST_PRODUCTS, "the certificate takes more work than is allowed", 2)
        for (g, m), c in a.terms.items():
            for (h, n), d in b.terms.items():
                if g + h < order:
                    powers = dict(m)
                    for i, e in n:
                        powers[i] = powers.get(i, 0) + e
                    key = (g + h, tuple(sorted((i, e) for i, e in powers.items() if e)))
                    out[key] = out.get(key, 0) + c * d
        digits = max((c.numerator.bit_length() + c.denominator.bit_length() for c in out.values()), default=0)
        require(digits <= LARGEST_NUMBER, "the certificate needs larger numbers than are allowed", 2)
        return Series(out, order)
    def expanded(self, x: Series, e: Any = None) -> Series:
        """exp(x), or (1 + x)^e, for an x that is small in eps."""
        require(x.low > 0, "an expansion in a quantity that is not small", 2)
        total, term, n = ONE, ONE, 0
        while term.terms:
            n, term = n + 1, self.mul(term, x).times(Fraction(1, n + 1) if e is None else Fraction(e - n) / (n + 1))
            term = Series(term.terms, min(term.order, self.limit)) if any(g >= self.limit for g, _ in term.terms) else term
            total = total + term
        return total
    def power(self, a: Series, e: Any) -> Series:
        require(abs(e) <= 200 and (a.terms or (e >= 0 and a.order == EXACT)), "a power beyond 200, or a division by zero", 2)
        if e >= 0 and e == int(e):
            return self.mul(self.power(a, e - 1), a) if e else ONE
        lead = Series({k: c for k, c in a.terms.items() if k[0] == a.low})
        return self.mul(self.lead_power(lead, e), self.expanded(self.mul(a + lead.times(-1), self.lead_power(lead, -1)), e))
    def lead_power(self, f: Series, e: Any) -> Series:
        """f^e for an f of one grade: of a single term at once, otherwise by an atom for f over its first coefficient."""
        (g, m), c = min(f.terms.items())
        if e != int(e) and (len(f.terms) > 1 or c < 0 or any(i not in self.positive for i, _ in m)):
            return self.atom(("p", tuple(sorted(f.terms.items()))), g, e)
        if len(f.terms) > 1:
            return self.atom(("p", tuple(sorted(f.times(1 / c).terms.items()))), g, e).times(c ** int(e))
        total = Series({(g * e, tuple((i, x * e) for i, x in m)): c ** int(e) if e == int(e) else Fraction(1)})
        for n, sign in ((c.numerator, 1), (c.denominator, -1)) if e != int(e) else ():
            for p in (*range(2, 1000), n):
                while n > 1 and n % p == 0:
                    n, total = n // p, self.mul(total, self.atom(("p", (((0, ()), Fraction(p)),)), 0, e * sign))
        return total
    def exp(self, a: Series) -> Series:
        head = ONE
        for m, c in ((m, c) for (g, m), c in a.terms.items() if g == 0):
            head = self.mul(head, self.atom(("e", m), 0, c))
        return self.mul(head, self.expanded(Series({k: c for k, c in a.terms.items() if k[0] != 0}, a.order)))
    def dx(self, a: Series, i: int) -> Series:
        """The derivative of the coefficients along coordinate i, which counts its weight in eps."""
        parts = (self.mul(Series({key: c * e}), self.slope(self.keys[j], j, i)) for key, c in a.terms.items() for j, e in key[1])
        return sum(parts, Series({}, a.order + self.weight))
    def slope(self, key: Any, j: int, i: int) -> Series:
        """The logarithmic derivative of atom j."""
        over = Series({(self.weight, ((j, -1),)): Fraction(1)})
        if key[0] == "j" and i in self.functions[key[1]][0]:
            return self.mul(self.atom(("j", key[1], tuple(n + (k == i) for k, n in enumerate(key[2])))), over)
        if key[0] == "e":
            return self.dx(Series({(0, key[1]): Fraction(1)}), i)
        if key[0] == "p":
            return self.mul(self.dx(Series(dict(key[1])), i), self.power(Series(dict(key[1])), -1))
        return over if key == ("x", i) else ZERO
    def compose(self, a: Series, b: Series, i: int = 0) -> Series:
        """The operator a after b, derivatives to the left: sum_n (-1)^n / n! (D^n a) (d/dd)^n b."""
        if i == len(self.coordinates):
            return self.mul(a, b)
        total, sign, n, d = Series({}, min(a.order + b.low, b.order + a.low)), Fraction(1), 0, self.index.get(("d", i), -1)
        while a.terms and b.terms:
            total, n = total + self.compose(a, b, i + 1).times(sign), n + 1
            sign, a = -sign / n, self.dx(a, i)
            b = Series({(g - self.weight, tuple((j, x - (j == d)) for j, x in m if j != d or x != 1)): c * dict(m)[d]
                        for (g, m), c in b.terms.items() if d in dict(m)}, b.order - self.weight)
        return total
    def vanishes(self, a: Series, below: Any) -> bool:
        """Whether every power of eps below ``below`` is zero, once denominators are cleared and powers written out."""
        require(a.order >= below, "the series cannot be carried far enough", 2)
        return all(self.is_zero({m: c for (h, m), c in a.terms.items() if h == g}) for g in {k[0] for k in a.terms} if g < below)
    def is_zero(self, terms: dict[Any, Any]) -> bool:
        while atoms := {i for m in terms for i, e in m if self.keys[i][0] == "p" and not 0 <= e < 1}:
            atom, out = max(atoms), ZERO  # atoms inside it have smaller numbers
            least = min(dict(m).get(atom, 0) // 1 for m in terms)
            f = Series({(0, m): c for (_, m), c in self.keys[atom][1]})
            for m, c in terms.items():
                e = dict(m).get(atom, 0)
                rest = tuple((i, x if i != atom else e % 1) for i, x in m if i != atom or e % 1)
                out = out + self.mul(Series({(0, rest): c}), self.power(f, e // 1 - least))
            terms = {m: c for (_, m), c in out.terms.items()}
        return not terms
    def read(self, text: str) -> Series:
        """An expression: whole numbers, declared names and functions, + - * / **, Derivative, exp, sqrt."""
        require(len(text) < 100_000, "an expression is too long", 2)
        return self.value(ast.parse(text.strip(), mode="eval").body)
    def value(self, node: Any) -> Series:
        total = ZERO
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            total, node = total + self.value(node.right).times(1 if isinstance(node.op, ast.Add) else -1), node.left
        if total is not ZERO:
            return total + self.value(node)
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return ONE.times(Fraction(node.value))
        if isinstance(node, ast.Name) and node.id in self.names:
            return self.names[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self.value(node.operand).times(-1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.Pow):
            left, right = self.value(node.left), self.value(node.right)
            if isinstance(node.op, ast.Mult):
                return self.mul(left, right)
            return self.mul(left, self.power(right, -1)) if isinstance(node.op, ast.Div) else self.power(left, number(right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            name, nodes = node.func.id, node.args
            if name in self.functions:
                return self.at_place(name, nodes)
            a, variables = self.value(nodes[0]), [n.elts if isinstance(n, ast.Tuple) else (n, ast.Constant(1)) for n in nodes[1:]]
            for variable, times in variables if name == "Derivative" else ():
                for _ in range(range(100).index(number(self.value(times)))):
                    a = self.dx(a, self.coordinates.index(ast.unparse(variable)))
            if name == "Derivative" or (name in ("exp", "sqrt") and not variables):
                return self.exp(a) if name == "exp" else self.power(a, Fraction(1, 2)) if name == "sqrt" else a
        raise RefusedError(f"'{ast.unparse(node)[:60]}' is not declared, or is nothing that can be checked", 2)
    def at_place(self, name: str, nodes: list[Any]) -> Series:
        """f(x + r) as sum_n r^n f^(n)(x) / n!"""
        places, body = self.functions[name]
        shift = sum((self.mul(self.value(n) + self.names[self.coordinates[i]].times(-1), self.atom(("d", i), self.weight))
                     for n, i in zip(nodes, places, strict=True)), ZERO)
        shift, f = self.expanded(shift), body or self.atom(("j", name, (0,) * len(self.coordinates)), positive=True)
        total = Series({}, shift.order + f.low)
        for (g, m), c in shift.terms.items():
            part, orders = f, [self.keys[j][1] for j, e in m if self.keys[j][0] == "d" for _ in range(e)]
            for i in orders:
                part = self.dx(part, i)
            rest = tuple((j, e) for j, e in m if self.keys[j][0] != "d")
            total = total + self.mul(Series({(g - self.weight * len(orders), rest): c}), part)
        return total
def whole(x: Any) -> Any:
    return int(Fraction(x)) if Fraction(x).denominator == 1 else Fraction(x)
def number(a: Series) -> Any:
    require(a.terms.keys() <= ONE.terms.keys() and a.order == EXACT, "a power that is no number", 2)
    return whole(sum(a.terms.values()))

def declare(model: Any, regime: Any, densities: Any, below: Any) -> Ring:
    """The names of the model with their powers of eps, which must be those of the scaling."""
    space, keys, replaced = whole(regime["derivative"]), dict(regime["scaling"]), regime["replaced"]
    powers, long_wave = {n: whole(p) for n, p in regime["powers"].items()}, regime["name"] == "long-wave"
    ring = Ring(model["coordinates"], space, below + 3 * max([abs(p) for p in powers.values()], default=0))
    names = [*model["parameters"], *model["functions"], *densities, *model["coordinates"], *replaced]
    require(len(set(names)) == len(names) and all(ast.unparse(ast.parse(n)) == n for n in names), "two names are the same")
    for name in {*model["parameters"], *replaced} - {r[0] for r in replaced.values()}:
        ring.names[name] = ring.atom(("s", name), powers.get(name, 0), positive=model["parameters"].get(name) == "positive")
    ring.names |= {x: ring.atom(("x", i), 0 if long_wave else -space) for i, x in enumerate(model["coordinates"])}
    for parameter, text, _ in replaced.values():
        ring.names[parameter] = ring.read(text)
    told = {n.id for key in keys for n in ast.walk(ast.parse(key)) if isinstance(n, ast.Name)} | {*replaced}
    short = {key: n for n, (_, _, key) in replaced.items()} | {"t": "t"}
    require(all(ring.read(key).low == whole(p) for key, p in keys.items() if key not in short) and told >= {n for n, p in powers.items() if p}
            and all(powers[n] == whole(keys[key]) and ring.vanishes(ring.read(key) + ring.names[n].times(-1), below) for key, n in short.items() if n != "t")
            and ((not keys and space == 1) if long_wave else not space or told >= {*model["coordinates"]}),
            "the powers of eps are not those of the scaling")
    for name, (places, body) in model["functions"].items():
        ring.functions[name] = ([model["coordinates"].index(p) for p in places], ring.read(body) if body else None)
    return ring

def operator(ring: Ring, terms: Any, order: Any, long_wave: bool) -> Series:
    """An operator from its terms [power of eps, orders of the derivatives, coefficient]."""
    total = Series({}, order)
    for power, orders, text in terms:
        c, g = ring.read(text), whole(power) - sum(orders) * ring.weight
        rest = Series({k: x for k, x in c.terms.items() if k[0] != g and not long_wave}, c.order)
        require(Fraction(power) < order and (c.order == EXACT or not long_wave) and len(orders) == len(ring.coordinates)
                and ring.vanishes(rest, c.order), f"the coefficient {text} is not of the stated power of eps")
        c = Series({(g, m): x for (h, m), x in c.terms.items() if long_wave or h == g}, c.order)
        for i, n in enumerate(orders):
            c = ring.mul(c, ring.power(ring.atom(("d", i), ring.weight), n))
        total = total + c
    return total
def product(ring: Ring, a: Any, b: Any) -> Any:
    return [[sum((ring.compose(x, b[k][j]) for k, x in enumerate(row)), ZERO) for j in range(len(b[0]))] for row in a]
def closed_classes(size: int, links: list[Any]) -> int:
    reach = [{j} for j in range(size)]
    for _ in range(size):
        reach = [r.union(*(reach[i] for i, j, _ in links if j in r)) for r in reach]
    return len({frozenset(r) for r in reach if all(r == reach[i] for i in r)})

def verify(model: Any, limit: Any) -> str:
    """One limit against the model; returns the equation that holds."""
    states, densities, claimed, below = model["states"], limit["densities"], limit["equilibrium"], whole(limit["remainder"])
    long_wave, ring = limit["regime"]["name"] == "long-wave", declare(model, limit["regime"], densities, below)
    tau = ring.read(model["time_step"]) if model["time_step"] else ONE
    end, k, links = below + tau.low, [[ZERO] * len(states) for _ in states], []
    for jump in model["jumps"]:
        i, j, rate = states.index(jump["to"]), states.index(jump["from"]), ring.read(jump["rate"])
        away = (ring.mul(ring.read(r).times(-1), ring.atom(("d", n), ring.weight)) for n, r in enumerate(jump["displacement"]))
        k[i][j] = k[i][j] + ring.mul(rate, ring.expanded(sum(away, ZERO)))
        k[j][j] = k[j][j] + rate.times(-1)
        links.append((i, j, rate.low))
    base = min(x.low for row in k for x in row)
    step = [[ring.mul(tau, operator(ring, limit["operator"][a][b], below, long_wave)) for b in densities] for a in densities]
    slow, change, term, n = min(x.low for row in step for x in row), step, step, 1
    require(model["time_step"] is None or slow > 0, "one time step changes the density by something that is not small")
    while model["time_step"] and any(x.terms for row in term for x in row):
        n += 1
        term = [[Series(x.times(Fraction(1, n)).terms, end) for x in row] for row in product(ring, term, step)]
        change = [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(change, term, strict=True)]
    q = [[operator(ring, claimed[s][a], end - base, long_wave) if claimed else ONE if [s] == members else ZERO
          for a, members in densities.items()] for s in states]
    for i, members in enumerate(densities.values()):
        for j in range(len(densities)):
            total = sum((q[states.index(s)][j] for s in members), ZERO if i != j else ONE.times(-1))
            require(ring.vanishes(total, min(end - base, total.order)), "the shares of the states do not add up to one")
    for left, right in zip(product(ring, k, q), product(ring, q, change), strict=True):
        require(all(ring.vanishes(x + y.times(-1), end) for x, y in zip(left, right, strict=True)), "the operator is not the model's")
    if claimed:  # the densities are all that is slow: as many as closed classes of states, at leading order or altogether
        fast = slow > base and closed_classes(len(states), [x for x in links if x[2] == base]) == len(densities)
        lost = any(not any(ring.keys[i][0] == "d" for i, _ in m) for row in step for x in row for _, m in x.terms)
        require(fast or (not lost and closed_classes(len(states), links) == len(densities)), "other densities are slow as well")
    return "\n".join(f"d_t {a} = " + (" + ".join(
        f"d{tuple(orders)} [{text} * {b}]" for b in densities for p, orders, text in limit["operator"][a][b]
        if Fraction(p) <= Fraction(limit["kept"])) or "0") for a in densities)

def check(text: bytes | str) -> list[tuple[str, str]]:
    """The regimes of a certificate that holds, each with its equation; raises RefusedError."""
    try:
        document = json.loads(text if len(text) <= LARGEST_FILE else '{"format": "too large"}',
                              object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else {})
        require(document["format"] == "symdiff certificate 1", "no certificate of symdiff, of another format, or too large", 2)
        body = json.dumps({k: v for k, v in document.items() if k != "sha256"}, sort_keys=True)
        require(hashlib.sha256(body.encode()).hexdigest() == document["sha256"], "it was changed: its sha256 is another")
        return [(limit["regime"]["name"], verify(document["model"], limit)) for limit in document["limits"]]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, SyntaxError, RecursionError, MemoryError) as e:
        raise RefusedError(f"no certificate that can be read ({type(e).__name__}: {str(e)[:80]})", 2) from e

if __name__ == "__main__":
    try:
        with open(sys.argv[1], "rb") as file:
            for name, equation in check(file.read(LARGEST_FILE + 1)):
                print(f"holds in {name}:\n{equation}")
    except (RefusedError, OSError, LookupError) as problem:
        print("refused:", problem.args[0] if isinstance(problem, RefusedError) else problem)
        sys.exit(problem.args[1] if isinstance(problem, RefusedError) else 2)
