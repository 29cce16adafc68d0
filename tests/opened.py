"""Applications opened without signing in, for the tests that are not about people."""

from pathlib import Path
from typing import Any

from geoapp.settings import Settings


def open_settings(data_dir: Path, **chosen: Any) -> Settings:
    """Return settings under which everybody on this machine is the administrator; only answered on loopback."""
    return Settings(data_dir=data_dir, open_as="administrator", **chosen)
