"""Damage that needs no knowledge of a format, and damage to any text: numbers, depth, odd characters."""

import random
import re
from collections.abc import Callable

Mutator = Callable[[random.Random, bytes], bytes]

NUMBERS = (0, 1, 2, 127, 128, 255, 256, 65_535, 65_536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)
WORDS = (
    *("null", "true", "-1", "1e999", "-1e308", "NaN", "inf", "0x10", "12345678901234567890", "9" * 5000),
    *('"', "'", "[]", "{}", "[[[]]]", "<", "&", "%s", "\\", "\\ud800", "$(touch fuzzed)", "`touch fuzzed`"),
    *(
        "../../../etc/passwd",
        "C:\\con",
        "-rf",
        "a\nb",
        "\r",
        "\t",
        "\0",
        "\x1b[2J",
        "\u202e",
        "\U0001f52c",
        "",
    ),
    *("x" * 200_000, "1," * 5000, "1e5", "0.5", "1000000", "2000000000"),
)
DEEP = 10_000


def bits(rng: random.Random, data: bytes) -> bytes:
    """Flip a few bits, half of the time near the beginning, in the headers."""
    changed = bytearray(data)
    near = len(data) if rng.random() < 0.5 else min(len(data), 400)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(near)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(rng: random.Random, data: bytes) -> bytes:
    """Keep only the beginning."""
    return data[: rng.randrange(len(data))]


def block(rng: random.Random, data: bytes) -> bytes:
    """Overwrite, remove, insert or repeat a block."""
    start, length = rng.randrange(len(data)), rng.choice((1, 4, 16, 64, 512))
    noise = rng.choice((rng.randbytes(length), bytes(length), b"\xff" * length))
    return rng.choice(
        (
            data[:start] + noise + data[start + length :],
            data[:start] + data[start + length :],
            data[:start] + noise + data[start:],
            data[: start + length]
            + data[start : start + length] * rng.choice((1, 3))
            + data[start + length :],
        )
    )


def number(rng: random.Random, data: bytes) -> bytes:
    """Replace 2, 4 or 8 bytes by a hostile number."""
    size = rng.choice((2, 4, 4, 8))
    value = rng.choice((*NUMBERS, len(data), len(data) - 1)) % 2 ** (8 * size)
    start = rng.randrange(len(data) if rng.random() < 0.5 else min(len(data), 400))
    return data[:start] + value.to_bytes(size, rng.choice(("little", "big"))) + data[start + size :]


def word(rng: random.Random, data: bytes) -> bytes:
    """Replace a number, a quoted text, a bracket or a name by something else."""
    tokens = list(re.finditer(rb'-?\d+\.?\d*(?:e[-+]?\d+)?|"[^"\n]{0,200}"|[\[\]{},;=\n]|\w+', data))
    for token in sorted(
        rng.sample(tokens, min(len(tokens), rng.choice((1, 1, 1, 3)))), key=lambda t: -t.start()
    ):
        other = rng.choice(tokens)[0] if rng.random() < 0.3 else _word(rng)
        data = data[: token.start()] + other + data[token.end() :]
    return data


def line(rng: random.Random, data: bytes) -> bytes:
    """Remove, repeat or swap lines."""
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at:at] = [lines[at]] * rng.choice((1, 2, 2000))
    elif kind == 2:
        rng.shuffle(lines)
    else:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    return b"".join(lines)


def deep(rng: random.Random, data: bytes) -> bytes:
    """Replace one value, or all, by a deeply nested one."""
    opened, closed = rng.choice(
        ((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"a.", b""), (b'[{"b":', b"}]"))
    )
    nested = opened * DEEP + b"1" + (closed * DEEP if rng.random() < 0.8 else b"")
    places = [place.span() for place in re.finditer(rb'\d+|"[^"\n]*"', data)]
    if not places or rng.random() < 0.2:
        return nested
    start, end = rng.choice(places)
    return data[:start] + nested + data[end:]


def encoding(rng: random.Random, data: bytes) -> bytes:
    """Write the text in another encoding, or with invalid characters."""
    text = data.decode("utf-8", "replace")
    kind = rng.choice(("utf-16", "utf-8-sig", "latin-1", "cp500", "noise"))
    if kind == "noise":
        return block(rng, data).replace(b"\n", rng.choice((b"\r", b"\r\n", b"\0\n", b"\xff\n")))
    return text.encode(kind, "replace")


def _word(rng: random.Random) -> bytes:
    if rng.random() < 0.4:
        return str(rng.choice(NUMBERS) * rng.choice((1, -1))).encode()
    return rng.choice(WORDS).encode("utf-8", "surrogatepass")


ANY: tuple[Mutator, ...] = (bits, cut, block, number)
TEXT: tuple[Mutator, ...] = (word, word, word, line, deep, encoding, bits, cut, block)
