"""Every benchmark runs, on small sizes: figures mean nothing here, and no time is asserted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_benchmark_runs(tmp_path: Path) -> None:
    """A renamed method or an option that went away ends this with a traceback; a table without rows fails too."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "tests.benchmarks", "--tiny"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = ["copy of", "ours, two threads over one", "ours, Swendsen-Wang", "ours, L=64, one thread", "a whole job", "eight schools"]
    lines += ["Laplacian of log|psi|", "flow 2-64-64-1", "fftn 4 x 4 x 4", "arctan2 float32", "beside NumPy's batch", "scan of 10 steps", "dopri5"]
    lines += ["beside a loop that batches"]
    lines += ["segment sum, sorted", "SVGD 20 x 3"]
    lines += ["bootstrap filter, 1000 particles"]
    lines += ["NUTS, eight schools"]
    lines += ["ours, sandpile 16 x 16, responses"]
    lines += ["phi^4 HMC", "SU(3) heat bath"]
    lines += ["ours, 1 thread, +-J glass"]
    lines += ["SMC, 64 particles", "tempering, 2 ladders"]
    lines += ["RealNVP reverse KL", "causal transformer"]
    for line in lines:
        assert line in done.stdout, done.stdout
