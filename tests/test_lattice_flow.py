"""Gradient flow against a twin in NumPy, the heat equation, its order, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import ergodica as erg

L = erg.lattice
SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
SYSTEMS: dict[str, Any] = {"U1": L.U1((4, 3), beta=2.0), "U1 in space": L.U1((2, 3, 4), beta=0.5), "SU2": L.SU2((3, 2, 2), beta=2.0),
                           "SU3": L.SU3((2, 4), beta=4.0), "SU3 in four dimensions": L.SU3((2, 2, 2, 2), beta=5.0),
                           "field": L.Phi4((4, 5), mass2=-1.0, lam=1.0, h=0.3), "XY": L.XY((4, 4), J=np.linspace(-1, 1.5, 32), h=[0.1, 0.4]),
                           "Heisenberg": L.Heisenberg((3, 4), h=0.2), "Villain": L.Villain((4, 3), K=0.7)}  # fmt: skip
LINKS = [name for name in SYSTEMS if "U" in name]


def begin(name: str, chains: int = 2) -> np.ndarray:
    run = erg.sample(SYSTEMS[name], erg.HMC(steps=5), sweeps=1, warmup=30, chains=chains, seed=2, observe="configuration", progress=False)
    return run["configuration"][:, 0]


def matrices(name: str, x: np.ndarray) -> np.ndarray:
    """Links as matrices, (axes, *lattice, n, n)."""
    if name.startswith("U1"):
        return np.exp(1j * x)[..., None, None]
    if name.startswith("SU2"):
        return x[..., 0, None, None] * np.eye(2) + 1j * np.tensordot(x[..., 1:], SIGMA, 1)
    return x[..., 0, :, :] + 1j * x[..., 1, :, :]


def plaquettes(U: np.ndarray) -> list[np.ndarray]:
    dagger = lambda a: np.conj(np.swapaxes(a, -1, -2))
    up = lambda a, mu: np.roll(a, -1, mu)
    return [U[m] @ up(U[n], m) @ dagger(up(U[m], n)) @ dagger(U[n]) for m in range(len(U)) for n in range(m + 1, len(U))]


def twin(name: str, x: np.ndarray, time: float, steps: int) -> tuple[np.ndarray, float]:
    """The scheme of Luescher with staples by rolls: Z = -(the antihermitian, for SU(N) traceless part of U V*)."""
    U = matrices(name, x)
    d, n = len(U), U.shape[-1]
    dagger = lambda a: np.conj(np.swapaxes(a, -1, -2))
    up, down = lambda a, mu: np.roll(a, -1, mu), lambda a, mu: np.roll(a, 1, mu)

    def Z(U: np.ndarray) -> np.ndarray:
        all = []
        for m in range(d):
            V = 0
            for k in range(d):
                if k != m:
                    V = V + U[k] @ up(U[m], k) @ dagger(up(U[k], m))
                    V = V + dagger(down(U[k], k)) @ down(U[m], k) @ down(up(U[k], m), k)
            W = U[m] @ dagger(V)
            A = (W - dagger(W)) / 2
            if n > 1:
                A = A - np.trace(A, axis1=-2, axis2=-1)[..., None, None] / n * np.eye(n)
            all.append(-A)
        return np.array(all)

    eps = time / steps
    turn = lambda A, U: expm(A) @ U
    for _ in range(steps):
        Z0 = eps * Z(U)
        U = turn(Z0 / 4, U)
        Z1 = eps * Z(U)
        U = turn(8 / 9 * Z1 - 17 / 36 * Z0, U)
        Z2 = eps * Z(U)
        U = turn(3 / 4 * Z2 - 8 / 9 * Z1 + 17 / 36 * Z0, U)
    density = sum(np.sum(n - np.trace(p, axis1=-2, axis2=-1).real) for p in plaquettes(U)) / np.prod(U.shape[1 : d + 1])
    return U, (2 if n > 1 else 1) * density


@pytest.mark.parametrize("name", LINKS)
def test_twin(name: str) -> None:
    """Steps of NumPy, to 1e-12. Catches a staple of the wrong orientation, a coefficient of the scheme, a factor 2 in the time."""
    x = begin(name, chains=1)
    flowed = L.gradient_flow(SYSTEMS[name], x, [0.05, 0.15], step=0.05)
    for row, found, E in zip(x, flowed.configurations, flowed.energy, strict=True):
        for k, (time, steps) in enumerate(((0.05, 1), (0.15, 3))):
            U, density = twin(name, row, time, steps)
            np.testing.assert_allclose(matrices(name, found[k]), U, atol=1e-12)
            assert abs(E[k] - density) < 1e-12 * max(density, 1)
    assert flowed.steps.tolist() == [3]


@pytest.mark.parametrize("name", SYSTEMS)
def test_order(name: str) -> None:
    """Third order; energies that only fall; each row by itself, with the bits it has alone; a tolerance that is kept."""
    x, system = begin(name), SYSTEMS[name]
    fine = L.gradient_flow(system, x, 0.2, step=0.002).configurations
    off = [np.abs(L.gradient_flow(system, x, 0.2, step=h).configurations - fine).max() for h in (0.05, 0.025)]
    assert abs(np.log2(off[0] / off[1]) - 3) < 0.4, off
    flowed = L.gradient_flow(system, x, np.linspace(0, 1, 11))
    assert (np.diff(flowed.energy) < 0).all() and np.isclose(flowed.t2E, flowed.t**2 * flowed.energy).all()
    np.testing.assert_allclose(flowed.configurations[:, 0], x, atol=1e-14)
    np.testing.assert_array_equal(L.gradient_flow(system, x[1], np.linspace(0, 1, 11)).configurations, flowed.configurations[1])
    for tolerance in (1e-4, 1e-6):
        kept = L.gradient_flow(system, x, [0.13, 0.2], tolerance=tolerance, step=1.0)
        assert np.abs(kept.configurations[:, 1] - fine[:, 0]).max() < 10 * tolerance and (kept.steps < 100).all(), kept.steps


def test_weak_fields() -> None:
    """In first order of the field the flow of U(1) is heat: F(k, t) = exp(-k^2 t) F(k), k^2 = sum (2 sin(k/2))^2."""
    theory, size = L.U1((4, 6, 5), beta=1.0), 1e-5
    x = size * np.random.default_rng(1).normal(size=(3, 4, 6, 5))
    flowed = L.gradient_flow(theory, x, [0.0, 0.3, 0.9], step=0.002)
    k2 = sum(np.meshgrid(*[(2 * np.sin(np.pi * np.arange(n) / n)) ** 2 for n in (4, 6, 5)], indexing="ij"))
    for t, E in zip(flowed.t, flowed.energy, strict=True):
        exact = 0.0
        for m in range(3):
            for n in range(m + 1, 3):
                F = np.fft.fftn(x[m] + np.roll(x[n], -1, m) - np.roll(x[m], -1, n) - x[n])
                exact += np.sum(np.abs(np.exp(-k2 * t) * F) ** 2) / 120 / 2 / 120
        assert abs(E / exact - 1) < 1e-6, (t, E, exact)


def test_charge() -> None:
    """U(1) in the plane: sum sin P / 2pi, no whole number at first, becomes 2 pi Q sin(2 pi Q/V)/(2 pi Q/V) / 2pi of a constant flux."""
    theory = L.U1((6, 6), beta=1.0)
    x = erg.sample(theory, sweeps=1, warmup=20, chains=40, seed=5, observe="configuration", progress=False)["configuration"][:, 0]
    flowed = L.gradient_flow(theory, x, [0.0, 1.0, 60.0], tolerance=1e-6)
    naive = np.array([[np.sum(plaquettes(matrices("U1", c))[0].imag) / (2 * np.pi) for c in row] for row in flowed.configurations])
    Q = flowed.charge
    assert Q is not None and (Q == np.round(Q)).all() and len(set(Q[:, 2])) > 3
    assert np.abs(naive[:, 0] - Q[:, 0]).max() > 0.3
    np.testing.assert_allclose(naive[:, 2], 36 * np.sin(2 * np.pi * Q[:, 2] / 36) / (2 * np.pi), atol=1e-3)


def test_scale() -> None:
    """The time at which <t^2 E> passes a level, and its error against those of independent halves."""
    theory = L.SU2((4, 4, 4, 4), beta=2.4)
    run = erg.sample(theory, sweeps=8, warmup=30, chains=3, seed=1, observe="configuration", progress=False)
    flowed = L.gradient_flow(theory, run["configuration"], np.linspace(0, 0.6, 7))
    found = flowed.scale(0.02)
    assert 0 < found.value < 0.6 and 0 < found.se < 0.1
    assert abs(np.interp(found.value, flowed.t, flowed.t2E.mean(axis=(0, 1))) - 0.02) < 1e-12
    assert flowed.charge is not None and flowed.charge.shape == (3, 8, 7)
    with pytest.raises(erg.ConvergenceError, match="to pass 5"):
        flowed.scale(5.0)
    with pytest.raises(erg.ConvergenceError, match="to pass 0"):
        flowed.scale(0.0)


X = np.zeros((2, 4, 3))


@pytest.mark.parametrize(("call", "kind", "says"), [
    (lambda: L.gradient_flow(L.Ising((4, 4)), np.ones((4, 4)), 1.0), erg.SpecError, "expected U1"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X[..., 0], 1.0), erg.ShapeError, "4, 3"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X[:, :0], 1.0), erg.ShapeError, "4, 3"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X * 1j, 1.0), erg.ShapeError, "real numbers"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X * np.nan, 1.0), erg.NonFiniteError, "finite"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, [0.3, 0.2]), erg.SpecError, "do not fall"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, -1.0), erg.SpecError, "1e\\+06|times"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, np.inf), erg.ShapeError, "finite"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, []), erg.ShapeError, "a sequence"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, 1.0, step=0.0), erg.SpecError, "step"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, 1e6, step=1e-9), erg.SpecError, "steps"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, 1.0, tolerance=0.0), erg.SpecError, "above 0"),
    (lambda: L.gradient_flow(SYSTEMS["U1"], X, 1.0, tolerance=np.nan), erg.Error, "tolerance"),
    (lambda: L.gradient_flow(SYSTEMS["SU2"], np.ones((3, 3, 2, 2, 4)), 1.0), erg.SpecError, "number 0"),
    (lambda: L.gradient_flow(SYSTEMS["XY"], np.ones((4, 4, 2)), 1.0), erg.SpecError, "unit vectors"),
    (lambda: L.gradient_flow(L.U1((1, 4)), np.zeros((2, 1, 4)), 1.0), erg.SpecError, "at least 2"),
])  # fmt: skip
def test_refusals(call: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        call()
