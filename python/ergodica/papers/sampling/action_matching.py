"""S042: drifts from snapshots of a population, without trajectories."""

from functools import cache
from typing import Any

import numpy as np
from scipy.linalg import solve_banded

import ergodica as erg
from ergodica.papers import Report, recipe

MEAN, VARIANCE = 2.0, 0.25
BOTH = "catalogue, two derivations"


class Polynomial(erg.nn.Module):
    """s = sum_jk c_jk P_j(2t - 1) x^k, k = 1, 2, with Legendre's polynomials; x (batch, 1), t (batch,)."""

    c: np.ndarray

    def __call__(self, x, t):
        u = 2 * t - 1
        p = [u * 0 + 1, u]
        for j in range(1, len(self.c) - 1):
            p.append(((2 * j + 1) * u * p[j] - j * p[j - 1]) / (j + 1))
        a = np.stack(p[: len(self.c)], axis=1) @ self.c
        return a[:, 0] * x[:, 0] + a[:, 1] * x[:, 0] ** 2


class Action(erg.nn.Module):
    """A net that sees t as it is: the loss holds ds/dt, which features of high frequency would make wild."""

    net: erg.nn.MLP

    def __call__(self, x, t):
        return self.net(np.concatenate([x, t[:, None]], axis=1))[:, 0]


def law(t):
    """Mean and standard deviation of q_t for dX = -X dt + sqrt(2) dW from N(2, 1/4)."""
    return MEAN * np.exp(-t), np.sqrt(1 - (1 - VARIANCE) * np.exp(-2 * t))


def snapshots(t, noise, weight=None):
    """Columns of data at times t and at both ends: means plus noise (3, rows) of unit variance times standard deviations."""
    columns = [(m + s * e)[:, None] for (m, s), e in zip((law(t), law(0 * t), law(0 * t + 1)), noise, strict=True)]
    return dict(zip(("x", "x0", "x1"), columns, strict=True)) | {"t": t} | ({} if weight is None else {"weight": weight})


@cache
def expansion(objective):
    """The loss of coefficients and data, its gradient and its curvature."""
    loss = lambda c, data: objective.loss(Polynomial(c), data, None)
    return [erg.compile(f) for f in (loss, erg.grad(loss), erg.hessian(loss))]


def solved(objective, data, degree):
    """The minimum over polynomials, and where: the loss is quadratic in c, so Newton's first step ends there."""
    loss, slope, curve = expansion(objective)
    c = np.zeros((degree + 1, 2))
    c = -np.linalg.solve(curve(c, data).reshape(c.size, -1), slope(c, data).ravel()).reshape(c.shape)
    return float(loss(c, data)), Polynomial(c)


def ends(model, process):
    """Mean and variance at the end of the flow: it is affine in x, so that two points tell."""
    start = np.array([[MEAN], [MEAN + np.sqrt(VARIANCE)]])
    x = erg.generate(model, 2, erg.ODE(100), process=process, start=start)[:, 0]
    return x[0], (x[1] - x[0]) ** 2


def unbalanced(distance, cells=8000):
    """1/2 int int q (s'^2 + s^2) for weights from 0.3 to 0.7 between N(-D, 1) and N(D, 1): -(q s')' + q s = dq/dt by differences, Gauss in t."""
    x = np.linspace(-distance - 9, distance + 9, cells + 1)
    h, faces = x[1] - x[0], (x[1:] + x[:-1]) / 2
    bells = lambda y: np.stack([np.exp(-((y - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (-distance, distance)])
    u, weights = np.polynomial.legendre.leggauss(12)
    rate, total = 0.4 * (bells(x)[1] - bells(x)[0]), 0.0
    for t, w in zip((u + 1) / 2, weights / 2, strict=True):
        shares = np.array([0.7 - 0.4 * t, 0.3 + 0.4 * t])
        q, between = shares @ bells(x), shares @ bells(faces) / h**2
        bands = np.zeros((3, cells + 1))
        bands[0, 1:], bands[2, :-1] = -between, -between
        bands[1] = q
        bands[1, 1:] += between
        bands[1, :-1] += between
        total += w * 0.5 * h * np.sum(solve_banded((1, 1), bands, rate) * rate)
    return total


def mixtures(n, distance, rng):
    """Columns of draws of the same, each time with the other side's share."""
    t = (np.arange(n) + rng.random(n)) / n
    at = lambda t: (np.where(rng.random(n) < 0.3 + 0.4 * t, distance, -distance) + rng.normal(size=n))[:, None]
    return {"x": at(t), "t": t, "x0": at(0 * t), "x1": at(0 * t + 1)}


@recipe("S042", "action-matching", family="sampling", cite="Action Matching: Learning Stochastic Dynamics from Samples")
def run(size="quick", *, rows=200_000, distance=2.0, steps=3000, seed=1):
    """Action Matching: learning stochastic dynamics from samples.

    An action s(x, t) minimises E_q0 s - E_q1 s + int E_qt [ds/dt + |grad s|^2 / 2] dt; then dX = grad s dt carries q_0 to q_t. With sigma^2 lap s / 2
    added it is the drift of dX = grad s dt + sigma dW, with s^2 / 2 added mass grows at the rate s.

    Snapshots of dX = -X dt + sqrt(2) dW from N(2, 1/4). Measured: the loss's least value over polynomials, from exact moments and from draws; where
    the flow ends; that the two learned laws of paths have equal marginals and other covariances; the unbalanced form between two hills, by a net
    beside finite differences. Full size: twelve sets of draws, and more training.
    """
    report, full = Report(), size == "full"
    rng = np.random.default_rng([seed, 42])
    u, w = np.polynomial.legendre.leggauss(40)
    u, w = (u + 1) / 2, w / 2
    m, s = law(u)
    dm, ds = -m, (1 - VARIANCE) * np.exp(-2 * u) / s
    report.claim("least loss", -0.5 * w @ (dm**2 + ds**2), expected=-1.02236, tolerance=6e-6, source=BOTH)

    plain, entropic = erg.ActionMatching(), erg.ActionMatching(sigma=np.sqrt(2))
    signs = np.tile([-1.0, 1.0], (3, len(u)))  # two points a time: the loss needs moments up to the second alone
    exact = snapshots(np.repeat(u, 2), signs, np.repeat(w, 2) * len(u))
    at = {}
    for degree, value in ((2, -1.01236), (4, -1.02181), (6, -1.02233)):
        least, model = solved(plain, exact, degree)
        report.claim(f"the same over polynomials of degree {degree} in t", least, expected=value, tolerance=6e-6, source=BOTH)
        mean, variance = at[degree] = ends(model, plain)
        if degree == 2:
            report.claim("degree 2: mean at the end", mean, expected=0.7386, tolerance=6e-5, source=BOTH)
            report.claim("degree 2: variance at the end", variance, expected=0.8633, tolerance=6e-5, source=BOTH)
    report.claim("degree 6: mean at the end", mean, expected=law(1)[0], tolerance=1e-3, source="closed form 0.7358")
    report.claim("degree 6: variance at the end", variance, expected=law(1)[1] ** 2, tolerance=2e-3, source="closed form 0.8985")

    least, drift = solved(entropic, exact, 4)
    report.claim("entropic, sigma^2 = 2: least loss", least, expected=-1.20254, tolerance=6e-6, source=BOTH)
    line = np.zeros((5, 2))
    line[0, 1] = -0.5
    report.claim("entropic: largest coefficient of s + x^2/2", np.abs(drift.c - line).max(), below=1e-9, source="closed form: the drift is -x")

    found = []
    for _ in range(12 if full else 6):
        t = (np.arange(rows) + rng.random(rows)) / rows
        least, flow = solved(plain, snapshots(t, rng.normal(size=(3, rows))), 4)
        found.append((least, *ends(flow, plain)))
    names = "least loss", "mean at the end", "variance at the end"
    for what, x, value, size_of in zip(names, np.transpose(found), (-1.02181, *at[4]), (0.015, 0.01, 0.015), strict=True):
        report.mean(f"degree 4 from draws: {what}", x, expected=value, source="exact moments")
        report.claim("the same: error of a set (root mean square)", np.sqrt(np.mean((x - value) ** 2)), below=size_of, source="catalogue")

    start = MEAN + np.sqrt(VARIANCE) * rng.normal(size=(rows // 2, 1))
    n = np.sqrt(len(start))
    for name, f, process, method, value in (("flow", model, plain, erg.ODE(50), 0.4739), ("entropic", drift, entropic, erg.SDE(200), 0.0920)):
        end = erg.generate(f, len(start), method, process=process, start=start, seed=seed)[:, 0]
        x, y = (v - v.mean() for v in (start[:, 0], end))
        report.claim(f"{name}: Cov(X_0, X_1)", np.mean(x * y), se=np.std(x * y) / n, expected=value, tolerance=5e-4, source=BOTH)
        report.claim(f"{name}: mean of X_1", end.mean(), se=y.std() / n, expected=law(1)[0], tolerance=0.002, source="closed form")
        report.claim(f"{name}: variance of X_1", np.mean(y**2), se=np.std(y**2) / n, expected=law(1)[1] ** 2, tolerance=0.003, source="closed form")

    for d, value in ((5.0, 0.3389), (3.0, 0.3322), (2.0, 0.2769), (1.0, 0.1198)):
        report.claim(f"unbalanced, D = {d:g}: energy by differences", unbalanced(d), expected=value, tolerance=6e-5, source=BOTH)
    process, count = erg.ActionMatching(unbalanced=True), steps * (3 if full else 1)
    net = Action(erg.nn.MLP(2, [64, 64], 1, dtype="float32", seed=seed))
    data = {k: v.astype("float32") for k, v in mixtures(400_000, distance, rng).items()}
    training: dict[str, Any] = {"batch": 1000, "steps": count, "every": 100, "seed": seed, "progress": False}
    fit = erg.learn(process, net, erg.Adam(erg.learning.schedules.Cosine(3e-3, count)), data=data, **training)
    value = unbalanced(distance)

    @erg.compile
    def parts(model, x, t):
        s, slope = erg.vmap(erg.value_and_grad(lambda x, t: model(x[None], t[None])[0]))(x, t)
        return (slope[:, 0] ** 2 + s**2) / 2, s

    fresh = {k: v.astype("float32") for k, v in mixtures(200_000, distance, rng).items()}
    energies, rates = (v.astype(float) for v in parts(fit.model, fresh["x"], fresh["t"]))
    se = energies.std() / np.sqrt(len(energies))
    report.claim(f"net, D = {distance:g}: energy", energies.mean(), se=se, expected=value, tolerance=0.03 * value, source="differences")
    report.claim("net: mean growth", rates.mean(), se=rates.std() / np.sqrt(len(rates)), expected=0.0, tolerance=0.02, source="mass is kept")
    return report
