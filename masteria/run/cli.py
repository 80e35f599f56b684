"""The `masteria` command: each subcommand says what it does and fails with one plain line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from masteria import config
from masteria.kit.errors import Invalid, MasteriaError, NotFound
from masteria.run import embedded, environment, explain
from masteria.run.bench import command
from masteria.run.supervisor import Child, Supervisor
from masteria.run.up import QUEUES, Wish, say, up

Run = Callable[[argparse.Namespace], int]
Commands = Any  # what add_subparsers returns has no public name


def main(argv: list[str] | None = None) -> int:
    """Parse, run, and turn an error into one line on stderr and exit code 1."""
    try:
        config.read_dotenv()
        arguments = parser().parse_args(argv)
        debug = arguments.debug or "--debug" in getattr(arguments, "rest", [])
    except MasteriaError as error:
        return _fail(_plain(error))
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if debug:
            raise
        return _fail(_plain(error))


def _fail(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="masteria", description="WhatsApp mass messaging for small teams.")
    top.add_argument("--debug", action="store_true", help="show where an error came from")
    commands = top.add_subparsers(required=True, metavar="command")
    _up(_command(commands, "up", _run_up, "the whole product on one machine", "masteria up --demo"))
    _command(commands, "web", _exec("masteria.run.serve"), "the web process alone", "masteria web")
    worker = _command(commands, "worker", _run_worker, "workers alone", "masteria worker --queue campaigns --count 2")
    worker.add_argument("--queue", choices=QUEUES, default="campaigns")
    worker.add_argument("--count", type=_count, default=1)
    _command(commands, "scheduler", _exec("workers.schedule"), "the timetable alone", "masteria scheduler")
    # no option prefix and no help of its own: all that follows, --help too, is the sandbox's
    sandbox = commands.add_parser(
        "sandbox", help="Meta's API and customers' phones, simulated", prefix_chars="\0", add_help=False
    )
    sandbox.add_argument("rest", nargs=argparse.REMAINDER)
    sandbox.set_defaults(run=_run_sandbox)
    _command(commands, "build", _run_build, "build the screens now, as `up` does by itself", "masteria build")
    _command(commands, "migrate", _run_migrate, "bring the database to the newest schema", "masteria migrate")
    _command(commands, "doctor", _run_doctor, "check everything and say how to mend it", "masteria doctor")
    _command(commands, "sweep", _run_sweep, "one round of what the scheduler does, now", "masteria sweep")
    says = "every way in, with the permission it asks for"
    doors = _command(commands, "doors", _run_doors, says, "masteria doors --json")
    doors.add_argument("--json", action="store_true")
    _companies(commands)
    _keys(commands)
    _operators(commands)
    _imports(commands)
    _webhooks(commands)
    _benches(commands)
    return top


def _command(commands: Commands, name: str, run: Run, does: str, example: str) -> argparse.ArgumentParser:
    found = commands.add_parser(name, help=does, description=does, epilog=f"example: {example}")
    # said before or after the command; SUPPRESS keeps this one from undoing the other
    found.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show where an error came from")
    found.set_defaults(run=run)
    return found


def _up(found: argparse.ArgumentParser) -> None:
    found.add_argument("--demo", action="store_true", help="also start the sandbox and fill in a living sample company")
    found.add_argument("--port", type=_port, default=os.environ.get("MASTERIA_PORT") or "3000")
    found.add_argument("--sandbox-port", type=_port, default=3900)
    found.add_argument("--data-dir", help="default .masteria")
    found.add_argument("--workers", type=_count, default=1, help="processes that send campaigns")


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"must be a port number between 1 and 65535, not {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 64:
        raise argparse.ArgumentTypeError(f"must be a number between 1 and 64, not {text!r}")
    return int(text)


def _companies(commands: Commands) -> None:
    group = commands.add_parser("company", help="companies").add_subparsers(required=True, metavar="command")
    example = "masteria company create --name Aurora --owner-email ana@aurora.example --owner-password …"
    create = _command(group, "create", _run_company, "a company and its owner", example)
    for name in ("--name", "--owner-email", "--owner-password"):
        create.add_argument(name, required=True)
    create.add_argument("--json", action="store_true")
    group = commands.add_parser("api-key", help="API keys").add_subparsers(required=True, metavar="command")
    example = "masteria api-key create --company aurora --name loja --scopes contacts:read,campaigns:write"
    key = _command(group, "create", _run_key, "a key for a program; printed once", example)
    for name in ("--company", "--name", "--scopes"):
        key.add_argument(name, required=True)
    key.add_argument("--json", action="store_true")


def _keys(commands: Commands) -> None:
    group = commands.add_parser("keys", help="encryption keys").add_subparsers(required=True, metavar="command")
    does = (
        "seal every stored secret anew under the first key of MASTERIA_ENCRYPTION_KEYS, while everything runs. "
        "Put the new key in front of the old ones, restart, run this, then take the old keys away."
    )
    found = _command(group, "rotate", _run_rotate, does, "masteria keys rotate --json")
    found.add_argument("--json", action="store_true")


def _operators(commands: Commands) -> None:
    group = commands.add_parser("operator", help="who runs the installation").add_subparsers(
        required=True, metavar="command"
    )
    for name, does in (("grant", "let somebody run the installation"), ("revoke", "no longer; the last one stays")):
        found = _command(group, name, _run_operator, does, f"masteria operator {name} --email ana@aurora.example")
        found.add_argument("--email", required=True)
        found.set_defaults(operates=name == "grant")


def _imports(commands: Commands) -> None:
    group = commands.add_parser("import", help="imports").add_subparsers(required=True, metavar="command")
    example = "masteria import contacts clientes.csv --company aurora --map Fone=phone --dry-run"
    found = _command(group, "contacts", _run_import, "people from a CSV file", example)
    found.add_argument("file", type=Path)
    found.add_argument("--company", required=True)
    found.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")
    found.add_argument("--dry-run", action="store_true")


def _webhooks(commands: Commands) -> None:
    group = commands.add_parser("webhook", help="what providers send us").add_subparsers(
        required=True, metavar="command"
    )
    does = "the normalised events of a saved payload, one JSON object a line; touches nothing"
    found = _command(group, "explain", explain.run, does, "masteria webhook explain payload.json")
    found.add_argument("file", help="a saved body; - reads it from the standard input")
    found.add_argument("--provider", choices=explain.PROVIDERS, default=explain.PROVIDERS[0])


def _benches(commands: Commands) -> None:
    group = commands.add_parser("bench", help="benchmarks").add_subparsers(required=True, metavar="command")
    command.add(group, _command)


def _run_up(wanted: argparse.Namespace) -> int:
    folder = environment.data_dir(wanted.data_dir)
    return up(Wish(wanted.port, folder, wanted.workers, wanted.demo, wanted.sandbox_port))


def _exec(module: str) -> Run:
    def run(_wanted: argparse.Namespace) -> int:
        env = environment.with_keys(_env(), environment.data_dir())
        os.execve(sys.executable, [sys.executable, "-m", module], environment.for_reflex(env, environment.data_dir()))

    return run


def _run_worker(wanted: argparse.Namespace) -> int:
    env = environment.with_keys(_env(), environment.data_dir())
    command = [sys.executable, "-m", "workers", "--queue", wanted.queue]
    if wanted.count == 1:
        os.execve(sys.executable, command, env)
    tree = Supervisor(environment.data_dir() / "logs", say)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: tree.stopping.set())
    for number in range(wanted.count):
        tree.start(Child(f"worker-{wanted.queue}-{number + 1}", command, env))
    tree.watch()
    tree.stop()
    return 0


def _run_sandbox(wanted: argparse.Namespace) -> int:
    os.execv(sys.executable, [sys.executable, "-m", "masteria.sandbox", *wanted.rest])


def _run_build(_wanted: argparse.Namespace) -> int:
    from masteria.run.build import build_if_stale

    folder = environment.data_dir()
    tree = Supervisor(folder / "logs", say)
    try:
        build_if_stale(tree, dict(os.environ), folder, say)
    finally:
        tree.stop()
    return 0


def _run_migrate(_wanted: argparse.Namespace) -> int:
    from masteria.core import migrate

    with services():
        migrate.upgrade()
    say("The database has the newest schema.")
    return 0


def _run_sweep(_wanted: argparse.Namespace) -> int:
    from masteria.flows import upkeep

    with services():
        upkeep.sweep()
    return 0


def _run_doctor(_wanted: argparse.Namespace) -> int:
    from masteria.run import doctor

    with services():
        return doctor.report(say)


def _run_doors(wanted: argparse.Namespace) -> int:
    from masteria.run import doors

    with services():
        return doors.report(say, as_json=wanted.json)


def _run_company(wanted: argparse.Namespace) -> int:
    from masteria.actions import accounts

    with migrated():
        actor = accounts.create_company(wanted.name, wanted.owner_email, wanted.owner_password, may_operate=True)
        slug = accounts.slug_of(actor.company_id)
    say(json.dumps({"id": str(actor.company_id), "slug": slug}) if wanted.json else f"Company created: {slug}")
    return 0


def _run_operator(wanted: argparse.Namespace) -> int:
    from masteria.actions import operators

    with migrated():
        name = operators.set_by_email(wanted.email, operates=wanted.operates)
    say(f"{name} runs the installation." if wanted.operates else f"{name} no longer runs the installation.")
    return 0


def _run_key(wanted: argparse.Namespace) -> int:
    from masteria.actions import accounts, keys
    from masteria.core.work import work_as

    with migrated(), work_as(accounts.company_actor(wanted.company)) as work:
        made = keys.create_api_key(work, wanted.name, [s.strip() for s in wanted.scopes.split(",") if s.strip()])
    say(json.dumps({"id": str(made.id), "key": made.key, "scopes": list(made.scopes)}) if wanted.json else made.key)
    return 0


def _run_rotate(wanted: argparse.Namespace) -> int:
    """1 when something could not be opened: it stays as it is, and must be entered again."""
    from masteria.actions import sealing

    with migrated():
        counts = sealing.rotate()
    if wanted.json:
        say(json.dumps([asdict(count) for count in counts]))
    else:
        for count in counts:
            say(f"{count.place}: {count.done} sealed anew, {count.broken} could not be opened")
    return int(any(count.broken for count in counts))


def _run_import(wanted: argparse.Namespace) -> int:
    from masteria.actions import accounts
    from masteria.flows import importing

    if not wanted.file.is_file():
        raise Invalid("file", f"There is no file {wanted.file}.")
    mapping = dict(part.partition("=")[::2] for part in wanted.map)
    with migrated():
        actor = accounts.company_actor(wanted.company)
        _, counts = importing.import_file(actor, wanted.file, mapping, {"dry_run": wanted.dry_run})
    say(json.dumps(asdict(counts)))
    return 0


@contextmanager
def services() -> Iterator[None]:
    """The settings' services, those of a running `up`, or embedded ones for the length of this command."""
    folder = environment.data_dir()
    env = environment.with_keys(_env(), folder)
    with ExitStack() as stack:
        if not (env.get("DATABASE_URL") and env.get("REDIS_URL")):
            lock = stack.enter_context(environment.only_one(folder))
            tree = Supervisor(folder / "logs", lambda _text: None, lock)
            stack.callback(tree.stop)
            for name, make in (("DATABASE_URL", embedded.postgres), ("REDIS_URL", embedded.redis)):
                env[name] = env.get(name) or embedded.start(tree, make(folder))
        os.environ.update(env)
        yield


@contextmanager
def migrated() -> Iterator[None]:
    from masteria.core import migrate

    with services():
        if not migrate.is_current():
            migrate.upgrade()
        yield


def _env() -> dict[str, str]:
    """The environment, and what a running `up` of this data directory has noted."""
    return {**environment.running(environment.data_dir()), **{k: v for k, v in os.environ.items() if v}}


def _plain(error: Exception) -> str:
    if isinstance(error, NotFound):
        return f"Not found: {error}"
    if isinstance(error, Invalid):
        return error.reason if " " in error.reason else f"{error.field}: {error.reason.replace('_', ' ')}"
    if isinstance(error, MasteriaError | OSError):
        return str(error)
    # from the database, from Redis, or a fault of ours: its first line says most
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]} (--debug shows more)"


if __name__ == "__main__":
    sys.exit(main())
