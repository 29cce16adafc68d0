"""Spatial planning for industrial land: registers, plot ratios, revitalised area, maps."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("geoapp")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"
