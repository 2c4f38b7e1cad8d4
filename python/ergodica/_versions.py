"""What is installed, for a bug report."""

from __future__ import annotations

import os
import sys
from typing import Any

PACKAGES = ("numpy", "scipy", "tqdm", "pyarrow", "matplotlib", "pandas", "xarray", "arviz", "networkx", "torch", "ipykernel")


def versions() -> dict[str, Any]:
    """Versions, processor, settings in force."""
    import importlib.metadata
    import platform

    from ergodica import _door
    from ergodica._config import human

    core = _door.info()
    found: dict[str, Any] = {"ergodica": core.get("version", ""), "python": sys.version.split()[0], "platform": platform.platform()}
    found |= {k: v for k, v in core.items() if isinstance(v, (str, int, float)) and k != "version"}
    found["cores"] = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for key in ("memory", "limit", "memory_limit"):
        if isinstance(found.get(key), (int, float)):
            found[key] = human(found[key])
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def show_versions() -> None:
    """Print versions, processor, SIMD path, threads and memory limit: what a bug report needs.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.show_versions()  # doctest: +ELLIPSIS
    ergodica...
    """
    found = versions()
    width = max(map(len, found))
    for key, value in found.items():
        print(f"{key.ljust(width)}  {value}")
