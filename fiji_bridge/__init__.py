"""The real "Correct 3D drift" in a headless Fiji; the only part of the project that uses Java."""

from fiji_bridge.errors import FijiError, FijiNotFound
from fiji_bridge.facts import doctor
from fiji_bridge.find import FijiSource, available, find_fiji
from fiji_bridge.session import FijiSession

__all__ = [
    "FijiError",
    "FijiNotFound",
    "FijiSession",
    "FijiSource",
    "available",
    "doctor",
    "find_fiji",
    "in_process",
]
