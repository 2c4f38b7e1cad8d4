"""A checkpointed run that is killed at random moments, again and again, ends with the bits of one that was left alone."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest

import ergodica as erg

SMALL = ("energy", "magnetization")

# One process that never loads the library forks a child for each attempt, which spares the imports; the child does all the work.
ZYGOTE = """
    import os, random, signal, sys, time
    import numpy, tqdm
    import ergodica as erg
    from test_life_kill import CASES, digest

    folder, wanted, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    answers, kills, resumed = {}, 0, 0

    def attempt(case, path, report):
        run = CASES[case](checkpoint=(path, 0.05), progress=False)
        os.write(report, f"{digest(run)} {int(any(e['kind'] == 'resumed' for e in run.info['events']))}".encode())

    round = 0
    while kills < wanted or resumed < 4:
        for case in CASES:
            path = os.path.join(folder, f"{case}-{round}.ckpt")
            while True:
                read, write = os.pipe()
                pid = os.fork()
                if pid == 0:
                    try:
                        attempt(case, path, write)
                        os._exit(0)
                    except BaseException:
                        import traceback
                        traceback.print_exc()
                        os._exit(1)
                os.close(write)
                end = time.monotonic() + rng.choice((0.03, 0.15, 0.3, 0.5)) * rng.random() + 0.02
                status = None
                while time.monotonic() < end:
                    done, status = os.waitpid(pid, os.WNOHANG)
                    if done:
                        break
                    status = None
                    time.sleep(0.001)
                if status is None:
                    os.kill(pid, signal.SIGKILL)
                    _, status = os.waitpid(pid, 0)
                answer = os.read(read, 1000).decode()
                os.close(read)
                if os.WIFSIGNALED(status) and not answer:
                    assert os.WTERMSIG(status) == signal.SIGKILL, status
                    kills += 1
                    continue
                assert answer, (case, status)
                text, again = answer.split()
                answers.setdefault(case, set()).add(text)
                resumed += int(again)
                break
        round += 1
    for case, found in answers.items():
        print("answer", case, *found)
    print("kills", kills, "resumed", resumed, "rounds", round)
    print("files", *sorted(os.listdir(folder)))
"""


def digest(run):
    """A hash of every bit of a run."""
    h = hashlib.sha256()
    for name in sorted(run):
        a = run[name]
        for part in (a.values, a.offsets) if isinstance(a, erg.Ragged) else (a,):
            h.update(f"{name} {part.dtype} {part.shape}".encode() + np.ascontiguousarray(part).tobytes())
    h.update(np.ascontiguousarray(run.final).tobytes())
    return h.hexdigest()


def corner(s):
    return s[:, :2, :3].sum(axis=(1, 2))


CASES = {
    # a packed kernel, two temperatures, a seed that runs over 63 bits
    "metropolis": lambda **options: erg.sample(
        erg.lattice.Ising((64, 64)), erg.Metropolis(), kT=[2.2, 2.4], chains=2, sweeps=100_000, every=50, warmup=5000, seed=2**64 - 3,
        observe=SMALL, **options),
    # number of clusters fixed in warm-up: it must be in the checkpoint
    "wolff": lambda **options: erg.sample(
        erg.lattice.Ising((32, 32)), erg.Wolff(), kT=2.3, chains=3, sweeps=8000, every=2, warmup=1500, seed=7, observe=SMALL, **options),
    # ragged columns, the general path, and a function of the user
    "swendsen-wang": lambda **options: erg.sample(
        erg.lattice.Ising((16, 16), J=np.linspace(0.5, 1.5, 512), h=0.05), erg.SwendsenWang(), kT=2.0, chains=2, sweeps=6000, warmup=100, seed=5,
        observe=["cluster_sizes", corner, *SMALL], **options),
    # continuous time: clocks and events
    "glauber": lambda **options: erg.simulate(
        erg.lattice.Ising((24, 24)), erg.HeatBath(), kT=2.0, chains=3, time=6000.0, every=2.0, seed=11, observe=SMALL, **options),
}


@pytest.fixture(scope="module")
def undisturbed():
    return {name: digest(case(progress=False)) for name, case in CASES.items()}


def test_killed_at_random_moments(child, full, repeat, undisturbed, tmp_path):
    """30 kills (1000 in full). Catches: a checkpoint that is not replaced atomically, a counter or the state of a kernel that is not saved, columns
    saved after the state they belong to."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    printed = child(ZYGOTE, tmp_path, 1000 if full else 30, repeat, timeout=3600, PYTHONPATH=path)
    lines = [line.split() for line in printed.splitlines()]
    answers = {line[1]: line[2:] for line in lines if line[0] == "answer"}
    assert answers == {case: [bits] for case, bits in undisturbed.items()}
    ((_, kills, _, resumed, *_),) = [line for line in lines if line[0] == "kills"]
    print(printed.splitlines()[-2])
    assert int(kills) >= 30 and int(resumed) >= 4
    (files,) = [line[1:] for line in lines if line[0] == "files"]
    drafts = [f for f in files if not f.endswith(".ckpt")]  # of runs killed while they wrote; the next run sweeps those older than 10 s
    assert all(".ckpt.part-" in f for f in drafts) and len(drafts) <= int(kills) / 5, files
