"""Every example in the docstrings of the tracer runs, and every public verb has one."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import ergodica as erg

MODULES = sorted(m.name for m in pkgutil.walk_packages(erg.expr.__path__, "ergodica.expr."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"erg": erg, "np": np}, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("name", [n for n in erg.expr.__all__ if n[0].islower()])
def test_verbs_have_equation_parameters_errors_and_example(name):
    for part in ("Parameters", "Returns", "Raises", "Examples", ">>>"):
        assert part in getattr(erg, name).__doc__


def test_refusals_name_calls_that_exist():
    """What the texts of the tracer propose as erg.something or np.something is there."""
    import re
    from pathlib import Path

    for file in Path(erg.expr.__path__[0]).rglob("*.py"):
        for module, name in re.findall(r"\b(erg|np)\.(\w+)\(", file.read_text()):
            assert hasattr(erg if module == "erg" else np, name), (file.name, name)
