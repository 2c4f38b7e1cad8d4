"""Spheres, Stiefel manifolds, rotations, special unitary matrices, angles: closed forms and quadrature. Bounds: 4.9 standard errors, 1e-6 a test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import iv, ive

import ergodica as erg

HMC, NUTS = erg.GeodesicHMC(steps=8), erg.GeodesicNUTS()


def near(run: Any, exact: dict[str, Any]) -> None:
    for name, want in exact.items():
        e = run.estimate(name)
        pull = np.abs(np.asarray(e.value) - want) / np.asarray(e.se)
        assert np.max(pull) < 4.9, (name, e.value, want, pull)
        assert np.max(np.asarray(e.se)) < 0.03, (name, e.se)


def draw(f: Any, space: Any, method: Any, draws: int = 2000, **o: Any) -> Any:
    return erg.sample(f, method, space=space, draws=draws, warmup=400, seed=11, progress=False, **o)


@pytest.mark.parametrize("method", [HMC, NUTS], ids=repr)
@pytest.mark.parametrize("n, kappa", [(2, 1.5), (3, 4.0), (10, 6.0)])
def test_von_mises_fisher(method: Any, n: int, kappa: float) -> None:
    """exp(kappa x_0) on S^1, S^2, S^9: <x_0> = I_n/2(kappa) / I_n/2-1(kappa) = A, <x_0^2> = 1 - (n - 1) A / kappa. Catches the measure of the space
    around in place of the surface's, and kicks that are not projected."""
    A = ive(n / 2, kappa) / ive(n / 2 - 1, kappa)
    run = draw(
        lambda x: -kappa * x[0], erg.Sphere(n), method, observe={"first": lambda x: x[0], "square": lambda x: x[0] ** 2, "other": lambda x: x[1]}
    )
    near(run, {"first": A, "square": 1 - (n - 1) * A / kappa, "other": 0.0})
    assert np.abs(np.linalg.norm(run["x"], axis=-1) - 1).max() < 1e-13


def test_fisher_bingham() -> None:
    """exp(x' A x + b x) on S^2 with A of three eigenvalues, against quadrature over polar coordinates; at kT = 2 too."""
    A, b = np.array([[1.0, 0.8, 0.0], [0.8, -2.0, 0.5], [0.0, 0.5, 1.5]]), np.array([0.3, 1.0, -0.7])
    z, w = np.polynomial.legendre.leggauss(80)
    phi = np.arange(160) * 2 * np.pi / 160
    s = np.sqrt(1 - z**2)
    x = np.stack([s[:, None] * np.cos(phi), s[:, None] * np.sin(phi), z[:, None] * np.ones(160)], axis=-1)
    run = draw(
        lambda x: -(x @ A @ x) - b @ x, erg.Sphere(3), NUTS, draws=4000, kT=[1.0, 2.0], observe={"m": lambda x: x, "mm": lambda x: x[:, None] * x}
    )
    weight = [w[:, None] * np.exp((np.einsum("abi,ij,abj->ab", x, A, x) + x @ b) / kT) for kT in (1.0, 2.0)]
    near(
        run,
        {
            "m": np.array([np.einsum("ab,abi->i", p, x) / p.sum() for p in weight]),
            "mm": np.array([np.einsum("ab,abi,abj->ij", p, x, x) / p.sum() for p in weight]),
        },
    )


def rotations() -> tuple[np.ndarray, np.ndarray]:
    """Points and weights for Haar's measure of SO(3), in Euler's angles."""
    z, w = np.polynomial.legendre.leggauss(24)
    a = np.arange(48) * 2 * np.pi / 48
    about = lambda t: np.stack(
        [np.stack([np.cos(t), -np.sin(t), 0 * t], -1), np.stack([np.sin(t), np.cos(t), 0 * t], -1), np.stack([0 * t, 0 * t, 0 * t + 1], -1)], -2
    )
    s = np.sqrt(1 - z**2)
    tilt = np.stack([np.stack([z, 0 * z, s], -1), np.stack([0 * z, 0 * z + 1, 0 * z], -1), np.stack([-s, 0 * z, z], -1)], -2)
    x = np.einsum("aij,bjk,ckl->abcil", about(a), tilt, about(a)).reshape(-1, 3, 3)
    return x, np.tile(w[None, :, None], (48, 1, 48)).reshape(-1)


F = np.array([[2.0, 0.5, -0.3], [0.0, 1.0, 0.4], [0.2, -0.6, -1.5]])


@pytest.mark.parametrize("method", [HMC, NUTS], ids=repr)
def test_matrix_langevin(method: Any) -> None:
    """exp(tr F' x) on SO(3), and on the Stiefel manifold of two columns, which a third one completes, against quadrature."""
    x, w = rotations()
    for space, G in ((erg.SO(3), F), (erg.Stiefel(3, 2), F[:, :2])):
        p = w * np.exp(np.einsum("ij,aij->a", G, x[:, :, : G.shape[1]]))
        want = np.einsum("a,aij->ij", p, x[:, :, : G.shape[1]]) / p.sum()
        run = draw(lambda x, G=G: -np.sum(G * x), space, method, observe={"m": lambda x: x, "q": lambda x: x[0, 0] ** 2})
        near(run, {"m": want, "q": (p * x[:, 0, 0] ** 2).sum() / p.sum()})
        off = np.swapaxes(run["x"], -1, -2) @ run["x"] - np.eye(G.shape[1])
        assert np.abs(off).max() < 1e-13
        assert G.shape[1] == 2 or np.abs(np.linalg.det(run["x"]) - 1).max() < 1e-13


@pytest.mark.parametrize("method", [HMC, NUTS], ids=repr)
def test_one_link(method: Any) -> None:
    """exp(beta / n Re tr U): on SU(2) <tr U / 2> = I_2(beta) / I_1(beta); on SU(3) by Weyl's integral over eigenvalues."""
    beta = 3.0
    run = draw(
        lambda u: -beta / 2 * np.trace(u).real, erg.SU(2), method, observe={"t": lambda u: np.trace(u).real / 2, "i": lambda u: u[0, 1].imag ** 2}
    )
    t = iv(2, beta) / iv(1, beta)
    near(run, {"t": t, "i": t / beta})
    a = np.arange(120) * 2 * np.pi / 120
    e = np.exp(1j * np.stack(np.broadcast_arrays(a[:, None], a[None], -a[:, None] - a[None])))
    p = np.abs((e[0] - e[1]) * (e[1] - e[2]) * (e[2] - e[0])) ** 2 * np.exp(beta / 3 * e.sum(0).real)
    run = draw(
        lambda u: -beta / 3 * np.trace(u).real, erg.SU(3), method, observe={"t": lambda u: np.trace(u).real / 3, "s": lambda u: np.trace(u).imag ** 2}
    )
    near(run, {"t": (p * e.sum(0).real).sum() / 3 / p.sum(), "s": (p * e.sum(0).imag ** 2).sum() / p.sum()})
    off = np.conj(np.swapaxes(run["x"], -1, -2)) @ run["x"] - np.eye(3)
    assert np.abs(off).max() < 1e-13 and np.abs(np.linalg.det(run["x"]) - 1).max() < 1e-13


@pytest.mark.parametrize(
    "space, n, real", [(erg.Sphere(5), 5, True), (erg.Stiefel(5, 2), 5, True), (erg.SO(4), 4, True), (erg.SU(3), 3, False)], ids=repr
)
def test_uniform(space: Any, n: int, real: bool) -> None:
    """Without an energy: <|x|^2> = 1/n of an element, <|x|^4> = 3 / n(n+2) or 2 / n(n+1), in all of 3 points at once. Starts are uniform, too."""
    many = type(space)(*space._described(), 3)
    observe = {"two": lambda x: np.abs(x) ** 2, "four": lambda x: np.abs(x) ** 4}
    run = draw(lambda x: 0.0 * np.sum(np.abs(x) ** 2), many, NUTS, draws=300, observe=observe)
    near(run, {"two": 1 / n, "four": 3 / (n * (n + 2)) if real else 2 / (n * (n + 1))})
    first = erg.sample(lambda x: 0.0 * np.sum(np.abs(x) ** 2), space=many, draws=1, warmup=0, chains=200, observe=observe, seed=1, progress=False)[
        "four"
    ]
    assert abs(first.mean() - (3 / (n * (n + 2)) if real else 2 / (n * (n + 1)))) < 0.025


def test_products() -> None:
    """x = (mu, tau, n, theta) with n ~ von Mises and Fisher (3), mu | n ~ N(n_0, 1/4), tau ~ Gamma(3), theta | tau ~ von Mises (tau):
    <mu> = A(3) on S^2, <mu^2> = 1/4 + <n_0^2>, <tau> = 3 and <cos theta> = <I_1(tau) / I_0(tau)>. Every block by its own geometry."""
    from scipy.integrate import quad
    from scipy.special import i0e

    def f(p: dict[str, Any]) -> Any:
        k = p["tau"]
        log_i0 = erg_log_i0(k)
        return 2 * (p["mu"] - p["n"][0]) ** 2 - 3 * p["n"][0] + k - 2 * np.log(k) - k * np.cos(p["theta"] - 1.0) + log_i0

    def erg_log_i0(k: Any) -> Any:  # log I_0 by its integral, smooth and traced
        t = (np.arange(64) + 0.5) * np.pi / 64
        return np.log(np.mean(np.exp(k * (np.cos(t) - 1)))) + k

    space = {"mu": erg.Real(), "tau": erg.Positive(), "n": erg.Sphere(3), "theta": erg.Torus()}
    A = 1 / np.tanh(3) - 1 / 3
    c = quad(lambda k: 0.5 * k**2 * np.exp(-k) * ive(1, k) / i0e(k), 0, 60)[0]
    exact = {"mu": A, "mu2": 0.25 + 1 - 2 * A / 3, "tau": 3.0, "c": c, "s": 0.0}
    observe = {"mu2": lambda p: p["mu"] ** 2, "c": lambda p: np.cos(p["theta"] - 1), "s": lambda p: np.sin(p["theta"] - 1)}
    for method in (HMC, NUTS):
        run = draw(f, space, method, draws=3000, observe=observe)
        e = {k: run.estimate(k) for k in exact}
        for k, want in exact.items():
            assert abs(float(e[k].value) - want) < 4.9 * float(e[k].se), (k, e[k], want)
        assert (np.abs(run["theta"]) <= np.pi).all()


SLICES = [erg.Slice(), erg.Slice(lines="random"), erg.EllipticalSlice()]
FLAT = [erg.NUTS(), erg.HMC(steps=8), erg.MALA(), erg.RandomWalk(), erg.AdjustedMCLMC(), *SLICES]


@pytest.mark.parametrize("method", [*FLAT, NUTS], ids=repr)
def test_torus(method: Any) -> None:
    """Von Mises on angles whose mode lies across the seam, by every kernel for flat spaces: <cos> = I_1 / I_0. Angles are recorded in [-pi, pi).
    Catches slices of the whole circle whose widths grow until angles are rounding, and ellipses through the seam."""
    k, draws = np.array([0.5, 3.0]), 8000 if isinstance(method, erg.MALA) else 2000
    observe = {"c": lambda x: np.cos(x - 3), "s": lambda x: np.sin(x - 3)}
    run = draw(lambda x: -np.sum(k * np.cos(x - 3.0)), erg.Torus(2), method, draws=draws, observe=observe)
    near(run, {"c": iv(1, k) / iv(0, k), "s": np.zeros(2)})
    assert (run["x"] >= -np.pi).all() and (run["x"] <= np.pi).all() and np.abs(run.final).max() <= np.pi


@pytest.mark.parametrize("method", [erg.StretchMove(), erg.DifferentialEvolution()], ids=repr)
def test_torus_of_a_flock(method: Any) -> None:
    """The same by walkers that move together. Catches stretches through the seam, from where the way back is another (cosine off by 0.1)."""
    cosines = []
    for seed in range(16):
        run = erg.sample(lambda x: -1.5 * np.cos(x[0] - 2), method, space=erg.Torus(2), chains=12, draws=500, warmup=100, seed=seed, progress=False)
        cosines.append(np.cos(run["x"][..., 0] - 2).mean())
    assert abs(np.mean(cosines) - iv(1, 1.5) / iv(0, 1.5)) < 9 * np.std(cosines, ddof=1) / 4  # t of 15 degrees


def test_torus_in_time() -> None:
    """A free rotor goes round: angles are recorded in [-pi, pi)."""
    run = erg.simulate(
        lambda x: 0.0 * np.sum(x),
        erg.Verlet(),
        space=erg.Torus(2),
        time=10.0,
        every=1.0,
        start=np.zeros(2),
        velocities=np.array([1.0, -2.0]),
        chains=1,
        progress=False,
    )
    want = np.arange(11)[:, None] * np.array([1.0, -2.0])
    np.testing.assert_allclose(np.exp(1j * run["x"][0]), np.exp(1j * want), atol=1e-12)
    assert np.abs(run["x"]).max() <= np.pi


def test_promises() -> None:
    """Bits for threads; starts; a run that goes on; which methods fit; a field of many spins."""
    J = lambda s: -np.sum(s * (np.roll(s, 1, 0) + np.roll(s, 1, 1)))
    space = erg.Sphere(3, 4, 4)
    a = erg.sample(J, space=space, draws=30, warmup=50, seed=1, progress=False)
    assert (
        a["x"].shape == (4, 30, 4, 4, 3) and (a["x"] == erg.sample(J, space=space, draws=30, warmup=50, seed=1, threads=1, progress=False)["x"]).all()
    )
    assert np.isfinite(erg.sample(J, space=space, start=a, draws=5, seed=2, progress=False)["x"]).all()
    u = erg.sample(lambda u: -np.trace(u).real, space=erg.SU(2), draws=1, warmup=0, start=np.eye(2), seed=1, progress=False)
    assert u["x"].dtype == np.complex128
    start = erg.sample(
        J, erg.GeodesicHMC(step_size=1e-9, steps=1, jitter=0.0), space=space, draws=1, warmup=0, start="ordered", seed=1, progress=False
    )
    assert np.abs(start["x"] - np.array([1.0, 0, 0])).max() < 1e-7


def test_bad_input() -> None:
    f, S = lambda x: np.sum(x), erg.Sphere(3)
    for call, match in [
        (lambda: erg.sample(f, erg.NUTS(), space=S), "NUTS does not follow .* sphere; there are: GeodesicHMC, GeodesicNUTS"),
        (lambda: erg.sample(lambda p: p["b"], erg.RandomWalk(), space={"a": S, "b": erg.Real()}), "does not follow"),
        (lambda: erg.simulate(f, space=S, time=1.0), "simulate moves x itself"),
        (lambda: erg.Sphere(1), "at least 2"),
        (lambda: erg.Stiefel(2, 3), "at most 2"),
        (lambda: erg.SO(1), "at least 2"),
        (lambda: erg.Sphere(3, -1), "at least 0"),
        (lambda: erg.sample(f, space=S, start=np.ones(3)), "length 1"),
        (lambda: erg.sample(f, space=S, start=np.zeros(3)), "length 1"),
        (lambda: erg.sample(f, space=S, start=np.full(3, np.nan)), "length 1"),
        (lambda: erg.sample(f, space=S, start=np.ones(2)), "expected one"),
        (lambda: erg.SO(2).back(np.diag([1.0, -1.0])), "determinant 1"),
        (lambda: erg.Stiefel(2, 1).back(np.ones((2, 1))), "orthonormal"),
        (lambda: erg.SU(2).back(np.diag([1.0, -1.0]).astype(complex)), "determinant 1"),
        (lambda: erg.GeodesicNUTS(metric="dense"), "expected one of"),
        (lambda: erg.sample(lambda u: np.trace(u), space=erg.SU(2)), "real scalar"),
        (lambda: erg.sample(erg.black_box(lambda x: x[:, 0], lambda x: x), space=S), "without a geometry"),
    ]:
        with pytest.raises(erg.Error, match=match):
            call()


@pytest.mark.parametrize("f, space, log_z", [
    (lambda x: -3.0 * x[0], erg.Sphere(3), np.log(4 * np.pi * np.sinh(3) / 3)),
    (lambda u: -np.trace(u).real, erg.SU(2), np.log(iv(1, 2.0))),
    (lambda x: -2.0 * np.trace(x), erg.SO(2), np.log(iv(0, 4.0))),
    (lambda v: -2 * v["s"][0] * np.cos(v["t"]) + 0.5 * v["y"] ** 2, dict(s=erg.Sphere(2), t=erg.Torus(), y=erg.Real()),
     np.log(4 * np.pi**2 * iv(0, 1.0) ** 2 * np.sqrt(2 * np.pi))),
], ids=["sphere", "SU(2)", "SO(2)", "product"])  # fmt: skip
def test_evidence_from_a_uniform_reference(f: Any, space: Any, log_z: float) -> None:
    """Spheres by area, groups by Haar's measure, products with angles and numbers, against closed forms, by 24 populations (t of 23 degrees).
    Catches a reference that is Gaussian there, a volume that is left out."""
    run = erg.sample(f, erg.SMC(), space=space, draws=500, chains=24, seed=2, progress=False)
    e = run.log_evidence
    assert abs(e.value - log_z) / e.se < 5.7 and e.se < 0.03, (e, log_z)
