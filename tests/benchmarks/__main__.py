"""Benchmarks beside the best peers, as ratios within one run: ``python -m tests.benchmarks [--tiny] [name ...]``.

Absolute figures move from machine to machine and from minute to minute; the ratio of two programs that took turns in one run does not. Peers
(numba, peapods) are optional: where one is missing, its row says so. ``--tiny`` runs every line of every benchmark on small sizes, for the tests.
"""

from __future__ import annotations

import argparse
import os
import sys

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from tests.benchmarks import (  # noqa: E402  (threads are fixed before NumPy loads)
    automata,
    border,
    callbacks,
    clusters,
    control,
    energies,
    ensembles,
    factorisations,
    fields,
    filters,
    flows,
    fourier,
    functions,
    glass,
    laplacian,
    limits,
    metropolis,
    networks,
    nuts,
    optimisers,
    particles,
    programs,
    scaling,
    spins,
    stages,
    training,
)

BENCHMARKS = {
    "limits": limits.main,
    "metropolis": metropolis.main,
    "clusters": clusters.main,
    "spins": spins.main,
    "scaling": scaling.main,
    "border": border.main,
    "functions": functions.main,
    "particles": particles.main,
    "programs": programs.main,
    "networks": networks.main,
    "training": training.main,
    "flows": flows.main,
    "optimisers": optimisers.main,
    "energies": energies.main,
    "ensembles": ensembles.main,
    "nuts": nuts.main,
    "filters": filters.main,
    "fourier": fourier.main,
    "laplacian": laplacian.main,
    "factorisations": factorisations.main,
    "control": control.main,
    "callbacks": callbacks.main,
    "stages": stages.main,
    "automata": automata.main,
    "fields": fields.main,
    "glass": glass.main,
}


def main() -> int:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to see that everything runs")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    for name in arguments.names or BENCHMARKS:
        print(f"\n== {name}", flush=True)
        BENCHMARKS[name](tiny=arguments.tiny)
    return 0


if __name__ == "__main__":
    sys.exit(main())
