"""Functions followed in time: laws of linear maps, orders in dt, closed forms, promises, bad input. Bounds: 4.9 standard errors, 1e-6 a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.linalg import expm, solve_discrete_lyapunov

import ergodica as erg

WORDS = ["BAOAB", "OBABO", "ABOBA", "OABAO", "BOAOB", "AOBOA"]
K, M, GAMMA, T = 1.7, 1.3, 0.9, 0.6  # of harmonic wells


def harmonic(x: Any) -> Any:
    return 0.5 * K * np.sum(x**2)


def word_law(word: str, h: float, bath: np.ndarray | None = None, cov: np.ndarray | None = None) -> np.ndarray:
    """The covariance of (x, v, ...) that the word's linear map keeps; bath(part) = exp of what O does to (v, ...)."""
    drift = -GAMMA * np.eye(1) if bath is None else bath
    size = 1 + len(drift)
    A, Q = np.eye(size), np.zeros((size, size))
    for letter in word:
        t = h / word.count(letter)
        step, noise = np.eye(size), np.zeros((size, size))
        if letter == "A":
            step[0, 1] = t
        elif letter == "B":
            step[1, 0] = -t * K / M
        else:
            step[1:, 1:] = expm(t * drift)
            noise[1:, 1:] = T / M * (np.eye(size - 1) - step[1:, 1:] @ step[1:, 1:].T)
        A, Q = step @ A, step @ Q @ step.T + noise
    return solve_discrete_lyapunov(A, Q)


def other_law(scheme: str, h: float) -> np.ndarray:
    """BBK with its shared noise as a third variable, GJF, and the schemes without velocities."""
    d, s = GAMMA * h / 2, np.sqrt(2 * GAMMA * T * h / M)
    if scheme == "BBK":
        u = np.array([-h / 2 * K / M, 1 - d, s / 2])
        x = np.array([1, 0, 0]) + h * u
        v = (u - h / 2 * K / M * x) / (1 + d)
        b = np.array([0, s / 2 / (1 + d), 1])
        return solve_discrete_lyapunov(np.array([x, v, np.zeros(3)]), np.outer(b, b))[:2, :2]
    if scheme == "GJF":
        c, a = 1 / (1 + d), (1 - d) / (1 + d)
        x = np.array([1 - c * h * h / 2 * K / M, c * h])
        v = a * np.array([-h / 2 * K / M, 1]) - h / 2 * K / M * x
        n = np.array([c * h * s / 2, c * s - h / 2 * K / M * c * h * s / 2])
        return solve_discrete_lyapunov(np.array([x, v]), np.outer(n, n))
    mu = 0.8
    s, r = np.sqrt(2 * mu * T * h), mu * K * h
    if scheme == "LeimkuhlerMatthews":
        A, b = np.array([[1 - r, s / 2], [0, 0]]), np.array([s / 2, 1])
        return solve_discrete_lyapunov(A, np.outer(b, b))[:1, :1]
    n1, n2 = {"Euler": (1.0, 0.0), "Heun": (1 - r / 2, 0.0), "SRK": (1 - r / 2, r / 2 / np.sqrt(3))}[scheme]
    grow = 1 - r + (scheme != "Euler") * r * r / 2
    return np.array([[s * s * (n1 * n1 + n2 * n2) / (1 - grow * grow)]])


GLE: dict[str, Any] = {"amplitudes": [1.5, 0.4], "times": [0.3, 2.0], "friction": 0.2}
GLE_DRIFT = np.array([[-0.2, np.sqrt(1.5), np.sqrt(0.4)], [-np.sqrt(1.5), -1 / 0.3, 0], [-np.sqrt(0.4), 0, -0.5]])


@pytest.mark.parametrize("scheme", [*WORDS, "BBK", "GJF", "Euler", "Heun", "SRK", "LeimkuhlerMatthews", "GLE"])
def test_laws_of_harmonic_wells(scheme: str) -> None:
    """Variances of x and v and their covariance, at a step so large that each scheme has its own (they differ by 5 to 30 %): 512 wells, 4 chains.
    Catches friction, noise, mass or temperature that is off by 5 % in any letter of a word."""
    h = 0.6
    if scheme in ("Euler", "Heun", "SRK", "LeimkuhlerMatthews"):
        method: Any = erg.Overdamped(mobility=0.8, dt=h, scheme=scheme)
        law = other_law(scheme, h)
    elif scheme == "GLE":
        method = erg.GeneralisedLangevin(**GLE, dt=h, masses=M)
        law = word_law("BAOAB", h, GLE_DRIFT)
    else:
        method = erg.Langevin(GAMMA, h, scheme, masses=M)
        law = word_law(scheme, h) if scheme in WORDS else other_law(scheme, h)
    moving = not isinstance(method, erg.Overdamped)
    names = ["x"] + ["velocities"] * moving
    run = erg.simulate(harmonic, method, space=erg.Real(512), kT=T, time=360.0, every=6.0, seed=3, observe=names, progress=False)
    assert run.info["kernel"]["dt"][0] == 0.6
    x = run["x"][:, 5:]
    pairs = [(x * x, law[0, 0])]
    if moving:
        v = run["velocities"][:, 5:]
        pairs += [(v * v, law[1, 1]), (x * v, law[0, 1])]
    for values, want in pairs:
        wells = values.mean(1).reshape(-1)
        assert abs(wells.mean() - want) < 4.9 * wells.std() / np.sqrt(wells.size), (scheme, wells.mean(), want)
        assert wells.std() / np.sqrt(wells.size) < 0.012 * abs(law[0, 0])


def wells(x: Any) -> Any:
    return np.sum(x**4 / 4 + x**3 / 5)


@pytest.mark.parametrize(
    "method, order",
    [
        (lambda h: erg.Overdamped(dt=h), 1),
        (lambda h: erg.Overdamped(dt=h, scheme="Heun"), 2),
        (lambda h: erg.Overdamped(dt=h, scheme="SRK"), 2),
        *[(lambda h, w=w: erg.Langevin(0.7, h, w, masses=1.5), 2) for w in [*WORDS, "BBK", "GJF"]],
        (lambda h: erg.GeneralisedLangevin(**GLE, dt=h, masses=1.5), 2),
        (lambda h: erg.Verlet(h, masses=1.5), 2),
    ],
)
def test_order_without_noise(method: Any, order: int) -> None:
    """kT = 0 in an anharmonic well: x(2) against SciPy, by halving dt twice. The deterministic part of the weak order."""
    slope = lambda x: x**3 + 0.6 * x**2
    made = method(0.1)
    if isinstance(made, erg.Overdamped):
        f, y0 = lambda t, y: -slope(y), [1.3]
    elif isinstance(made, erg.GeneralisedLangevin):
        f = lambda t, y: np.concatenate([[y[1]], GLE_DRIFT @ y[1:] - np.array([slope(y[0]) / 1.5, 0, 0])])
        y0 = [1.3, -0.4, 0, 0]
    else:
        f, y0 = lambda t, y: np.array([y[1], -slope(y[0]) / 1.5 - y[1] * getattr(made, "friction", 0.0)]), [1.3, -0.4]
    exact = solve_ivp(f, (0, 2), y0, rtol=1e-12, atol=1e-13).y[0, -1]
    errors = []
    for h in (0.1, 0.05, 0.025):
        v = None if len(y0) == 1 else np.array([-0.4])
        run = erg.simulate(
            wells, method(h), space=erg.Real(1), kT=0.0, time=2.0, every=2.0, chains=1, start=np.array([1.3]), velocities=v, progress=False
        )
        errors.append(run["x"][0, -1, 0] - exact)
    assert abs(errors[2]) < 0.02 and abs(np.log2(errors[1] / errors[2]) - order) < 0.15, errors


def rugged(x: Any) -> Any:
    return np.sum(x**2 / 2 + 0.8 * np.sin(1.5 * x + 0.5))


def moment(p: int) -> float:
    """<x^p> of one rugged well at kT = 1."""
    weight = lambda x: np.exp(-rugged(np.array([x])))
    return quad(lambda x: x**p * weight(x), -12, 12)[0] / quad(weight, -12, 12)[0]


@pytest.mark.parametrize(
    "method, order, coarse, power",
    [
        (lambda h: erg.Overdamped(dt=h), 1, 0.16, 1),
        (lambda h: erg.Overdamped(dt=h, scheme="Heun"), 2, 0.36, 2),
        (lambda h: erg.Overdamped(dt=h, scheme="SRK"), 2, 0.36, 2),
        (lambda h: erg.Langevin(1.0, h, "OBABO"), 2, 0.6, 1),
        (lambda h: erg.Langevin(1.0, h, "ABOBA"), 2, 0.6, 1),
        (lambda h: erg.Langevin(1.0, h, "BBK"), 2, 0.6, 1),
    ],
)
def test_order_of_stationary_averages(method: Any, order: int, coarse: float, power: int) -> None:
    """<x> or <x^2> of an asymmetric anharmonic well against quadrature: the bias falls by 2^order when dt is halved; 8192 wells."""
    exact, bias, se = moment(power), [], []
    for h in (coarse, coarse / 2):
        run = erg.simulate(rugged, method(h), space=erg.Real(512), time=300 * 2.4, every=2.4, seed=4, chains=16, observe=["x"], progress=False)
        each = (run["x"][:, 20:] ** power).mean(1).reshape(-1)
        bias.append(each.mean() - exact)
        se.append(each.std() / np.sqrt(each.size))
    slope, error = np.log2(bias[0] / bias[1]), np.hypot(se[0] / bias[0], se[1] / bias[1]) / np.log(2)
    assert abs(slope - order) < 0.15 + 4.9 * error and error < 0.16, (slope, error, bias)


def test_accurate_schemes() -> None:
    """BAOAB, GJF and LeimkuhlerMatthews at steps where others are off by per cents: <x^2> within 0.7 % of quadrature."""
    exact = moment(2)
    for method in (erg.Langevin(1.0, 0.4), erg.Langevin(1.0, 0.4, "GJF"), erg.Overdamped(dt=0.1, scheme="LeimkuhlerMatthews")):
        run = erg.simulate(rugged, method, space=erg.Real(512), time=800.0, every=2.0, seed=4, chains=8, observe=["x"], progress=False)
        each = (run["x"][:, 20:] ** 2).mean(1).reshape(-1)
        assert abs(each.mean() - exact) < 0.007 * exact + 4.9 * each.std() / np.sqrt(each.size), method


def test_free_motion() -> None:
    """Without a force: <dx^2> = 2 D t with D = mobility kT or kT / (friction m) (1 - (1 - exp(-friction t)) / (friction t)), and <v(0) v(t)> =
    exp(-friction t) kT / m, whatever the step."""
    ask: dict[str, Any] = {"space": erg.Real(2048), "kT": T, "time": 3.0, "every": 1.5, "start": "ordered", "progress": False, "seed": 5}
    free = lambda x: 0.0 * np.sum(x)

    def near(values: np.ndarray, want: float) -> None:
        assert abs(values.mean() - want) < 4.9 * values.std() / np.sqrt(values.size), (values.mean(), want)

    for scheme in ("Euler", "Heun", "SRK"):
        x = erg.simulate(free, erg.Overdamped(mobility=0.8, dt=0.4, scheme=scheme), **ask)["x"]
        near(x[:, -1] ** 2, 2 * 0.8 * T * 3.0)
    for scheme in [*WORDS, "GJF"]:
        run = erg.simulate(free, erg.Langevin(GAMMA, 0.05, scheme, masses=M), observe=["x", "velocities", "kinetic"], **ask)
        x, v, t = run["x"], run["velocities"], 1.5
        near(v[:, 0] ** 2, T / M)
        if scheme != "GJF":
            near(v[:, 1] * v[:, 0], T / M * np.exp(-GAMMA * t))
        near(x[:, -1] ** 2, 2 * T / M / GAMMA * (3 - (1 - np.exp(-GAMMA * 3)) / GAMMA))
        np.testing.assert_allclose(run["kinetic"], 0.5 * M * (v**2).sum(-1), rtol=1e-12)


def test_memory() -> None:
    """The autocorrelation of velocities of the generalised Langevin equation, free and in a harmonic well, is that of its linear drift, which
    with one exponential is the closed form v'' + v'/tau + c v = 0."""
    tau, c = 0.7, 2.0
    ask: dict[str, Any] = {"space": erg.Real(2048), "kT": T, "time": 2.0, "every": 0.5, "start": "ordered", "progress": False, "seed": 6}
    run = erg.simulate(lambda x: 0.0 * np.sum(x), erg.GeneralisedLangevin(c, tau, dt=0.1, masses=M), observe=["velocities"], **ask)
    v, t = run["velocities"], run.coords["time"]
    w = np.sqrt(c - 1 / (4 * tau**2))
    want = np.exp(-t / (2 * tau)) * (np.cos(w * t) + np.sin(w * t) / (2 * tau * w))
    for k in range(5):
        pairs = v[:, 0] * v[:, k]
        assert abs(pairs.mean() - T / M * want[k]) < 4.9 * pairs.std() / np.sqrt(pairs.size), k
    np.testing.assert_allclose([expm(s * np.array([[0, np.sqrt(c)], [-np.sqrt(c), -1 / tau]]))[0, 0] for s in t], want, atol=1e-12)
    full = np.zeros((4, 4))
    full[0, 1], full[1, 0], full[1:, 1:] = 1, -K / M, GLE_DRIFT
    run = erg.simulate(harmonic, erg.GeneralisedLangevin(**GLE, dt=0.02, masses=M), observe=["velocities"], **{**ask, "time": 12.0})
    v = run["velocities"][:, 20:]
    for k in range(5):
        pairs = v[:, 0] * v[:, k]
        assert abs(pairs.mean() - T / M * expm(0.5 * k * full)[1, 1]) < 4.9 * pairs.std() / np.sqrt(pairs.size) + 1e-3, k


def test_conserved() -> None:
    """What is conserved is so to O(dt^2): Verlet, thermostats of several lengths, and heat-corrected words; the slope of its spread in dt."""
    for method in (
        lambda h: erg.Verlet(h, M),
        lambda h: erg.NoseHoover(0.8, 1, h, M),
        lambda h: erg.NoseHoover(0.8, 4, h, M),
        lambda h: erg.Langevin(0.5, h, masses=M),
        lambda h: erg.GeneralisedLangevin(**GLE, dt=h, masses=M),
    ):
        spread = []
        for h in (0.04, 0.02):
            run = erg.simulate(
                wells, method(h), space=erg.Real(6), time=20.0, every=0.2, seed=7, start="ordered", observe=["conserved"], progress=False
            )
            c = run["conserved"]
            spread.append(np.abs(c - c[:, :1]).mean())
        assert spread[1] < 0.01, (method(0.1), spread)
        assert isinstance(method(0.1), (erg.Langevin, erg.GeneralisedLangevin)) or abs(np.log2(spread[0] / spread[1]) - 2) < 0.2, (
            method(0.1),
            spread,
        )


def test_thermostats_are_canonical() -> None:
    """<x^2>, <x> and the kinetic energy of coupled anharmonic wells under a chain of thermostats, against quadrature.
    Catches a count of degrees of freedom that is off by one (25 % here), and a thermostat of the wrong temperature."""
    weight = lambda x: np.exp(-(x**4 / 4 + x**3 / 5) / T)
    moments = [quad(lambda x, p=p: x**p * weight(x), -9, 9)[0] / quad(weight, -9, 9)[0] for p in (1, 2)]
    run = erg.simulate(
        wells,
        erg.NoseHoover(0.7, 4, 0.03, masses=M),
        space=erg.Real(4),
        kT=T,
        time=3000.0,
        every=1.0,
        chains=8,
        seed=8,
        observe=["x", "kinetic"],
        progress=False,
    )
    x = run["x"][:, 101:]
    for values, want in ((x, moments[0]), (x**2, moments[1]), (run["kinetic"][:, 101:, None] / 4, T / 2)):
        blocks = values.reshape(8, 29, 100, -1).mean((2, 3)).reshape(-1)
        assert abs(blocks.mean() - want) < 4.9 * blocks.std() / np.sqrt(blocks.size), (blocks.mean(), want)
        assert blocks.std() / np.sqrt(blocks.size) < 0.03


def test_verlet_turns_back() -> None:
    """From where it ended, with velocities turned round, it comes back to its start; masses are broadcast over x."""
    masses = np.array([[1.0], [2.0], [3.0]])
    f = lambda x: np.sum((x[:, None] - x[None]) ** 4) + wells(x)
    ask: dict[str, Any] = {"space": erg.Real(3, 2), "time": 10.0, "every": 10.0, "progress": False, "chains": 2}
    there = erg.simulate(f, erg.Verlet(0.01, masses), seed=1, observe=["x", "velocities", "kinetic"], **ask)
    assert there["velocities"].shape == (2, 2, 3, 2)
    np.testing.assert_allclose(there["kinetic"], 0.5 * (masses * there["velocities"] ** 2).sum((-1, -2)), rtol=1e-13)
    back = erg.simulate(
        f, erg.Verlet(0.01, masses), start=there["x"][:, -1], velocities=-there["velocities"][:, -1], observe=["x", "velocities"], **ask
    )
    np.testing.assert_allclose(back["x"][:, -1], there["x"][:, 0], atol=1e-9)
    np.testing.assert_allclose(back["velocities"][:, -1], -there["velocities"][:, 0], atol=1e-9)
    on = erg.simulate(f, erg.Verlet(0.01, masses), start=there, seed=9, observe=["x", "velocities"], **ask)  # goes on with its velocities
    assert (on["velocities"][:, 0] == there["velocities"][:, -1]).all()


@pytest.mark.parametrize(
    "method",
    [
        erg.Langevin(dt=0.05),
        erg.Langevin(dt=0.05, scheme="BBK"),
        erg.Overdamped(dt=0.05, scheme="SRK"),
        erg.NoseHoover(dt=0.05),
        erg.Overdamped(dt=0.05, scheme="LeimkuhlerMatthews"),
        erg.GeneralisedLangevin(**GLE, dt=0.05),
    ],
    ids=repr,
)
def test_promises(method: Any, tmp_path: Path) -> None:
    """The same seed gives the same bits for threads, executors, records further apart, checkpoints; a longer run begins with the shorter one."""
    ask: dict[str, Any] = {
        "space": {"a": erg.Real(2), "b": erg.Real()},
        "kT": [0.0, 0.5] if "Nose" not in repr(method) else [0.5, 1.0],
        "progress": False,
    }
    f = lambda p: wells(p["a"]) + p["b"] ** 2 * np.sum(p["a"] ** 2)
    a = erg.simulate(f, method, time=6.0, every=0.5, seed=1, **ask)
    assert list(a) == ["a", "b", "energy"] and a["a"].shape == (2, 4, 13, 2) and a.info["kernel"]["steps"][0, 0] == 120
    np.testing.assert_allclose(a["energy"], (a["a"] ** 4 / 4 + a["a"] ** 3 / 5).sum(-1) + a["b"] ** 2 * (a["a"] ** 2).sum(-1), rtol=1e-12)
    for n in (1, 3):
        assert (erg.simulate(f, method, time=6.0, every=0.5, seed=1, threads=n, **ask)["a"] == a["a"]).all()
    assert (erg.simulate(f, method, time=6.0, every=1.5, seed=1, **ask)["a"] == a["a"][:, :, ::3]).all()
    assert (erg.simulate(f, method, time=3.0, every=0.5, seed=1, **ask)["a"] == a["a"][:, :, :7]).all()
    assert (erg.simulate(f, method, time=6.0, every=0.5, seed=2, **ask)["a"] != a["a"]).any()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        assert (erg.simulate(f, method, time=6.0, every=0.5, seed=1, executor=pool, **ask)["a"] == a["a"]).all()
        start = {"a": a["a"][0, :, -1], "b": a["b"][0, :, -1]}
        here, there = (erg.simulate(f, method, time=1.0, every=0.5, seed=1, executor=e, start=start, **ask) for e in (None, pool))
        assert (here["a"] == there["a"]).all() and (here["a"][1, :, 0] == start["a"]).all()


def test_checkpoint(tmp_path: Path) -> None:
    """Cancelled at any moment and called again, a run comes to the bits of one that was not."""
    for k, method in enumerate([erg.Langevin(dt=0.01), erg.NoseHoover(dt=0.01), erg.GeneralisedLangevin(**GLE)]):
        ask: dict[str, Any] = {
            "space": erg.Real(5),
            "kT": T,
            "time": 400.0,
            "every": 10.0,
            "seed": 1,
            "progress": False,
            "observe": ["x", "conserved"],
        }
        whole, path = erg.simulate(wells, method, **ask), tmp_path / f"{k}.ckpt"
        for _ in range(3):
            job = erg.simulate(wells, method, checkpoint=path, wait=False, **ask)
            job.close()
        on = erg.simulate(wells, method, checkpoint=path, **ask)
        assert (on["x"] == whole["x"]).all() and (on["conserved"] == whole["conserved"]).all()


def test_functions_of_batches() -> None:
    """An energy that is called in Python for all chains at once moves them as the traced one does, to rounding."""
    box = erg.black_box(lambda x: ((x**2 - 1) ** 2).sum(1), lambda x: 4 * x * (x**2 - 1))
    ask: dict[str, Any] = {"space": erg.Real(3), "kT": 0.3, "time": 3.0, "every": 0.5, "seed": 1, "progress": False}
    traced = erg.simulate(lambda x: np.sum((x**2 - 1) ** 2), erg.Langevin(), **ask)
    np.testing.assert_allclose(erg.simulate(box, erg.Langevin(), **ask)["x"], traced["x"], atol=1e-9)
    with pytest.raises(erg.Error, match="no gradient"):
        erg.simulate(erg.black_box(lambda x: ((x**2 - 1) ** 2).sum(1)), erg.Langevin(), **ask)


def test_bad_input() -> None:
    R = erg.Real(2)
    go = lambda method=None, **o: erg.simulate(wells, method, **{"space": R, "time": 1.0, "progress": False, **o})
    for call, match in [
        (lambda: go(space=None), "simulate: expected a space"),
        (lambda: go(space=erg.Positive(2)), "moves x itself"),
        (lambda: go(erg.NUTS()), "Langevin"),
        (lambda: go(erg.Langevin(masses=[1.0, 2.0, 3.0])), "masses: expected one number or shape"),
        (lambda: go(erg.Langevin(masses=-1.0)), "masses"),
        (lambda: go(erg.Overdamped(mobility=0.0)), "mobility"),
        (lambda: erg.Langevin(dt=0.0), r"\(0, inf\)"),
        (lambda: erg.Langevin(-1.0), r"\[0, inf\)"),
        (lambda: erg.Langevin(scheme="BAB"), "expected one of"),
        (lambda: go(erg.NoseHoover(), kT=0.0), "above 0"),
        (lambda: go(kT=-1.0), "kT"),
        (lambda: go(erg.GeneralisedLangevin([1.0, 2.0], [1.0, 2.0, 3.0])), "one for each exponential"),
        (lambda: go(erg.GeneralisedLangevin(times=0.0)), "times"),
        (lambda: go(observe=["velocity"]), "conserved, energy, kinetic, velocities, x"),
        (lambda: go(erg.Overdamped(), observe=["kinetic"]), "one of energy, x"),
        (lambda: go(erg.Langevin(scheme="BBK"), observe=["conserved"]), "one of"),
        (lambda: go(velocities=np.zeros(2)), "velocities: expected a start"),
        (lambda: go(erg.Overdamped(), velocities=np.zeros(2), start=np.zeros(2)), "masses"),
        (lambda: go(start=np.zeros(3)), "expected one configuration"),
        (lambda: go(start=np.zeros(2), velocities=np.zeros(3)), "velocities: expected one"),
        (lambda: go(start=np.array([np.nan, 0.0])), "not finite"),
        (lambda: go(start=np.zeros(2), velocities=np.array([np.inf, 0.0])), "velocity"),
        (lambda: go(erg.Langevin(dt=1e-300)), "dt"),
        (lambda: go(every=-1.0), "every"),
        (lambda: erg.simulate(erg.lattice.Ising((4, 4)), time=1.0, space=R), "space: expected none"),
        (lambda: erg.simulate(erg.lattice.Ising((4, 4)), erg.Langevin(), time=1.0), "no method to simulate"),
        (lambda: go(erg.Overdamped(dt=0.5), start=np.full(2, 30.0), time=1e3), "not finite at time"),
    ]:
        with pytest.raises(erg.Error, match=match):
            call()
    wall = lambda x: np.where(np.sum(x) > 5.0, np.inf, -np.sum(x))
    with pytest.raises(erg.NonFiniteError, match=r"at time .* of chain"):
        erg.simulate(wall, erg.Langevin(), space=R, time=1e3, seed=1, progress=False)
    sliced = erg.simulate(wells, erg.Langevin(dt=0.01), space=R, time=0.3, every=0.075, kT=1.0, chains=1, seed=1, progress=False)
    assert sliced.info["kernel"]["dt"][0] == 0.075 / 8 and sliced["x"].shape == (1, 5, 2)
    assert erg.simulate(wells, erg.Langevin(dt=1e9), space=R, time=0.3, chains=1, seed=1, progress=False).info["kernel"]["dt"][0] == 0.003
