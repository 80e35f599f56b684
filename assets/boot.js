// Reflex has set the theme already. Here: the service worker, so that the shell opens without a network; and what Reflex
// would evaluate. The server sends toasts and a few steps as text. The bundle hands them over (masteria/run/build.py), so
// that the page needs no 'unsafe-eval': what is not one of these shapes is not done.
if ("serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => undefined));
}

globalThis.masteria = (() => {
  const STEPS = [
    [/^location\.reload\(\)$/, () => location.reload()],
    [/^location\.assign\('(\/(?!\/)[^'\\]*)'\)$/, (to) => location.assign(to)],
    // what a person sees once: into its place, and from there to the clipboard or into a file
    [/^masteria\.show\((\{.*\})\)$/s, (given) => Object.entries(JSON.parse(given)).forEach(put)],
    [/^masteria\.copy\("([\w-]+)"\)$/, (id) => navigator.clipboard?.writeText(document.getElementById(id).textContent)],
    [/^masteria\.save\("([\w-]+)", "([\w.-]+)"\)$/, (id, name) => save(document.getElementById(id).textContent, name)],
    [/^document\.getElementById\('([\w-]+)'\)\.submit\(\)$/, (id) => document.getElementById(id).submit()],
    [/^document\.getElementById\('([\w-]+)'\)\.requestSubmit\(\)$/, (id) => document.getElementById(id).requestSubmit()],
    // once it is drawn: the step comes with what draws it
    [/^document\.getElementById\('([\w-]+)'\)\.scrollIntoView\(\)$/, (id) => setTimeout(() => document.getElementById(id)?.scrollIntoView({ block: "center" }), 80)],
    [/^document\.getElementById\('([\w-]+)'\)\.requestSubmit\(\)$/, (id) => document.getElementById(id).requestSubmit()],
    [
      /^location\.pathname\.startsWith\('\/login'\) \|\| location\.assign\('\/login\?([\w=&]*)next=' \+ encodeURIComponent\(location\.pathname \+ location\.search\)\)$/,
      (more) =>
        location.pathname.startsWith("/login") ||
        location.assign(`/login?${more}next=${encodeURIComponent(location.pathname + location.search)}`),
    ],
  ];
  const CALLS = [
    [/^\(\(\) => \(refs\['__toast'\]\?\.\["(success|error|info|warning)"\]\((.*)\)\)\)$/s, (refs, kind, given) => refs.__toast?.[kind](...values(given))],
    [/^\(\(\) => \(navigator\?\.\["clipboard"\]\?\.\["writeText"\]\((.*)\)\)\)$/s, (refs, given) => navigator.clipboard?.writeText(...values(given))],
  ];

  // an image gets its address, everything else its text
  function put([id, text]) {
    const place = document.getElementById(id);
    if (place) place[place.tagName === "IMG" ? "src" : "textContent"] = text;
  }

  function save(text, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([`${text}\n`])), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // texts, numbers and ({ ["name"] : value }), as Reflex writes them; nothing that could be called
  function values(given) {
    const plain = (part) => part.replace(/[()]/g, "").replace(/\[$/, "").replace(/^\]\s*:/, ":");
    const parts = given.split(/("(?:[^"\\]|\\.)*")/s);
    return JSON.parse(`[${parts.map((part, n) => (n % 2 ? part : plain(part))).join("")}]`);
  }

  function find(shapes, text, ...first) {
    for (const [shape, act] of shapes) {
      const found = shape.exec(text);
      if (found) return () => act(...first, ...found.slice(1));
    }
    throw new Error(`not a step of ours: ${text.slice(0, 200)}`);
  }

  return { step: (text) => find(STEPS, text)(), call: (text, refs) => find(CALLS, text, refs) };
})();
