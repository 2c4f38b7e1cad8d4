"""Options of the tests, and what several of them share.

``pytest --full`` runs the long versions too (as ``make test-full`` and ERGODICA_FULL=1 do); ``pytest --seeds N`` repeats the randomised ones with
N seeds in place of one.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long versions of the tests too")
    parser.addoption("--seeds", type=int, default=1, help="seeds of each randomised test (default 1)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--full") and config.option.markexpr == "not full":
        config.option.markexpr = ""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument ``repeat`` is run for repeat = 0, 1, ... up to --seeds."""
    if "repeat" in metafunc.fixturenames:
        metafunc.parametrize("repeat", range(metafunc.config.getoption("--seeds")))


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the long version is wanted."""
    return bool(request.config.getoption("--full") or os.environ.get("ERGODICA_FULL"))


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--seeds"))


@pytest.fixture
def child() -> Callable[..., str]:
    """Run a program in a process of its own, which must end by itself with exit status 0; gives what it printed."""

    def run(code: str, *arguments: object, timeout: float = 120, **environment: str) -> str:
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              env={**os.environ, **environment})  # fmt: skip
        assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    return run


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """After the test the core holds no job, no memory and no array of ours that it did not hold before."""
    import ergodica as erg
    from ergodica import _arrays, _door

    def held() -> tuple[int, int, int]:
        erg.verbs.last_run = None
        gc.collect()
        info = _door.info()
        return info["jobs"], info["held"], len(_arrays._live)

    before = held()
    yield
    assert held() == before
