"""Runs as Arrow IPC files: one row per draw, everything else as JSON in the schema's metadata, with checksums. No pickle inside."""

from __future__ import annotations

import base64
import io
import json
import os
import zlib
from typing import Any

import numpy as np

from ergodica._base import Method, System
from ergodica._encode import decode
from ergodica._tables import arrow_column, index_columns, lead_shape, need, rows
from ergodica.errors import CheckpointError, SpecError
from ergodica.ragged import Ragged
from ergodica.run import Run

FORMAT = 1
KEY, CHECK = b"ergodica", b"ergodica.crc32"
FINAL = "final configuration"


def save(run: Run, path: str | os.PathLike[str]) -> None:
    """Write ``run``; the file is there whole or not at all."""
    pa = need("pyarrow", "ergodica[arrow]")
    index = {k: np.ascontiguousarray(v) for k, v in index_columns(run).items()}
    columns = {k: pa.array(v) for k, v in index.items()}
    about: dict[str, dict[str, Any]] = {}
    beside = {}
    for name in (*run, *run.noted):
        if not isinstance(run[name], Ragged) and run.dims[name][: len(run.lead)] != run.lead:
            beside[name] = {"dims": run.dims[name], **_packed(run[name])}
            continue
        if name in columns or name == FINAL:
            raise SpecError(f"save: a quantity must not be called {name!r}", fields={"argument": name})
        a = run[name] if isinstance(run[name], Ragged) else np.ascontiguousarray(rows(run, name))
        columns[name] = arrow_column(a)
        ragged = isinstance(a, Ragged)
        about[name] = {"dims": run.dims[name], "dtype": a.dtype.name, "shape": list(run[name].shape), "ragged": ragged, "crc32": crc(a)}
    count = int(np.prod(lead_shape(run), dtype=np.int64))
    final = _final(run, count)
    if final is not None:
        columns[FINAL] = final
    meta = {
        "format": FORMAT,
        "columns": about,
        "beside": beside,
        "order": [*run, *run.noted],
        "index": {k: crc(v) for k, v in index.items()},
        "coords": {k: _packed(v) for k, v in run.coords.items()},
        "final": None if final is None or run.final is None else _about(run.final),
        "info": _plain({k: v for k, v in run.info.items() if k not in run.info.get("kernel", {})}),
        "derived": run.derived,
        "status": run.status,
        "cite": run.citations,
        **_specification(run),
    }
    if not columns:
        raise SpecError("save: this run has no quantities")
    write(pa.table(columns), meta, path, max(count, 1))


def write(table: Any, meta: dict[str, Any], path: str | os.PathLike[str], chunk: int) -> None:
    """A table with what is to be known beside it as a file, that is there whole or not at all."""
    ipc = need("pyarrow.ipc", "ergodica[arrow]")
    text = json.dumps(meta, allow_nan=False).encode()
    table = table.replace_schema_metadata({KEY: text, CHECK: str(zlib.crc32(text)).encode()})
    target = os.fspath(path)
    draft = f"{target}.{os.getpid()}.part"
    try:
        with open(draft, "wb") as f:
            with ipc.new_file(f, table.schema) as writer:
                writer.write_table(table, max_chunksize=chunk)
            f.flush()
            os.fsync(f.fileno())
        os.replace(draft, target)
    finally:
        if os.path.exists(draft):
            os.unlink(draft)


def load(path: str | os.PathLike[str], *, model: Any = None, optimiser: Any = None, loss: Any = None) -> Any:
    """Read a run that :meth:`Run.save` has written, or a fit of :meth:`Fit.save`.

    Parameters
    ----------
    path : path
    model : object, optional
        Of a fit: a model of the same structure, settings and shapes, with any parameters, where its classes or functions are not those of ergodica,
        NumPy and SciPy. Of an ensemble one for all, or a list.
    optimiser, loss : objects, optional
        Of a fit: those that it was trained with, where their settings hold functions or classes of your own. Without them ``fit.optimiser`` or
        ``fit.objective`` is None: a training that goes on begins the optimiser that it is given anew.

    Returns
    -------
    Run or Fit
        A training that goes on from the fit has the bits of one that was never interrupted.

    Raises
    ------
    CheckpointError
        The file is damaged, or is neither.
    SpecError, ShapeError
        The model, the optimiser or the loss that was given is not the one of the file, or is needed.
    FileNotFoundError

    Examples
    --------
    >>> import os, tempfile
    >>> import ergodica as erg
    >>> run = erg.sample(erg.lattice.Ising((4, 4)), kT=2.0, sweeps=20, seed=1)
    >>> path = os.path.join(tempfile.mkdtemp(), "run.arrow")
    >>> run.save(path)
    >>> bool((erg.load(path)["energy"] == run["energy"]).all())
    True
    """
    pa = need("pyarrow", "ergodica[arrow]")
    ipc = need("pyarrow.ipc", "ergodica[arrow]")
    where = os.fspath(path)
    with open(where, "rb") as f:
        try:
            table = ipc.open_file(f).read_all()
            meta = table.schema.metadata or {}
            text = meta[KEY]
            if zlib.crc32(text) != int(meta[CHECK]):
                raise ValueError("the checksum of its metadata differs")
            about = json.loads(text)
            if about.get("kind") == "fit":
                from ergodica.learning import files

                return files.load(table, about, model, optimiser, loss)
            if any(x is not None for x in (model, optimiser, loss)):
                raise SpecError(f"load: {where} is a run, which takes no model, optimiser or loss", fields={"argument": "model"})
            return _read(table, about)
        except (CheckpointError, SpecError):
            raise
        except KeyError as why:
            raise CheckpointError(f"{where} is no run of ergodica, or is damaged: it lacks {why}", fields={"path": where}) from why
        except (pa.ArrowException, ValueError, TypeError, IndexError, OSError, EOFError, MemoryError) as why:
            raise CheckpointError(f"{where} is damaged, or is no run of ergodica: {why}", fields={"path": where}) from why


def _read(table: Any, meta: dict[str, Any]) -> Run:
    readable(meta, FORMAT)
    table.validate(full=True)
    for name, check in meta["index"].items():
        if crc(table.column(name).to_numpy()) != check:
            raise ValueError(f"the checksum of {name} differs")
    columns: dict[str, Any] = {}
    dims: dict[str, tuple[str, ...]] = {}
    for name, c in meta["columns"].items():
        array = table.column(name).combine_chunks()
        dims[name] = tuple(c["dims"])
        values = _values(array, c["dtype"], None if c["ragged"] else c["shape"])
        columns[name] = Ragged(values, np.array(array.offsets.to_numpy()), c["shape"]) if c["ragged"] else values
        if crc(columns[name]) != c["crc32"]:
            raise ValueError(f"the checksum of {name} differs")
    for name, c in meta.get("beside", {}).items():
        columns[name], dims[name] = _unpacked(c), tuple(c["dims"])
    columns = {name: columns[name] for name in meta.get("order", columns)}
    final = None
    if meta["final"]:
        column = table.column(FINAL).combine_chunks()
        final = _values(column.drop_null(), meta["final"]["dtype"], meta["final"]["shape"])
        if crc(final) != meta["final"]["crc32"]:
            raise ValueError("the checksum of the final configuration differs")
    inputs = [_unpacked(a) for a in meta["inputs"]]
    system, method = decode(meta["system"], inputs), decode(meta["method"], inputs)
    info = {**meta["info"], "kernel": {k: _unpacked(v) if isinstance(v, dict) else v for k, v in meta["info"].get("kernel", {}).items()}}
    return Run(
        columns, dims, coords={k: _unpacked(v) for k, v in meta["coords"].items()}, info=info,
        system=system if isinstance(system, System) else None, method=method if isinstance(method, Method) else None,
        final=final, derived=tuple(meta["derived"]), status=meta["status"],
    )  # fmt: skip


def readable(meta: dict[str, Any], known: int) -> None:
    """Refuse what a later release wrote."""
    if meta["format"] > known:
        raise CheckpointError(f"expected a file of format up to {known}, got {meta['format']}", "Try a newer ergodica.")


def checked(a: np.ndarray, about: dict[str, Any], name: str) -> np.ndarray:
    """The array, if its content is what was written."""
    if crc(a) != about["crc32"]:
        raise ValueError(f"the checksum of {name} differs")
    return a


def _values(array: Any, dtype: str, shape: list[int] | None) -> np.ndarray:
    while hasattr(array, "flatten") and "list" in str(array.type):
        array = array.flatten()
    a = np.array(array.to_numpy(zero_copy_only=False))
    kind = np.dtype(dtype)
    a = a.view(kind) if kind.kind == "c" else a.astype(kind)
    return a if shape is None else a.reshape(shape)


def _about(a: np.ndarray) -> dict[str, Any]:
    return {"dtype": a.dtype.name, "shape": list(a.shape), "crc32": crc(a)}


def crc(a: np.ndarray | Ragged) -> int:
    """A checksum of the content, in C order."""
    if isinstance(a, Ragged):
        return zlib.crc32(a.values[a.offsets[0] : a.offsets[-1]].tobytes(), zlib.crc32(np.diff(a.offsets).tobytes()))
    return zlib.crc32(np.ascontiguousarray(a).reshape(-1).view(np.uint8).data) if a.size else 0


def _final(run: Run, count: int) -> Any:
    """The final configurations as a list column that is null but at the last draw of each chain."""
    pa = need("pyarrow", "ergodica[arrow]")
    if run.final is None or not count:
        return None
    chains = int(np.prod(lead_shape(run)[:-1], dtype=np.int64))
    flat = np.ascontiguousarray(run.final).reshape(chains, -1)
    last = np.zeros(count, bool)
    last[count // chains - 1 :: count // chains] = True
    offsets = np.concatenate([[0], np.cumsum(np.where(last, flat.shape[1], 0))])
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(flat.reshape(-1)), mask=pa.array(~last))


def _specification(run: Run) -> dict[str, Any]:
    from ergodica._encode import Request

    request = Request({})
    system = request.encode(run.system, "system") if run.system is not None else None
    method = request.encode(run.method, "method") if run.method is not None else None
    return {"system": system, "method": method, "inputs": [_packed(a) for a in request.arrays]}


def _plain(info: dict[str, Any]) -> dict[str, Any]:
    def plain(x: Any) -> Any:
        if isinstance(x, dict):
            return {str(k): plain(v) for k, v in x.items()}
        if isinstance(x, (list, tuple)):
            return [plain(v) for v in x]
        if isinstance(x, np.ndarray):
            return _packed(x)
        if isinstance(x, np.generic):
            x = x.item()
        if isinstance(x, float) and not np.isfinite(x):
            return str(x)
        return x if isinstance(x, (str, int, float, bool, type(None))) else str(x)

    return {k: plain(v) for k, v in info.items()}


def _packed(a: np.ndarray) -> dict[str, Any]:
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(a), allow_pickle=False)
    return {"npy": base64.b64encode(zlib.compress(out.getvalue(), 1)).decode()}


def _unpacked(packed: dict[str, Any]) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(zlib.decompress(base64.b64decode(packed["npy"]))), allow_pickle=False)
