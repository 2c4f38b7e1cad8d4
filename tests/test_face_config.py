"""Settings, versions, the cost of an import, the fork of a process."""

import json
import os
import subprocess
import sys

import pytest

import ergodica as erg
from ergodica._config import Config


def python(code, **environment):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def test_settings_are_read_from_the_environment():
    c = Config({"ERGODICA_THREADS": "3", "ERGODICA_SIMD": "Scalar", "ERGODICA_MEMORY": "1.5 GB"})
    assert (c.threads, c.simd, c.memory) == (3, "scalar", 3 << 29)
    assert Config({}).memory > 1 << 20
    for bad in ({"ERGODICA_THREADS": "many"}, {"ERGODICA_SIMD": "sse"}, {"ERGODICA_MEMORY": "much"}):
        with pytest.raises(erg.SpecError, match=next(iter(bad))):
            Config(bad)


def test_settings_are_validated_and_kept_when_refused():
    c = Config({})
    for name, bad in (("threads", -1), ("threads", 1.5), ("simd", 3), ("memory", -1), ("memory", "4 GG")):
        before = getattr(c, name)
        with pytest.raises(erg.SpecError):
            setattr(c, name, bad)
        assert getattr(c, name) == before
    with pytest.raises(erg.SpecError, match="no setting 'thread'"):
        c.thread = 2


def test_settings_reach_the_core():
    code = "import ergodica as erg; erg.config.threads = 1; erg.sample(erg.lattice.Ising(4), kT=1.0, sweeps=1); print(erg.last_run.info['simd'])"
    done = python(code, ERGODICA_SIMD="scalar")
    assert done.returncode == 0 and done.stdout.strip() == "scalar", done.stderr
    done = python("import ergodica as erg; erg.sample(erg.lattice.Ising(64), kT=1.0, sweeps=10**6)", ERGODICA_MEMORY="1 MB")
    assert "MemoryLimitError" in done.stderr


def test_import_is_light():
    code = """
import sys, numpy
import ergodica
print([m for m in ("scipy", "tqdm", "matplotlib", "pyarrow", "pandas", "asyncio", "importlib.metadata", "ergodica._native") if m in sys.modules])
"""
    done = python(code)
    assert done.stdout.strip() == "[]", done.stderr


def test_fork_after_use_is_refused_with_a_way_out():
    code = """
import os, sys, ergodica as erg
erg.sample(erg.lattice.Ising(4), kT=1.0, sweeps=1, warmup=0)
if (pid := os.fork()) == 0:
    try:
        erg.sample(erg.lattice.Ising(4), kT=1.0, sweeps=1)
    except erg.ForkError as e:
        os._exit(7 if "spawn" in str(e) else 1)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert python(code).returncode == 7


def test_fork_before_use_is_fine():
    code = """
import os, sys, ergodica as erg
if (pid := os.fork()) == 0:
    os._exit(0 if erg.sample(erg.lattice.Ising(4), kT=1.0, sweeps=1)["energy"].shape == (4, 1) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert python(code).returncode == 0


def test_versions():
    done = subprocess.run([sys.executable, "-m", "ergodica", "info", "--json"], capture_output=True, text=True, timeout=120)
    found = json.loads(done.stdout)
    assert found["ergodica"] == erg.__version__ and found["simd"] and found["threads"] >= 1
    assert "memory" in subprocess.run([sys.executable, "-m", "ergodica", "info"], capture_output=True, text=True, timeout=120).stdout


def test_exit_with_a_live_job_is_clean():
    done = python("import ergodica as erg; job = erg.sample(erg.lattice.Ising((64, 64)), kT=2.0, sweeps=10**7, wait=False); print(job.state)")
    assert (done.returncode, done.stdout.strip()) == (0, "running"), done.stderr
