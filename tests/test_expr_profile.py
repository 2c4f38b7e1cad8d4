"""Where the time of a program goes: the table of a profile."""

import numpy as np
import pytest

import ergodica as erg
from ergodica.errors import ShapeError, SpecError

x = np.random.default_rng(3).normal(size=1000)
ordered = erg.compile(lambda x: np.sort(np.exp(x)))


def test_stages_add_up():
    p = ordered.program(x).profile(x)
    assert [s.name.split()[0] for s in p.stages] == ["nest", "sort"]
    assert [s.elements for s in p.stages] == [1000, 0]
    assert p.calls >= 1
    assert sum(s.share for s in p.stages) == pytest.approx(1.0)
    assert 0 < sum(s.seconds for s in p.stages) <= p.seconds


def test_time_is_where_the_work_is():
    """A product of 300 x 300 matrices costs 2.7e7 multiplications, the sum after it 9e4: if times went to the wrong stage, this would turn round."""
    m = np.ones((300, 300))
    p = erg.compile(lambda m: np.sum(m @ m + 1.0)).profile(m)
    assert max(p.stages, key=lambda s: s.seconds).name != "nest"
    assert p.seconds > 1e-5


def test_table_has_a_line_a_stage():
    p = ordered.profile(x)
    lines = repr(p).splitlines()
    assert len(lines) == 2 + len(p)
    assert lines[1].split() == ["stage", "elements", "us", "share"]
    assert all(line.endswith("%") for line in lines[2:])


def test_nothing_to_do_and_captured_arrays():
    assert len(erg.compile(lambda x: x + x).profile(np.ones(0))) >= 0
    weights = np.arange(1000.0)
    assert erg.compile(lambda x: np.sum(weights * x)).profile(x).calls >= 1


def test_a_profile_changes_no_result():
    before = ordered(x)
    ordered.profile(x)
    np.testing.assert_array_equal(ordered(x), before)


def test_wrong_arguments():
    program = ordered.program(x)
    with pytest.raises(SpecError, match="another structure"):
        program.profile(x, x)
    with pytest.raises(ShapeError, match="shape"):
        program.profile(x[:5])
