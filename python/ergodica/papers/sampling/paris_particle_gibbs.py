"""S063: PaRIS particle Gibbs: smoothed sums whose bias decays with the iterations."""

import numpy as np
from scipy.optimize import brentq

import ergodica as erg
from ergodica.papers import Report, recipe


def normal(x, mean, variance):
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


def model(noise):
    """x' = theta x + 0.6 n, y = x + noise n, stationary at the start."""
    return erg.StateSpace(
        initial=lambda key, theta: 0.6 / np.sqrt(1 - theta * theta) * erg.random.normal(key),
        transition=lambda key, x, theta: theta * x + 0.6 * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x, noise**2),
        log_transition=lambda x, previous, theta: normal(x, theta * previous, 0.36),
    )


def volatility(phi, sigma, beta):
    """Stochastic volatility: x' = phi x + sigma n, y = beta exp(x/2) n, stationary at the start."""
    return erg.StateSpace(
        initial=lambda key: sigma / np.sqrt(1 - phi**2) * erg.random.normal(key),
        transition=lambda key, x: phi * x + sigma * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, 0.0, beta**2 * np.exp(x)),
        observation=lambda key, x: beta * np.exp(x / 2) * erg.random.normal(key),
        log_initial=lambda x: normal(x, 0.0, sigma**2 / (1 - phi**2)),
        log_transition=lambda x, previous: normal(x, phi * previous, sigma**2),
    )


def exact(a, noise, y):
    return erg.smooth(erg.LinearGaussian(a, 0.36, 1.0, noise**2, 0.0, 0.36 / (1 - a * a)), y, progress=False)


def series(times):
    t = np.arange(times)
    return np.sin(0.3 * t) + 0.5 * np.cos(1.7 * t)


def paris(n, parents=2):
    return erg.PaRIS(n, parents, resampling="multinomial", threshold=1.0)


LAGGED = {"lagged": lambda x, previous: x * previous}
SUMS = {**LAGGED, "squares": lambda x, previous: previous * previous, "first": lambda x, t: np.where(t == 0, x * x, 0.0)}


def score(a, lagged, squares, first):
    """d/da log p(path), of which the smoothed mean is that of the log likelihood."""
    return (lagged - a * squares + a * first) / 0.36 - a / (1 - a * a)


def smaller(report, what, one, other, source):
    """|mean of one| below half of |mean of other|."""
    ratio, scale = abs(one.mean()) / abs(other.mean()), np.sqrt(len(one)) * abs(other.mean())
    se = np.hypot(one.std(ddof=1), ratio * other.std(ddof=1)) / scale
    report.claim(what, ratio, se=se, below=0.5, source=source)


def learn(report, seed, *, noise=0.8, runs=8, chains=30):
    """a by expectation-maximisation on smoothed sums, against the maximum of the exact likelihood; PaRIS has the budget of PPG."""
    y, likelihood = series(100), lambda a: exact(a, noise, series(100)).log_evidence.value
    slope = lambda a: (likelihood(a + 1e-4) - likelihood(a - 1e-4)) / 2e-4
    best = brentq(slope, 0.5, 0.9, xtol=1e-9)
    report.claim("a at the maximum of the exact likelihood", best, expected=0.694402, tolerance=1e-6, source="catalogue, two derivations")
    report.claim("log likelihood there", likelihood(best), expected=-114.076513, tolerance=1e-6, source="catalogue, two derivations")
    hidden, off = model(noise), {}
    for name, method in (("PPG, N = 10, 5 iterations", erg.PPG(10, iterations=5, discard=1)), ("PaRIS, N = 22", paris(22))):
        found = erg.smooth(hidden, y, method, statistic=SUMS, theta=best, chains=800, seed=seed, progress=False)
        off[name] = score(best, *(found[n] for n in SUMS))
        report.note(f"score at the maximum (exactly 0) by {name}: {off[name].mean():.2f} +- {off[name].std(ddof=1) / np.sqrt(800):.2f}")
    one, other = off.values()
    smaller(report, "|bias of the score by PPG| over that by PaRIS at equal budget", one, other, "the paper's claim")
    ends = []
    for r in range(runs):
        a, path = 0.5, []
        for k in range(14):  # each M step solves for the a at which the expected score vanishes
            words = {"theta": a, "chains": chains, "seed": 1000 * seed + 100 * r + k, "progress": False}
            found = erg.smooth(hidden, y, erg.PPG(20, iterations=5, discard=2), statistic=SUMS, **words)
            sums = [found.mean(n).value for n in SUMS]
            a = brentq(lambda u: score(u, *sums), -0.999, 0.999)  # noqa: B023
            path.append(a)
        ends.append(np.mean(path[7:]))
    report.mean("a by expectation-maximisation with PPG", ends, expected=best, tolerance=2e-3, source="exact likelihood; bias of the sums")


def compare(report, seed, *, phi=0.95, sigma=0.3, beta=0.7):
    """A simulated series of returns: smoothed sums by PPG and by long particle Gibbs, which is exact."""
    hidden = volatility(phi, sigma, beta)
    _, y = hidden.simulate(100, seed=1)
    run = erg.sample(hidden.posterior(y), erg.ParticleGibbs(30), observe=["states"], draws=5000, warmup=200, seed=seed, progress=False)
    x = run["states"]
    sums = {"lagged": lambda x, previous: x * previous, "squares": lambda x: x * x, "total": lambda x: x}
    long = {"lagged": np.sum(x[..., 1:] * x[..., :-1], -1), "squares": np.sum(x * x, -1), "total": np.sum(x, -1)}
    words = {"statistic": sums, "seed": seed, "progress": False}
    found = erg.smooth(hidden, y, erg.PPG(32, iterations=14, discard=8), chains=200, **words)
    once = erg.smooth(hidden, y, paris(32), chains=200, **words)
    for name, draws in long.items():
        e = erg.stats.mean_se(draws)
        report.mean(f"stochastic volatility, {name}: PPG", found[name], se=e.se, expected=e.value, source="particle Gibbs, 20000 paths")
    e = erg.stats.mean_se(long["squares"])
    report.note(f"stochastic volatility, squares: PaRIS of N = 32 alone {once['squares'].mean():.1f}, particle Gibbs {e.value:.1f} +- {e.se:.1f}")
    report.note("the same by PPG's iterations: " + ", ".join(f"{v:.1f}" for v in found["squares, iterations"].mean(0)))


@recipe(
    "S063",
    "paris-particle-gibbs",
    family="sampling",
    cite="G. Cardoso, S. El Idrissi, S. Le Corff, E. Moulines, J. Olsson, ICML 2023, arXiv:2301.00900",
)
def run(size="quick", *, a=0.9, noise=0.3, times=50, particles=10, chains=None, seed=1):
    """The bias of smoothed sums falls geometrically when PaRIS is run again and again along a path that is drawn backwards each time.

    X' = a X + 0.6 W, Y = X + noise V, y_t = sin 0.3 t + 0.5 cos 1.7 t, X_0 stationary; the sum of x_t x_{t+1} is smoothed. PaRIS takes M = 2
    parents and resamples by a multinomial at every time. PPG's first iteration is PaRIS; the others hold a particle on the path. Biases are those
    of 1500 (in full 8000) runs against the Kalman smoother; a number of the catalogue counts with its own error.

    In full size also N = 5; one parent in place of two, whose variance is larger; the coefficient a by expectation-maximisation on PPG's sums
    (T = 100, noise 0.8), against the maximum of the exact likelihood, and the score there by PPG and by PaRIS of the same cost (k N^2); a
    stochastic-volatility model, against long particle Gibbs. Learning by Markov score climbing is not measured.
    """
    report = Report()
    y = series(times)
    ref = exact(a, noise, y)
    truth = float((ref["mean"][:-1] * ref["mean"][1:] + ref["lag_covariance"][:, 0, 0]).sum())
    paper = (a, noise, times) == (0.9, 0.3, 50)
    if paper:
        report.claim("E sum x_t x_{t+1}", truth, expected=23.695711, tolerance=1e-6, source="Kalman smoother, catalogue")
        report.claim("log likelihood", ref.log_evidence.value, expected=-44.096317, tolerance=1e-6, source="Kalman filter, catalogue")

    chains, hidden = chains or {"quick": 1500, "full": 8000}[size], model(noise)
    ask = {"statistic": LAGGED, "theta": a, "chains": chains, "seed": seed, "progress": False}
    known = {"source": "catalogue, 8000 runs"}

    def off(method, name="lagged"):
        """Errors (chain,), or of each iteration (chain, iteration)."""
        return erg.smooth(hidden, y, method, **ask)[name] - truth

    if paper:
        for n, bias, se in ((5, -1.25, 0.04), (20, -0.17, 0.015)):
            report.mean(f"bias of PaRIS, N = {n}", off(paris(n)), se=se, expected=bias, **known)
    each = off(erg.PPG(particles, iterations=6, discard=1), "lagged, iterations")
    late = each[:, 1:].mean(1)
    if paper and particles == 10:
        for k, bias in enumerate((-0.45, -0.15, -0.05, -0.04)):
            report.mean(f"bias of PPG, iteration {k + 1}" + (" (PaRIS)" if k == 0 else ""), each[:, k], se=0.02, expected=bias, **known)
        report.mean("bias of PPG, iterations 2 to 6", late, se=0.01, expected=-0.05, **known)
    else:
        report.note("bias of PPG's iterations: " + ", ".join(f"{v:.3f}" for v in each.mean(0)))
    smaller(report, "|bias of PPG| over |bias of PaRIS|", late, each[:, 0], "catalogue")

    if size == "full":
        if paper:
            each = off(erg.PPG(5, iterations=6, discard=1), "lagged, iterations")
            report.mean("N = 5: bias of PaRIS", each[:, 0], se=0.03, expected=-1.31, **known)
            report.mean("N = 5: bias of PPG, iterations 2 to 6", each[:, 1:].mean(1), se=0.015, expected=-0.29, **known)
        single, pair = (off(paris(20, M)).var(ddof=1) for M in (1, 2))
        se = 2 * single / pair / np.sqrt(chains)
        report.claim("variance with one parent over that with two", single / pair, se=se, above=1.1, source="M >= 2")
        learn(report, seed)
        compare(report, seed)
    return report
