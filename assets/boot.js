// Reflex has set the theme already; what is left is the service worker, so that the shell opens without a network.
if ("serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => undefined));
}
