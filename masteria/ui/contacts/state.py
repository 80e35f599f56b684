"""Contacts: one page of rows with search and filters, and the import of a file step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import reflex as rx

from masteria import storage
from masteria.actions import imports as import_actions
from masteria.enums import Permission, Topic
from masteria.flows import importing
from masteria.kit.clock import now
from masteria.kit.errors import Invalid
from masteria.kit.ids import parse_id
from masteria.queries import contacts
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain
from masteria.ui.texts import phone, tr

PAGE = 50
CHOICES_SECONDS = 30


@dataclass
class Row:
    id: str
    name: str
    phone: str
    email: str
    tags: list[str]
    consent: str
    added: str


@dataclass
class Column:
    """A column of the file and the field it goes to."""

    name: str
    field: str
    sample: str


@dataclass
class Result:
    """What an import did or would do, ready to read."""

    id: str = ""
    status: str = ""
    error: str = ""
    created: str = "0"
    updated: str = "0"
    skipped: str = "0"
    repeats: str = "0"
    rejected: str = "0"
    has_rejects: bool = False
    progress: str = ""


class ContactsState(Screen, rx.State):
    rows: list[Row] = []
    total: str = ""
    q: str = ""
    tag: str = ""
    list_id: str = ""
    tag_options: list[str] = []
    list_options: list[list[str]] = []
    next_cursor: str = ""
    loaded: bool = False
    is_filtered: bool = False
    _pages: int = 1
    _choices_at: float = 0

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def enter(self):
        """Open the page."""
        self._watch(ContactsState.load, (Topic.CONTACT, ANY))  # an import says so too, when its people are there
        self._pages = 1
        await self._load_choices()
        await self._load()

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def load(self):
        """Somebody changed; what can be chosen is worth a new look only now and then."""
        if now().timestamp() - self._choices_at > CHOICES_SECONDS:
            await self._load_choices()
        await self._load()

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def search(self, text: str):
        self.q, self._pages = str(text)[:80], 1
        await self._load()

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def choose_tag(self, tag: str):
        self.tag, self._pages = str(tag), 1
        await self._load()

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def choose_list(self, list_id: str):
        self.list_id, self._pages = str(list_id), 1
        await self._load()

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def clear(self):
        self.q = self.tag = self.list_id = ""
        await self._load()

    @rx.event
    @needs(Permission.READ_CONTACTS)
    async def more(self):
        self._pages = min(self._pages + 1, 4)
        await self._load()

    async def _load(self) -> None:
        filters = {"q": self.q, "tag": self.tag, "list_id": self.list_id}
        page = await self._run(contacts.list_contacts, **filters, limit=PAGE * self._pages)
        count = await self._run(contacts.count_contacts, **filters)
        self.rows = [self._row(row) for row in page.rows]
        self.next_cursor = page.next_cursor or "" if self._pages < 4 else ""
        self.total = self._say("contacts.total", count=count)
        self.is_filtered = bool(self.q or self.tag or self.list_id)
        self.loaded = True

    async def _load_choices(self) -> None:
        """Tags and lists; all tags of a large company are the dearest question of this screen."""
        self._choices_at = now().timestamp()
        self.tag_options = [tag.name for tag in (await self._run(contacts.tags, limit=100)).rows]
        self.list_options = [[str(found.id), found.name] for found in (await self._run(contacts.lists)).rows]

    def _row(self, row: contacts.ContactRow) -> Row:
        at = self._moment(row.created_at)
        return Row(str(row.id), row.name, phone(row.phone), row.email or "", row.tags[:4], row.consent, at)


class ImportState(Screen, rx.State):
    columns: list[Column] = []
    file_name: str = ""
    problem: str = ""
    tags: str = ""
    list_name: str = ""
    rehearsed: Result = Result()
    running: Result = Result()
    busy: bool = False
    _key: str = ""
    _import_id: str = ""

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    async def enter(self):
        """Read the address: a file that was just brought, an import to watch, or nothing yet."""
        query = self.router.url.query_parameters
        self.problem = self.file_name = ""
        self.columns, self.rehearsed, self.running = [], Result(), Result()
        if code := str(query.get("problem", "")):
            self.problem = tr(self._language(), f"error.{code}")
        key = str(query.get("file", ""))
        if key and storage.belongs_to(key, identity.current().company_id):
            self._key, self.file_name = key, str(query.get("name", ""))[:120]
            await self._look()
        self._import_id = str(query.get("id", ""))
        if self._import_id:
            self._watch(ImportState.load, (Topic.IMPORT, self._import_id))
            await self._load()

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    async def load(self):
        """The import went on."""
        await self._load()

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    def choose(self, column: str, field: str):
        """What this column means."""
        self.columns = [Column(c.name, str(field), c.sample) if c.name == column else c for c in self.columns]
        self.rehearsed = Result()

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    def set_tags(self, text: str):
        self.tags, self.rehearsed = str(text)[:500], Result()

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    def set_list(self, text: str):
        self.list_name, self.rehearsed = str(text)[:120], Result()

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    async def rehearse(self):
        """Count without writing."""
        self.busy, self.problem = True, ""
        yield
        try:
            path, options = storage.path_of(self._key), {**self._options(), "dry_run": True}
            _, counts = await self._flow(importing.import_file, path, self._mapping(), options)
            self.rehearsed = replace(self._counts(counts), id="rehearsal", status="done")
        except Invalid as error:
            self.problem = explain(error, self._language())
        except FileNotFoundError:
            self.problem = self._say("error.file_gone")
        self.busy = False

    @rx.event
    @needs(Permission.EDIT_CONTACTS)
    async def start(self):
        """Import on the server; this page may be closed."""
        try:
            import_id = await self._run(
                import_actions.start, self.file_name, self._key, self._mapping(), self._options()
            )
        except Invalid as error:
            self.problem = explain(error, self._language())
            return None
        return rx.redirect(f"/contacts/import?id={import_id}")

    async def _look(self) -> None:
        try:
            found = await self._flow(lambda _actor: importing.preview(storage.path_of(self._key)))
        except Invalid as error:
            self.problem = explain(error, self._language())
            return
        except FileNotFoundError:
            self.problem = self._say("error.file_gone")
            return
        samples = [" · ".join(filter(None, (row[n] for row in found.sample[:3]))) for n in range(len(found.columns))]
        self.columns = [Column(c, found.mapping[c], s[:80]) for c, s in zip(found.columns, samples, strict=True) if c]

    async def _load(self) -> None:
        row = await self._run(contacts.import_row, parse_id(self._import_id))
        language = self._language()
        self.running = replace(
            self._counts(row),
            id=str(row.id),
            status=row.status,
            error=tr(language, f"error.{row.error}") if row.error else "",
            has_rejects=row.rejected > 0,
            progress=tr(language, "import.running", done=self._number(row.processed)),
        )
        self.file_name = row.file_name

    def _mapping(self) -> dict[str, str]:
        return {column.name: column.field for column in self.columns}

    def _options(self) -> dict[str, object]:
        tags = [t for t in (part.strip() for part in self.tags.split(",")) if t]
        return {"tags": tags, **({"list": self.list_name} if self.list_name.strip() else {})}

    def _counts(self, c: import_actions.Counts | contacts.ImportRow) -> Result:
        return Result(
            created=self._number(c.created),
            updated=self._number(c.updated),
            skipped=self._number(c.skipped - c.repeats),
            repeats=self._number(c.repeats),
            rejected=self._number(c.rejected),
        )
