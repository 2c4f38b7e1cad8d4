"""Settings of the core: threads, SIMD path, memory limit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from ergodica._base import integer
from ergodica.errors import SpecError

SIMD_PATHS = ("auto", "avx512", "avx2", "scalar")
_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


class Config:
    """Settings that hold for all runs of this process. Results do not depend on them.

    Attributes
    ----------
    threads : int
        Threads of a run; 0, the default, is one for each core this process may use. Environment: ``ERGODICA_THREADS``.
    simd : {"auto", "avx512", "avx2", "scalar"}
        Vector instructions; "auto" takes the best there is. Environment: ``ERGODICA_SIMD``.
    memory : int
        Bytes above which a plan is refused before anything is allocated; also accepts ``"4 GB"`` (powers of 1024). The default is
        80 % of what is available when the library loads; 0 is no limit. Environment: ``ERGODICA_MEMORY``.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.config.threads = 2
    >>> erg.config.memory = "4 GB"
    >>> erg.config.memory
    4294967296
    >>> erg.config.threads = 0
    """

    __slots__ = ("_memory", "_push", "_simd", "_threads")

    def __init__(self, environment: Any = None) -> None:
        env = os.environ if environment is None else environment
        self._push: Callable[[], None] | None = None
        self._threads: int = _threads(env.get("ERGODICA_THREADS", 0), "ERGODICA_THREADS")
        self._simd: str = _simd(env.get("ERGODICA_SIMD", "auto"), "ERGODICA_SIMD")
        self._memory: int | None = _bytes(env["ERGODICA_MEMORY"], "ERGODICA_MEMORY") if env.get("ERGODICA_MEMORY") else None

    @property
    def threads(self) -> int:
        return self._threads

    @threads.setter
    def threads(self, n: int) -> None:
        self._set("_threads", _threads(n, "erg.config.threads"))

    @property
    def simd(self) -> str:
        return self._simd

    @simd.setter
    def simd(self, path: str) -> None:
        self._set("_simd", _simd(path, "erg.config.simd"))

    @property
    def memory(self) -> int:
        if self._memory is None:
            self._memory = int(0.8 * available_memory())
        return self._memory

    @memory.setter
    def memory(self, limit: int | str) -> None:
        self._set("_memory", _bytes(limit, "erg.config.memory"))

    def _set(self, name: str, value: Any) -> None:
        before = getattr(self, name)
        object.__setattr__(self, name, value)
        try:
            if self._push is not None:
                self._push()
        except BaseException:
            object.__setattr__(self, name, before)
            raise

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__slots__ and name not in ("threads", "simd", "memory"):
            raise SpecError(f"erg.config has no setting {name!r}; it has: threads, simd, memory", fields={"argument": name})
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"Config(threads={self.threads or 'auto'}, simd={self.simd!r}, memory={human(self.memory)})"


def _threads(n: Any, name: str) -> int:
    if isinstance(n, str):
        if not n.strip().isdigit():
            raise SpecError(f"{name}: expected a number of threads, got {n!r}", fields={"argument": name})
        n = int(n)
    return integer(0 if n is None else n, name, 0, 4096)


def _simd(path: Any, name: str) -> str:
    if not isinstance(path, str) or path.lower() not in SIMD_PATHS:
        raise SpecError(f"{name}: expected one of {', '.join(SIMD_PATHS)}; got {path!r}", fields={"argument": name})
    return path.lower()


def _bytes(limit: Any, name: str) -> int:
    if isinstance(limit, str):
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b)?\s*", limit.lower())
        if not found:
            raise SpecError(f"{name}: expected bytes, as a number or as text like '4 GB'; got {limit!r}", fields={"argument": name})
        return int(float(found[1]) * _UNITS[found[2]])
    return integer(limit, name, 0)


def available_memory() -> int:
    """Bytes that this process could still take: the machine's, or less where a control group says so."""
    free = 0
    try:
        with open("/proc/meminfo") as f:
            for line in f:
                if line.startswith("MemAvailable:"):
                    free = int(line.split()[1]) * 1024
    except OSError:
        pass
    if not free:
        try:
            free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (ValueError, OSError):
            return 0
    try:
        with open("/sys/fs/cgroup/memory.max") as most, open("/sys/fs/cgroup/memory.current") as now:
            free = min(free, max(int(most.read()) - int(now.read()), 0))
    except (OSError, ValueError):
        pass
    return free


def human(n: float) -> str:
    """A number of bytes to read."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n < 1024:
            return f"{n:.4g} {unit}"
        n /= 1024
    return f"{n:.4g} TiB"


config = Config()
