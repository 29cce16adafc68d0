"""Make the demo district anew: `python data/geo/make_demo.py [FOLDER]`. The same bytes every time."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generator.district import make_district  # noqa: E402 - found beside this script
from generator.writing import write_register  # noqa: E402 - likewise


def main(folder: Path) -> None:
    """Write every register of the demo district into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for register, records in make_district().items():
        write_register(folder, HERE.parents[1] / "layers" / f"{register}.toml", records)
        sys.stdout.write(f"{register}: {len(records)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
