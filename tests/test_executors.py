"""Runs spread over workers have the bits of a local run: chains, sweeps of temperatures, ladders, populations; on processes and on Dask."""

import concurrent.futures
import multiprocessing

import numpy as np
import pytest

import ergodica as erg

MAGNET = erg.lattice.Ising((8, 8))


def wells(x):
    return np.sum((x**2 - 1) ** 2)


ON_WELLS = dict(space=erg.Real(3), draws=20, warmup=20, seed=1, progress=False)
RUNS = {
    "chains of a density": lambda **e: erg.sample(wells, kT=0.5, chains=3, **ON_WELLS, **e),
    "temperatures of one chain": lambda **e: erg.sample(wells, erg.HMC(), kT=[0.3, 0.5, 1.0], chains=1, **ON_WELLS, **e),
    "sweep": lambda **e: erg.sample(MAGNET, erg.Wolff(), kT=[2.0, 2.3, 3.0, 4.0], chains=1, sweeps=30, seed=2, progress=False, **e),
    "dynamics": lambda **e: erg.simulate(MAGNET, kT=[2.0, 3.0], chains=2, time=5.0, seed=3, progress=False, **e),
    "ladder": lambda **e: erg.sample(MAGNET, erg.ParallelTempering(), kT=[2.0, 2.3, 2.6], chains=2, sweeps=30, seed=4, progress=False, **e),
    "populations": lambda **e: erg.sample(MAGNET, erg.SMC(), kT=2.5, chains=2, draws=50, seed=5, progress=False, **e),
    "Langevin": lambda **e: erg.simulate(wells, erg.Langevin(dt=0.05), space=erg.Real(2), kT=[0.3, 1.0], time=5.0, seed=6, progress=False, **e),
}


def alike(a, b):
    assert set(a) == set(b) and a.noted == b.noted
    for name in (*a, *a.noted):
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
        assert a.dims[name] == b.dims[name]
    for name in a.coords:
        np.testing.assert_array_equal(a.coords[name], b.coords[name])
    for name, x in a.info["kernel"].items():
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            np.testing.assert_array_equal(x, b.info["kernel"][name], err_msg=name)


@pytest.fixture(scope="module")
def processes():
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("name", RUNS)
def test_processes(name, processes):
    alike(RUNS[name](), RUNS[name](executor=processes))


def test_many_pieces():
    """More workers than pieces, and blocks of temperatures and chains that do not divide evenly."""
    with concurrent.futures.ThreadPoolExecutor(7) as pool:
        for name in ("sweep", "temperatures of one chain", "ladder"):
            alike(RUNS[name](), RUNS[name](executor=pool))
        run = erg.sample(MAGNET, kT=[2.0, 2.5, 3.0], chains=5, sweeps=10, seed=1, executor=pool, progress=False)
    alike(erg.sample(MAGNET, kT=[2.0, 2.5, 3.0], chains=5, sweeps=10, seed=1, progress=False), run)
    assert run.info["pieces"] == 10 and run.info["chains"] == 5


def test_a_run_goes_on(processes):
    first = RUNS["chains of a density"]()
    common = {**ON_WELLS, "seed": 9, "warmup": 0}
    alike(erg.sample(wells, kT=0.5, chains=3, start=first, **common), erg.sample(wells, kT=0.5, chains=3, start=first, executor=processes, **common))


def test_dask():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster, distributed.Client(cluster) as client:
        for name in ("chains of a density", "ladder"):
            alike(RUNS[name](), RUNS[name](executor=client.get_executor()))
