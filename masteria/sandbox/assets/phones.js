// Draws the phones from the stream; text is only ever set as text.
const list = document.getElementById("list"), wall = document.getElementById("phones"), say = document.body.dataset;
let phones = [], chosen = null, drafts = {};
const node = (tag, props = {}, ...inside) => { const n = Object.assign(document.createElement(tag), props); n.append(...inside); return n; };
const initials = (name) => name.split(" ").slice(0, 2).map((w) => w[0]).join("");
const hue = (id) => `hsl(${[...id].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 360} 45% 42%)`;
const clock = (at) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

async function send(phone, text, button = "") {
  await fetch("/phones/say", { method: "POST", body: new URLSearchParams({ number: phone.number, phone: phone.id, text, button }) });
}
function face(phone) { const f = node("span", { className: "face", textContent: initials(phone.name) }); f.style.setProperty("--hue", hue(phone.id)); return f; }
function row(phone) {
  const last = phone.messages.at(-1);
  const button = node("button", { type: "button" }, face(phone), node("b", { textContent: phone.name }), node("small", { textContent: last ? last.text : "" }));
  button.setAttribute("aria-pressed", phone.id === chosen);
  button.onclick = () => { chosen = phone.id; draw(); };
  return button;
}
function bubbles(phone) {
  return phone.messages.flatMap((m) => {
    const own = m.from === "customer";
    const bubble = node("div", { className: own ? "bubble own" : "bubble", textContent: m.text }, node("time", { textContent: clock(m.at) }));
    return [bubble, ...(m.buttons ?? []).map((text) => node("button", { type: "button", className: "choice", textContent: text, onclick: () => send(phone, text, m.id) }))];
  });
}
function device(phone) {
  const chat = node("div", { className: "chat" }, ...bubbles(phone));
  const input = node("input", { placeholder: say.answer, value: drafts[phone.id] ?? "", maxLength: 4096, autocomplete: "off" });
  input.setAttribute("aria-label", `${say.answer}: ${phone.name}`);
  input.dataset.phone = phone.id;
  input.oninput = () => { drafts[phone.id] = input.value; };
  const form = node("form", {}, input, node("button", { textContent: say.send }));
  form.onsubmit = (event) => { event.preventDefault(); const text = input.value.trim(); if (!text) return; drafts[phone.id] = ""; input.value = ""; send(phone, text); };
  const head = node("h2", {}, face(phone), node("span", {}, phone.name, node("small", { textContent: `+${phone.id}` })));
  return node("article", { className: "phone" }, head, chat, form);
}
function draw() {
  const typing = document.activeElement?.dataset?.phone, caret = document.activeElement?.selectionStart;
  if (!phones.length) { list.replaceChildren(); wall.replaceChildren(node("p", { className: "nothing", textContent: say.empty })); return; }
  if (!phones.some((p) => p.id === chosen)) chosen = phones[0].id;
  list.replaceChildren(...phones.map(row));
  const room = innerWidth <= 760 ? 1 : Math.max(1, Math.floor((wall.clientWidth - 24) / 358));
  const shown = [phones.find((p) => p.id === chosen), ...phones.filter((p) => p.id !== chosen)].slice(0, room);
  wall.replaceChildren(...shown.map(device));
  for (const chat of wall.querySelectorAll(".chat")) chat.scrollTop = chat.scrollHeight;
  if (typing) { const input = wall.querySelector(`input[data-phone="${typing}"]`); if (input) { input.focus(); input.setSelectionRange(caret, caret); } }
}
new EventSource("/phones/stream").onmessage = (event) => { phones = JSON.parse(event.data); draw(); };
addEventListener("resize", draw);
draw();
