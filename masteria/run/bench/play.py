"""`python -m masteria.run.bench.play KIND WISH`: one run in a process of its own, so that no run warms up the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from masteria.kit.errors import Invalid
from masteria.run.bench.wishes import Dispatch, Growth, Walls, Webhooks
from masteria.run.supervisor import die_with_parent

Wish = Dispatch | Webhooks | Growth | Walls
KINDS: dict[str, type[Wish]] = {kind.__name__.lower(): kind for kind in (Dispatch, Webhooks, Growth, Walls)}
# what a run makes for itself, and must not find
OWN = ("DATABASE_URL", "REDIS_URL", "META_GRAPH_URL", "MASTERIA_SECRET_KEY", "MASTERIA_ENCRYPTION_KEYS", "LOG_LEVEL")


def play(wish: Wish) -> dict[str, Any]:
    """Run it; its figures. `Invalid` with the last lines of a run that failed."""
    env = {name: value for name, value in os.environ.items() if name not in OWN}
    command = [sys.executable, "-m", "masteria.run.bench.play", type(wish).__name__.lower(), json.dumps(asdict(wish))]
    arrange = die_with_parent(signal.SIGTERM, os.getpid())
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, preexec_fn=arrange) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise Invalid("bench", "The run failed; what it said stands above.")
    return json.loads(output.splitlines()[-1])


def _runner(kind: str, wish: Wish) -> Callable[[Any], dict[str, Any]]:
    """Only what this run needs is imported: the screens are heavy, and the peer needs none of ours."""
    if isinstance(wish, Dispatch) and wish.side != "masteria":
        from masteria.run.bench import peer

        return peer.run
    if kind == "dispatch":
        from masteria.run.bench import dispatch

        return dispatch.run
    if kind == "webhooks":
        from masteria.run.bench import webhooks

        return webhooks.run
    if kind == "walls":
        from masteria.run.bench import walls

        return walls.run
    from masteria.run.bench import growth

    return growth.run


def main() -> int:
    kind, raw = sys.argv[1:3]
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(raw).items()
    }
    wish = KINDS[kind](**values)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started is stopped
    print(json.dumps(_runner(kind, wish)(wish)), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
