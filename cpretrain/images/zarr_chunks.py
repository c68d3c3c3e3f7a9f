"""Chunks of a zarr array, whose stated size is checked before they are decoded."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import WrapperStore

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.coded_size import stated_bytes

_METADATA = (".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json")
_COMPRESSORS = ("blosc", "zstd", "lz4", "gzip", "zlib", "bz2", "lzma")
_HARMLESS = ("delta", "fixedscaleoffset", "astype", "shuffle", "bitround", "quantize", "transpose", "crc32", "crc32c",
             "fletcher32", "adler32", "jenkinslookup3", "bytes")  # fmt: skip
"""Codecs that hardly change the size."""
_NO_CHUNK = 2**64 - 1
_SLACK = 8
"""Factor by which filters may widen pixels."""


def checked(array: zarr.Array, path: Path) -> zarr.Array:
    """Reopen an array so that none of its chunks can take more memory than its pixels need.

    Parameters
    ----------
    array : zarr.Array
        The array.
    path : pathlib.Path
        The image, for errors.

    Raises
    ------
    BadInput
        When its chunks use a compression whose decompressed size cannot be known beforehand.
    """
    codecs = [_name(codec) for codec in (*array.filters, *array.compressors)]
    packing = [name for name in codecs if name not in _HARMLESS]
    if len(packing) > 1 or not set(packing) <= set(_COMPRESSORS):
        raise BadInput(
            f"{path}: uses a compression that cannot be read",
            found=", ".join(codecs),
            expected=f"one of {', '.join(_COMPRESSORS)}",
            cure="write it again with another compressor",
        )
    store = _CheckedStore(array.store)
    store.expect(array, packing[0] if packing else "", path)
    return zarr.open_array(store, path=array.path, mode="r")


class _CheckedStore(WrapperStore[Any]):
    """A store that passes on only chunks whose stated size fits."""

    _codec, _limit, _path, _shards = "", 0, Path(), False
    _index_bytes, _index_first = 0, False

    def expect(self, array: zarr.Array, codec: str, path: Path) -> None:
        """Set the codec and the expected size of chunks from an array."""
        self._codec, self._path, self._shards = codec, path, bool(array.shards)
        self._limit = _SLACK * prod(array.chunks) * np.dtype(array.dtype).itemsize + 1024
        if array.shards:
            in_shard = prod(a // b for a, b in zip(array.shards, array.chunks, strict=True))
            coded: Any = array.metadata.codecs[0]  # type: ignore[union-attr]
            self._index_first = str(coded.index_location).endswith("start")
            self._index_bytes = 16 * in_shard + 4 * (len(coded.index_codecs) > 1)

    def _with_store(self, store: Any) -> "_CheckedStore":
        other = type(self)(store)
        other.__dict__ |= {name: value for name, value in self.__dict__.items() if name != "_store"}
        return other

    async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
        """Read a chunk, or part of a shard.

        Raises
        ------
        BadInput
            When it states a larger size than a chunk can have.
        """
        found = await self._store.get(key, prototype, byte_range)
        if found is None or not self._codec or key.rpartition("/")[2] in _METADATA:
            return found
        data = memoryview(found.as_numpy_array()).cast("B")
        if not self._shards:
            self._check(key, data)
        elif byte_range is None:
            self._check_shard(key, data)
        elif hasattr(byte_range, "start") and not (self._index_first and byte_range.start == 0):
            self._check(key, data)
        return found

    def _check_shard(self, key: str, data: memoryview) -> None:
        index = data[: self._index_bytes] if self._index_first else data[-self._index_bytes :]
        numbers = np.frombuffer(index[: len(index) // 16 * 16], "<u8").reshape(-1, 2)
        for offset, size in numbers.tolist():
            if offset != _NO_CHUNK:
                self._check(key, data[offset : offset + size])

    def _check(self, key: str, data: memoryview) -> None:
        stated = stated_bytes(self._codec, bytes(data), self._limit)
        if stated > self._limit:
            raise DamagedFile(
                self._path,
                f"a chunk ({key}) that states more bytes than it has pixels",
                problem="is damaged",
                expected=f"at most {self._limit // _SLACK} bytes",
                cure="copy it again",
            )


def _name(codec: Any) -> str:
    name = getattr(codec, "codec_id", None) or type(codec).__name__
    return str(name).lower().removeprefix("numcodecs.").removesuffix("codec")
