"""The life of a job as Python sees it: waiting, progress, pause, cancel, snapshot, checkpoints, Ctrl-C, functions of the user, executors."""

import asyncio
import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import ergodica as erg

MAGNET = erg.lattice.Ising((16, 16))
LONG = {"kT": 2.5, "sweeps": 10**7, "every": 100, "seed": 1}


def long_job(**options):
    return erg.sample(MAGNET, erg.Metropolis(), wait=False, **{**LONG, **options})


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.01)


def test_a_job_is_served_in_the_background():
    with erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=300, seed=5, wait=False) as job:
        run = job.result(timeout=60)
    assert job.done() and job.state == "done" and job.exception() is None
    assert (run["energy"] == erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=300, seed=5)["energy"]).all()
    assert any(e["kind"] == "warmup" for e in job.events)


def test_pause_resume_snapshot_cancel():
    with long_job() as job:
        until(lambda: job.snapshot()["energy"].shape[1] > 3)
        assert job.pause()
        until(lambda: job.state == "paused")
        before, again = job.snapshot(), job.snapshot()
        time.sleep(0.15)
        assert (before["energy"] == job.snapshot()["energy"]).all() and before["energy"].shape == again["energy"].shape
        assert before.status == "running" and not before["energy"].flags.writeable
        kept = before["energy"].copy()
        assert job.resume()
        until(lambda: job.snapshot()["energy"].shape[1] > kept.shape[1])
        until(lambda: "running" in repr(job))
        assert job.progress["unit"] == "spin updates"
        assert job.cancel()
        run = job.result(10)
        assert run.status == "interrupted" and (run["energy"][:, : kept.shape[1]] == kept).all() and (before["energy"] == kept).all()
        assert not job.cancel() and not job.pause()
    assert job.state == "cancelled"


def test_result_times_out_and_the_job_goes_on():
    with long_job() as job, pytest.raises(TimeoutError):
        job.result(timeout=0.05)
    assert job.done()


def test_a_closed_context_cancels():
    with long_job() as job:
        pass
    assert job.result(1).status == "interrupted"


def test_await():
    async def both():
        jobs = [erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=100, seed=s, wait=False) for s in (1, 2)]
        return await asyncio.gather(*jobs)

    a, b = asyncio.run(both())
    assert a["energy"].shape == b["energy"].shape and (a["energy"] != b["energy"]).any()


def test_errors_of_a_background_job_come_with_its_result():
    calls = []

    def moody(s):
        calls.append(len(s))
        if len(calls) > 3:
            raise KeyError("enough")
        return s.mean(axis=(1, 2))

    job = erg.sample(MAGNET, kT=2.0, sweeps=10, observe=moody, wait=False)
    with pytest.raises(erg.PythonError, match="moody raised KeyError") as caught:
        job.result(30)
    assert isinstance(caught.value.__cause__, KeyError) and caught.value.__cause__.__traceback__ is not None
    assert job.state == "failed"


def test_bad_requests_fail_at_once_also_in_the_background():
    with pytest.raises(erg.SpecError, match="has no observable"):
        erg.sample(MAGNET, observe="energi", wait=False)


def test_functions_see_batches_of_all_walkers_and_may_keep_them():
    seen = []

    def spins(s):
        seen.append(s)
        return s.astype(np.int32).sum(axis=(1, 2))

    run = erg.sample(MAGNET, kT=[2.0, 3.0], chains=3, sweeps=5, observe=[spins, "magnetization", "configuration"], seed=1)
    assert run["spins"].shape == (2, 3, 5) and run["spins"].dtype == np.int64
    assert (run["spins"] == run["magnetization"] * 256).all()
    assert all(s.shape == (6, 16, 16) and s.dtype == np.int8 for s in seen) and len(seen) == 6
    assert (np.stack(seen[1:], 1).reshape(2, 3, 5, 16, 16) == run["configuration"]).all()


@pytest.mark.parametrize("rows", [lambda s: s.mean(), lambda s: s[:1, 0, 0], lambda s: np.zeros((3, 3)), lambda s: None, lambda s: "x"])
def test_functions_must_give_a_row_for_each_configuration(rows):
    with pytest.raises(erg.ShapeError, match="observe"):
        erg.sample(MAGNET, kT=2.0, sweeps=5, observe={"rows": rows})


def test_a_function_that_changes_its_shape_is_stopped():
    calls = []

    def growing(s):
        calls.append(0)
        return np.zeros((len(s), len(calls)))

    with pytest.raises(erg.ShapeError, match="when it was tried first"):
        erg.sample(MAGNET, kT=2.0, sweeps=5, observe=growing)


def test_vector_and_complex_functions():
    run = erg.sample(MAGNET, kT=2.0, sweeps=4, seed=1, observe={"fourier": lambda s: np.fft.fft(s[:, 0])[:, :3], "even": lambda s: s[:, 0, 0] > 0})
    assert run["fourier"].shape == (4, 4, 3) and run["fourier"].dtype == np.complex128 and run["even"].dtype == np.bool_


def test_progress_functions_are_called_and_bars_stay_away_from_short_runs(capsys):
    seen = []
    erg.sample(MAGNET, erg.Metropolis(), kT=2.0, sweeps=20_000, seed=1, progress=seen.append)
    assert seen and seen[-1]["total"] > 0 and seen[-1]["unit"] == "spin updates"
    erg.sample(MAGNET, kT=2.0, sweeps=10, seed=1)
    assert capsys.readouterr().err == ""
    erg.sample(MAGNET, kT=2.0, sweeps=2000, seed=1, progress=True)
    assert "sample Ising" in capsys.readouterr().err


def test_checkpoint_continues_to_the_same_bits(tmp_path):
    path = tmp_path / "run.ckpt"
    whole = erg.sample(MAGNET, erg.Metropolis(), kT=2.3, sweeps=200_000, every=100, seed=3)
    job = erg.sample(MAGNET, erg.Metropolis(), kT=2.3, sweeps=200_000, every=100, seed=3, checkpoint=(path, 1.0), wait=False)
    until(lambda: job.done() or job.snapshot()["energy"].shape[1] > 5)
    job.close()
    assert path.exists()
    again = erg.sample(MAGNET, erg.Metropolis(), kT=2.3, sweeps=200_000, every=100, seed=3, checkpoint=path)
    assert (again["energy"] == whole["energy"]).all() and (again.final == whole.final).all()
    with pytest.raises(erg.CheckpointError):
        erg.sample(MAGNET, erg.Metropolis(), kT=2.4, sweeps=200_000, every=100, seed=3, checkpoint=path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(erg.CheckpointError):
        erg.sample(MAGNET, erg.Metropolis(), kT=2.3, sweeps=200_000, every=100, seed=3, checkpoint=path)


def test_start_from_a_run_or_an_array():
    first = erg.sample(MAGNET, erg.Metropolis(), kT=[2.0, 2.5], sweeps=10, seed=1, observe=["configuration", "energy"])
    assert (first.final == first["configuration"][:, :, -1]).all()
    second = erg.sample(MAGNET, erg.Metropolis(), kT=[2.0, 2.5], sweeps=10, start=first)
    assert second.info["warmup"] == 0
    cold = erg.simulate(MAGNET, kT=[2.0, 2.5], time=1.0, start=first, observe="energy", seed=9)
    assert (cold["energy"][:, :, 0] == first["energy"][:, :, -1]).all()
    with pytest.raises(erg.SpecError, match="another one than that of the run"):
        erg.sample(MAGNET, kT=[2.0, 2.5], start=first, seed=1)
    up = erg.simulate(MAGNET, kT=2.0, time=1.0, start=np.ones((16, 16)), observe="magnetization")
    assert (up["magnetization"][:, 0] == 1).all()
    with pytest.raises(erg.ShapeError, match="start"):
        erg.sample(MAGNET, start=np.ones((5, 5)))
    with pytest.raises(erg.SpecError, match="start"):
        erg.sample(MAGNET, start="hot")


def test_two_threads_at_once():
    runs = {}

    def work(seed):
        runs[seed] = erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=200, seed=seed)

    threads = [threading.Thread(target=work, args=(s,)) for s in (1, 2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (runs[1]["energy"] == erg.sample(MAGNET, erg.Wolff(), kT=2.3, sweeps=200, seed=1)["energy"]).all()


def test_an_executor_joins_to_the_same_bits():
    plan = {"kT": [2.0, 2.5], "chains": 5, "sweeps": 20, "seed": 4}
    names = ["energy", "configuration", "cluster_sizes"]
    local = erg.sample(MAGNET, erg.SwendsenWang(), observe=names, **plan)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        spread = erg.sample(MAGNET, erg.SwendsenWang(), observe=names, executor=pool, **plan)
    for name in ("energy", "configuration"):
        assert (spread[name] == local[name]).all()
    assert (spread["cluster_sizes"].values == local["cluster_sizes"].values).all()
    assert (spread["cluster_sizes"].offsets == local["cluster_sizes"].offsets).all() and (spread.final == local.final).all()
    start = np.where(np.random.default_rng(0).random((5, 16, 16)) < 0.5, 1, -1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        a = erg.sample(MAGNET, erg.Metropolis(), start=start, warmup=0, executor=pool, **plan)
    assert (a["energy"] == erg.sample(MAGNET, erg.Metropolis(), start=start, warmup=0, **plan)["energy"]).all()
    with pytest.raises(erg.SpecError, match="executor"):
        erg.sample(MAGNET, executor=3)


def test_an_executor_of_processes():
    plan = {"kT": 2.3, "chains": 4, "sweeps": 20, "seed": 4}
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert (erg.sample(MAGNET, executor=pool, **plan)["energy"] == erg.sample(MAGNET, **plan)["energy"]).all()
        with pytest.raises(erg.SpecError, match="workers cannot receive"):
            erg.sample(MAGNET, observe=lambda s: s[:, 0, 0], executor=pool, **plan)


@pytest.mark.parametrize("how", ["foreground", "loop"])
def test_ctrl_c_gives_back_what_was_finished(how):
    code = f"""
import os, signal, sys, threading, time
import ergodica as erg
m = erg.lattice.Ising((64, 64))
erg.sample(m, kT=2.0, sweeps=1, warmup=0)
sent = []
def press():
    time.sleep(0.5); sent.append(time.monotonic()); os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.03); os.kill(os.getpid(), signal.SIGINT) if {how == "foreground"} else None
threading.Thread(target=press, daemon=True).start()
try:
    for k in range(1 if {how == "foreground"} else 10**6):
        erg.sample(m, erg.Metropolis(), kT=2.0, sweeps=10**7 if {how == "foreground"} else 30, warmup=0, every=1, seed=1, progress=False)
except KeyboardInterrupt as e:
    took = time.monotonic() - sent[0]
    print(type(e).__name__, took, e.run is erg.last_run if hasattr(e, "run") else "", erg.last_run["energy"].shape[1] > 0)
time.sleep(0.2)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    name, took, *rest = done.stdout.split()
    assert name in ("Interrupted", "KeyboardInterrupt") and float(took) < 1.0 and rest[-1] == "True", done.stdout + done.stderr


def test_closed_handles_say_so():
    job = long_job()
    job.close()
    with pytest.raises(erg.ClosedError):
        job._handle.wait(0)
    from ergodica import _door

    with pytest.raises(erg.ClosedError, match="closed, or never was"):
        _door.call("JobWait", 10**9, 0)


def test_nothing_stays_in_the_core(nothing_left):
    for _ in range(20):
        erg.sample(MAGNET, kT=2.0, sweeps=10, start=np.ones((16, 16)), seed=1)


def test_signals_are_left_as_they_were():
    before = signal.getsignal(signal.SIGINT)
    erg.sample(MAGNET, kT=2.0, sweeps=10)
    assert signal.getsignal(signal.SIGINT) is before and os.getpid() > 0
