// New letters appear by themselves; the one that is being read stays as it is.
const language = document.documentElement.lang;
const clock = (at) => new Date(at * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
const tell = () => { for (const time of document.querySelectorAll("time[data-at]")) time.textContent = clock(+time.dataset.at); };

let newest = -1;
async function look() {
  const answer = await fetch("/mailbox/state").then((found) => found.json()).catch(() => null);
  if (answer && newest >= 0 && answer.newest !== newest) {
    const page = await fetch(location.href).then((found) => found.text()).catch(() => "");
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("letters");
    if (fresh) { document.getElementById("letters").replaceChildren(...fresh.children); tell(); }
  }
  if (answer) newest = answer.newest;
  setTimeout(look, 1000);
}
tell();
look();
