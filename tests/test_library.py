"""The compiled library: what it links to and what it must not contain. Read as bytes, never loaded here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "python" / "ergodica" / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"

pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="no library in place: this is an installed wheel")


def go(variable: str) -> str:
    answer = subprocess.run(["go", "env", variable], capture_output=True, text=True, cwd=ROOT)
    return answer.stdout.strip()


def test_no_path_of_the_build_machine():
    """Wheels travel: neither home, source tree, interpreter, Go nor module cache may be named. Catches a lost -trimpath and asserts of Python.h."""
    if shutil.which("go") is None:
        pytest.skip("needs go to ask where its folders are")
    content = LIBRARY.read_bytes()
    places = {str(ROOT), str(Path.home()) + os.sep, sysconfig.get_paths()["include"], sys.prefix, sys.base_prefix, go("GOROOT"), go("GOMODCACHE")}
    common = {"", "/", "//", "/usr", "/usr/local"}
    assert [p for p in sorted(places - common) if p.encode() in content] == []
    assert re.findall(rb"/tmp/(?:go-build|pip-|build-env)[^\0\n ]*", content) == []


@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("readelf") is None, reason="reads ELF with binutils")
def test_links_to_libc_alone():
    dynamic = subprocess.run(["readelf", "-d", str(LIBRARY)], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    assert needed <= {"libc.so.6", "libpthread.so.0", "libdl.so.2", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic
