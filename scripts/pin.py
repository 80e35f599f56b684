"""Write every exact version of `uv.lock` into pyproject.toml's `constraint-dependencies`: run after `uv lock`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "# pinned by scripts/pin.py: begin", "# pinned by scripts/pin.py: end"


def pins(lock: dict) -> list[str]:
    """`name==version`, with the marker of each where several versions of one package are needed."""
    packages: dict[str, list[dict]] = {}
    for package in lock["package"]:
        if "registry" in package.get("source", {}):
            packages.setdefault(package["name"], []).append(package)
    lines = []
    for name, versions in sorted(packages.items()):
        for package in versions:
            markers = package.get("resolution-markers", []) if len(versions) > 1 else []
            marker = " or ".join(f"({m})" for m in markers)
            lines.append(f"{name}=={package['version']}" + (f" ; {marker}" if marker else ""))
    return lines


def main() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    path = ROOT / "pyproject.toml"
    text = re.sub(rf"\n{re.escape(BEGIN)}.*?{re.escape(END)}\n", "\n", path.read_text(), flags=re.S).rstrip()
    quoted = "\n".join(f"    {line!r}," if '"' in line else f'    "{line}",' for line in pins(lock))
    path.write_text(f"{text}\n\n{BEGIN}\n[tool.uv]\nconstraint-dependencies = [\n{quoted}\n]\n{END}\n")


if __name__ == "__main__":
    main()
