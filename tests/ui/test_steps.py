"""What Reflex would evaluate is one of the shapes that `assets/boot.js` knows: texts stay texts, the rest is not done."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import reflex as rx
from reflex.event import Event

from masteria.run import build, environment
from masteria.ui import identity
from masteria.ui.shown_once import show
from tests.ui.test_guard import UI

RUN = """
const done = [], asked = JSON.parse(process.argv[1]);
globalThis.location = {pathname: "/x", search: "?y=1", reload: () => done.push("reload"), assign: (to) => done.push(to)};
const places = {secret: {tagName: "CODE", textContent: "old"}, picture: {tagName: "IMG", src: ""}};
const note = (id) => () => done.push(id);
const other = (id) => ({submit: note(id), requestSubmit: note(id), scrollIntoView: note(id)});
globalThis.document = {getElementById: (id) => places[id] || (id === "nowhere" ? null : other(id))};
globalThis.setTimeout = (act) => act();
globalThis.addEventListener = () => undefined;
const toast = {success: (...given) => done.push(given), error: (...given) => done.push(given)};
%s
for (const [how, text] of asked) {
  try { how === "step" ? masteria.step(text) : masteria.call(text, {__toast: toast})(); }
  catch (error) { done.push("refused"); }
}
if (process.argv[2]) done.push(places.secret.textContent, places.picture.src);
console.log(JSON.stringify(done));
"""
TEXT = 'Olá `x` ${alert(1)} "q" \\ (a) [b] : ({["c"] : 1}) </script> \n\u2028 não'


def run(*asked: tuple[str, str], looks: bool = False) -> list[Any]:
    """What a page would do, by Node; `looks` adds what stands in its two places afterwards."""
    script = RUN % (environment.ROOT / "assets" / "boot.js").read_text()
    command = [str(environment.node()), "-e", script, json.dumps(asked), *(["looks"] if looks else [])]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def sent(event: Any) -> str:
    return Event.from_event_type(event)[0].payload["function"]


def test_every_step_in_our_screens_is_known() -> None:
    literal = re.compile(r"""call_script\(\s*f?"([^"]+)\"""")
    found = [
        re.sub(r"\{\w+\}", "x", step) for path in UI.rglob("*.py") for step in literal.findall(path.read_text("utf-8"))
    ]
    assert len(found) >= 2
    steps = [*found, identity.SIGN_IN, identity.SIGN_IN_AGAIN, identity.ENROL]
    done = run(*(("step", step) for step in steps))
    assert [step for step, what in zip(steps, done, strict=True) if what == "refused"] == []


def test_the_way_to_the_sign_in_remembers_where_one_was() -> None:
    assert run(("step", identity.SIGN_IN_AGAIN)) == ["/login?problem=ended&next=%2Fx%3Fy%3D1"]


def test_what_is_shown_once_goes_into_its_place_as_text() -> None:
    event = Event.from_event_type(show(secret=TEXT, picture="data:image/svg+xml;utf8,x", nowhere="y"))[0]
    step = ("step", event.payload["javascript_code"])
    assert run(step, looks=True) == [TEXT, "data:image/svg+xml;utf8,x"]


def test_a_toast_says_its_text_to_the_letter() -> None:
    assert run(("call", sent(rx.toast.success(TEXT)))) == [[TEXT]]
    assert run(("call", sent(rx.toast.error(TEXT, duration=3)))) == [[TEXT, {"duration": 3}]]


@pytest.mark.parametrize(
    "text",
    [
        "alert(1)",
        "location.assign('https://evil.test')",
        "location.assign('//evil.test')",
        "location.assign('/a'); alert(1)",
        "location.reload(); alert(1)",
        "document.getElementById('x').submit(); alert(1)",
        "masteria.show(alert(1))",
        'masteria.show({"secret": alert(1)})',
        'masteria.copy("x"); alert(1)',
    ],
)
def test_another_step_is_not_done(text: str) -> None:
    assert run(("step", text)) == ["refused"]


def test_a_call_of_anything_else_is_not_made() -> None:
    for text in ("(() => (alert(1)))", "(() => (refs['__toast']?.[\"error\"](alert(1))))", "() => 1"):
        assert run(("call", text)) == ["refused"]


def test_a_bundle_that_still_evaluates_is_not_built() -> None:
    assert (
        build.without_eval("x=eval(event.payload.javascript_code)") == "x=masteria.step(event.payload.javascript_code)"
    )
    assert build.without_eval("eval_result") == "eval_result"
    with pytest.raises(Exception, match="evaluates text"):
        build.without_eval("x=eval(other)")
