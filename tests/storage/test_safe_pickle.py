"""Harmful pickles are refused and not run; arrays and plain values are read."""

import builtins
import io
import os
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.storage import safe_pickle as plain_pickle
from cpretrain.storage.safe_pickle import read_object

HEADER = "{'descr': '|O', 'fortran_order': False, 'shape': (), }"


class Calls:
    """An object that pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def saved(path, content, protocol=4):
    """Save an object as numpy does, in any pickle protocol."""
    return raw(path, pickle.dumps(np.array(content, dtype=object), protocol=protocol))


def raw(path, pickled, header=HEADER):
    file = io.BytesIO()
    file.write(np.lib.format.magic(1, 0))
    file.write(len(header).to_bytes(2, "little") + header.encode())
    path.write_bytes(file.getvalue() + pickled)
    return path


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint16).reshape(2, 3),
        np.arange(6, dtype=">u4").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 3), np.float32),
    ],
    ids=str,
)
def test_arrays(tmp_path, array, protocol):
    found = read_object(saved(tmp_path / "a.npy", {"masks": array}, protocol))["masks"].numbers()
    np.testing.assert_array_equal(found, array)


def test_plain_values(tmp_path):
    plain = {"a": 1, "b": [None, True, 2.5, "ü", b"x"], "c": (1, {"d": 2**70})}
    np.save(tmp_path / "a.npy", plain, allow_pickle=True)
    assert read_object(tmp_path / "a.npy") == plain


def hidden(content):
    array = np.empty((2, 2), dtype=object)
    array[1, 1] = content
    return {"masks": array}


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (os.system, "touch {}"),
        (builtins.eval, "open({!r}, 'w')"),
        (builtins.exec, "open({!r}, 'w')"),
        (builtins.open, "{}"),
        (subprocess.getoutput, "touch {}"),
        (np.load, "{}"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda content: content, lambda content: {"masks": content}, hidden])
@pytest.mark.parametrize("protocol", [0, 4])
def test_nothing_is_run(tmp_path, function, argument, wrap, protocol):
    made = tmp_path / "made"
    call = Calls(function, argument.format(str(made)), *(["w"] if function is open else []))
    with pytest.raises(BadInput, match="nothing in it was executed"):
        read_object(saved(tmp_path / "a.npy", wrap(call), protocol))
    assert not made.exists()


def test_these_pickles_do_harm_elsewhere(tmp_path):
    """This proves that the test above can fail."""
    path = saved(
        tmp_path / "a.npy",
        Calls(os.system, f'"{sys.executable}" -c "open({str(tmp_path / "made")!r}, chr(119))"'),
    )
    np.load(path, allow_pickle=True)
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        b"garbage",
        b"\x80\x04N.",  # no array
        b"cnumpy\nndarray\n.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"c__main__\n__builtins__\n.",
        b"cnumpy\ndtype.__setstate__\n.",
        b"cnumpy\nndarray\n(}}tb.",  # a state for a class
        b"\x80\x04\x96\xff\xff\xff\xff\xff\x00\x00\x00.",  # an array of bytes of a terabyte
        b"\x80\x04Nr\xff\xff\xff\xff.",  # the four-thousand-millionth place of the memory
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"]" + b"2a" * 1000 + b".",  # lists in themselves
    ],
)
def test_damaged_or_forged(tmp_path, pickled):
    with pytest.raises(BadInput, match="cannot be used"):
        read_object(raw(tmp_path / "a.npy", pickled))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'shape': (), 'fortran_order': __import__('os')}",
        "{" * 5000,
        HEADER.replace("()", "(2,)"),
    ],
)
def test_forged_headers(tmp_path, header):
    with pytest.raises(BadInput, match="cannot be used"):
        read_object(raw(tmp_path / "a.npy", pickle.dumps(np.array({}, dtype=object), 4), header))


def test_size(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", {"a": bytes(2000)}, allow_pickle=True)
    monkeypatch.setattr(plain_pickle, "LARGEST_FILE", 1000)
    with pytest.raises(BadInput, match="too large"):
        read_object(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ((1, (2**40, 2**20), "u2", bytes(8)), "cannot reshape"),
        ((1, (2, 2), "u2", bytes(7)), "buffer size"),
        ((1, (1,), "O8", bytes(8)), "elements of type O8"),
        ((1, (1,), "V8", bytes(8)), "elements of type V8"),
        ((1, (1,), "O8", [0]), "array of objects"),
    ],
)
def test_forged_arrays(state, problem):
    version, shape, code, data = state
    array = plain_pickle.PlainArray()
    array.__setstate__((version, shape, plain_pickle._Dtype(code), False, data))
    with pytest.raises(ValueError, match=problem):
        array.numbers()


def test_a_byte_array_takes_no_memory_that_it_has_no_bytes_for(tmp_path):
    path = raw(tmp_path / "a.npy", b"\x80\x05" + pickle.BYTEARRAY8 + (2**28).to_bytes(8, "little") + b".")
    tracemalloc.start()
    with pytest.raises(BadInput, match="cannot be used"):
        read_object(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24
