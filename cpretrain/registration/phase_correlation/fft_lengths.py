"""Lengths of Fourier transforms that the plugin's FFT library (Mines JTK) chooses as fast, by its own timing."""

from bisect import bisect_left

FAST_COMPLEX = (
    *(
        1,
        2,
        3,
        4,
        5,
        6,
        8,
        9,
        10,
        12,
        15,
        16,
        18,
        20,
        24,
        28,
        30,
        36,
        40,
        45,
        48,
        60,
        72,
        80,
        84,
        90,
        105,
        120,
    ),
    *(126, 144, 168, 180, 210, 240, 252, 280, 315, 360, 420, 440, 504, 560, 630, 720, 840, 880, 1008, 1040),
    *(1260, 1320, 1386, 1680, 1848, 1980, 2520, 2640, 2772, 3080, 3120, 3276, 3465, 3696, 3960, 4095, 4368),
    *(4620, 5040, 5544, 6160, 6552, 6930, 7280, 7920, 8190, 9240),
)
"""Each is the fastest of all lengths that are not shorter; from the library's answers for 1 to 8192."""

# The library transforms only products of these, one from each row.
_FACTORS = ((1, 2, 4, 8, 16), (1, 3, 9), (1, 5), (1, 7), (1, 11), (1, 13))


def _products() -> list[int]:
    products = [1]
    for factors in _FACTORS:
        products = [product * factor for product in products for factor in factors]
    return sorted(products)


def complex_size(n: int) -> int:
    """Return the length of a complex transform for at least `n` pixels.

    It equals the plugin's up to 9,240; above that, it is the shortest length that its library supports (or `n` itself
    beyond 720,720), which can differ from the library's choice.
    """
    for sizes in (FAST_COMPLEX, _products()):
        if n <= sizes[-1]:
            return sizes[bisect_left(sizes, n)]
    return n


def real_size(n: int) -> int:
    """Return the length of a real transform (the x axis) for at least `n` pixels, an even number."""
    return 2 * complex_size((n + 1) // 2)
