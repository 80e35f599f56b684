"""The frontend's build: Reflex plugins (slim styles, font, origin-relative socket, PWA files) and when to run it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reflex.plugins import Plugin, RadixThemesPlugin

from masteria.kit.errors import Invalid
from masteria.run.environment import BIN, ROOT, for_build
from masteria.run.supervisor import Supervisor
from masteria.ui.theme import COLORS, radix_theme

STAMP = "build/masteria.stamp"
SOURCES = (
    "masteria/ui/**/*",
    "masteria/masteria.py",
    "masteria/enums.py",
    "masteria/core/access.py",
    "pyproject.toml",
    "masteria/run/build.py",
    "assets/**/*",
    "rxconfig.py",
)
LOCK = ("reflex.lock/*",)
# how Reflex' state.js evaluates, and what stands there instead; refs is a name of its module
_EVALS = (
    (r"\beval\(event\.payload\.javascript_code\)", "masteria.step(event.payload.javascript_code)"),
    (r"\beval\(event\.payload\.function\)", "masteria.call(event.payload.function,refs)"),
    (r"\beval\(event\.payload\.callback\)", "masteria.call(event.payload.callback,refs)"),
    (r"\(0,\s*eval\)\?*\.?\(|\beval\?\.\(", "String("),  # addresses of Reflex' own uploads: that door is closed
    (r"\beval\(`import\(dataUri\)`\)", "Promise.reject(new Error(`no`))"),  # components sent by the server
)
# what the build's output says when a phase has ended
PHASES = (
    ("preparing for export", "tools are here"),
    ("Installing", "packages are installed"),
    ("Compiling:", "pages are compiled"),
    ("Production Build:", "bundle is written"),
)


class SlimRadix(RadixThemesPlugin):
    """Radix Themes with only the colour scales in use."""

    def __init__(self) -> None:
        super().__init__(theme=radix_theme())

    def get_stylesheet_paths(self, **_: Any) -> tuple[str, ...]:
        colors = (f"@radix-ui/themes/tokens/colors/{color}.css" for color in COLORS)
        base = "@radix-ui/themes/"
        return (f"{base}tokens/base.css", *colors, f"{base}components.css", f"{base}utilities.css")


class MasteriaPlugin(Plugin):
    """Our font from our own address, a bundle that follows the page's origin, and the service worker."""

    def get_frontend_dependencies(self, **_: Any) -> list[str]:
        return ["@fontsource-variable/inter@5.3.0"]

    def get_stylesheet_paths(self, **_: Any) -> tuple[str, ...]:
        return ("@fontsource-variable/inter/wght.css",)

    def post_build(self, **context: Any) -> None:
        static = Path(context["static_dir"])
        for script in (static / "assets").glob("reflex-env-*.js"):
            script.write_text(follow_origin(script.read_text()))
        for script in (static / "assets").glob("*.js"):
            script.write_text(without_eval(script.read_text()))
        write_service_worker(static)


def follow_origin(script: str) -> str:
    """Reflex bakes `localhost` and the port into the bundle; ours asks the page where it came from."""
    for scheme, own in (("ws", "location.origin.replace(/^http/,`ws`)"), ("http", "location.origin")):
        pattern = rf"([`\"']){scheme}://(?:localhost|127\.0\.0\.1|0\.0\.0\.0):\d+(/[^`\"']*)\1"
        script = re.sub(pattern, rf"(typeof location>`u`?`{scheme}://localhost\2`:{own}+`\2`)", script)
    return script


def without_eval(script: str) -> str:
    """Reflex evaluates text that the server sends; ours is handed to `assets/boot.js`, which knows the few shapes it has."""
    for wanted, ours in _EVALS:
        script = re.sub(wanted, ours, script)
    if re.search(r"\beval\b(?!_)|\bnew Function\b", script):
        raise Invalid("build", "The bundle evaluates text somewhere new: see without_eval in masteria/run/build.py.")
    return script


def write_service_worker(static: Path) -> None:
    """Cache the hashed files and the offline page; never answers of the API, sign-in, media or the socket."""
    files = sorted(p.relative_to(static).as_posix() for p in (static / "assets").iterdir())
    files = [f for f in files if f.endswith((".js", ".css", ".woff2"))]
    shell = [f"/{f}" for f in files if "plotly" not in f and not re.search(r"inter-(cyrillic|greek|vietnamese)", f)]
    version = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:12]
    worker = (ROOT / "masteria/run/service_worker.js").read_text()
    worker = worker.replace("__VERSION__", version).replace('"__SHELL__"', json.dumps(["/offline.html", *shell]))
    (static / "sw.js").write_text(worker)


def fingerprint(patterns: tuple[str, ...] = SOURCES) -> str:
    """Changes when the compiled frontend could change."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in patterns for p in ROOT.glob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_if_stale(tree: Supervisor, env: dict[str, str], folder: Path, say: Callable[[str], None]) -> None:
    """Compile and bundle the screens unless this very source was built already. Two at once wait for each other."""
    with _alone(say):
        stamp, sources = ROOT / ".web" / STAMP, fingerprint()
        if (
            stamp.exists()
            and stamp.read_text() == f"{sources} {fingerprint(LOCK)}"
            and (ROOT / ".web/build/client/index.html").exists()
        ):
            return
        stamp.unlink(missing_ok=True)
        say("Building the screens (first start and after updates; about a minute)…")
        told = Progress(say)
        command = [str(BIN / "reflex"), "export", "--frontend-only", "--no-zip"]
        code, output = tree.run(command, for_build(env, folder), ROOT, told.hear)
        if code:
            raise Invalid("build", "The screens could not be built:\n" + "\n".join(output[-25:]))
        # the lock as the build left it: Reflex may have completed it
        stamp.write_text(f"{sources} {fingerprint(LOCK)}")
        say(f"Screens built in {told.seconds:.0f} s.")


class Progress:
    """What the build says, boiled down to a line for each phase with its second."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._began = time.monotonic()
        self._left = list(PHASES)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def hear(self, line: str) -> None:
        for number, (sign, words) in enumerate(self._left):
            if sign in line:
                self._say(f"  {self.seconds:3.0f} s  {words}")
                self._left = self._left[number + 1 :]
                return


@contextmanager
def _alone(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the checkout's folder itself: there is one `.web` in it, and perhaps several data directories."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is building the screens; waiting for it…")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
