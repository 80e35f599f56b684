"""`masteria-test`: the whole suite, with a Chromium found or installed and PostgreSQL and Redis of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from masteria.run import environment
from masteria.run.environment import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Run pytest with whatever arguments were given; the exit code is pytest's."""
    os.chdir(ROOT)
    os.environ["MASTERIA_TEST_CHROMIUM"] = chromium() or ""
    with tempfile.TemporaryDirectory(prefix="masteria-reflex-") as folder:
        os.environ.update(environment.for_reflex(dict(os.environ), Path(folder)))
        arguments = sys.argv[1:] or ["tests"]
        say(f"Running pytest {' '.join(arguments)} with PostgreSQL and Redis of its own.")
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT).returncode


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
