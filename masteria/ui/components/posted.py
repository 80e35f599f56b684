"""A form that the browser posts by itself and stays: what is typed passes by every state, and only its outcome is heard."""

from __future__ import annotations

from typing import Any

import reflex as rx


def _outcome(code: rx.Var[str]) -> list[rx.Var[str]]:
    return [code]


class PostedForm(rx.Component):
    """`on_done` hears nothing when all is well (204), else the `code` of the answer, `offline` or `other`."""

    tag = "PostedForm"
    action: rx.Var[str]
    on_done: rx.EventHandler[_outcome]

    def add_custom_code(self) -> list[str]:
        """The component itself, beside the page that uses it."""
        return [_CODE]


_CODE = """
function PostedForm({ action, onDone, children, ...rest }) {
  const send = (event) => {
    event.preventDefault();
    fetch(action, { method: "POST", body: new FormData(event.currentTarget) })
      .then((answer) => (answer.ok ? "" : answer.json().then((body) => body.code || "other")), () => "offline")
      .catch(() => "other")
      .then((code) => onDone && onDone(code));
  };
  return jsx("form", { ...rest, onSubmit: send }, children);
}
"""


def posted_form(*children: rx.Component, action: str, on_done: Any, **props: Any) -> rx.Component:
    return PostedForm.create(*children, action=action, on_done=on_done, **props)
