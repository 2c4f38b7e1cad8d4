"""How complex a pattern is: compressed size, entropies of blocks, Lempel and Ziv's count of phrases."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import integer
from ergodica.errors import ShapeError, SpecError


def _bytes(x: Any, name: str) -> np.ndarray:
    a = as_array(x, name)
    if a.dtype.kind not in "iub" or a.size == 0 or int(a.min()) < 0 or int(a.max()) > 255:
        raise SpecError(f"{name}: expected whole numbers from 0 to 255, got {a.dtype} of shape {a.shape}", fields={"argument": name})
    return np.ascontiguousarray(a, np.uint8)


def deflate(x: Any, level: int = 9) -> int:
    """Bytes of a pattern as raw DEFLATE (RFC 1951), without header or checksum.

    Parameters
    ----------
    x : array of whole numbers from 0 to 255
        Written in C order, one byte an element.
    level : int, default 9
        Of zlib, 0 to 9. Other releases of zlib may differ by a few bytes.

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.stats.deflate(np.zeros((100, 100), int)) < 50
    True
    """
    packer = zlib.compressobj(integer(level, "deflate.level", 0, 9), zlib.DEFLATED, -15)
    return len(packer.compress(_bytes(x, "deflate.x").tobytes()) + packer.flush())


def block_entropy(x: Any, length: int) -> float:
    """Shannon entropy, in nats, of the blocks of ``length`` successive symbols along the last axis.

    Blocks overlap and those of all rows are counted together; H(k+1) - H(k) tends to the entropy rate. The plug-in estimate is too low by about
    (blocks that
    occur - 1) / (2 blocks).

    Parameters
    ----------
    x : array (..., symbols) of whole numbers from 0 to 255
    length : int

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> print(round(erg.stats.block_entropy(np.tile([0, 1], 50), 2), 2))
    0.69
    """
    a, k = _bytes(x, "block_entropy.x"), integer(length, "block_entropy.length", 1)
    if a.ndim == 0 or a.shape[-1] < k:
        raise ShapeError(f"block_entropy.x: expected at least {k} symbols along the last axis, got shape {a.shape}", fields={"argument": "x"})
    blocks = np.lib.stride_tricks.sliding_window_view(a, k, axis=-1).reshape(-1, k)
    _, counts = np.unique(np.ascontiguousarray(blocks).view(np.dtype((np.void, k))), return_counts=True)
    p = counts / counts.sum()
    return float(-(p * np.log(p)).sum())


def lempel_ziv(x: Any) -> int:
    """Phrases of a sequence, each the shortest that has not occurred before (A. Lempel, J. Ziv, IEEE Trans. Inf. Theory 22, 75 (1976)).

    A phrase may overlap with its earlier occurrence. For n symbols of entropy rate h nats the count tends to h n / ln n.

    Parameters
    ----------
    x : array (symbols,) of whole numbers from 0 to 255

    Returns
    -------
    int

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.stats.lempel_ziv([0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1])  # 0|001|10|100|1000|101
    6
    """
    text = _bytes(x, "lempel_ziv.x").tobytes()
    phrases, at = 0, 0
    while at < len(text):
        length = 1
        where = 0
        while at + length <= len(text):
            where = text.find(text[at : at + length], where, at + length - 1)
            if where < 0:
                break
            length += 1
        phrases += 1
        at += length
    return phrases
