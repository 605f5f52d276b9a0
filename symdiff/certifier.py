# fmt: off
"""Re-verifies a certificate of ``symdiff derive --certificate``, exactly: ``python certifier.py FILE``.

All that a referee has to trust: this file and Python's standard library. The events of the model make the master equation F(D, d) P = K P,
D = d_t, F = D for rates, e^(tau D) - 1 for steps, 1/E[e^(-T D)] - 1 for waits T, a scheme itself; K is a series in eps, derivatives to the
left, e^(-r.d) [w P] = sum_n (-d)^n [r^n w P]/n!, w may hold densities (mean field). It is multiplied out that P = Q u with d_t u = L u solves
this below the stated power of eps, and that the states add up to the densities u. Denominators are cleared, nothing is rounded; what stands
under roots counts as positive."""
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
def whole(x: Any) -> Any:
    return int(Fraction(x)) if Fraction(x).denominator == 1 else Fraction(x)

class Series:
    """The sum of c eps^g m over {(g, m): c}, m a product of powers of atoms ((atom, power), ...), known below eps^order."""
    def __init__(self, terms: dict[Any, Any], order: Any = EXACT) -> None:
        self.order = order if order < EXACT // 2 else EXACT
        self.terms = {k: c for k, c in terms.items() if c and k[0] < self.order}
        self.low = min((g for g, _ in self.terms), default=self.order)
    def __add__(self, other: Series) -> Series:
        return added([self, other], EXACT)
    def lead(self) -> Series:
        return Series({k: c for k, c in self.terms.items() if k[0] == self.low})
    def times(self, number: Any) -> Series:
        return Series({k: c * number for k, c in self.terms.items()}, self.order)
def added(parts: Any, order: Any = EXACT) -> Series:
    out = dict[Any, Any]()
    for part in parts:
        order = min(order, part.order)
        for k, c in part.terms.items():
            out[k] = out[k] + c if k in out else c
    return Series(out, order)
ONE, ZERO = Series({(0, ()): Fraction(1)}), Series({})

class Ring:
    """The coefficients. Atoms: ("s", symbol), ("x", coordinate), ("d", i) for a derivative to the left, time after the coordinates,
    ("j", f, orders) for a derivative of a function, ("e", f) = exp(f) and ("p", f) = f for a polynomial f."""
    def __init__(self, coordinates: list[str], weight: Any, long_wave: bool, limit: Any) -> None:
        self.coordinates, self.weight, self.weights, self.long_wave, self.limit, self.products = coordinates, weight, [weight] * len(coordinates), long_wave, limit, 0
        self.keys, self.index, self.positive = list[Any](), dict[Any, int](), set[int]()
        self.functions, self.flow, self.found = dict[str, Any](), dict[str, Series](), dict[Any, Series]()
        self.names = {f"d_{x}": self.atom(("d", i), weight) for i, x in enumerate(coordinates)}
    def atom(self, key: Any, grade: Any = 0, power: Any = 1, positive: bool = False) -> Series:
        if key not in self.index:
            inner = {self.keys[i][0] for (_, m), _ in (key[1] if key[0] in "ep" else ()) for i, _ in m}
            require("d" not in inner, "a step or a wait is not small", 2)
            self.index[key] = len(self.keys)
            self.keys.append(key)
            self.positive |= {self.index[key]} if positive else set()
        return Series({(whole(grade * power), ((self.index[key], whole(power)),)): Fraction(1)})
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
                    out[key] = out[key] + c * d if key in out else c * d
        require(all(c.numerator.bit_length() + c.denominator.bit_length() <= LARGEST_NUMBER for c in out.values()), "the certificate needs larger numbers than are allowed", 2)
        return Series(out, order)
    def expanded(self, x: Series, e: Any = None) -> Series:
        """exp(x), or (1 + x)^e, for an x that is small in eps."""
        require(x.low > 0, "an expansion in a quantity that is not small", 2)
        total, term, n = ONE, ONE, 0
        while term.terms:
            term, n = self.mul(term, x).times(Fraction(1 if e is None else e - n, n + 1)), n + 1
            term = Series(term.terms, min(term.order, self.limit)) if any(g >= self.limit for g, _ in term.terms) else term
            total = total + term
        return total
    def power(self, a: Series, e: Any) -> Series:
        require(abs(e) <= 200, "a power that cannot be checked", 2)
        if e >= 0 and e == int(e):
            return self.mul(self.power(a, e - 1), a) if e else ONE
        f = a.lead()
        require(f.terms, "a division by zero", 2)
        return self.mul(self.lead_power(f, e), self.expanded(self.mul(a + f.times(-1), self.lead_power(f, -1)), e))
    def lead_power(self, f: Series, e: Any) -> Series:
        """f^e for an f of one grade: of a single term at once, otherwise by an atom for f."""
        (g, m), c = min(f.terms.items())
        if len(f.terms) > 1 or (e != int(e) and (c < 0 or any(i not in self.positive for i, _ in m))):
            return self.atom(("p", tuple(sorted(f.terms.items()))), g, e)
        total = Series({(g * e, tuple((i, x * e) for i, x in m)): c ** int(e) if e == int(e) else Fraction(1)})
        for n, sign in ((c.numerator, 1), (c.denominator, -1)) if e != int(e) else ():
            for p in (*range(2, 1000), n):
                while n > 1 and n % p == 0:
                    n, total = n // p, self.mul(total, self.atom(("p", (((0, ()), Fraction(p)),)), 0, e * sign))
        return total
    def exp(self, a: Series) -> Series:
        head = ONE
        for m, c in ((m, c) for (g, m), c in a.terms.items() if g == 0):
            head = self.mul(head, self.atom(("e", (((0, m), Fraction(1)),)), 0, c))
        return self.mul(head, self.expanded(Series({k: c for k, c in a.terms.items() if k[0] != 0}, a.order)))
    def dx(self, a: Series, i: int) -> Series:
        """The derivative of the coefficients along coordinate i, or in time after the last; a derivative counts its weight in eps."""
        for j in {j for _, m in a.terms for j, _ in m if (j, i) not in self.found}:
            self.found[j, i] = self.slope(self.keys[j], j, i)
        if (a, i) not in self.found:
            parts = (self.mul(Series({key: c * e}), self.found[j, i]) for key, c in a.terms.items() for j, e in key[1])
            self.found[a, i] = added(parts, a.order + self.weights[i])
        return self.found[a, i]
    def slope(self, key: Any, j: int, i: int) -> Series:
        """The logarithmic derivative of atom j."""
        over = Series({(self.weight, ((j, -1),)): Fraction(1)})
        if key[0] == "j" and i == len(self.coordinates) and key[1] in self.flow:
            grade = self.names[key[1]].low + sum(key[2]) * self.weight
            return self.mul(self.derived(self.flow[key[1]], key[2]), Series({(-grade, ((j, -1),)): Fraction(1)}))
        if key[0] == "j" and i < len(self.coordinates) and self.coordinates[i] in self.functions[key[1]][0]:
            return self.mul(self.atom(("j", key[1], tuple(n + (k == i) for k, n in enumerate(key[2])))), over)
        if key[0] in "ep":
            f = Series(dict(key[1]))
            return self.mul(self.dx(f, i), ONE if key[0] == "e" else self.power(f, -1))
        return over if key == ("x", i) else ZERO
    def derived(self, a: Series, orders: Any) -> Series:
        for i in (i for i, n in enumerate(orders) for _ in range(n)):
            a = self.dx(a, i)
        return a
    def vanishes(self, a: Series, below: Any) -> bool:
        """Whether every power of eps below ``below`` is zero, once denominators are cleared and powers written out."""
        require(a.order >= below, "the series cannot be carried far enough", 2)
        for grade in {g for g, _ in a.terms if g < below}:
            terms = {m: c for (g, m), c in a.terms.items() if g == grade}
            while atoms := {i for m in terms for i, e in m if self.keys[i][0] == "p" and not 0 <= e < 1}:
                atom = max(atoms)  # atoms inside it have smaller numbers
                f, by_power, total = Series({(0, m): c for (_, m), c in self.keys[atom][1]}), dict[int, Any](), ZERO
                for m, c in terms.items():
                    e = dict(m).get(atom, 0)
                    by_power.setdefault(int(e // 1), {})[0, tuple((i, x if i != atom else e % 1) for i, x in m if i != atom or e % 1)] = c
                for n in range(max(by_power), min(by_power) - 1, -1):
                    total = self.mul(total, f) + Series(by_power.get(n, {}))
                terms = {m: c for (_, m), c in total.terms.items()}
            if terms:
                return False
        return True
    def read(self, text: str) -> Series:
        """An expression: whole numbers, declared names and functions, + - * / **, Derivative, exp, sqrt."""
        return self.value(ast.parse(text.strip() if len(text) < 100_000 else "too_long", mode="eval").body)
    def value(self, node: Any, total: Series = ZERO) -> Series:
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            total, node = total + self.value(node.right).times(1 if isinstance(node.op, ast.Add) else -1), node.left
        match node:
            case ast.Constant(value=n) if type(n) is int:
                found = ONE.times(Fraction(n))
            case ast.Name(id=name) if name in self.names:
                found = self.names[name]
            case ast.UnaryOp(op=ast.USub(), operand=a):
                found = self.value(a).times(-1)
            case ast.BinOp(left=a, op=ast.Mult() | ast.Div() as op, right=b):
                found, factor = self.value(a), self.value(b)
                found = self.mul(found, factor if isinstance(op, ast.Mult) else self.power(factor, -1))
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                found = self.power(self.value(a), whole(ast.unparse(b).replace(" ", "")))
            case ast.Call(func=ast.Name(id=name), args=[*nodes], keywords=[]) if name in self.functions:
                away = (self.mul(self.value(n) + self.names[x].times(-1), self.names[f"d_{x}"]) for n, x in zip(nodes, self.functions[name][0], strict=True))
                found = self.applied(self.expanded(added(away)), self.functions[name][1], left=False)  # f(x + r) = sum_n r^n f^(n)(x) / n!
            case ast.Call(func=ast.Name(id="exp" | "sqrt" as name), args=[a], keywords=[]):
                found = self.exp(self.value(a)) if name == "exp" else self.power(self.value(a), Fraction(1, 2))
            case ast.Call(func=ast.Name(id="Derivative"), args=[a, *variables], keywords=[]):
                found = self.value(a)
                for x in variables:
                    found = self.dx(found, self.coordinates.index(ast.unparse(x)))
            case _:
                raise RefusedError(f"'{ast.unparse(node)[:60]}' is not declared, or is nothing that can be checked", 2)
        return total + found
    def applied(self, operator: Series, f: Series, end: Any = EXACT, left: bool = True) -> Series:
        """An operator acting on f, known below eps^end: its derivatives to the left of its coefficients, or right before f."""
        groups, parts = dict[Any, Any](), []
        for (g, m), c in operator.terms.items():
            orders = tuple(dict(m).get(self.index["d", i], 0) for i in range(len(self.weights)))
            groups.setdefault(orders, {})[g, tuple((j, e) for j, e in m if self.keys[j][0] != "d")] = c
        for orders, terms in groups.items():
            grade = sum(n * w for n, w in zip(orders, self.weights, strict=True))
            c = Series({(g - grade, m): x for (g, m), x in terms.items()}, operator.order - grade)
            near = Series(f.terms, min(f.order, end - c.low - grade)) if end < EXACT else f
            fixed = not left or all(self.keys[i][0] == "s" for _, m in terms for i, _ in m)
            parts.append(self.mul(c, self.derived(near, orders)) if fixed else self.derived(self.mul(c, near), orders))
        return added(parts, min(operator.order + f.low, end))

def declare(model: Any, regime: Any, densities: Any, below: Any) -> Ring:
    """The names of the model with their powers of eps, which must be those of the scaling."""
    space, keys, replaced, fields = whole(regime["derivative"]), dict(regime["scaling"]), regime["replaced"], regime["fields"]
    powers, long_wave = {n: whole(p) for n, p in regime["powers"].items()}, regime["name"] == "long-wave"
    ring = Ring(model["coordinates"], space, long_wave, below + 2 + 3 * max([abs(p) for p in powers.values()], default=0))
    names = ["pi", "d_t", *ring.names, *model["parameters"], *model["functions"], *{*densities, *model["states"]}, *ring.coordinates, *replaced]
    require(len(set(names)) == len(names) and all(ast.unparse(ast.parse(n)) == n for n in names), "two names are the same")
    for name in {"pi", *model["parameters"], *replaced} - {r[0] for r in replaced.values()}:
        ring.names[name] = ring.atom(("s", name), powers.get(name, 0), positive=name == "pi" or model["parameters"].get(name) == "positive")
    ring.names |= {x: ring.atom(("x", i), 0 if long_wave else -space) for i, x in enumerate(ring.coordinates)} | {"": ONE}
    ring.names |= {name: ring.atom(("j", name, (0,) * len(ring.coordinates)), whole(grade), positive=True) for name, grade in fields.items()}
    ring.functions |= {name: (ring.coordinates, ring.names[name]) for name in fields}
    ring.names |= {parameter: ring.read(text) for parameter, text, _ in replaced.values()}
    told = {n.id for key in keys for n in ast.walk(ast.parse(key)) if isinstance(n, ast.Name)} | {*replaced}
    short = {key: n for n, (_, _, key) in replaced.items()} | {"t": "t"}
    require(all(ring.read(key).low == whole(p) for key, p in keys.items() if key not in short)
            and told >= {n for n, p in (*powers.items(), *fields.items()) if whole(p)}
            and all(powers[n] == whole(keys[key]) and ring.vanishes(ring.read(key) + ring.names[n].times(-1), below) for key, n in short.items() if n != "t")
            and ((not keys and space == 1) if long_wave else not space or told >= {*ring.coordinates}),
            "the powers of eps are not those of the scaling")
    for name, (places, body) in model["functions"].items():
        ring.functions[name] = (places, ring.read(body) if body else ring.atom(("j", name, (0,) * len(ring.coordinates)), positive=True))
    return ring
def claimed(ring: Ring, table: Any, order: Any, own: Any = 0) -> Series:
    """The sum of d^orders [coefficient * density] over the [power of eps, orders, coefficient] of each density."""
    parts = [Series({}, order + own)]
    for density, terms in table.items():
        for power, orders, text in terms:
            c, g = ring.read(text), whole(power) + own - sum(orders) * ring.weight
            rest = Series({k: x for k, x in c.terms.items() if k[0] != g and not (ring.long_wave and density)}, c.order)
            require(all(ring.keys[i][0] != "d" for _, m in c.terms for i, _ in m) and Fraction(power) < order and (c.order == EXACT or not ring.long_wave) and len(orders) == len(ring.coordinates)
                    and ring.vanishes(rest, c.order), f"the coefficient {text} is not of the stated power of eps")
            c = Series({(g if density else h, m): x for (h, m), x in c.terms.items() if ring.long_wave or h == g}, c.order)
            parts.append(ring.derived(ring.mul(c, ring.names[density]), orders))
    return added(parts)
def closed_classes(states: list[str], links: list[Any]) -> int:
    reach = {s: {s} for s in states}
    for i, j, _ in links * len(states):
        reach[j] |= reach[i]
    return len({frozenset(r) for r in reach.values() if all(r == reach[i] for i in r)})
def shift(ring: Ring, step: Any, law: str = "1", sign: int = -1) -> Series:
    """e^(-r.d) times the transform of what is random in a step."""
    lengths = [ring.mul(ring.read(r).times(sign), ring.names[f"d_{x}"]) for x, r in zip(ring.coordinates, step, strict=True)]
    return ring.mul(ring.expanded(added(lengths)), ring.read(law))
def verify(model: Any, limit: Any) -> str:
    """One limit against the model; returns the equation that holds."""
    states, densities, below, shown, shares = model["states"], limit["densities"], whole(limit["remainder"]), limit["operator"], limit["equilibrium"]
    ring, own = declare(model, limit["regime"], densities, below), {a: whole(grade) for a, grade in limit["regime"]["fields"].items()}
    flow = {a: claimed(ring, shown[a], below, own[a]) for a in densities}
    ring.flow, slow, here, k, links = flow, min(f.low - own[a] for a, f in flow.items()), ["0"] * len(ring.coordinates), dict[Any, Series](), []
    ring.weights, ring.names["d_t"] = [*ring.weights, slow], ring.atom(("d", len(here)), slow)
    clock, time = ring.read(model["clock"]), ring.index["d", len(here)]
    first = Series({x: c for x, c in clock.terms.items() if time in dict(x[1])}).lead()  # F(D) = first + smaller
    require(all((i == time and e == 1) or ring.keys[i][0] == "s" for _, m in first.terms for i, e in m) and not ring.vanishes(first, first.low + 1)
            and not any(ring.dx(clock, i).terms for i in range(len(here))), "no clock that can be checked", 2)
    require(Fraction(limit["kept"]) + Fraction(dict(limit["regime"]["scaling"]).get("t", 0)) >= 0, "the regime looks at longer times than its equation")
    end, _ = below + first.low - slow, ring.names.pop("d_t")
    rates = [ring.read(event["rate"]) for event in model["events"]]
    ring.limit = end + max(own.values()) + 2 - min((r.low for r in rates), default=0)
    for event, rate in zip(model["events"], rates, strict=True):
        taken = tuple((s, *at) for s, at in event["from"])
        for sign, (s, *step) in [(-1, x) for x in event["from"]] + [(1, x) for x in event["to"]]:
            k[s, taken] = k.get((s, taken), ZERO) + ring.mul(rate.times(sign), shift(ring, *step))
        least = min((g for g in {g for g, _ in rate.terms} if not ring.vanishes(rate, g + 1)), default=EXACT)
        links += [(s, z, least) for s, *_ in event["to"] for z, *_ in event["from"] if least < EXACT]
    for s, text in model["motion"].items():
        k[s, ((s, *here),)] = k.get((s, ((s, *here),)), ZERO) + ring.read(text)
    base = min((x.low for x in k.values()), default=0)
    alone = {s: ring.names[a] for a, members in densities.items() for s in members}
    p = {s: claimed(ring, shares[s], end - base) for s in states} if shares else alone
    sums = [added([p[s] for s in members] + [ring.names[a].times(-1)]) for a, members in densities.items()]
    require(all(ring.vanishes(x, min(end - base, x.order)) for x in sums), "the shares of the states do not add up to one")
    for s in states:
        top, moved = end + own.get(s, 0), [Series({}, EXACT)]
        for taken, operator in ((x, y) for (z, x), y in k.items() if z == s):
            f = ONE
            for z, *at in taken:
                f = ring.mul(f, ring.applied(shift(ring, at, sign=1), p[z], left=False))
            moved.append(ring.applied(operator, f))
        require(ring.vanishes(added(moved) + ring.applied(clock, p[s], top).times(-1), top), "the equation is not the model's")
    if shares:  # the densities are all that is slow: as many as closed classes of states, at leading order or altogether
        fast = first.low > base and closed_classes(states, [x for x in links if x[2] == base]) == len(densities)
        lost = any(not any(orders) for table in shown.values() for terms in table.values() for _, orders, _ in terms)
        require(fast or (not lost and closed_classes(states, links) == len(densities)), "other densities are slow as well")
    lines = [f"d_t {a} = " + (" + ".join(f"d{tuple(orders)} [{text}{' * ' * bool(b) + b}]" for b, terms in shown[a].items()
             for p, orders, text in terms if Fraction(p) <= Fraction(limit["kept"])) or "0") for a in densities]
    return "\n".join(lines + ["(away from the walls; the conditions at the walls are not checked)"] * bool(model["walls"]))
def check(text: bytes | str) -> list[tuple[str, str]]:
    """The regimes of a certificate that holds, each with its equation; raises RefusedError."""
    try:
        document = json.loads(text if len(text) <= LARGEST_FILE else '{"format": "too large"}',
                              object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else {})
        require(document["format"] == "symdiff certificate 2", "no certificate of symdiff, of another format, or too large", 2)
        body = json.dumps({k: v for k, v in document.items() if k != "sha256"}, sort_keys=True)
        require(hashlib.sha256(body.encode()).hexdigest() == document["sha256"], "it was changed: its sha256 is another")
        return [(limit["regime"]["name"], verify(limit["model"], limit)) for limit in document["limits"]]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, SyntaxError, RecursionError, MemoryError) as e:
        raise RefusedError(f"no certificate that can be read ({type(e).__name__}: {str(e)[:80]})", 2) from e
if __name__ == "__main__":
    try:
        with open(sys.argv[1], "rb") as file:
            print(*(f"holds in {name}:\n{equation}" for name, equation in check(file.read(LARGEST_FILE + 1))), sep="\n")
    except (RefusedError, OSError, LookupError) as problem:
        print("refused:", problem.args[0] if isinstance(problem, RefusedError) else problem)
        sys.exit(problem.args[1] if isinstance(problem, RefusedError) else 2)
