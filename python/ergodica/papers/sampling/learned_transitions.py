"""For the recipe of the Hamiltonian filter: its Riemannian variant, of many series at once, and transitions that are learnt from its paths."""

from typing import Any

import numpy as np

import ergodica as erg

Q, R = 10.0, 1.0


def log_likelihood(x, y):
    return -0.5 * (y - x * x / 20) ** 2 / R - 0.5 * np.log(2 * np.pi * R)


def flat(x, y, b):
    """A metric that is the curvature at the modes +-sqrt(20 y) for all x, and its slope: leapfrog with the step of the shipped filter."""
    return np.broadcast_to(1 / Q + b * np.maximum(y, 1) / 5 / R, x.shape), 0.0


def curved(x, y, b):
    """1/Q + b h'(x)^2 / R with h = x^2 / 20, and its slope."""
    return 1 / Q + b * x * x / (100 * R), b * x / (50 * R)


def leapfrogs(x, p, mean, y, b, metric, steps, size):
    """Generalised leapfrog for H = -log N(x; mean, Q) - b log p(y|x) + log G / 2 + p^2 / 2G; NaN where its implicit equations have no root."""

    def slope(x, G, dG):
        return (x - mean) / Q - b * (y - x * x / 20) * x / (10 * R) + 0.5 * dG / G

    with np.errstate(all="ignore"):
        for _ in range(steps):
            G, dG = metric(x, y, b)
            bend, p = size / 4 * dG / G**2, p - size / 2 * slope(x, G, dG)
            p = 2 * p / (1 + np.sqrt(1 - 4 * bend * p))  # the root of p = p0 + bend p^2 that is p0 for small steps
            start = x + size / 2 * p / G
            x = x + size * p / G
            for _ in range(0 if metric is flat else 8):  # Newton's steps for x = start + size p / 2 G(x)
                G, dG = metric(x, y, b)
                x = x - (x - start - size / 2 * p / G) / (1 + size / 2 * p * dG / G**2)
            x = np.where(np.abs(x - start - size / 2 * p / metric(x, y, b)[0]) < 1e-9, x, np.nan)
            G, dG = metric(x, y, b)
            p = p - size / 2 * (slope(x, G, dG) - 0.5 * p * p * dG / G**2)
    return x, p


def move(x, mean, y, b, metric, rng, steps=5, size=0.4):
    """One Metropolised trajectory, refused also where going back does not lead home; the new points and which moved."""

    def energy(x, p):
        G = metric(x, y, b)[0]
        return 0.5 * (x - mean) ** 2 / Q - b * log_likelihood(x, y) + 0.5 * np.log(G) + 0.5 * p * p / G

    p = rng.normal(size=x.shape) * np.sqrt(metric(x, y, b)[0])
    end, q = leapfrogs(x, p, mean, y, b, metric, steps, size)
    good = np.log(rng.random(x.shape)) < energy(x, p) - energy(end, q)
    if metric is curved:
        good &= np.abs(leapfrogs(end, -q, mean, y, b, metric, steps, size)[0] - x) < 1e-6
    return np.where(good, end, x), good


def hamiltonian_filter(f, y, particles, levels, metric, rng):
    """Annealed Hamiltonian moves within a time for series y (series, T), of which x_0 is not seen.

    Gives the log evidence (series,), the mean share of effective particles (series,), that of moves that were taken, and of every time the
    particles, their normalised weights and f(particle), each (series, particles).
    """
    series, T = y.shape
    x = np.sqrt(5.0) * rng.normal(size=(series, particles))
    w = np.full(x.shape, 1 / particles)
    log_z, share, taken, past = np.zeros(series), np.zeros(series), [], []
    for t in range(1, T):
        parent_mean = f(x, t)
        past.append((x, w, parent_mean))
        u = (np.arange(particles) + rng.random((series, 1))) / particles
        parents = np.array([np.minimum(np.searchsorted(np.cumsum(v), k), particles - 1) for v, k in zip(w, u, strict=True)])
        mean = np.take_along_axis(parent_mean, parents, 1)
        x = mean + np.sqrt(Q) * rng.normal(size=mean.shape)
        seen, log_w, last = y[:, t : t + 1], np.zeros(x.shape), 0.0
        for k in range(1, levels + 1):
            b = (k / levels) ** 2
            log_w = log_w + (b - last) * log_likelihood(x, seen)
            x, good = move(x, mean, seen, b, metric, rng)
            taken.append(good.mean())
            last = b
        top = log_w.max(1, keepdims=True)
        w = np.exp(log_w - top)
        log_z += top[:, 0] + np.log(w.mean(1))
        w /= w.sum(1, keepdims=True)
        share += 1 / np.sum(w * w, 1) / particles / (T - 1)
    past.append((x, w, None))
    return log_z, share, np.mean(taken), past


def backward(past, rng):
    """A path of each series (series, T), drawn backwards."""

    def pick(x, w):
        edges = np.cumsum(w, 1)
        return np.take_along_axis(x, np.minimum((edges < rng.random((len(x), 1)) * edges[:, -1:]).sum(1), x.shape[1] - 1)[:, None], 1)

    path = [pick(*past[-1][:2])]
    for x, w, mean in past[-2::-1]:
        log = np.log(w + 1e-300) - 0.5 * (path[-1] - mean) ** 2 / Q
        path.append(pick(x, np.exp(log - log.max(1, keepdims=True))))
    return np.concatenate(path[::-1], 1)


def inputs(x, t):
    """What transitions see: x and the phase of the season."""
    return np.stack([x / 10, np.cos(1.2 * t) + 0 * x, np.sin(1.2 * t) + 0 * x], -1)


def network(seed, width=32):
    """x/2 + 10 mlp(inputs): the function, its first parameters, and what fits them to pairs of paths, by Adam on minibatches."""
    function = lambda mlp, x, t: x / 2 + 10 * mlp(inputs(x, t))[..., 0]
    slope = erg.compile(erg.grad(lambda mlp, u, residual: np.mean((residual - 10 * mlp(u)[..., 0]) ** 2)))
    moments: dict[str, Any] = {}

    def fit(mlp, u, residual, rng, rate, batches=100, batch=500):
        theta = mlp.parameters()
        for _ in range(batches):
            some = rng.integers(len(u), size=batch)
            for name, g in slope(mlp, u[some], residual[some]).parameters().items():
                n, m, v = moments.get(name, (0, 0.0, 0.0))
                n, m, v = n + 1, 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
                moments[name] = n, m, v
                theta[name] = theta[name] - rate * m / (1 - 0.9**n) / (np.sqrt(v / (1 - 0.99**n)) + 1e-8)
            mlp = mlp.replace(theta)
        return mlp

    return function, erg.nn.MLP(3, [width, width], 1, seed=seed), fit


def regression(phi, size):
    """x/2 + phi(inputs) @ theta with theta ~ N(0, 1), whose mean given pairs of paths is a ridge regression."""

    def fit(theta, u, residual, rng, rate):
        P = phi(u)
        return np.linalg.solve(P.T @ P / Q + np.eye(size), P.T @ residual / Q)

    return (lambda theta, x, t: x / 2 + phi(inputs(x, t)) @ theta), np.zeros(size), fit


def process(rng, points=60, sd=15.0, length=0.7):
    """phi of a Gaussian process with kernel sd^2 exp(-r^2 / 2 length^2) that is known at inducing points: k(u, z) L^-T, K = L L'."""
    angle = rng.uniform(0, 2 * np.pi, points)
    z = np.stack([rng.uniform(-2.5, 2.5, points), np.cos(angle), np.sin(angle)], -1)
    kernel = lambda a: sd**2 * np.exp(-0.5 * np.sum((a[..., None, :] - z) ** 2, -1) / length**2)
    root = np.linalg.inv(np.linalg.cholesky(kernel(z) + 1e-6 * sd**2 * np.eye(points))).T
    return lambda u: kernel(u) @ root


def train(model, y, rng, rounds, particles=100, levels=3):
    """Expectation-maximisation, for which paths are drawn anew in every round; by Fisher's identity it climbs the evidence."""
    function, theta, fit = model
    t = np.arange(1, y.shape[1])
    for k in range(rounds):
        past = hamiltonian_filter(lambda x, t: function(theta, x, t), y, particles, levels, flat, rng)[-1]  # noqa: B023
        path = np.concatenate([backward(past, rng) for _ in range(2)])
        u = inputs(path[:, :-1], t).reshape(-1, 3)
        theta = fit(theta, u, (path[:, 1:] - path[:, :-1] / 2).ravel(), rng, 5e-3 * min(1, 2 * (1 - k / rounds)))
    return theta
