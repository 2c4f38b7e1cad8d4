"""What a seed promises, end to end: the same bits whatever the threads, the vector instructions, the pieces and the way of waiting; and chains that
know nothing of each other."""

from __future__ import annotations

import concurrent.futures
import math

import numpy as np
import pytest

import ergodica as erg
from ergodica import _door

RNG = np.random.default_rng(1)
SYSTEMS = {
    "square": erg.lattice.Ising((32, 32)),
    "odd sides": erg.lattice.Ising((7, 13), J=-0.7),
    "open cube": erg.lattice.Ising((6, 8, 10), periodic=[True, False, True]),
    "long rows": erg.lattice.Ising((4, 640)),
    "glass in a field": erg.lattice.Ising((12, 12), J=RNG.normal(size=288), h=RNG.normal(size=(12, 12))),
    "graph": erg.lattice.Ising(erg.lattice.Graph(RNG.permutation(80).reshape(-1, 2), sites=90), h=0.1),
}
METHODS = [erg.Metropolis(), erg.Metropolis(order="random"), erg.Metropolis(order="sequential"), erg.HeatBath(), erg.HeatBath(order="random"),
           erg.Wolff(), erg.SwendsenWang()]  # fmt: skip
PLAN = {"kT": [1.5, 2.3], "chains": 3, "sweeps": 12, "warmup": 7, "seed": 2**63 + 12345, "progress": False}


def cases():
    for name, system in SYSTEMS.items():
        for method in METHODS:
            if not (isinstance(method, erg.Wolff) and np.any(system.h)):
                yield pytest.param(system, method, id=f"{name}-{method!r}")
        yield pytest.param(system, None, id=f"{name}-simulate")


def run(system, method, **options):
    if method is None:
        options = {k: v for k, v in {**PLAN, **options}.items() if k not in ("sweeps", "warmup")}
        return erg.simulate(system, time=6.0, every=0.5, observe=["energy", "configuration"], **options)
    return erg.sample(system, method, observe=["energy", "magnetization", "configuration"], **{**PLAN, **options})


def bits(r):
    return [(n, np.ascontiguousarray(r[n]).tobytes()) for n in sorted(r)] + [r.final.tobytes()]


@pytest.mark.parametrize("system, method", list(cases()))
def test_bits(system, method):
    """Threads 1, 2, 3, 7; every SIMD level; waiting or not; chains in pieces. Catches a key, a tile or a reduction that depends on who does the
    work."""
    first = run(system, method, threads=1)
    expected = bits(first)
    for threads in (2, 3, 7):
        assert bits(run(system, method, threads=threads)) == expected, f"{threads} threads"
    before = erg.config.simd
    try:
        for level in _door.info()["levels"]:
            erg.config.simd = level.lower().replace("-", "")
            assert bits(run(system, method)) == expected, level
    finally:
        erg.config.simd = before
    assert bits(run(system, method, wait=False).result(60)) == expected
    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # 3 = 1 + 2
        assert bits(run(system, method, executor=pool)) == expected
    more = run(system, method, chains=5)  # chains belong to their numbers
    assert all((more[n][:, :3] == first[n]).all() for n in first)
    alone = run(system, method, kT=1.5)
    assert all((alone[n] == first[n][0]).all() for n in first)
    other = run(system, method, seed=PLAN["seed"] - 1)
    assert (other["configuration"] != first["configuration"]).any()


@pytest.mark.parametrize("system, method", [c for c in cases() if not c.id.endswith("simulate")])
def test_longer_runs_begin_like_shorter_ones(system, method):
    """sweeps=40 begins like sweeps=20, and every=2 is every second record. Catches a warm-up or a schedule that depends on how much is recorded."""
    long = run(system, method, sweeps=40)
    short, sparse, odd = run(system, method, sweeps=20), run(system, method, sweeps=40, every=2), run(system, method, sweeps=41, every=3)
    for n in long:
        assert (long[n][:, :, :20] == short[n]).all()
        assert (long[n][:, :, 1::2] == sparse[n]).all() and (long[n][:, :, 2::3] == odd[n][:, :, :13]).all()
    assert (short.final == long["configuration"][:, :, 19]).all()


def test_simulations_do_not_depend_on_when_they_are_looked_at():
    system = SYSTEMS["glass in a field"]
    long, short = (erg.simulate(system, kT=1.5, time=t, every=0.5, seed=3, observe="configuration") for t in (12.0, 6.0))
    sparse = erg.simulate(system, kT=1.5, time=12.0, every=1.0, seed=3, observe="configuration")
    assert (long["configuration"][:, :13] == short["configuration"]).all()
    assert (long["configuration"][:, ::2] == sparse["configuration"]).all()


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_going_on_from_a_run(method):
    """The second run begins where the first ended, and its random numbers are others'."""
    system = SYSTEMS["odd sides"]
    first = erg.sample(system, method, kT=1.8, sweeps=10, warmup=5, seed=1)
    later = erg.simulate(system, kT=1.8, time=1.0, start=first, seed=2, observe="configuration")
    assert (later["configuration"][:, 0] == first.final).all()
    a, b = (erg.sample(system, method, kT=1.8, sweeps=10, start=s, seed=2, warmup=0) for s in (first, first.final.copy()))
    assert (a["energy"] == b["energy"]).all()


def test_drawn_seeds_are_kept_and_differ():
    runs = [erg.sample(SYSTEMS["odd sides"], erg.Metropolis(), kT=2.0, sweeps=3) for _ in range(20)]
    assert len({r.seed for r in runs}) == 20
    assert (erg.sample(SYSTEMS["odd sides"], erg.Metropolis(), kT=2.0, sweeps=3, seed=runs[0].seed)["energy"] == runs[0]["energy"]).all()


@pytest.mark.parametrize("method", [erg.Metropolis(), erg.Metropolis(order="random"), erg.HeatBath(), erg.Wolff(), erg.SwendsenWang()], ids=repr)
def test_chains_and_temperatures_are_independent(method, repeat):
    """The correlation between the configurations of different walkers is zero: z = sum over sites and draws of s_a s_b, over its spread. At kT = 8
    spins are nearly free, so z is nearly normal; its spread follows from the correlations in space, sum_r G(r)^2 with G = tanh(1/kT)^|r|, and 1.25
    for those in time. 24 walkers, among them those of two neighbouring seeds, make 276 pairs: |z| > 6.2 is a false alarm with probability 2e-7.
    Catches a key without the chain or the temperature in it, a counter shared between chains, a seed added to a chain's number. Planted: the
    next test."""
    system, kT = erg.lattice.Ising((16, 16)), 8.0
    records = []
    for seed in (10 + 2 * repeat, 11 + 2 * repeat):
        r = erg.sample(system, method, kT=[kT, kT], chains=6, sweeps=2400, every=6, warmup=50, seed=seed, observe="configuration", progress=False)
        records.append(r["configuration"].reshape(12, -1).astype(np.float32))
    s = np.concatenate(records)
    n = s.shape[1]
    K = math.tanh(1 / kT)
    spread = math.sqrt(((1 + K**2) / (1 - K**2)) ** 2 * 1.25)  # generous: correlated sites in space, and in time at lag 6
    z = (s @ s.T)[np.triu_indices(24, 1)] / math.sqrt(n) / spread
    assert np.abs(z).max() < 6.2
    assert 0.4 < z.std() < 1.6  # and the bound is no dead letter


def test_the_test_of_independence_sees_a_shared_stream():
    """Planted: two runs of one seed at different temperatures share their random numbers where only kT differs."""
    system = erg.lattice.Ising((16, 16))
    a, b = (erg.sample(system, erg.HeatBath(), kT=t, chains=1, sweeps=2400, every=6, warmup=50, seed=1, observe="configuration")["configuration"]
            for t in (8.0, 9.0))  # fmt: skip
    a, b = (x.reshape(-1).astype(float) for x in (a, b))
    assert abs(a @ b) / math.sqrt(len(a)) > 20
