"""S133: neurons of a layer as charges on a sphere that repel each other."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

THOMSON = {4: 3.674234614, 5: 6.474691495, 6: 9.985281374, 8: 19.675287861, 12: 49.165253058, 20: 150.881568334}


def energy(w, s=1.0, half=False):
    """E_s = sum_(i<j) |u_i - u_j|^-s of the directions u of rows w (N, d), -log for s = 0; with ``half`` of the 2N points u and -u."""
    u = w / np.sqrt(np.sum(w * w, -1, keepdims=True))
    u = np.concatenate([u, -u]) if half else u
    n = len(u)
    first, second = np.triu_indices(n, 1)
    squares = 2 - 2 * np.reshape(u @ u.T, (n * n,))[first * n + second]
    return -0.5 * np.sum(np.log(squares)) if s == 0 else np.sum(squares ** (-s / 2))


def minima(N, d, starts, seed, s=1.0, half=False, steps=3000):
    """Energies that descent on the sphere ends at from random starts: that of E(w / |w|), whose gradient is tangent."""
    rng = np.random.default_rng([seed, N, d])
    points = [{"w": w / np.linalg.norm(w, axis=-1, keepdims=True)} for w in rng.normal(size=(starts, N, d))]
    method = erg.SGD(0.5 / (1 + half) / N**1.5, momentum=0.9, clip=10.0)
    fit = erg.learn(lambda m: energy(m["w"], s, half), points, method, members=starts, steps=steps, every=steps, seed=seed, progress=False)
    return np.array([energy(m["w"], s, half) for m in fit.model])


def simplex(N, s=1.0):
    """The least E_s of N points where d >= N - 1: all distances are sqrt(2N / (N - 1))."""
    r, pairs = np.sqrt(2 * N / (N - 1)), N * (N - 1) / 2
    return pairs * (-np.log(r) if s == 0 else r**-s)


def mixture(seed, n):
    """Points of ten Gaussians in 32 dimensions, and their labels as unit vectors: n to train, 5000 to test."""
    rng = np.random.default_rng([seed, 133])
    means, label = 0.4 * rng.normal(size=(10, 32)), rng.integers(10, size=n + 5000)
    x, y = means[label] + rng.normal(size=(n + 5000, 32)), np.eye(10)[label]
    return (x[:n], y[:n]), (x[n:], y[n:])


def per_pair(model):
    """E_1 over the number of pairs, of each layer."""
    return [energy(w) / (len(w) * (len(w) - 1) / 2) for w in (layer.weight for layer in model.layers)]


def classified(strength, seed, n, steps):
    """Energy per pair of each layer and test accuracy after a training with the energy in the loss."""
    train, (x, y) = mixture(seed, n)

    def loss(model, batch):
        entropy = -np.mean(np.sum(batch[1] * erg.nn.log_softmax(model(batch[0])), -1))
        return entropy + strength * sum(per_pair(model)) if strength else entropy

    mlp = erg.nn.MLP(32, [64, 64], 10, activation="relu", init=erg.nn.initialisers.he, seed=seed)
    model = erg.learn(loss, mlp, erg.Adam(1e-3), data=train, steps=steps, every=100, seed=seed, progress=False).model
    return np.array(per_pair(model)), np.mean(np.argmax(model(x), -1) == np.argmax(y, -1))


@recipe("S133", "min-hyperspherical-energy", family="learning", cite="Liu et al., Learning towards Minimum Hyperspherical Energy, arXiv:1805.09298")
def run(size="quick", *, starts=12, strengths=(0.0, 0.1, 1.0), n=300, steps=1000, seeds=None, seed=1):
    """Charges on a sphere find the known minima of Thomson's problem; as a term of the loss their energy spreads the neurons of a network.

    E_s = sum_(i<j) |u_i - u_j|^-s, u_i = w_i / |w_i|, each pair once; d = 3, s = 1 is Thomson's problem, and for d >= N - 1 the simplex with all
    distances sqrt(2N/(N-1)) is the minimum. With the mirror points -u_i (half-space) three axes make an octahedron, six an icosahedron.

    A network 32-64-64-10 with He's initial weights is trained on 300 points of ten Gaussians; the loss is entropy + lambda sum_layers E_1 / pairs.
    Measured are the energy per pair, which stays above the simplex's, and the accuracy beside lambda = 0 on the same points: the paper claims a
    gain, here none is to be expected.
    """
    report = Report()
    published, closed = "catalogue, equal to published values", "closed form"
    for N, expected in THOMSON.items():
        found = minima(N, 3, starts, seed)
        report.claim(f"Thomson, N = {N}: energy, farthest of {starts} starts", found.max(), expected=expected, tolerance=1e-6, source=published)
    for N, name, expected in ((3, "octahedron", THOMSON[6]), (6, "icosahedron", THOMSON[12])):
        found = minima(N, 3, starts, seed, half=True)
        report.claim(f"half-space, N = {N}: {name}", found.min(), expected=expected, tolerance=1e-6, source="its energy")
    report.claim("simplex of N = 8", simplex(8), expected=18.520259, tolerance=1e-6, source="catalogue, two derivations")
    for s in (0.0, 1.0, 2.0):
        report.claim(f"N = 8, d = 10, s = {s:g}", minima(8, 10, starts, seed, s).max(), expected=simplex(8, s), tolerance=1e-6, source=closed)

    full = size == "full"
    seeds = seeds or (10 if full else 2)
    every = strengths if full else (strengths[0], strengths[-1])
    runs = {k: [classified(k, s, n, steps) for s in range(seed, seed + seeds)] for k in every}
    pairs, right = ({k: np.array([r[i] for r in v]) for k, v in runs.items()} for i in (0, 1))
    bound = np.array([simplex(N) / (N * (N - 1) / 2) for N in (64, 64, 10)])
    least = min(np.min(p - bound) for p in pairs.values())
    report.claim("energy per pair less the simplex's, least of all layers", least, above=0.0, source=closed)
    none, most = every[0], every[-1]
    change = np.max(pairs[most].mean(1) - pairs[none].mean(1))
    report.claim(f"change of the mean energy per pair at lambda = {most:g}, largest", change, below=0.0, source="the paper's claim")
    for k, trial in ((0.0, 0.7067), (0.1, 0.7013), (1.0, 0.6952)):
        if k in pairs and (n, steps) == (300, 1000):
            words: dict[str, Any] = {"se": 0.0013 * np.sqrt(1 / seeds + 1 / 10), "source": "catalogue: trial of ten seeds, sd 0.0013"}
            report.claim(f"lambda = {k:g}: energy per pair", pairs[k].mean(), expected=trial, **words)
    for k in every[1:]:
        gain = right[k] - right[none]
        se = gain.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
        if full:
            report.mean(f"lambda = {k:g}: gain of accuracy", gain, above=-0.01, below=0.01, source="catalogue")
        report.note(f"lambda = {k:g}: accuracy {right[k].mean():.4f}, gain {gain.mean():+.4f}({se:.4f})")
    if full:
        found = minima(32, 3, 2 * starts, seed, steps=6000)
        report.claim("Thomson, N = 32: least energy", found.min(), expected=412.261274651, tolerance=1e-6, source=published)
        report.note(f"N = 32: {np.sum(found < 412.261275 + 1e-5)} of {2 * starts} starts reach it")
    return report
