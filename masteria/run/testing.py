"""`masteria-test`: the whole suite, with a Chromium found or installed and PostgreSQL and Redis of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from masteria.kit.errors import Invalid
from masteria.run import build, environment
from masteria.run.environment import ROOT
from masteria.run.supervisor import Supervisor

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FAULTS = "--faults"


def main() -> int:
    """Run pytest with whatever arguments were given; the exit code is pytest's. `--faults`: the fault suite alone."""
    os.chdir(ROOT)
    arguments = sys.argv[1:] or ["tests"]
    if FAULTS in arguments:
        return _faults([word for word in arguments if word != FAULTS])
    journeys = any(word in ("tests", "tests/") or "journeys" in word for word in arguments)
    with tempfile.TemporaryDirectory(prefix="masteria-reflex-") as folder:
        if journeys:
            os.environ["MASTERIA_TEST_CHROMIUM"] = chromium() or ""
            # Playwright's own Node wants a library that a bare Debian does not have
            os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(environment.node()))
            _build(Path(folder))
        os.environ.update(environment.for_reflex(dict(os.environ), Path(folder)))
        say(f"Running pytest {' '.join(arguments)} with PostgreSQL and Redis of its own.")
        code = _pytest(arguments)
    say("Left out, since it is slow: the fault suite. Run masteria-test --faults.")
    return code


def _faults(arguments: list[str]) -> int:
    """Servers fall, disks fill, clocks jump: with servers of its own, so nothing else runs beside it."""
    say("Running the fault suite (some ten minutes): processes and servers are killed, all of them its own.")
    return _pytest(["tests/faults", "-m", "faults", "--durations=0", "--durations-min=20", *arguments])


def _pytest(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT).returncode


def _build(folder: Path) -> None:
    """The journeys' screens, built before the first of them looks at the clock."""
    tree = Supervisor(folder / "logs", say)
    try:
        build.build_if_stale(tree, dict(os.environ), folder, say)
    except Invalid as error:
        sys.exit(error.reason)
    finally:
        tree.stop()


def chromium() -> str | None:
    """A browser for the journeys: one that is here, else Debian's package when we may install it."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found:
        say(f"Browser for the journeys: {found}")
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        say("No Chromium here: installing Debian's package chromium for the browser journeys (once).")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if found := shutil.which("chromium"):
            say(f"Installed: {found}")
            return found
    say("No Chromium: the browser journeys are skipped. Install it (Debian: apt-get install chromium) and run again.")
    return None


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 — this command's screen


if __name__ == "__main__":
    sys.exit(main())
