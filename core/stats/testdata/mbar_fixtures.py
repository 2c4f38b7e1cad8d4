"""Writes mbar.json: free energies and means of oscillators by pymbar 4.0, the fixture of tests/test_stats_mbar.py. Draws are rounded."""

import json
from pathlib import Path

import numpy as np
import pymbar

rng = np.random.default_rng(20080101)
k, centre, counts = np.array([1.0, 2.0, 5.0, 3.0]), np.array([0.0, 0.5, 1.2, 0.3]), np.array([60, 40, 80, 0])
x = np.round(np.concatenate([c + rng.normal(size=n) / np.sqrt(a) for a, c, n in zip(k, centre, counts, strict=True)]), 4)
u = 0.5 * k[:, None] * (x - centre[:, None]) ** 2 + 10.0 * np.arange(4)[:, None]
found = pymbar.MBAR(u, counts, solver_protocol=({"method": "adaptive", "tol": 1e-14, "options": {"min_sc_iter": 0}},))
free = found.compute_free_energy_differences()
means = found.compute_expectations(x + 5)
out = {
    "pymbar": pymbar.__version__, "k": k.tolist(), "centre": centre.tolist(), "counts": counts.tolist(), "x": x.tolist(),
    "f": free["Delta_f"].tolist(), "df": free["dDelta_f"].tolist(), "mean": means["mu"].tolist(), "dmean": means["sigma"].tolist(),
    "overlap": found.compute_overlap()["matrix"].tolist(),
}  # fmt: skip
Path(__file__).with_name("mbar.json").write_text(json.dumps(out, separators=(",", ":")))
