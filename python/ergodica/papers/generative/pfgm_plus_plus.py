"""S024: data as charges in N + D dimensions."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

PLACES, WEIGHTS = np.array([[-1.0, 0.0], [1.0, 0.5], [0.0, 2.0]]), np.array([0.2, 0.3, 0.5])


def mean(x, sigma, D, places=PLACES, weights=WEIGHTS):
    """E[y|x], (rows, N): posterior weights fall as (|x - y|^2 + D sigma^2)^(-(N + D)/2), as a Gaussian where D = inf."""
    squares = np.sum((x[:, None] - places) ** 2, -1)
    sigma = np.reshape(sigma, (-1, 1))
    n = x.shape[-1]
    log = -0.5 * squares / sigma**2 if np.isinf(D) else -0.5 * (n + D) * np.log1p(squares / (D * sigma**2))
    return erg.nn.softmax(log + np.log(weights)) @ places


def field(D):
    """The exact model, (x - E[y|x]) / sigma."""
    return lambda x, sigma: (x - mean(x, sigma, D)) / np.reshape(sigma, (-1, 1))


def drawn(D, sigma_max, n, seed):
    """Ends of the field's lines, from the prior at sigma_max: 60 levels of Heun's method and a last Euler step to 0."""
    process = erg.PFGM(D=D, sigma_min=1e-3, sigma_max=sigma_max)
    return np.asarray(erg.generate(field(D), n, erg.ODE(59, "heun"), process=process, shape=(2,), seed=seed))


def fractions(x):
    """Share of the points nearest to each datum, and of those within 0.01 of one."""
    far = np.linalg.norm(x[:, None] - PLACES, axis=-1)
    return np.bincount(far.argmin(1), minlength=3) / len(x), np.mean(far.min(1) < 0.01)


def grid(seed, n=20_000):
    """25 Gaussians of width 0.05."""
    rng = np.random.default_rng([seed, 25])
    return (rng.integers(-2, 3, (n, 2)) + 0.05 * rng.normal(size=(n, 2))).astype(np.float32)


class Denoiser(erg.nn.Module):
    """f(x, sigma) of a network that sees x / sqrt(1 + sigma^2) and log sigma."""

    net: erg.nn.MLP

    def __call__(self, x, sigma):
        s = np.reshape(sigma, (-1, 1)).astype(x.dtype)
        return self.net(np.concatenate([x / np.sqrt(1 + s * s), 0.25 * np.log(s)], 1))


@recipe("S024", "pfgm-plus-plus", family="generative", cite="Y. Xu et al., ICML 2023")
def run(size="quick", *, draws=20_000, seed=1) -> Report:
    r"""Poisson flows in N + D dimensions carry a symmetric prior to the data, and become diffusion where D goes to infinity.

    Data y are charges on the plane z = 0 of R^(N + D); by symmetry only r = |z| matters. The field's lines obey dx/dr = (x - E[y|x, r]) / r with
    posterior weights (|x - y|^2 + r^2)^(-(N + D)/2). With r = sigma sqrt(D), dx/dsigma = (x - E[y|x]) / sigma, whose limit is the probability flow of
    Gaussian noise of width sigma. Three charges of unequal weights must be reached in these shares for every D; from too small a sigma they are not.
    In full size the field of 25 Gaussians is learnt for several D, and what is lost when noise is added to it is noted.
    """
    report = Report()
    two = "catalogue, two derivations"
    at = np.array([[0.3, 0.7]])
    for D, want in ((np.inf, (0.450664, 0.969076)), (16.0, (0.451574, 0.964295))):
        for axis, x in zip("xy", mean(at, 0.8, D)[0], strict=True):
            report.claim(f"D = {D:g}: E[{axis}|x] at x = (0.3, 0.7), sigma = 0.8", x, expected=want["xy".index(axis)], tolerance=1e-6, source=two)
    off = mean(at, 0.8, 1024.0)[0] - mean(at, 0.8, np.inf)[0]
    for axis, x, deviation in zip("xy", off, (7.5e-6, -8.1e-5), strict=True):
        report.claim(f"D = 1024: how far E[{axis}|x] is from its limit", x, expected=deviation, tolerance=1e-6, source=two)

    D, sigma = 6.0, 2.0
    radius = erg.compile(lambda k: np.sum(erg.PFGM(D=D).perturbation(k, np.full(draws, sigma), draws, (2,)) ** 2, -1))(erg.random.key(seed))
    report.mean("D = 6: <R^2> of the perturbation at sigma = 2", np.asarray(radius), expected=D * sigma**2 * 2 / (D - 2), source="r^2 N / (D - 2)")

    for D in (4.0, 64.0, 2048.0, np.inf):
        shares, close = fractions(drawn(D, 80.0, draws, seed))
        for k, w in enumerate(WEIGHTS):
            se = np.sqrt(w * (1 - w) / draws)
            report.claim(f"D = {D:g}: share of the datum of weight {w}", shares[k], se=se, sigmas=1.0, expected=w, tolerance=0.016 - se, source=two)
        report.claim(f"D = {D:g}: share of the points within 0.01 of a datum", close, above=0.99, sigmas=1.0, source=two)
    shares, _ = fractions(drawn(np.inf, 8.0, draws, seed))
    for k, wrong in enumerate((0.228, 0.323, 0.448)):
        report.claim(f"begun at sigma = 8: share of the datum of weight {WEIGHTS[k]}", shares[k], expected=wrong, tolerance=0.012, source=two)

    if size == "full":
        data, fresh = grid(seed), grid(seed + 1)
        for D in (32.0, 128.0, np.inf):
            model = Denoiser(erg.nn.MLP(3, [128, 128, 128], 2, activation="silu", dtype="float32", seed=seed))
            rate = erg.learning.schedules.Cosine(3e-3, 20_000)
            method = erg.Averaged(erg.Adam(rate))
            fit = erg.learn(erg.PFGM(D=D), model, method, data=data, batch=512, steps=20_000, every=100, seed=seed, progress=False)
            for noise in (0.0, 0.2):
                rough = lambda x, s, f=fit.average, a=noise: f(x, s) + a * erg.random.normal(erg.random.key(0), np.shape(x), x.dtype)
                x = np.asarray(erg.generate(rough, 2000, erg.ODE(40, "heun"), process=erg.PFGM(D=D), shape=(2,), seed=seed))
                far = erg.stats.energy_distance(x, fresh[:2000].astype(float), permutations=200, seed=seed)
                if noise:
                    report.note(f"D = {D:g}: energy distance with noise {noise} on the field {far.statistic:.4f}")
                else:
                    report.claim(f"D = {D:g}: energy distance of learnt draws to fresh data", far.statistic, below=0.02, source="scale of the draws")
    return report
