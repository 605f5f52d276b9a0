"""Pasted master equations against the models that they state; what is no balance must not become one."""

from __future__ import annotations

import json

import pytest

import symdiff as sd
from symdiff.cli.main import main
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError, NotYetError, SymdiffError

PASTED = [  # (LaTeX, regime, coefficient, value)
    # van Kampen's g_n and r_n, rates between places, and places by their numbers
    (r"\dot P_n = g_{n-1}P_{n-1} + r_{n+1}P_{n+1} - (g_n+r_n)P_n,\quad g_n = k_1,\quad r_n = k_2 n", "v", "-k_2*n + k_1"),
    (r"\partial_t P(x,t) = T(x|x-h)P(x-h,t) + T(x|x+h)P(x+h,t) - [T(x+h|x)+T(x-h|x)]P(x,t)", "v", "h*(T_plus(x) - T_minus(x))"),
    (r"P(x_j,t+\tau) = \frac12 P(x_{j-1},t)+\frac12 P(x_{j+1},t),\quad x_j = j\ell", "D", "ell**2/(2*tau)"),
    (r"P_j(t+\Delta t) = \frac{1}{2} P_{j-1}(t) + \frac{1}{2} P_{j+1}(t)", "D", "a**2/(2*dt)"),
    (r"C(x, t+\tau) = p C(x-\ell, t) + (1-p) C(x+\ell, t)", "D", "2*ell**2*p*(1 - p)/tau"),
    (r"\frac{d P_n(t)}{dt} = \Gamma [P_{n+1}(t) + P_{n-1}(t) - 2P_n(t)]", "D", "Gamma*a**2"),
    (r"\dot{P}_n(t) = k_+ P_{n-1}(t) + k_- P_{n+1}(t) - (k_+ + k_-) P_n(t)", "v", "a*(k_plus - k_minus)"),
    (r"\dot P_n = (\mathbb{E}-1)\,\mu n P_n + (\mathbb{E}^{-1}-1)\,\lambda n P_n", "v", "n*(lam - mu)"),
    (r"\partial_t P_n = w^+_{n-1}P_{n-1} + w^-_{n+1}P_{n+1} - (w^+_n+w^-_n)P_n", "v", "w_plus(n) - w_minus(n)"),
    (r"P_{n}^{\pm}(t+\tau) = p P_{n\mp 1}^{\pm}(t) + (1-p) P_{n\mp1}^{\mp}(t)", "D", "a**2*p/(2*tau*(1 - p))"),
    (r"u_j^{n+1} = u_j^n + \frac{D\Delta t}{(\Delta x)^2}\left(u_{j+1}^n - 2u_j^n + u_{j-1}^n\right)", "D", "D"),
    (r"P(x,t+\Delta t)=p\,P(x-\Delta x,t)+q\,P(x+\Delta x,t)+r\,P(x,t)", "v", "dx*(p - q)/dt"),
    (r"P_{ij}(t+\tau)=\frac14\left[P_{i+1\,j}(t)+P_{i-1\,j}(t)+P_{ij+1}(t)+P_{ij-1}(t)\right]", "D_xx", "a**2/(4*tau)"),
    (r"\dot P_i = \Gamma\sum_{j=i\pm1} (P_j - P_i)", "D", "Gamma*a**2"),
    (r"\dot P_i = \Gamma\sum_{|j-i|=2} (P_j - P_i)", "D", "4*Gamma*a**2"),
    (r"P_n(t+\tau) = \frac14\sum_{m=-2, m\ne 0}^{2} P_{n-m}(t)", "D", "5*a**2/(4*tau)"),
    (r"P_n(t+\tau) = \sum_{m=-1}^{1} w_m P_{n-m}(t)", "v", "a*(w_1 - w_minus1)/tau"),
    (r"\frac{dP_n}{dt} = W_{n,n-1}P_{n-1}+W_{n,n+1}P_{n+1}-(W_{n-1,n}+W_{n+1,n})P_n", "v", "W_plus(n) - W_minus(n)"),
    (
        r"\begin{cases} \dot a_n = w(b_n + b_{n-1}) - 2 w a_n \\ \dot b_n = w(a_n + a_{n+1}) - 2 w b_n\end{cases}",
        "D",
        "h**2*w/4",
    ),
    (r"\frac{dc_n}{dt} = k(c_{n+1}-2c_n+c_{n-1}) - \mu c_n", "a_0", "-mu"),
    (
        r"P_n(t+\tau) = (1-\mu)\left[\tfrac14 P_{n-1}(t)+\tfrac12 P_n(t)+\tfrac14 P_{n+1}(t)\right]",
        "a_0",
        "log(1 - mu)/tau",
    ),
    (
        r"P(\mathbf r,t+\tau)=\frac16\sum_{i=1}^3 [P(\mathbf r+a\mathbf e_i,t)+P(\mathbf r-a\mathbf e_i,t)]",
        "D_zz",
        "a**2/(6*tau)",
    ),
    (r"\dot P(\mathbf r)=k[P(\mathbf r+a\hat x)+P(\mathbf r-a\hat x)-2P(\mathbf r)]", "D", "a**2*k"),
    (r"\frac{d\langle n_i\rangle}{dt}=g(\langle n_{i-1}\rangle-\langle n_i\rangle)", "v", "a*g"),
    (r"\dot c_i = R_{i-1,i}c_{i-1}+R_{i+1,i}c_{i+1}-(R_{i,i+1}+R_{i,i-1})c_i", "v", "R_plus(i) - R_minus(i)"),
    (
        r"P^\uparrow_n(t+\tau)=pP^\uparrow_{n-1}(t)+(1-p)P^\downarrow_{n-1}(t),\quad "
        r"P^\downarrow_n(t+\tau)=pP^\downarrow_{n+1}(t)+(1-p)P^\uparrow_{n+1}(t)",
        "D",
        "a**2*p/(2*tau*(1 - p))",
    ),
    (r"u_j^{k+1} = \tfrac12 u_{j-1}^k + \tfrac12 u_{j+1}^k", "D", "a**2/(2*tau)"),
    # laws of steps: their moments, worked out by hand
    (r"P(x,t+\tau) = \int w(\xi) P(x-\xi,t)\,d\xi", "D", "(m2 - m1**2)/(2*tau)"),
    (r"\partial_t P = \int W(x-x') P(x',t) dx' - \int W(x'-x) P(x,t) dx'", "v", "W0*m1"),
    (r"\partial_t\rho = \frac1\tau\int \phi(\Delta)[\rho(x+\Delta,t)-\rho(x,t)]d\Delta", "v", "-m1*phi0/tau"),
    (r"\partial_t P = \lambda\int_{-\infty}^\infty \frac{e^{-|y|/b}}{2b} P(x-y,t) dy - \lambda P(x,t)", "D", "b**2*lam"),
    (r"p(x,t+\tau) = \int \frac{e^{-(x-y)^2/2\sigma^2}}{\sqrt{2\pi\sigma^2}} p(y,t) dy", "D", "sigma**2/(2*tau)"),
    (r"\partial_t u = \int_0^\infty \frac{\lambda}{b} e^{-y/b} u(x-y,t) dy - \lambda u(x,t)", "v", "b*lam"),
    (r"P(m,n+1) = \sum_{k} w_k P(m-k,n)", "D", "a**2*(m2 - m1**2)/(2*tau)"),
    (r"\dot P_n = \sum_{m=1}^{\infty} w_m (P_{n-m} + P_{n+m} - 2 P_n)", "D", "a**2*m2*w0"),
    (r"P(x,t+\tau)=\sum_{j=-\infty}^\infty \frac{1-q}{1+q}q^{|j|}P(x-ja,t)", "D", "a**2*q/(tau*(1 - q)**2)"),
    # agents that see each other
    (r"\dot\rho_i = \rho_{i-1}(1-\rho_i) - \rho_i(1-\rho_{i+1})", "flux", "a*rho*(1 - rho)"),
    (r"\dot\rho_i = (1-\rho_i)(p\rho_{i-1}+q\rho_{i+1}) - \rho_i[p(1-\rho_{i+1})+q(1-\rho_{i-1})]", "D", "a**2*(p + q)/2"),
    (r"\frac{d\langle n_i\rangle}{dt} = p\langle n_{i-1}(1-n_i)\rangle - p\langle n_i(1-n_{i+1})\rangle", "flux", "a*n*p*(1 - n)"),
    (r"\dot\rho_i = \frac{D}{a^2}(\rho_{i-1}-2\rho_i+\rho_{i+1}) + r\rho_i(1-\rho_i)", "source", "r*rho*(1 - rho)"),
    (r"\dot\rho_i = \rho_{i-1}^2 + \rho_{i+1}^2 - 2\rho_i^2", "D", "2*a**2*rho"),
    # neighbours: of any dimension where the weights allow it
    (r"\dot P_i = \Gamma\sum_{\langle ij \rangle} (P_j - P_i)", "D", "Gamma*a**2"),
    (r"P_i(t+\tau) = \frac14\sum_{j\in N(i)} P_j(t)", "D_yy", "a**2/(4*tau)"),
    (r"P(\mathbf r,t+\tau)=\frac{1}{2d}\sum_{i=1}^d[P(\mathbf r+a\hat e_i,t)+P(\mathbf r-a\hat e_i,t)]", "D", "a**2/(2*d*tau)"),
    (r"\dot P_i = \Gamma\sum_{j\in N(i)} P_j - 6\Gamma P_i", "D_zz", "Gamma*a**2"),
    (r"\partial_t \begin{pmatrix} P_+ \\ P_- \end{pmatrix} = \begin{pmatrix} -v\partial_x - g & g \\ g & v\partial_x - g \end{pmatrix} "
     r"\begin{pmatrix} P_+ \\ P_- \end{pmatrix}", "D", "v**2/(2*g)"),
    # a rate that all 2 d neighbours share: D = w a^2/(2 d)
    (r"\frac{d p_i}{dt} = \frac{w}{z}\sum_{j\in N(i)} (p_j - p_i)", "D", "a**2*w/(2*d)"),
    (r"\dot P(\mathbf r) = \frac{w}{2d}\sum_{\hat e}\left[P(\mathbf r+b\hat e)-P(\mathbf r)\right]", "D", "b**2*w/(2*d)"),
    (r"P(\mathbf r,t+\tau) = \frac{1}{z}\sum_{i=1}^{z} P(\mathbf r - \mathbf a_i, t)", "D", "a**2/(2*d*tau)"),
    (r"P(\mathbf n,t+1) = \frac{1}{2d}\sum_{j=1}^d\left[P(\mathbf n+\mathbf e_j,t)+P(\mathbf n-\mathbf e_j,t)\right]", "D",
     "a**2/(2*d*tau)"),
    # from the later time to the earlier, with what is said beside it
    (r"P(x,t) = p P(x-h, t-\tau) + q P(x+h, t-\tau), \quad p+q=1", "v", "h*(2*p - 1)/tau"),
    (r"W(m,N)=\frac12 W(m-1,N-1)+\frac12 W(m+1,N-1)", "D", "a**2/(2*tau)"),
    (r"P(x,t+\tau) = p P(x-h,t) + q P(x+h,t), \qquad p - q = \epsilon, p+q=1", "v", "h*(2*p - 1)/tau"),
    (r"f(x,t+\tau) = \int f(x+\Delta,t)\varphi(\Delta)\,d\Delta, \quad \varphi(\Delta)=\varphi(-\Delta)", "v", "0"),
    (r"\partial_t P = b\int dr\, w(r)\left[ P(x-r,t) - P(x,t)\right], \quad \int w(r) dr = 1", "D", "b*m2/2"),
    (r"\dot P(n)=T(n-1,n)P(n-1)+T(n+1,n)P(n+1)-[T(n,n-1)+T(n,n+1)]P(n),\ T(n,n+1)=b n,\ T(n,n-1)=k n", "v", "b*n - k*n"),
    (r"\dot P(n)=T(n|n-1)P(n-1)+T(n|n+1)P(n+1)-[T(n-1|n)+T(n+1|n)]P(n),\ T(n+1|n)=b n,\ T(n-1|n)=k n", "v", "b*n - k*n"),
    (r"P^{\sigma}_n(t+1) = (1-q) P^\sigma_{n-\sigma}(t) + q P^{-\sigma}_{n-\sigma}(t), \quad \sigma = \pm 1", "D",
     "a**2*(1 - q)/(2*q*tau)"),
    (r"\partial_t P_\sigma(x,t) = -\sigma v\partial_x P_\sigma - g P_\sigma + g P_{-\sigma}, \quad \sigma=\pm 1", "D", "v**2/(2*g)"),
    (r"\left\{\begin{array}{l} \partial_t R + v\,\partial_x R = -g R + g L \\ \partial_t L - v\,\partial_x L = g R - g L \end{array}\right.",
     "D", "v**2/(2*g)"),
    # superscripts and subscripts that are no powers and no labels
    (r"\dot P_{n}^{A} = k(P_{n-1}^{B} + P_n^B) - 2kP_n^A,\qquad \dot P_n^B = k(P_n^A+P_{n+1}^A) - 2kP_n^B", "D", "a**2*k/4"),
    (r"\dot P_{n_1,n_2} = k(P_{n_1+1,n_2}+P_{n_1-1,n_2}-2P_{n_1,n_2}) + b(P_{n_1,n_2+1}+P_{n_1,n_2-1}-2P_{n_1,n_2})", "D_yy", "a**2*b"),
    (r"P_n'(t) = -k P_n(t) + k P_{n-1}(t)", "v", "a*k"),
    # sums over all sites
    (r"\dot p_n = \sum_m \left[ W_{n m} p_m - W_{m n} p_n \right], \quad W_{nm} = b\delta_{n,m+1}+k\delta_{n,m-1}", "v", "a*(b - k)"),
    (r"\dot P_n = \sum_{m\neq n}\frac{C}{|n-m|^{1+\mu}}(P_m - P_n), \quad 0<\mu<2", "K", "pi*C*a**mu/(sin(pi*mu/2)*gamma(mu + 1))"),
    (r"P_{N+1}(n) = \sum_{n'}p(n-n')P_N(n')", "D", "a**2*(m2 - m1**2)/(2*tau)"),
    # growth in each step; the change in one step; walkers that are put back
    (r"N_{t+1}(x) = R_0 \int \frac{1}{2a}e^{-|x-y|/a} N_t(y)\,dy", "a_0", "log(R_0)/tau"),
    (r"N_{t+1}(x) = \int R_0 k(x-y) N_t(y)\,dy", "a_0", "log(R_0)/tau"),
    (r"P_{n+1}(x) = p P_n(x) + \int q k(x-y) P_n(y)\,dy", "v", "m1*q/tau"),
    (r"\delta\langle C_i\rangle = \frac{q}{2}\left[\langle C_{i-1}\rangle(1-\langle C_i\rangle)+\langle C_{i+1}\rangle(1-\langle C_i\rangle)"
     r"-\langle C_i\rangle(1-\langle C_{i-1}\rangle)-\langle C_i\rangle(1-\langle C_{i+1}\rangle)\right]", "D", "a**2*q/(2*tau)"),
    (r"\partial_t P = D\partial_x^2 P - r P + r\delta(x-x_0)", "source", "r*DiracDelta(x - x_0)"),
    (r"\frac{\partial P(x,t|x_0,t_0)}{\partial t}=w\left[P(x-b,t|x_0,t_0)+P(x+b,t|x_0,t_0)-2P(x,t|x_0,t_0)\right]", "D", "b**2*w"),
    (r"\dot P_n = \left[(\mathbb E^{-1}-1) k + (\mathbb E-1)b n\right]P_n", "v", "k - b*n"),
    (r"\frac{dP_n}{dt}\equiv\dot P_n=w(P_{n-1}+P_{n+1}-2P_n)\qquad(n=0,\pm1,\pm2,\ldots)", "D", "a**2*w"),
    (r"\dot P_{n,1} = k P_{n,0} - w P_{n,1}, \quad \dot P_{n,0} = w P_{n-1,1} - k P_{n,0}", "v", "a*k*w/(k + w)"),
    (r"P(x,t+b) = wb P(x-h,t) + kb P(x+h,t)+(1-wb-kb)P(x,t) + O(b^2)", "v", "h*(w - k)"),
    (r"\dot\rho_i = J\left[\rho_{i-1}(1-\rho_i) - \rho_i(1-\rho_{i+1})\right] + w(1-\rho_i) - k\rho_i", "source", "w - w*rho - k*rho"),
    (r"\dot c_i = \frac{D}{h^2}(c_{i+1}+c_{i-1}-2c_i) + s - k c_i", "source", "s - k*c"),
    (r"P_{n}(t+1)=(1-q)\left[\tfrac12P_{n-1}(t)+\tfrac12P_{n+1}(t)\right]+q\delta_{n,0}", "a_0", "log(1 - q)/tau"),
    # two sublattices that feed each other (the brick wall, by hand); a bare P beside P(n - 1, t)
    (r"A(x,y,t+\tau) = \frac13[B(x-\ell,y,t)+B(x,y+\ell,t)+B(x+\ell,y,t)], \quad B(x,y,t+\tau) = \frac13[A(x-\ell,y,t)+A(x,y-\ell,t)+A(x+\ell,y,t)]",
     "D_yy", "ell**2/(9*tau)"),
    (r"\frac{\partial P}{\partial t} = k P(n-1,t) + b(n+1)P(n+1,t) - (bn+k)P", "v", "k - b*n"),
    (r"P(x,t+\tau) = \int \phi(\Delta x)P(x-\Delta x,t)\,d\Delta x", "v", "m1/tau"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "role", "value"), PASTED, ids=lambda t: t[:40])
def test_coefficients_of_pasted_equations_against_hand_calculation(latex: str, role: str, value: str) -> None:
    import sympy as sp

    model = model_from_latex(latex).model
    limit = sd.derive(model, "long-wave")
    names = {n: sp.Function(n) for n in ("w_plus", "w_minus", "W_plus", "W_minus", "R_plus", "R_minus")}
    expected = sp.sympify(value, locals=names | {s: sp.Symbol(s) for s in ("Gamma", "lam", "ell", "tau")})
    found = sp.sympify(
        str(limit.coefficient(role)), locals=names | {s: sp.Symbol(s) for s in ("Gamma", "lam", "ell", "tau")}
    )
    densities = {c: sp.Symbol(model.density) for c in found.atoms(sp.Function) if str(c.func) == model.density}
    assert sp.expand(sp.together(found.xreplace(densities) - expected)) == 0


@pytest.mark.parametrize("latex", [
    r"\dot p_n = a p_{n-1} - b p_n",  # what arrives is not what leaves
    r"P(x,t+\tau) = \frac12 P(x-a,t) + \frac13 P(x+a,t)",
    r"D = \frac{a^2}{2\tau}",
    r"\frac{\partial p_R}{\partial t} = -\lambda p_R + \lambda p_L",  # the other state's equation is missing
    r"\dot c_n = k (c_{n+1} - 3 c_n + c_{n-1})",  # a slip in the jumps, no death
    r"P(x,t+\tau) = \frac12 P(x-a,t)+\frac12 P(x+a,t) - k\tau P(x,t)",  # a negative probability of staying
    r"\partial_t P = \lambda\int \frac{e^{-|y|/b}}{2b} P(x-y,t) dy - 2\lambda P(x,t)",  # twice what arrives is lost
    r"\partial_t P = \int w(r)[P(x-r,t) - 2 P(x,t)] dr",
    r"\dot\rho_i = p\rho_{i-1}(1-\rho_i) - q\rho_i(1-\rho_{i+1})",
    r"\dot\rho_i = \rho_{i-1}(1-\rho_i) - \rho_i(1-\rho_{i+2})",
    r"\dot\rho_i = D(\rho_{i-1}-\rho_i+\rho_{i+1}) + r\rho_i(1-\rho_i)",
    r"P_i(t+\tau) = \frac15\sum_{j\in N(i)} P_j(t)",
    r"N_{t+1}(x) = 2 \int k(x-y) N_t(y)\,dy",
    r"\dot P_n = k(P_{n+1}+P_{n-1}-2P_n) - rP_n + 2r\delta_{n,n_0}",  # more arrive than leave
    r"P(x,t) = p P(x-h, t-\tau) + q P(x+h, t-\tau), \quad p+q=2",
])  # fmt: skip
def test_what_is_no_balance_is_refused(latex: str) -> None:
    with pytest.raises(ModelError):
        model_from_latex(latex)


@pytest.mark.parametrize("latex", [
    r"\dot P_i = \sum_{j\in N(i)} (W_{ij}P_j - W_{ji} P_i)",
    r"\partial_t P = \int dx' [W(x|x')P(x',t) - W(x|x')P(x,t)]",  # the loss is that of the jumps to x
    r"\partial_t P = \int_0^t K(t-t') \partial_x^2 P(x,t')\,dt'",  # a memory
    r"\partial_t P = \lambda\int_0^x w(x-y)P(y,t)dy - \lambda P",  # a wall
    r"\dot\rho_i = \rho_{i-1}\rho_{i+1}(1-\rho_i) - \rho_i\rho_{i+1}(1-\rho_{i-1})",
    r"N_{t+1}(x) = \int k(x-y) f(N_t(y))\,dy",  # f is no factor
    r"\eta(x,t) = \delta(x)\delta(t) + \int dx'\int_0^t dt'\,\psi(x-x',t-t')\,\eta(x',t')",
    r"\partial_t P = -K(-\Delta)^{\alpha/2}P",
    r"\frac{u_j^{n+1}-u_j^{n-1}}{2h}=D(u_{j+1}^n-u_j^{n+1}-u_j^{n-1}+u_{j-1}^n)",
    r"\dot x=v(x)+x\eta(t)",
    r"\dot\rho_i = \rho_{i-1}(1-\rho_i)-\rho_i(1-\rho_{i+1}) - s",
])  # fmt: skip
def test_what_is_not_handled_says_not_yet(latex: str) -> None:
    with pytest.raises((NotYetError, ModelError)):
        model_from_latex(latex)


def test_everything_assumed_is_listed() -> None:
    found = model_from_latex(r"P(x,t+\Delta t)=p\,P(x-\Delta x,t)+q\,P(x+\Delta x,t)+r\,P(x,t)")
    assert any("r = " in a and "sum to one" in a for a in found.assumed)
    assert {f"{n} is positive" for n in ("dt", "dx")} <= set(found.assumed)
    assert sd.loads(_toml(found.model)) == found.model
    assert (
        "walkers in c die at the rate mu" in model_from_latex(r"\dot c_n = k(c_{n+1}-2c_n+c_{n-1}) - \mu c_n").assumed
    )
    assert (
        "one step of the time index lasts tau"
        in model_from_latex(r"u^{k+1}_j = \tfrac12(u_{j-1}^k + u_{j+1}^k)").assumed
    )
    crowd = model_from_latex(
        r"\dot\rho_i = \rho_{i-1}(1-\rho_i)+\rho_{i+1}(1-\rho_i)-\rho_i(1-\rho_{i-1})-\rho_i(1-\rho_{i+1})"
    )
    assert any("products of densities cancel" in a for a in crowd.assumed)


def test_a_paragraph_with_formulas_between_its_words() -> None:
    text = r"""\newcommand{\half}{\tfrac12} The walker on the lattice $x = n b$ goes to the right with probability $p = \half(1+\mu)$
        and to the left with $q = 1-p$: \[ P_n(t+\tau) = p\,P_{n-1}(t)+q\,P_{n+1}(t), \] where $|\mu| < 1$ and $n\in\mathbb{Z}$."""
    found = model_from_latex(text)
    assert str(sd.derive(found.model, "long-wave").coefficient("v")) == "b*mu/tau"
    assert "the words around the formulas are left out" in found.reading.warnings
    with pytest.raises(SymdiffError):  # an escape of TOML made \nu a new line
        model_from_latex("$P(x,t+\\tau) = P(x-a,t)$ and $\nu = 1$")


def test_places_where_a_probability_is_settled_and_names_of_directions() -> None:
    found = model_from_latex(r"u(x,t+\tau)=l(x+h)u(x+h,t)+r(x-h)u(x-h,t)+n(x)u(x,t)")
    assert "n(x) = -l(x) - r(x) + 1, since the probabilities sum to one" in found.assumed
    found = model_from_latex(
        r"\dot P_n = W_{n-1}^{\rightarrow}P_{n-1}+W_{n+1}^{\leftarrow}P_{n+1}-(W_n^{\rightarrow}+W_n^{\leftarrow})P_n"
    )
    assert str(sd.derive(found.model).coefficient("v")) == "-W_left(n) + W_right(n)"


def _toml(model: sd.JumpModel) -> str:
    from symdiff.model.loading import to_toml

    return to_toml(model)


def test_derive_and_new_on_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path) -> None:  # type: ignore[no-untyped-def]
    latex = r"P_n(t+\tau) = p P_{n-1}(t) + (1-p) P_{n+1}(t)"
    assert main(["derive", "--latex", latex, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "p is a probability" in found["reading"]["assumed"]
    path = tmp_path / "walk.toml"
    assert main(["new", "--latex", latex, "-o", str(path)]) == 0
    assert main(["new", "--latex", latex, "-o", str(path)]) == 2
    capsys.readouterr()
    assert main(["derive", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["limits"] == found["limits"]


@pytest.mark.parametrize(
    "latex",
    [
        "",
        "=",
        r"\frac{dP_n}{dt} = ",
        r"\input{x}",
        "P_n(t+1) = P_n(t)",
        "x" * 30000,
        r"\dot P_n = 10^{10^{10}} P_{n-1} - P_n",
        r"\dot P_n = \Gamma_{\mathrm{" + "a" * 70 + r"}} (P_{n-1} - P_n)",  # a name was made longer for ever
        r"\dot n_i = \Gamma_\left[n_{i-1} - n_i\right]",
        r"\dot R_n = R_{n-1} - R_n + L(n), \quad \dot L_n = L_{n-1} - L_n",
        r"\partial_t P = -\mu\,\partial_x(FP) + D\,\partial_x^nP",
        r"P_{tt}+2aP_t=c^2+2aP_t=c^2P_{xx}",
    ],
)
def test_hostile_text_ends_in_an_error_of_symdiff(latex: str) -> None:
    with pytest.raises(SymdiffError):
        model_from_latex(latex)


def test_what_stands_beside_a_master_equation_is_put_in_or_refused() -> None:
    walk = r"P(x,t+\tau) = a P(x-\ell,t) + (1 - a) P(x+\ell,t)"
    found = model_from_latex(walk + r", \quad a = \frac{1 + \mu}{2}").model
    assert str(sd.derive(found, regime="long-wave").coefficient("v")) == "ell*mu/tau"
    with pytest.raises(ModelError, match="no part of the master equation"):
        model_from_latex(walk + r", \quad D = \frac{\ell^2}{\tau}")


def test_a_kernel_that_is_defined_beside_the_equation_stands_in_it() -> None:
    """D = lambda sigma^2/2 for jumps of variance sigma^2 at the rate lambda; the loss may stand as its own integral."""
    equation = r"\frac{\partial P(x,t)}{\partial t} = \int W(x|x')P(x',t)\,dx' - P(x,t)\int W(x'|x)\,dx'"
    kernel = r"W(x|x') = \frac{\lambda}{\sqrt{2\pi\sigma^2}}e^{-(x-x')^2/2\sigma^2}"
    model = model_from_latex(f"{equation}, \\quad {kernel}").model
    limit = sd.derive(model)
    lam, sigma = (next(p.symbol for p in model.parameters if p.name == n) for n in ("lam", "sigma"))
    assert limit.diffusion_tensor[0][0] == lam * sigma**2 / 2
    with pytest.raises(SymdiffError, match="depends on the place"):
        model_from_latex(f"{equation}, \\quad W(x|x') = \\lambda x e^{{-(x-x')^2}}")


FOKKER_PLANCK = [  # (LaTeX, coefficient, value): products opened by hand
    (r"\partial_t P = \frac{1}{g}\partial_x(kxP)+\frac{k_BT}{g}\partial_x^2P", "v", "-k*x/g"),
    (r"\partial_t P = -\partial_x[A(x)P]+\tfrac12\partial_x^2[B(x)P]", "v", "A(x)"),
    (r"\partial_t P = \partial_x[D(x)\partial_xP]", "v", "Derivative(D(x), x)"),  # conservative form: (D P)'' - (D' P)'
    (r"\partial_t P = xkP_x+D P_{xx}", "a_0", "-k"),
    (
        r"\partial_t P = D\partial_x\left[e^{-V(x)}\partial_x\left(e^{V(x)}P\right)\right]",
        "v",
        "-D*Derivative(V(x), x)",
    ),
    (r"\partial_t P = D(P_{xx}+P_{yy})+k\partial_x(xP)+k\partial_y(yP)", "v_y", "-k*y"),
]


@pytest.mark.parametrize(("latex", "role", "value"), FOKKER_PLANCK)
def test_fokker_planck_equations_become_motion_of_a_state(latex: str, role: str, value: str) -> None:
    limit = sd.derive(model_from_latex(latex).model)
    assert str(dict(limit.coefficients)[role]) == value


def test_a_scheme_whose_weights_are_no_probabilities_is_said_to_be_one() -> None:
    lax_wendroff = (
        r"u^{n+1}_j = u^n_j - \frac{c\Delta t}{2\Delta x}(u^n_{j+1}-u^n_{j-1})"
        r"+\frac{c^2\Delta t^2}{2\Delta x^2}(u^n_{j+1}-2u^n_j+u^n_{j-1})"
    )
    found = model_from_latex(lax_wendroff)
    assert found.model.signed
    assert "scheme" in found.assumed[-1]
    assert str(dict(sd.derive(found.model).coefficients)["v"]) == "c"


def test_subscripts_that_would_break_the_balance_are_labels() -> None:
    r"""``k_m``, ``\gamma_m`` of mRNA numbered by m; rates that keep the balance stay those of the sites."""
    found = model_from_latex(r"\dot P_m = k_m(P_{m-1} - P_m) + \gamma_m[(m+1)P_{m+1} - mP_m]")
    assert {p.name for p in found.model.parameters} == {"k_m", "gamma_m"}
    assert any("are labels" in note for note in found.assumed)
    sites = model_from_latex(r"\dot P_m = k_{m-1} P_{m-1} - k_m P_m")
    assert not any("are labels" in note for note in sites.assumed)
    with pytest.raises(ModelError):
        model_from_latex(r"\dot P_m = k_m P_{m-1} - 2 k_m P_m")
