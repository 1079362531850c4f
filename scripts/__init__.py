"""What draws pictures and proves promises: `python -m scripts.NAME` in a checkout."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
"""The checkout."""
