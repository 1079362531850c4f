"""The tests of Voice Coach; they mirror the package."""

from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
"""The folder that holds the package, its routines and its tests."""
