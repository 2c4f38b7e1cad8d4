"""Every example in a docstring runs and gives what it says; every Python block of the README runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import ergodica as erg

ROOT = Path(__file__).parents[1]
ELSEWHERE = ("ergodica._native", "ergodica.__main__", "ergodica.expr")
MODULES = sorted(m.name for m in pkgutil.walk_packages(erg.__path__, "ergodica.") if not m.name.startswith(ELSEWHERE))


@pytest.mark.parametrize("name", ["ergodica", *MODULES])
def test_docstring_examples(name):
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"erg": erg, "np": np}, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0


def test_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


ROOMS = ("distributions", "expr", "lattice", "learning", "nn", "random", "stats", "targets")


def test_public_names_have_docstrings_and_are_all_that_is_shown():
    """Completion after a dot shows what is public, and each of it says what it is."""
    for name in erg.__all__:
        assert getattr(erg, name).__doc__, name
    for room in ROOMS:
        module = getattr(erg, room)
        assert dir(module) == sorted(module.__all__), room
        for name in module.__all__:
            assert getattr(module, name).__doc__, f"{room}.{name}"
