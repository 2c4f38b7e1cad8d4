"""What every method of the registry promises, on one small system of each family: bits, threads, checkpoints, pieces, interruption, refusals, NaN."""

import concurrent.futures
import dataclasses
import time

import numpy as np
import pytest

import ergodica as erg
from ergodica.ragged import Ragged


def wells(x):
    return np.sum((x**2 - 1) ** 2 + 0.3 * x)


def slopes(x):
    return 4 * x * (x**2 - 1) + 0.3


SYSTEMS = {
    "lattice": (erg.lattice.Ising((4, 4)), {}, 2.5),
    "potts": (erg.lattice.Potts((4, 4), q=3), {}, 1.2),
    "clock": (erg.lattice.Clock((4, 4), q=5), {}, 0.8),
    "pairs": (erg.lattice.Model((4, 4), (-1, 0, 1), pair=lambda s, t: -s * t, site=lambda s: 0.4 * s**2 - 0.1 * s), {}, 1.0),
    "traced": (erg.lattice.Model((3, 4), erg.Sphere(3), pair=lambda s, t: -np.sum(s * t, axis=-1), site=lambda s: s[..., 0] ** 2), {}, 0.8),
    "traced together": (erg.lattice.Model((6,), erg.Sphere(2), energy=lambda s, n: n[..., 0, 0] * s[..., 1] - s[..., 0] * n[..., 1, 0]), {}, 0.8),
    "table": (erg.lattice.Model((12,), (-1, 1), energy=lambda s, n: n[..., 0] * s * n[..., 1] - 0.2 * s), {}, 1.0),
    "patterns": (erg.lattice.Hopfield([[1, -1, 1, 1, -1, 1], [1, 1, 0, -1, 1, 1]], p=3, h=0.1), {}, 0.4),
    "glass": (erg.lattice.random_p_spin(6, seed=1, h=0.1), {}, 0.6),
    "vectors": (erg.lattice.ON((3, 4), n=3, J=-1.0), {}, 0.9),
    "far": (erg.lattice.LongRangeIsing((3, 4), erg.lattice.power_law((3, 4), 3.0), h=0.2), {}, 5.0),
    "dipoles": (erg.lattice.Dipoles((2, 2, 3), axes=(0.6, 0.0, 0.8), D=0.5), {}, 0.7),
    "angles": (erg.lattice.Villain((3, 4), K=0.8), {}, 1.0),
    "field": (erg.lattice.Phi4((2, 3), mass2=-1.0, lam=1.0, h=0.3), {}, 1.0),
    "exclusion": (erg.lattice.Exclusion((8,), backward=0.5, alpha=0.7, beta=0.4, periodic=False), {}, 1.0),
    "zero range": (erg.lattice.ZeroRange((6,), law="condensing", b=3.0), {}, 1.0),
    "walkers": (erg.lattice.ZeroRange((6,), law="linear", backward=0.5), {}, 1.0),
    "masses": (erg.lattice.MassTransport((6,), rule="random"), {}, 1.0),
    "automaton": (erg.lattice.Elementary((70,), flip=0.1), {}, 1.0),
    "life": (erg.lattice.LifeLike((6, 5), flip=0.1), {}, 1.0),
    "sandpile": (erg.lattice.Sandpile((5, 4)), {}, 1.0),
    "voters": (erg.lattice.Voter((4, 4), noise=0.1), {}, 1.0),
    "majorities": (erg.lattice.MajorityVote((4, 4), noise=0.1), {}, 1.0),
    "gauge": (erg.lattice.U1((2, 4), beta=1.0), {}, 1.0),
    "links": (erg.lattice.SU3((2, 2), beta=3.0), {}, 1.0),
    "density": (wells, {"space": erg.Real(2)}, 0.7),
    "proposed": (erg.Proposed(wells, erg.nn.CouplingFlow(2, 2, hidden=[4], seed=1)), {"space": erg.Real(2)}, 0.7),
    "function in Python": (erg.black_box(lambda x: np.sum((x**2 - 1) ** 2 + 0.3 * x, axis=1), slopes), {"space": erg.Real(2)}, 0.7),
}
SMALL = {"NestedSampling": {"live": 40}, "SVGD": {"steps": 30}, "WangLandau": {"final": 0.2, "bins": 8}, "Multicanonical": {"rounds": 3, "bins": 8},
         "UmbrellaSampling": {"windows": 5}}  # fmt: skip


def cases():
    for family, (system, space, kT) in SYSTEMS.items():
        for fit in erg.methods(system, **space):
            name = type(fit.method).__name__
            if family == "proposed" and name != "Independence":  # others as of a density
                continue
            if fit.verb != "solve":
                yield pytest.param(family, system, space, kT, fit, id=f"{family}: {fit.verb} {type(fit.method).__name__}")


CASES = list(cases())


def run(system, space, around, fit, **changes):
    method = fit.method
    small = {k: v for k, v in SMALL.get(type(method).__name__, {}).items() if k in {f.name for f in dataclasses.fields(method)}}
    if getattr(method, "low", 0.0) is None and not isinstance(system, (erg.lattice.Ising, erg.lattice.Potts)):
        small |= {"low": -1.0, "high": 1.0}  # others do not know their levels
    method = dataclasses.replace(method, **small)
    common = dict(kT=[0.9 * around, around, 1.2 * around], chains=2, seed=11, progress=False) | space
    if method.unit == "all":
        common["chains"] = 6
    if fit.verb == "simulate":
        return erg.simulate(system, method, **common | {"time": 6.0, "every": 0.5} | changes)
    if method.staged:
        one = {} if type(method).__name__ == "SimulatedTempering" else {"kT": around}
        return erg.sample(system, method, **common | {"draws": 40} | one | changes)
    return erg.sample(system, method, **common | {"draws" if space else "sweeps": 25, "warmup": 20} | changes)


def alike(a, b):
    assert list(a) == list(b)
    for name in (*a, *a.noted):
        x, y = a[name], b[name]
        if isinstance(x, Ragged):
            x, y = x.values, y.values
        np.testing.assert_array_equal(x, y, err_msg=name)


@pytest.mark.parametrize("family, system, space, kT, fit", CASES)
def test_promises(family, system, space, kT, fit, tmp_path):
    """One seed, one result: again, on other numbers of threads, in pieces on an executor, through a checkpoint after a cancellation; another seed,
    another result. Catches state that is shared between threads or that a checkpoint forgets."""
    common = (system, space, kT, fit)
    reference = run(*common)
    alike(reference, run(*common, threads=1))
    alike(reference, run(*common, threads=3))
    other = run(*common, seed=12)
    if type(fit.method).__name__ != "Verlet":
        assert any(not np.array_equal(reference[n], other[n]) for n in reference if not isinstance(reference[n], Ragged))
    if fit.method.unit != "all" and family != "function in Python":  # a lambda stays in its process
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            alike(reference, run(*common, executor=pool))
    path = tmp_path / "run"
    for pause in (0.0, 0.005, 0.02, 0.1, 30.0):
        job = run(*common, wait=False, checkpoint=(path, 1000.0))
        begun = time.monotonic()
        while time.monotonic() - begun < pause and not job.done():
            time.sleep(0.001)
        job.cancel()
        last = job.result(30)
        job.close()
        if last.status == "done":
            break
    assert last.status == "done"
    alike(reference, last)


@pytest.mark.parametrize("family, system, space, kT, fit", CASES)
def test_refusals(family, system, space, kT, fit):
    """Parameters that there are not, and temperatures and chains that cannot be, are refused before anything runs."""
    with pytest.raises(erg.SpecError, match="has no parameter"):
        type(fit.method)(nonsense=1)
    wrong = [("kT", -1.0), ("kT", np.nan), ("chains", 0), ("seed", -1), ("start", "nowhere"), ("observe", ["no such quantity"]), ("threads", -2)]
    for name, value in wrong:
        with pytest.raises(erg.Error):
            run(system, space, kT, fit, **{name: value})


@pytest.mark.parametrize("fit", [pytest.param(f, id=f"{f.verb} {type(f.method).__name__}") for f in erg.methods(wells, erg.Real(2))])
def test_a_density_that_is_not_one(fit):
    """NaN everywhere is refused; NaN in places is counted or refused, never drawn; the process lives."""
    with pytest.raises(erg.NonFiniteError):
        run(lambda x: np.sum(x) * np.nan, {"space": erg.Real(2)}, 1.0, fit)
    try:
        holes = run(lambda x: np.where(x[0] > 1.0, np.nan, wells(x)), {"space": erg.Real(2)}, 0.7, fit)
    except erg.Error:
        return
    if "x" in holes and fit.verb == "sample" and holes.log_weights is None:
        assert (holes["x"][..., 0] <= 1.0).all()
