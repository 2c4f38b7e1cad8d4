"""Targets that are functions in Python: evaluated for all chains at once, and the same draws as the traced function gives."""

import time

import numpy as np
import pytest

import ergodica as erg


def wells(x):
    return np.sum((x**2 - 1) ** 2, axis=-1)


def slope(x):
    return 4 * x * (x**2 - 1)


REMOTE = erg.black_box(wells, slope)
METHODS = [erg.HMC(steps=3), erg.NUTS(max_depth=3), erg.MALA(), erg.RandomWalk(steps=2)]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_is_the_traced_target(method):
    """Draw by draw, as long as rounding has not grown: the points at which the energy is asked for, and what becomes of its answers, are right."""
    common = dict(space=erg.Real(4), kT=[0.5, 1.0], chains=3, draws=8, warmup=0, seed=1, progress=False)
    a = erg.sample(wells, method, **common)
    b = erg.sample(REMOTE, method, **common)
    for name in ("x", "energy"):
        np.testing.assert_allclose(b[name], a[name], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(a.info["evaluations"], b.info["evaluations"])
    np.testing.assert_allclose(wells(b["x"]), b["energy"], rtol=1e-12)


def test_on_constrained_spaces():
    space = dict(t=erg.Positive(), s=erg.Simplex(3), x=erg.Real(2))
    one = lambda p: 3 * p["t"] - 2 * np.log(p["t"]) - np.sum(np.log(p["s"]) * np.array([1.0, 2, 4])) + np.sum((p["x"] - p["t"]) ** 2)
    traced = erg.compile(erg.vmap(erg.value_and_grad(one)))
    remote = erg.black_box(lambda p: traced(p)[0], lambda p: traced(p)[1])
    common = dict(space=space, kT=1.5, chains=5, draws=6, warmup=0, seed=3, progress=False)
    a, b = erg.sample(one, erg.HMC(steps=3), **common), erg.sample(remote, erg.HMC(steps=3), **common)
    for name in ("t", "s", "x", "energy"):
        np.testing.assert_allclose(b[name], a[name], rtol=1e-8, atol=1e-8)


def test_same_bits_and_checkpoint(tmp_path):
    common = dict(space=erg.Real(3), chains=5, draws=60, warmup=50, seed=2, progress=False)
    a = erg.sample(REMOTE, **common)
    b = erg.sample(REMOTE, threads=1, **common)
    np.testing.assert_array_equal(a["x"], b["x"])
    path, parts = tmp_path / "run", 0
    while True:
        job = erg.sample(REMOTE, wait=False, checkpoint=(path, 1000.0), **common)
        time.sleep(0.15)
        job.cancel()
        run = job.result(30)
        parts += 1
        if run.status == "done":
            break
    np.testing.assert_array_equal(a["x"], run["x"])
    with pytest.raises(erg.CheckpointError, match="another request"):
        erg.sample(erg.black_box(lambda x: 2 * wells(x), slope), checkpoint=path, **common)


HMC = erg.HMC(steps=4, step_size=0.2, jitter=0.0)
WALK = erg.RandomWalk(steps=4)
TOGETHER = {  # methods, what is asked for, walkers, and questions at most where each is of all walkers
    "ladder": (erg.ParallelTempering(kernel=HMC), {"kT": [0.3, 0.6, 1.2], "draws": 30}, 12, 1 + 30 * 5),
    "pilot": (erg.ParallelTempering(kernel=HMC, adapt=True), {"kT": [0.3, 0.6, 1.2], "draws": 30, "warmup": 20}, 12, None),
    "simulated": (erg.SimulatedTempering(kernel=HMC), {"kT": [0.3, 0.6, 1.2], "draws": 30, "warmup": 0}, 4, 1 + 30 * 5 * 5),
    "SMC": (erg.SMC(kernel=HMC), {"draws": 300}, 1200, None),
    "AIS": (erg.AnnealedImportanceSampling(kernel=HMC), {"draws": 30}, 120, None),
    "population": (erg.PopulationAnnealing(kernel=WALK), {"draws": 50}, 200, None),
    "Wang-Landau": (erg.WangLandau(low=-1, high=6, bins=8, final=0.5, kernel=WALK), {"draws": 100}, 4, None),
    "multicanonical": (erg.Multicanonical(low=-1, high=6, bins=8, rounds=2, kernel=WALK), {"draws": 50}, 4, None),
    "umbrella": (erg.UmbrellaSampling(observable="x[0]", low=-1.5, high=1.5, windows=6, kernel=WALK), {"draws": 60}, 24, None),
    "nested": (erg.NestedSampling(live=30, kernel=WALK), {"draws": 50}, 4, None),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_all_walkers_ask_together(name):
    """Ladders, populations and flat histograms put one question per step for all their walkers: few questions, most of them full, none for an energy
    that is known from another temperature. The draws are those of the traced function, and bits do not depend on threads."""
    method, own, walkers, most = TOGETHER[name]
    asked = []

    def counted(x):
        asked.append(len(x))
        return wells(x)

    common = dict(space=erg.Real(2), chains=4, seed=3, progress=False) | {"kT": 0.5, "warmup": 0} | own
    if method.staged and name != "simulated":
        common.pop("warmup")
    run = erg.sample(erg.black_box(counted, slope), method, **common)
    first = list(asked)
    full = min(walkers, 1024)
    print(f"{name:15s} questions {len(first):6d} rows {sum(first):8d} of {full} walkers: {sum(first) / len(first):.1f}")
    if most is not None:
        assert len(first) <= most
    assert sum(first) > 0.4 * full * len(first)
    asked.clear()
    again = erg.sample(erg.black_box(counted, slope), method, threads=1, **common)
    np.testing.assert_array_equal(run["x"], again["x"])
    assert asked == first
    traced = erg.sample(wells, method, **common)
    np.testing.assert_allclose(run["x"], traced["x"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(run["energy"], traced["energy"], rtol=1e-3, atol=1e-3)


def test_one_x_at_a_time_and_observables():
    one = erg.black_box(lambda x: float(wells(x)), slope, batched=False)
    common = dict(space=erg.Real(3), chains=2, draws=5, warmup=0, seed=4, progress=False)
    a = erg.sample(one, erg.HMC(steps=2), observe={"square": lambda x: x**2}, **common)
    b = erg.sample(REMOTE, erg.HMC(steps=2), observe=["x", "energy"], **common)
    np.testing.assert_allclose(a["x"], b["x"], rtol=1e-12)
    np.testing.assert_allclose(a["square"], a["x"] ** 2, rtol=1e-12)


def test_moments_without_a_gradient():
    """Exponential with mean 2: 4.9 standard errors; catches kT left out of the answers (then the mean is 1)."""
    t = erg.black_box(lambda t: t)
    run = erg.sample(t, erg.RandomWalk(), space=erg.Positive(), kT=2.0, chains=16, draws=600, warmup=300, seed=5, progress=False)
    mean = run["x"].mean()
    se = run["x"].mean(1).std(ddof=1) / 4
    assert abs(mean - 2) < 4.9 * se * 1.9 and se < 0.1  # t with 15 degrees of freedom: 9.3 standard errors at 1e-6


def test_faults_are_told():
    common = dict(space=erg.Real(2), chains=2, draws=5, warmup=0, progress=False)
    boom = erg.black_box(lambda x: np.asarray(1 / 0), slope)
    with pytest.raises(erg.PythonError, match="ZeroDivisionError") as told:
        erg.sample(boom, **common)
    assert isinstance(told.value.__cause__, ZeroDivisionError)
    with pytest.raises(erg.ShapeError, match="one energy for each of"):
        erg.sample(erg.black_box(lambda x: x, slope), **common)
    with pytest.raises(erg.ShapeError, match="gradient of"):
        erg.sample(erg.black_box(wells, lambda x: x[:, :1]), **common)
    with pytest.raises(erg.SpecError, match="has no gradient"):
        erg.sample(erg.black_box(wells), **common)
    with pytest.raises(erg.SpecError, match="space"):
        erg.sample(REMOTE)
    with pytest.raises(erg.SpecError, match="expected a function"):
        erg.black_box(3)
    with pytest.raises(erg.NonFiniteError, match="not finite"):
        erg.sample(erg.black_box(lambda x: np.full(len(x), np.nan), slope), **common)
    holes = erg.black_box(lambda x: np.where(x[:, 0] > 0.5, np.nan, wells(x)), slope)
    run = erg.sample(holes, erg.HMC(steps=2), space=erg.Real(2), chains=4, draws=100, warmup=0, seed=1, progress=False)
    assert run.info["undefined"].sum() > 0 and (run["x"][..., 0] <= 0.5).all()


def test_interrupt():
    def slow(x):
        time.sleep(0.02)
        return wells(x)

    job = erg.sample(erg.black_box(slow, slope), space=erg.Real(2), draws=10**6, warmup=0, seed=1, wait=False)
    time.sleep(0.3)
    begun = time.monotonic()
    job.cancel()
    run = job.result(5)
    assert time.monotonic() - begun < 2 and run.status == "interrupted"
    job.close()
