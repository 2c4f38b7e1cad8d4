"""The package's own build backend (PEP 517 and 660): setuptools' with three additions.

Build requirements name a Go toolchain only where PATH has none that fits; ``build_ext`` runs gopy and Go (``go_library.py``); an sdist holds the
whole tree that a build or a test needs.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import build_editable, build_sdist, prepare_metadata_for_build_editable, prepare_metadata_for_build_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

sys.path.insert(0, str(Path(__file__).parent))  # also when setuptools finds this file by its path
import go_library
import go_toolchain

warnings.filterwarnings("ignore", message=r".*ext-modules")  # setuptools calls that table experimental at every build

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel", "prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel",
]

ROOT_FILES = ("go.mod", "go.sum", "Makefile", "CITATION.cff", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
TREES = ("core", "bindings", "python/_backend", "python/ergodica", "tests", "notebooks")
SKIPPED_FOLDERS = {"_gen", "__pycache__", ".ipynb_checkpoints"}
SKIPPED_ENDINGS = (".so", ".pyc")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None) -> str:
    """As setuptools does, but without what an earlier build left: a module that was removed since would stay in the wheel."""
    for left in (*Path("build").glob("lib*"), *Path("build").glob("bdist*")):
        shutil.rmtree(left, ignore_errors=True)
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def get_requires_for_build_wheel(config_settings=None) -> list[str]:
    return build_meta.get_requires_for_build_wheel(config_settings) + go_toolchain.missing()


def get_requires_for_build_editable(config_settings=None) -> list[str]:
    return build_meta.get_requires_for_build_editable(config_settings) + go_toolchain.missing()


def get_requires_for_build_sdist(config_settings=None) -> list[str]:
    return build_meta.get_requires_for_build_sdist(config_settings)


class BuildNative(build_ext):
    """``build_ext`` with Go as the compiler."""

    def build_extension(self, ext) -> None:
        go_library.build(Path.cwd(), Path(self.get_ext_fullpath(ext.name)))


class CompleteSdist(sdist):
    """``sdist`` with the Go sources, the backend, tests and notebooks."""

    def make_distribution(self) -> None:
        self.filelist.extend([f for f in ROOT_FILES if os.path.exists(f)])
        for tree in TREES:
            for folder, folders, files in os.walk(tree):
                folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
                self.filelist.extend([os.path.join(folder, f) for f in sorted(files) if not f.endswith(SKIPPED_ENDINGS)])
        super().make_distribution()
