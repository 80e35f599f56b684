// Draws the customers' phones from the stream. Text is only ever set as text; what did not change is left alone,
// so that focus, scroll and a half-typed answer survive every update.
const words = JSON.parse(document.body.dataset.words);
const list = document.getElementById("list"), wall = document.getElementById("wall"), fresh = document.getElementById("fresh");
const find = document.getElementById("find"), lost = document.getElementById("lost"), nav = document.querySelector("nav");
const language = document.documentElement.lang, PHONE = 372;
const rows = new Map(), devices = new Map();
let opened = [], latest = { phones: [], open: [], total: 0 }, order = [], source = null;

const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const node = (tag, props = {}, ...inside) => { const n = Object.assign(document.createElement(tag), props); n.append(...inside); return n; };
const initials = (name) => name.split(" ").filter(Boolean).slice(0, 2).map((w) => [...w][0]).join("").toUpperCase();
const hue = (key) => `hsl(${(([...key].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 9973, 7)) * 137) % 360} 45% 32%)`;
const clock = (at) => new Date(at * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
const pretty = (d) => d.startsWith("55") && d.length > 11 ? `+55 ${d.slice(2, 4)} ${d.slice(4, -4)}-${d.slice(-4)}` : `+${d}`;
const room = () => innerWidth <= 720 ? 1 : Math.max(1, Math.min(4, Math.floor(wall.clientWidth / PHONE)));
const face = (key, name) => { const f = node("span", { className: "face", textContent: initials(name), ariaHidden: "true" }); f.style.setProperty("--hue", hue(key)); return f; };

async function act(what, values) {
  const answer = await fetch(`/phones/${what}`, { method: "POST", body: new URLSearchParams(values) }).catch(() => null);
  return Boolean(answer?.ok);
}

// --- the list ---
function row(phone) {
  const button = node("button", { type: "button" }, face(phone.key, phone.name), node("b"), node("time"), node("small"));
  button.onclick = () => open(phone.key);
  return node("li", {}, button);
}
function fillRow(item, phone) {
  const button = item.firstChild, [, name, time, last] = button.children;
  const shown = phone.own ? say("you", { text: phone.last }) : phone.last;
  if (name.textContent !== phone.name) name.textContent = phone.name;
  if (time.textContent !== clock(phone.at)) time.textContent = clock(phone.at);
  if (last.textContent !== shown) last.textContent = shown;
  last.classList.toggle("wrote", phone.own);
  button.setAttribute("aria-pressed", opened.includes(phone.key));
}
const busy = () => nav.matches(":hover") || (nav.contains(document.activeElement) && document.activeElement !== find);
function drawList(force = false) {
  const wanted = latest.phones.map((p) => p.key), known = new Map(latest.phones.map((p) => [p.key, p]));
  const still = busy() && !force && order.length;
  if (!still) order = wanted;
  fresh.hidden = !still || wanted.slice(0, 5).every((key) => order.slice(0, 5).includes(key));
  fresh.textContent = say("fresh");
  for (const key of order) {
    const phone = known.get(key);
    if (!phone) continue;
    if (!rows.has(key)) rows.set(key, row(phone));
    fillRow(rows.get(key), phone);
  }
  const items = order.map((key) => rows.get(key)).filter(Boolean);
  if (items.length !== list.children.length || items.some((item, n) => list.children[n] !== item)) list.replaceChildren(...items);
  for (const key of rows.keys()) if (!order.includes(key)) rows.delete(key);
  if (!items.length && find.value) list.replaceChildren(node("li", { className: "none", textContent: say("none") }));
}

// --- one phone ---
function device(key, phone) {
  const chat = node("div", { className: "chat", tabIndex: 0 });
  chat.setAttribute("role", "log");
  chat.setAttribute("aria-label", phone.name);
  const input = node("input", { placeholder: say("answer"), maxLength: 4096, autocomplete: "off", enterKeyHint: "send" });
  input.setAttribute("aria-label", say("answer_as", { name: phone.name }));
  const failed = node("p", { className: "failed", hidden: true, textContent: say("failed") });
  failed.setAttribute("role", "alert");
  const go = node("button", { className: "go", textContent: "➤", title: say("send") });
  go.setAttribute("aria-label", say("send"));
  const form = node("form", {}, input, go);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    failed.hidden = await act("say", { phone: key, text });
    if (!failed.hidden && !input.value) input.value = text;
  };
  const owner = node("p", { className: "owner" }, face(key, phone.name), node("span", {}, node("b", { textContent: phone.name }), node("small", { textContent: pretty(key.split("-")[1]) })));
  const head = node("header", {}, face(phone.business, phone.business), node("span", {}, node("b", { textContent: phone.business }), node("small")));
  const screen = node("div", { className: "screen" }, head, chat, failed, form);
  const root = node("article", { className: "device" }, owner, node("div", { className: "body" }, screen));
  root.setAttribute("aria-label", phone.name);
  return { root, chat, head, shown: new Map() };
}
function tick(message) {
  return node("i", { className: message.read ? "tick seen" : "tick", textContent: "✓✓", title: say(message.read ? "read" : "sent") });
}
function file(message) {
  const box = node("div", { className: `file ${message.file}` });
  const picture = message.file === "image" || message.file === "sticker";
  const label = () => node("span", { textContent: message.file_name || say(message.file) });
  if (picture && message.media) {
    const image = node("img", { src: `/phones/media/${message.media}`, alt: say(message.file), loading: "lazy" });
    image.onerror = () => image.replaceWith(label());
    box.append(image);
  } else box.append(label());
  return box;
}
function choices(key, message) {
  return (message.buttons ?? []).flatMap((b) => {
    if (b.type === "list") return [node("details", { className: "choice" }, node("summary", { textContent: `☰ ${b.text}` }), ...b.rows.map((r) => choice(key, message, r, r.description)))];
    if (b.type === "quick_reply" || b.type === "button_reply") return [choice(key, message, b)];
    const about = b.url ? say("opens", { url: b.url }) : b.code ?? b.phone ?? "";
    const box = node("button", { type: "button", className: "choice", textContent: `${b.url ? "↗ " : b.phone ? "✆ " : b.code ? "⧉ " : ""}${b.text || b.code || ""}`, title: about });
    const hint = node("p", { className: "hint", textContent: about, hidden: true });
    box.onclick = () => { hint.hidden = !hint.hidden; };
    return [box, hint];
  });
}
function choice(key, message, b, description = "") {
  const button = node("button", { type: "button", className: "choice", disabled: message.answered === b.text }, b.text);
  if (description) button.append(node("small", { textContent: description }));
  if (message.answered === b.text) button.append(" ✓");
  button.onclick = async () => { button.disabled = await act("choose", { phone: key, message: message.id, choice: b.id }); };
  return button;
}
function bubble(key, message, all) {
  const own = message.from === "customer", quoted = all.find((m) => m.id === message.quoted);
  const inside = [];
  if (quoted) inside.push(node("blockquote", { textContent: quoted.text || say(quoted.file ?? "image") }));
  if (message.file) inside.push(file(message));
  if (message.header) inside.push(node("strong", { className: "title", textContent: message.header }));
  if (message.text) inside.push(node("p", { textContent: message.text }));
  const foot = node("span", { className: "foot" }, node("time", { textContent: clock(message.at) }), ...(own ? [tick(message)] : []));
  if (message.footer) inside.push(node("p", { className: "footer", textContent: message.footer }));
  const body = node("div", { className: "bubble" }, ...inside, foot);
  if (message.reaction) body.append(node("span", { className: "reaction", textContent: message.reaction }));
  const taps = choices(key, message);
  return node("div", { className: own ? "line own" : taps.length ? "line choosable" : "line" }, body, ...taps);
}
function fillDevice(found, key, phone) {
  const { chat, head, shown } = found, low = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  const state = phone.typing ? say("typing") : say("business"), small = head.querySelector("small");
  if (small.textContent !== state) small.textContent = state;
  const ids = new Set(phone.messages.map((m) => m.id));
  for (const [id, old] of shown) if (!ids.has(id)) { old.line.remove(); shown.delete(id); }
  for (const message of phone.messages) {
    const mark = JSON.stringify(message), old = shown.get(message.id);
    if (old?.mark === mark) continue;
    const line = bubble(key, message, phone.messages);
    if (old) old.line.replaceWith(line); else chat.append(line);
    shown.set(message.id, { line, mark });
  }
  if (low || !found.seen) chat.scrollTop = chat.scrollHeight;
  found.seen = true;
}
function drawWall() {
  const phones = new Map(latest.open.map((p) => [p.key, p]));
  for (const [key, found] of devices) if (!opened.includes(key)) { found.root.remove(); devices.delete(key); }
  if (!latest.total) { wall.replaceChildren(node("div", { className: "nothing" }, node("span", { className: "big", ariaHidden: "true" }), node("h2", { textContent: say("empty_title") }), node("p", { textContent: say("empty") }))); return; }
  wall.querySelector(".nothing")?.remove();
  opened.forEach((key, n) => {
    const phone = phones.get(key);
    if (!phone) return;
    if (!devices.has(key)) devices.set(key, device(key, phone));
    const found = devices.get(key);
    if (wall.children[n] !== found.root) wall.insertBefore(found.root, wall.children[n] ?? null);
    fillDevice(found, key, phone);
  });
}

// --- which phones are open ---
function open(key) {
  if (opened[0] !== key && !(opened.includes(key) && innerWidth > 720)) opened = [key, ...opened.filter((k) => k !== key)].slice(0, room());
  listen();
  drawList();
  if (innerWidth > 720) devices.get(key)?.root.querySelector("input").focus();
}
function settle() {
  const there = latest.phones.map((p) => p.key), before = opened.join();
  opened = opened.slice(0, room());
  for (const key of there) { if (opened.length >= Math.min(room(), there.length)) break; if (!opened.includes(key)) opened.push(key); }
  if (opened.join() !== before) listen();
}
function listen() {
  source?.close();
  source = new EventSource(`/phones/stream?${new URLSearchParams({ open: opened.join(), find: find.value })}`);
  source.onopen = () => { lost.hidden = true; };
  source.onerror = () => { lost.hidden = false; };
  source.onmessage = (event) => {
    latest = JSON.parse(event.data);
    if (!latest.total) { opened = []; devices.clear(); }
    if (!find.value) settle();
    drawList();
    drawWall();
  };
}
let wait = 0;
find.oninput = () => { clearTimeout(wait); wait = setTimeout(() => { order = []; listen(); }, 250); };
fresh.onclick = () => { drawList(true); list.querySelector("button")?.focus(); };
nav.addEventListener("mouseleave", () => drawList());
addEventListener("resize", () => { if (!find.value) settle(); drawWall(); });
drawWall();
listen();
