"""`python -m tests.bench [NAME ...]`: run every benchmark, or those named; each prints its table."""

import importlib
import sys
from pathlib import Path

from rich.console import Console


def main() -> None:
    console = Console()
    known = [path.stem for path in sorted(Path(__file__).parent.glob("bench_*.py"))]
    for name in sys.argv[1:] or known:
        if name not in known:
            raise SystemExit(f"No benchmark {name}; there are: {', '.join(known)}")
        console.rule(name)
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
