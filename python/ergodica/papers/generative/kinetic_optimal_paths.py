"""S056: Gaussian paths of least kinetic energy, and what one scalar function of the data says of them."""

from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.special import logsumexp

import ergodica as erg
from ergodica.papers import Report, recipe


def two_points(s):
    """lambda of x_1 = +-1 in one coordinate: E tanh(s^2 + s z)."""
    z = np.linspace(-10, 10, 4001)
    return np.sum(np.exp(-0.5 * z**2) * np.tanh(s**2 + s * z)) / np.sum(np.exp(-0.5 * z**2))


def angle(separation, phi):
    """dpsi/dphi = sqrt(lambda / cos^2 - tan^2) at s = tan phi."""
    return np.sqrt(max(separation(np.tan(phi)) - np.sin(phi) ** 2, 0.0)) / np.cos(phi)


def energy(path, separation):
    """int [(sigma'/sigma)^2 (alpha^2 + sigma^2) + 2 (sigma'/sigma) c alpha + c^2 lambda(alpha/sigma)] dt, c = alpha' - alpha sigma'/sigma."""

    def rate(t):
        a, s, da, ds = path(t)
        c = da - a * ds / s
        return (ds / s) ** 2 * (a**2 + s**2) + 2 * (ds / s) * c * a + c**2 * separation(a / s)

    return quad(rate, 1e-9, 1 - 1e-6, limit=200, epsabs=1e-8)[0]


def straight(t):
    return t, 1 - t, 1.0, -1.0


def trigonometric(t):
    p = np.pi / 2
    return np.sin(p * t), np.cos(p * t), p * np.cos(p * t), -p * np.sin(p * t)


def along(phi, t, r, separation):
    """The energy of the path through points t, r, phi, in the terms of :func:`energy` at the middles of its pieces."""
    a, s, dt = r * np.sin(phi), r * np.cos(phi), np.diff(t)
    da, ds, a, s = np.diff(a), np.diff(s), (a[1:] + a[:-1]) / 2, (s[1:] + s[:-1]) / 2
    c = da - a * ds / s
    return np.sum(((ds / s) ** 2 * (a**2 + s**2) + 2 * (ds / s) * c * a + c**2 * np.array([separation(x) for x in a / s])) / dt)


def optimal(separation, n=2000):
    """phi, t, r of the chord of the circle r = 1 over the angle Psi: r cos(psi - Psi/2) = cos(Psi/2)."""
    phi = np.linspace(0, np.pi / 2, n + 1)
    psi = np.concatenate([[0], np.cumsum([angle(separation, p) for p in (phi[1:] + phi[:-1]) / 2])]) * phi[1]
    t = np.sin(psi) / (np.sin(psi) + np.sin(psi[-1] - psi))
    return phi, t, np.cos(psi[-1] / 2) / np.cos(psi - psi[-1] / 2)


def finite(n, d, s, sets, rng, draws=1000):
    """lambda(s) of sets of n points N(0, 1) in d coordinates, rescaled to E|x|^2 = d; (sets)."""
    found = []
    for _ in range(sets):
        x = rng.normal(size=(n, d))
        x *= np.sqrt(n * d / np.sum(x**2))
        y = s * x[rng.integers(n, size=draws)] + rng.normal(size=(draws, d))
        z = s * y @ x.T - 0.5 * s**2 * np.sum(x**2, 1)
        found.append(np.mean(np.sum((np.exp(z - logsumexp(z, 1, keepdims=True)) @ x) ** 2, 1)) / d)
    return np.array(found)


WIDTH = 0.1411
CENTRE = np.sqrt(1 - WIDTH**2)  # 0.99, so that E|x|^2 = 2: an error of 1e-5 in it makes energies infinite at t = 1


def corners(n, rng):
    """Four Gaussians of standard deviation 0.1411 at (+-0.99, +-0.99)."""
    return CENTRE * rng.choice([-1.0, 1.0], (n, 2)) + WIDTH * rng.normal(size=(n, 2))


def corner_separation(s, centre=CENTRE, variance=WIDTH**2):
    """lambda of one of its coordinates; both are alike and independent. D = E[x_1|y] = (centre tanh(u) + s v y) / (1 + s^2 v), u = s centre y / S."""
    S = 1 + s**2 * variance  # y = s x_1 + z given the side: N(+-s centre, S)
    y = s * centre + np.sqrt(S) * np.linspace(-10, 10, 4001)
    w = np.exp(-0.5 * (y - s * centre) ** 2 / S)
    mean = (centre * np.tanh(s * centre * y / S) + s * variance * y) / S
    return np.sum(w * mean**2) / np.sum(w)


@recipe("S056", "kinetic-optimal-paths", family="generative", cite="On Kinetic Optimal Probability Paths for Generative Models")
def run(size="quick", *, sets=30, steps=None, seed=1):
    """Kinetic optimal Gaussian probability paths.

    x_t = alpha x_1 + sigma x_0, x_0 ~ N(0, 1), E|x_1|^2 = d. The kinetic energy of the marginals' velocity depends on the data by one function,
    lambda(s) = E|E[x_1|x_t]|^2 / d at s = alpha / sigma. With r^2 = alpha^2 + sigma^2, s = tan phi and dpsi = sqrt(lambda / cos^2 - tan^2) dphi it
    is int (r'^2 + r^2 psi'^2) dt: straight lines in a plane, least at 2 (1 - cos Psi), Psi the whole angle. Points far apart have lambda = 1, where
    alpha = t, sigma = 1 - t is that line.

    Measured: Psi and energies of three paths for two points, Gaussian data and lambda = 1; the energy along the optimal path itself; lambda of n
    points in d coordinates; the same from a trained velocity of four Gaussians in the plane, which is asked for on the circle
    r = 1, where it is bounded, whatever the path.
    """
    report = Report()
    closed = {"tolerance": 1e-4, "source": "catalogue, two derivations"}

    def energies(name, separation, expected, tolerance=1e-4):
        psi = quad(lambda p: angle(separation, p), 0, np.pi / 2 - 1e-7, limit=200)[0]
        found = psi, 2 * (1 - np.cos(psi)), energy(straight, separation), energy(trigonometric, separation)
        for what, x, e in zip(("Psi", "least energy", "straight path", "trigonometric path"), found, expected, strict=True):
            if e is not None:
                report.claim(f"{name}: {what}", x, expected=e, **{**closed, "tolerance": tolerance})
        return psi

    energies("lambda = 1", lambda s: 1.0, (np.pi / 2, 2.0, 2.0, np.pi**2 / 4))
    energies("Gaussian data", lambda s: s**2 / (1 + s**2), (0.0, 0.0, 2 - np.pi / 2, 0.0))
    psi = energies("two points", two_points, (0.691264, 0.459119, 0.982398, 0.868956))
    four = energies("four Gaussians", corner_separation, (0.5497, 0.2947, 0.7788, 0.5491))

    phi, t, r = optimal(two_points)
    best = along(phi, t, r, two_points)
    report.claim("two points: energy along the chord", best, expected=2 * (1 - np.cos(psi)), tolerance=1e-3, source="closed form; 2000 pieces")
    wave = lambda k: 0.1 * np.sin(k * np.pi * t)
    bent = [along(p, t, q, two_points) for k in (1, 2, 3) for p, q in ((phi, r * np.exp(wave(k))), (phi * np.exp(wave(k) * t * (1 - t)), r))]
    report.claim("two points: least energy of six bent paths, less that", min(bent) - best, above=0.0, source="it is the minimum")

    rng = np.random.default_rng([seed, 56])
    for d, value in ((4, 0.225), (64, 0.892), (256, 1.0)):
        words: dict[str, Any] = {"expected": value, "tolerance": 0.005, "source": "catalogue, +- 0.02, two derivations"}
        report.mean(f"64 points in {d} coordinates: lambda(1/2)", finite(64, d, 0.5, sets, rng), **words)

    # On the circle the velocity is (pi/2) u(y, phi), u = E[cos phi x_1 - sin phi x_0|y] and dpsi/dphi = sqrt(E|u|^2 / d); others follow from it
    full = size == "full"
    count, width = steps or (6000 if full else 2000), 128 if full else 64
    net = erg.nn.MLP(2, [width, width], 2, activation="silu", time=16, dtype="float32", seed=seed)
    schedule, data = erg.learning.schedules.Cosine(5e-3, count), corners(200_000, rng).astype("float32")
    training: dict[str, Any] = {"batch": 1024 if full else 512, "steps": count, "every": 100, "seed": seed, "progress": False}
    fit = erg.learn(erg.FlowMatching(path="trigonometric"), net, erg.Adam(schedule), data=data, **training)
    x, w = np.polynomial.legendre.leggauss(24)
    phi, w = (x + 1) * np.pi / 4, w * np.pi / 4
    velocity, speeds = erg.compile(lambda model, y, t: model(y, t)), []
    for p in phi:
        x1, x0 = corners(40_000, rng), rng.normal(size=(40_000, 2))
        y = np.sin(p) * x1 + np.cos(p) * x0
        u = velocity(fit.model, y.astype(np.float32), np.full(len(y), 2 * p / np.pi, np.float32)) * (2 / np.pi)
        speeds.append(np.mean(np.sum(u * (np.cos(p) * x1 - np.sin(p) * x0), 1)) / 2)  # E u.target: the net's error does not add its square
    speed, t = np.maximum(speeds, 0), np.tan(phi) / (1 + np.tan(phi))
    found = np.sum(w * np.sqrt(speed))
    loose = "quadrature; the net's own error"
    report.claim("net: Psi", found, expected=four, tolerance=0.03 * four, source=loose)
    report.claim("net: least energy", 2 * (1 - np.cos(found)), expected=0.2947, tolerance=0.03 * 0.2947, source=loose)
    report.claim("net: straight path", np.sum(w * ((2 * t - 1) ** 2 + speed)), expected=0.7788, tolerance=0.05 * 0.7788, source=loose)
    report.claim("net: trigonometric path", np.pi / 2 * np.sum(w * speed), expected=0.5491, tolerance=0.05 * 0.5491, source=loose)
    return report
