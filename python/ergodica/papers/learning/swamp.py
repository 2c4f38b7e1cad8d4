"""S007: averaged weights of several trainings, pruned together."""

from itertools import pairwise
from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

ROWS, BATCH, EPOCHS, REWIND = 20_000, 256, 8, 2


def excess(h, rate, noise, copies, walkers, seed):
    """Excess loss sum_i h_i w_i^2 / 2 of w <- w - rate (h w + noise xi), of one and of the mean of ``copies``; each (walkers)."""
    h, n = np.asarray(h), walkers * copies
    loss = lambda model, key: np.sum(h * model["w"] ** 2) / 2 + noise * np.sum(erg.random.normal(key, (n, len(h))) * model["w"])
    fit = erg.learn(loss, {"w": np.zeros((n, len(h)))}, erg.SGD(rate), steps=200, every=200, seed=seed, progress=False)
    w = fit.model["w"].reshape(walkers, copies, -1)
    return [np.sum(h * v**2, -1) / 2 for v in (w[:, 0], w.mean(1))]


def regression(d, k, n, noise, seed):
    """Least squares, pruned of a fifth of its weights a round until k are left: whether these are the true ones, squared errors before and after."""
    rng = np.random.default_rng([seed, 7])
    true = np.zeros(d)
    true[rng.choice(d, k, replace=False)] = rng.choice([-1.0, 1.0], k)
    x = rng.normal(size=(n, d))
    y = x @ true + noise * rng.normal(size=n)
    square, slope, alive = x.T @ x, x.T @ y, np.arange(d)
    w = np.linalg.solve(square, slope)
    errors = [np.sum((w - true) ** 2)]
    while len(alive) > k:
        kept = max(k, int(0.8 * len(alive)))
        alive = alive[np.argsort(-np.abs(w[alive]))[:kept]]
        w = np.zeros(d)
        w[alive] = np.linalg.solve(square[np.ix_(alive, alive)], slope[alive])
    return np.array_equal(np.sort(alive), np.flatnonzero(true)), errors[0], np.sum((w - true) ** 2)


def teacher(seed):
    """Points of 64 coordinates with the largest of ten outputs of a random network as their label: for training and to test."""
    rng = np.random.default_rng([seed, 64])
    x = rng.normal(size=(ROWS + 10_000, 64))
    y = np.argmax(np.tanh(x @ rng.normal(size=(64, 32)) / 8) @ rng.normal(size=(32, 10)), 1)
    x, y = x.astype(np.float32), np.eye(10, dtype=np.float32)[y]
    return (x[:ROWS], y[:ROWS]), (x[ROWS:], y[ROWS:])


def entropy(model, batch):
    return -np.mean(np.sum(batch[1] * erg.nn.log_softmax(model(batch[0])), -1))


@erg.compile
def accuracy(model, x, y):
    return np.mean(np.argmax(model(x), -1) == np.argmax(y, -1))


def fall(rate, share, floor):
    """``rate`` for half of a round's steps, then on a line down to floor * rate at that share of them."""
    steps = EPOCHS * ROWS / BATCH
    return lambda k: rate * np.maximum(floor, np.minimum(1, 1 - (1 - floor) * (k / steps - 0.5) / (share - 0.5)))


def ranked(model, masks):
    """Masks without the fifth of the weights that are left whose magnitudes are the smallest, over all layers at once."""
    sizes = {n: np.abs(p) for n, p in model.parameters().items() if n.endswith("weight")}
    left = np.sort(np.concatenate([s[masks[n] == 1] for n, s in sizes.items()]))
    least = left[round(0.2 * len(left))]
    return {n: masks[n] * (s >= least) for n, s in sizes.items()}


def pruned(copies, data, rounds, seed):
    """Iterative magnitude pruning from the weights after two epochs: the model at the end of every round, and the masks it was trained under."""
    words: dict[str, Any] = {"data": data, "batch": BATCH, "every": 100, "progress": False}
    model = erg.nn.MLP(64, [128, 128], 10, activation="relu", dtype=np.float32, seed=seed)
    ticket = erg.learn(entropy, model, erg.SGD(0.3, momentum=0.9), epochs=REWIND, seed=seed, **words).model
    masks = {n: np.ones_like(p) for n, p in ticket.parameters().items() if n.endswith("weight")}
    found = []
    for r in range(rounds):
        if copies == 1:
            method = erg.Masked(erg.SGD(fall(0.3, 1.0, 0.0), momentum=0.9), masks)
            mean = erg.learn(entropy, ticket, method, epochs=EPOCHS, seed=1000 * seed + r, **words).model
        else:
            ends = [int(np.ceil(e * ROWS / BATCH)) for e in (EPOCHS - 1, EPOCHS)]
            sgd = erg.SGD(fall(0.3, 0.75, 0.05), momentum=0.9)
            method = erg.Masked(erg.SWA(sgd, after=ends[0], every=ends[1] - ends[0]), masks)
            fits = erg.learn(entropy, ticket, method, epochs=EPOCHS, members=copies, seed=1000 * seed + r, **words)
            each = [m.parameters() for m in fits.average]
            mean = ticket.replace({n: np.mean([p[n] for p in each], 0) for n in each[0]})
        found.append((mean, masks))
        masks = ranked(mean, masks)
    return found


def between(a, b, data):
    """How far the accuracy on the line from a to b falls below the line between theirs."""
    p, q = a.parameters(), b.parameters()
    s = np.linspace(0, 1, 11)
    seen = np.array([accuracy(a.replace({n: ((1 - t) * p[n] + t * q[n]).astype(np.float32) for n in p}), *data) for t in s])
    return np.max((1 - s) * seen[0] + s * seen[-1] - seen)


@recipe("S007", "swamp", family="learning", cite="SWAMP: Sparse Weight Averaging with Multiple Particles for Iterative Magnitude Pruning")
def run(size="quick", *, copies=4, rounds=None, seeds=None, rate=0.5, h=(1.0, 0.3, 0.1), seed=1):
    """A round of magnitude pruning trains several copies of a ticket and prunes their mean: a sparse net as good as an ensemble of them.

    Round r trains the weights of epoch 2 under the mask m_r for 8 epochs, removes of the weights that are left the fifth with the smallest |w|,
    ranked over all layers, and rewinds. SWAMP trains P copies with batches in other orders, averages the weights of each over its last epochs
    (SWA), and prunes by, and ends with, the mean of all. Here images are points that a random network has labelled.

    Measured in closed cases: w <- w - rate (h w + xi) has the stationary excess loss sum_i rate / 2 (2 - rate h_i), of which the mean of P has the
    P-th part; least squares with ten true weights of a hundred, pruned until ten are left, finds them. Of the nets: the accuracy beside that of
    pruning without averages, and how far it falls on the way from a round's model to the next one's.
    """
    report = Report()
    both = "catalogue, two derivations"
    exact = np.sum(rate / (2 * (2 - rate * np.asarray(h))))
    if (rate, tuple(h)) == (0.5, (1.0, 0.3, 0.1)):
        report.claim("excess loss in closed form", exact, expected=0.43001, tolerance=5e-6, source=both)
    one, mean = excess(h, rate, 1.0, copies, 5000, seed)
    report.mean("excess loss of SGD with noise", one, expected=exact, source="closed form")
    report.mean(f"the same, mean of {copies} copies", mean, expected=exact / copies, source="closed form")

    d, k, n, noise = 100, 10, 400, 0.5
    ok, dense, sparse = np.array([regression(d, k, n, noise, 100 * seed + i) for i in range(50)]).T
    report.claim("sparse regression: share of runs that find the ten weights", ok.mean(), expected=1.0, source=both)
    report.mean("squared error, dense", dense, expected=noise**2 * d / (n - d - 1), source="closed form, 0.0836")
    report.mean("squared error, pruned", sparse, expected=noise**2 * k / (n - k - 1), source="closed form, 0.00643")

    full = size == "full"
    gains, late, drops = [], [], []
    rounds, seeds = rounds or (11 if full else 2), seeds or (5 if full else 1)
    for s in range(seed, seed + seeds):
        data, test = teacher(s)
        swamp, plain = (pruned(c, data, rounds, s) for c in (copies, 1))
        a, b = (np.array([accuracy(m, *test) for m, _ in runs]) for runs in (swamp, plain))
        gains.append((a - b)[:6].mean())
        late.append((a - b)[-1])
        drops += [between(m, w, test) for (m, _), (w, _) in pairwise(swamp)]
        model, masks = swamp[-1]
        left = sum(np.count_nonzero(model.parameters()[n]) for n in masks) / sum(m.size for m in masks.values())
        report.note(f"seed {s}: accuracy by rounds, SWAMP {np.round(a, 4)}, plain {np.round(b, 4)}")
    report.claim("nets: density in the last round", left, expected=0.8 ** (rounds - 1), tolerance=1e-3, source="definition")
    report.claim("largest fall of accuracy on the line between rounds", max(drops), below=0.005, source="catalogue: trials up to 0.0025")
    what = f"accuracy of SWAMP less plain, mean of rounds 0 to {min(rounds, 6) - 1}"
    if full:
        se = np.std(gains, ddof=1) / np.sqrt(seeds)
        report.claim(what + ", over its error", np.mean(gains) / se, above=2.0, source="catalogue: +0.0086(5)")
        report.note(f"{what}: {np.mean(gains):.4f}({se:.4f}); last round {np.mean(late):+.4f}({np.std(late, ddof=1) / np.sqrt(seeds):.4f})")
    else:
        report.claim(what, gains[0], above=0.0, source="catalogue: +0.0086(5)")
    return report
