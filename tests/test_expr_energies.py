"""The forty functions of ``tests/energies``, traced as they stand: value, gradient and Hessian-vector product against long-double references.

The references come from central differences in 80-bit arithmetic, not from automatic differentiation; tolerances are those of their README.
"""

import copy
import json
import operator
import re
from pathlib import Path

import numpy as np
import pytest

import ergodica as erg
from energies import energies

CASES = {f.__name__: (f, x) for f, x, _ in energies.CASES}
REFUSED = {f.__name__: (f, x) for f, x, _ in energies.EXPECT_ERROR}
REFERENCE = json.loads((Path(__file__).parent / "energies" / "reference.json").read_text())["cases"]


def functional(f):
    """L of a vector or complex result: sum_k cos(k) Re y_k + sin(k + 1) Im y_k."""

    def L(x):
        y = f(x)
        if np.ndim(y) == 0 and not np.iscomplexobj(y):
            return y
        y = np.ravel(y)
        k = np.arange(y.size)
        return np.sum(np.cos(k) * np.real(y) + np.sin(k + 1) * np.imag(y))

    return L


def direction(x):
    """v_j = cos(1 + 0.7 j) over all real entries, the imaginary parts of a leaf behind its real ones."""
    j, out = 0, {}
    for key, leaf in (x if isinstance(x, dict) else {"x": x}).items():
        leaf = np.asarray(leaf)
        parts = []
        for _ in range(1 + (leaf.dtype.kind == "c")):
            parts.append(np.cos(1 + 0.7 * (j + np.arange(leaf.size))).reshape(leaf.shape))
            j += leaf.size
        out[key] = parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]
    return out if isinstance(x, dict) else out["x"]


def flat(x):
    leaves = [np.asarray(v) for v in (x.values() if isinstance(x, dict) else [x])]
    return np.concatenate([p.ravel() for v in leaves for p in ((v.real, v.imag) if v.dtype.kind == "c" else (v,))])


def reference(x):
    """re - i im for complex leaves: dL/da - i dL/db."""
    parts = []
    for v in x.values():
        parts += [np.ravel(v["re"]), -np.ravel(v["im"])] if isinstance(v, dict) else [np.ravel(v)]
    return np.concatenate(parts).astype(float)


def difference(a, b):
    return np.max(np.abs(a - b)) / np.max(np.abs(b))


@pytest.mark.parametrize("name", CASES)
def test_energy(name):
    f, x = CASES[name]
    want = REFERENCE[name]
    value = want["value"]
    if isinstance(value, dict):
        value = np.array(value["re"]) + 1j * np.array(value["im"])
    got = erg.compile(f)(x)
    assert np.shape(got) == tuple(want["shape"]) and got.dtype == want["dtype"]
    assert difference(got, np.asarray(value)) < 1e-13
    L = functional(f)
    v, g = erg.value_and_grad(L)(x)
    assert difference(flat(g), reference(want["gradient"])) < 1e-11
    assert difference(flat(erg.hvp(L)(x, direction(x))), reference(want["hvp"])) < 1e-9
    assert v == erg.compile(L)(x)


@pytest.mark.parametrize(
    "name, words",
    {
        "branch_on_value": ["`if`", "np.where"],
        "float_of_traced": ["float()", "astype"],
        "noise_inside": ["np.random.randn", "argument"],
        "scatter_add_at": ["np.add.at", ".at[i].add"],
        "module_workspace": ["_workspace", "np.zeros"],
        "newton_until_converged": ["`while`", "fixed number of steps"],
        "changes_its_argument": ["argument x", ".copy()"],
        "python_math": ["math.cos", "np.cos"],
    }.items(),
)
def test_refused_with_line_and_alternative(name, words):
    f, x = REFUSED[name]
    for verb in (erg.compile(f), erg.grad(f), erg.vmap(f)):
        with pytest.raises(erg.SpecError) as caught:
            verb(copy.deepcopy(x) if verb.__name__[:4] != "vmap" else np.stack([x, x]))
        error = caught.value
        assert error.function == name and error.source in Path(energies.__file__).read_text()
        for word in words:
            assert word in str(error)
        for call in re.findall(r"erg\.([\w.]+\w)", str(error)):  # what is named exists
            assert operator.attrgetter(call)(erg), call


def test_every_refusal_is_tested():
    assert len(REFUSED) == 8 and len(CASES) == 40
