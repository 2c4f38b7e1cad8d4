"""Jobs beside each other and in the background, across threads, forks, pickles and executors: what they leave behind and whose bits they have."""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import pickle
import threading
import time

import numpy as np
import pytest

import ergodica as erg

MAGNET = erg.lattice.Ising((16, 16))
ENDLESS = {"kT": 2.5, "sweeps": 10**8, "every": 100, "seed": 1, "wait": False}
QUICK = {"kT": [2.0, 2.5], "chains": 4, "sweeps": 50, "warmup": 20, "seed": 4}


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.005)


def bits(run):
    parts = [p for n in sorted(run) for p in ((run[n].values, run[n].offsets) if isinstance(run[n], erg.Ragged) else (run[n],))]
    return [(p.dtype, p.shape, np.ascontiguousarray(p).tobytes()) for p in [*parts, run.final]]


CALLS = [
    lambda **o: erg.sample(MAGNET, erg.Metropolis(), **QUICK, **o),
    lambda **o: erg.sample(MAGNET, erg.Wolff(), **QUICK, **o),
    lambda **o: erg.sample(MAGNET, erg.SwendsenWang(), observe=["cluster_sizes", "energy"], **QUICK, **o),
    lambda **o: erg.sample(MAGNET, erg.HeatBath(), observe=["configuration", row], **QUICK, **o),
    lambda **o: erg.simulate(MAGNET, kT=2.0, time=30.0, every=1.0, seed=4, **o),
]


def row(s):
    return s[:, 0].sum(axis=1)


@pytest.mark.parametrize("call", CALLS)
def test_wait_false_gives_the_bits_of_wait_true(call):
    with call(wait=False) as job:
        assert bits(job.result(60)) == bits(call())


def test_snapshots_are_immutable_prefixes(nothing_left):
    names = ["energy", "configuration", "two_point"]
    call = {"kT": 2.3, "chains": 3, "sweeps": 30_000, "every": 10, "warmup": 10, "seed": 2, "observe": names}
    with erg.sample(MAGNET, erg.Metropolis(), wait=False, **call) as job:
        taken = []
        while not job.done():
            s = job.snapshot()
            if s.status == "done":
                break  # it has just ended: the run itself, which is writable
            taken.append((s, {n: s[n].copy() for n in names}))
            time.sleep(0.002)
        run = job.result()
    assert run.status == "done" and run["energy"].shape == (3, 3000)
    lengths = [s["energy"].shape[1] for s, _ in taken]
    assert lengths == sorted(lengths)
    for s, copies in taken:
        for n in names:
            assert (s[n] == copies[n]).all() and (run[n][:, : s[n].shape[1]] == copies[n]).all()
            with pytest.raises(ValueError, match="read-only"):
                s[n][...] = 0
    del s, copies, taken, run, job


def test_cancelled_runs_are_prefixes(nothing_left):
    whole = erg.sample(MAGNET, erg.Metropolis(), kT=2.3, sweeps=40_000, every=10, seed=2)
    for k in range(6):
        job = erg.sample(MAGNET, erg.Metropolis(), kT=2.3, sweeps=40_000, every=10, seed=2, wait=False)
        time.sleep(0.004 * k)
        job.cancel()
        run = job.result(20)
        n = run["energy"].shape[1]
        assert run.status in ("done", "interrupted") and (run["energy"] == whole["energy"][:, :n]).all() and len(run.coords["draw"]) == n
        job.close()
    del whole, run, job


def test_pause_holds_and_resume_goes_on():
    """Pauses leave no trace in the bits."""
    call = {"kT": 2.3, "sweeps": 200_000, "every": 100, "seed": 9}
    whole = erg.sample(MAGNET, erg.Metropolis(), **call)
    job = erg.sample(MAGNET, erg.Metropolis(), wait=False, **call)
    pauses = 0
    while not job.done():
        if job.pause():
            until(lambda: job.state == "paused" or job.done())
            before = job.snapshot()["energy"].shape
            time.sleep(0.03)
            assert job.snapshot()["energy"].shape == before
            pauses += 1
            job.resume()
            assert job.state != "paused", "the state is of this moment, not of the last poll"
        time.sleep(0.03)
    assert bits(job.result()) == bits(whole) and pauses > 0
    job.close()


def test_a_paused_job_can_be_cancelled_and_closed():
    for end in ("cancel", "close"):
        job = erg.sample(MAGNET, erg.Metropolis(), **ENDLESS)
        job.pause()
        until(lambda: job.state == "paused")  # noqa: B023
        getattr(job, end)()
        assert job.result(5).status == "interrupted"


def test_stale_use():
    """After its end a job answers and does nothing; what was taken stays."""
    job = erg.sample(MAGNET, erg.Metropolis(), **ENDLESS)
    until(lambda: job.progress.get("done", 0) > 0)
    job.close()
    job.close()
    with job:
        pass
    run = job.result()
    assert not (job.cancel() or job.pause() or job.resume()) and job.done() and job.exception() is None
    assert job.snapshot() is run and job.state == "cancelled" and "cancelled" in repr(job)
    assert job.result(0) is run
    with pytest.raises(erg.CheckpointError, match="has no checkpoint"):
        live = erg.sample(MAGNET, erg.Metropolis(), **ENDLESS)
        try:
            live.checkpoint()
        finally:
            live.close()
    assert not job.checkpoint()
    with pytest.raises(erg.ClosedError):
        job._handle.wait(1)


def test_callbacks_and_await_of_many(nothing_left):
    ended = []

    async def go():
        jobs = [erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=30, seed=s, wait=False) for s in range(12)]
        for j in jobs:
            j.add_done_callback(ended.append)
        runs = await asyncio.gather(*jobs)
        return [r["energy"].copy() for r in runs]

    found = asyncio.run(go())
    for s, e in enumerate(found):
        assert (e == erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=30, seed=s)["energy"]).all()
    assert len(ended) == 12
    ended.clear()


def test_awaiting_can_be_cancelled():
    async def go():
        job = erg.sample(MAGNET, erg.Metropolis(), **ENDLESS)
        try:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(job, 0.05)
        finally:
            job.close()
        return job

    job = asyncio.run(go())
    until(job.done)


def test_threads_at_once_have_the_bits_of_one_after_the_other(nothing_left):
    """Each thread makes every kind of call, in another order. Catches shared scratch memory and shared random streams."""
    expected = [bits(call(threads=1)) for call in CALLS]
    wrong: list[object] = []

    def work(first):
        try:
            for k in range(2 * len(CALLS)):
                which = (first + k) % len(CALLS)
                if bits(CALLS[which](threads=1 + k % 3, progress=False)) != expected[which]:
                    wrong.append((first, k, which))
        except BaseException as e:
            wrong.append(e)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


EXIT = """
    import sys, threading
    import numpy as np
    import ergodica as erg
    m = erg.lattice.Ising((64, 64))
    jobs = [erg.sample(m, method, kT=2.0, sweeps=10**8, every=1000, seed=1, wait=False, **o) for method, o in (
        (erg.Metropolis(), {}), (erg.Wolff(), {"start": np.ones((64, 64))}), (erg.SwendsenWang(), {"observe": lambda s: s[:, 0, 0]}))]
    jobs[0].pause()
    kind = sys.argv[1]
    if kind == "exit":
        sys.exit(0)
    if kind == "in a thread":
        def foreground():
            erg.sample(m, erg.Metropolis(), kT=2.0, sweeps=10**8, every=1000, progress=False)
        threading.Thread(target=foreground, daemon=True).start()
    if kind == "forgotten":
        del jobs
    if kind == "last run":
        keep = erg.sample(m, kT=2.0, sweeps=10)["energy"]
        erg.run_kept = keep
    if kind == "threads off":
        for j in jobs:
            j.cancel()
    print("end")
"""


@pytest.mark.parametrize("kind", ["end", "exit", "in a thread", "forgotten", "last run", "threads off"])
def test_the_interpreter_ends_with_live_jobs(child, kind):
    begun = time.monotonic()
    child(EXIT, kind, timeout=30)
    assert time.monotonic() - begun < 15


FORK = """
    import os, pickle, sys, multiprocessing
    import numpy as np
    import ergodica as erg
    m = erg.lattice.Ising((8, 8))
    run = erg.sample(m, kT=2.0, sweeps=20, seed=1)
    job = erg.sample(m, erg.Metropolis(), kT=2.0, sweeps=10**8, every=1000, seed=1, wait=False)
    tried = {
        "sample": lambda: erg.sample(m, kT=2.0, sweeps=1),
        "solve": lambda: erg.solve(m, kT=2.0),
        "methods": lambda: erg.methods(m),
        "threads": lambda: setattr(erg.config, "threads", 1),
        "snapshot": lambda: job.snapshot(),
        "summary": lambda: run.summary(),
    }
    pid = os.fork()
    if pid == 0:
        status = 0
        for name, call in tried.items():
            try:
                call()
                print(name, "went through")
            except erg.ForkError as e:
                assert "spawn" in str(e)
            except BaseException as e:
                print(name, repr(e))
                status = 1
        assert run["energy"].sum() == pickle.loads(pickle.dumps(run))["energy"].sum()  # arrays are memory like any other
        sys.stdout.flush()
        del run, job
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert job.progress is not None and job.cancel() and job.result(5).status == "interrupted"
    assert erg.sample(m, kT=2.0, sweeps=20, seed=1)["energy"].tobytes() == run["energy"].tobytes()
    with multiprocessing.get_context("fork").Pool(1) as pool:  # a whole life and exit in a forked child
        try:
            pool.apply(erg.sample, (m,), {"kT": 2.0, "sweeps": 1})
        except erg.ForkError:
            print("refused in a pool")
    sys.exit(status)
"""


def test_forks(child):
    out = child(FORK, timeout=60)
    assert "refused in a pool" in out and "sample went" not in out and "solve went" not in out


def test_pickles():
    pytest.importorskip("networkx")
    import networkx as nx

    systems = [MAGNET, erg.lattice.Ising(nx.petersen_graph(), J=-1.0), erg.lattice.Ising((4, 4), J=np.linspace(-1, 1, 32), h=np.ones((4, 4)))]
    for system in systems:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(system, protocol)) == system
    for method in (erg.Wolff(), erg.Metropolis(order="random"), erg.Kaufman()):
        assert pickle.loads(pickle.dumps(method)) == method
    run = erg.sample(MAGNET, erg.SwendsenWang(), observe=["energy", "cluster_sizes"], **QUICK)
    back = pickle.loads(pickle.dumps(run))
    assert bits(back) == bits(run) and back.system == run.system and back.dims == run.dims and back.seed == run.seed
    assert back["energy"].flags.writeable and back.summary()["energy"].mean.tolist() == run.summary()["energy"].mean.tolist()
    job = erg.sample(MAGNET, erg.Metropolis(), **ENDLESS)
    try:
        with pytest.raises((TypeError, erg.Error)):
            pickle.dumps(job)
    finally:
        job.close()


def test_executors_join_to_the_bits_of_a_local_run():
    """Threads, spawned processes, and one that finishes in any order. Catches keys that depend on the piece."""
    calls = [c for c in CALLS if c is not CALLS[3]] + [CALLS[3]]
    local = [bits(c()) for c in calls]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        assert [bits(c(executor=pool)) for c in calls] == local
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert [bits(c(executor=pool)) for c in calls[:3]] == local[:3]
        futures = [pool.submit(erg.sample, MAGNET, erg.Wolff(), **QUICK) for _ in range(2)]  # systems and methods there, runs back
        assert all(bits(f.result()) == local[1] for f in futures)
        with pytest.raises(erg.SpecError, match="lambda"):
            erg.sample(MAGNET, observe=lambda s: s[:, 0, 0], executor=pool, **QUICK)
        with pytest.raises(erg.SpecError, match="observ"):
            erg.sample(MAGNET, observe="nonsense", executor=pool, **QUICK)


class Failing(concurrent.futures.Executor):
    """Runs nothing: raises on the k-th submission, or in the future."""

    def __init__(self, late):
        self.late, self.count = late, 0

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        if not self.late and self.count == 2:
            raise RuntimeError("no worker left")
        future = concurrent.futures.Future()
        if self.count == 2:
            future.set_exception(concurrent.futures.BrokenExecutor("a worker died"))
        else:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as e:
                future.set_exception(e)
        return future


@pytest.mark.parametrize("late", [False, True])
def test_an_executor_that_fails(late, nothing_left):
    with pytest.raises((RuntimeError, erg.Error), match=r"no worker left|a worker died"):
        erg.sample(MAGNET, executor=Failing(late), **QUICK)


def test_exceptions_of_functions_come_back_from_workers():
    def broken(s):
        if s[0, 0, 0] == s[0, 0, 0] and len(s) == 2:
            raise ZeroDivisionError("in a worker")
        return s[:, 0, 0]

    with concurrent.futures.ThreadPoolExecutor(4) as pool, pytest.raises(erg.PythonError, match="ZeroDivisionError: in a worker") as caught:
        erg.sample(MAGNET, observe=broken, executor=pool, **QUICK)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
