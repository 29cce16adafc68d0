"""`python -m tests.bench`: run every benchmark, one after the other; each prints its table."""

import importlib
from pathlib import Path

from rich.console import Console


def main() -> None:
    console = Console()
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        console.rule(path.stem)
        importlib.import_module(f"tests.bench.{path.stem}").main()


if __name__ == "__main__":
    main()
