"""S054: Schroedinger bridges by one mixture of Gaussians."""

import numpy as np

import ergodica as erg
from ergodica.learning.objectives import LightBridge
from ergodica.papers import Report, recipe

PROCESS = erg.LightSchroedingerBridge()


def fitted(x, y, K, eps, steps, seed):
    """Trained on rows of x and y, from K of the latter."""
    d = x.shape[1]
    start = LightBridge(d, K, eps, centres=y[np.random.default_rng(seed).choice(len(y), K, replace=False)])
    start = start.replace({"log_S": np.log(np.full((K, d), 0.1))})
    options = {"data": (x, y), "seed": seed, "progress": False}
    if d == 1:
        return erg.learn(PROCESS, start, erg.LBFGS(tolerance=1e-8), steps=100, **options).model
    return erg.learn(PROCESS, start, erg.Adam(erg.learning.schedules.Cosine(3e-3, steps)), batch=256, steps=steps, every=100, **options).model


@erg.compile
def moments(model, x):
    """Mean (rows, d) and covariance (rows, d, d) of pi(y|x) = sum_k a_k(x) N(y; r_k + S_k x, eps S_k) / c(x)."""
    s, w = np.exp(model.log_S), erg.nn.softmax(model.log_shares(x))
    at = model.r + s * x[:, None]
    mean = np.einsum("nk,nkd->nd", w, at)
    off = at - mean[:, None]
    return mean, np.einsum("nk,nkd,nke->nde", w, off, off) + np.einsum("nk,kd->nd", w, model.epsilon * s)[:, :, None] * np.eye(s.shape[1])


draws = erg.compile(lambda model, key, x: model.conditional(key, x))


def distance(a, b):
    """Squared Bures-Wasserstein distance of (mean, covariance), rows of them."""
    (m, A), (n, B) = a, b
    root = matrix_root(A)
    both = matrix_root(root @ B @ root)
    return np.sum((m - n) ** 2, -1) + np.trace(A + B - 2 * both, axis1=1, axis2=2)


def matrix_root(A):
    w, V = np.linalg.eigh(A)
    return (V * np.sqrt(np.maximum(w, 0))[:, None]) @ np.swapaxes(V, 1, 2)


def mixture(seed, d=16, eps=1.0):
    """A bridge that is known: two Gaussians at the beginning, five components of v with random centres on a sphere of radius 5."""
    rng = np.random.default_rng([seed, 54])
    r = rng.normal(size=(5, d))
    true = LightBridge(d, 5, eps, centres=5 * r / np.linalg.norm(r, axis=1, keepdims=True)).replace({"log_S": np.log(rng.uniform(0.2, 1, (5, d)))})
    sign = rng.choice([-1.0, 1.0], (50_000, 1))
    x = sign * np.array([2.0, -1.0, *[0.0] * (d - 2)]) + 0.7 * rng.normal(size=(50_000, d))
    return true, x, rng.permutation(np.asarray(draws(true, erg.random.key(seed), x)))


@recipe("S054", "light-sb", family="generative", cite="A. Korotin, N. Gushchin, E. Burnaev, arXiv:2310.01174")
def run(size="quick", *, eps=1.0, K=10, steps=20_000, seed=1) -> Report:
    r"""Schroedinger bridges whose potential is a mixture of Gaussians are learnt by one loss without iterations or simulation.

    Among processes from p0 to p1 the bridge is nearest to Brownian motion of variance eps: pi(x, y) has the cost (x - y)^2 / 2 and the weight eps of
    the entropy. With v a mixture, pi(y|x), its drift and log c(x) = log of the integral of exp(x y / eps) v(y) are closed; E_p0 log c - E_p1 log v
    is the divergence to the bridge up to a constant. Between N(0, 1) and N(0, 4) the covariance of the ends is sqrt(4 + eps^2/4) - eps/2; the trained
    mixture, draws of pi(y|x) and the SDE must have it. In full size bridges in 16 dimensions between mixtures whose bridge is known, by the error of
    conditional means and covariances, 100 E BW^2 / (tr Cov p1 / 2) percent; one component alone must fail there.
    """
    report = Report()
    rng = np.random.default_rng(seed)
    n = 20_000
    x, y = rng.normal(size=(n, 1)), 2 * rng.normal(size=(n, 1))
    exact = np.sqrt(4 + eps**2 / 4) - eps / 2
    model = fitted(x, y, 1, eps, 0, seed)
    known = 1.561553 if eps == 1.0 else exact
    source = "closed form of Gaussian ends"
    report.claim("N(0, 1) to N(0, 4): S of the trained potential", float(np.exp(model.log_S)[0, 0]), expected=known, tolerance=0.03, source=source)
    fresh = rng.normal(size=(n, 1))
    for what, end in (
        ("draws of pi(y|x)", draws(model, erg.random.key(seed), fresh)),
        ("the SDE, 200 steps", erg.generate(model, method=erg.SDE(200, scheme="euler"), process=PROCESS, start=fresh, seed=seed + 1)),
    ):
        product = np.asarray(end)[:, 0] * fresh[:, 0]
        se = product.std() / np.sqrt(n)
        report.claim(f"N(0, 1) to N(0, 4): covariance of the ends by {what}", product.mean(), se=se, expected=known, tolerance=0.03, source=source)
    if size == "full":
        true, x, y = mixture(seed, eps=eps)
        at = x[:500]
        scale = 0.5 * np.trace(np.cov(y.T))
        for k, words in ((K, {"below": 0.3}), (1, {"above": 50.0})):
            found = fitted(x, y, k, eps, steps, seed)
            error = 100 * distance(moments(found, at), moments(true, at)) / scale
            report.claim(f"16 dimensions, K = {k}: conditional BW-UVP in percent", error.mean(), se=error.std() / np.sqrt(len(at)), **words,
                         source="a bridge that is known")  # fmt: skip
    return report
