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
    [/^document\.getElementById\('([\w-]+)'\)\.submit\(\)$/, (id) => document.getElementById(id).submit()],
    // once it is drawn: the step comes with what draws it
    [/^document\.getElementById\('([\w-]+)'\)\.scrollIntoView\(\)$/, (id) => setTimeout(() => document.getElementById(id)?.scrollIntoView({ block: "center" }), 80)],
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
