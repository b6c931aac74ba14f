// What the pages of a visit do besides what they do without script: notice a change, keep the pass, print the badge.
"use strict";

const WATCH_MS = 4000;
const CACHE = "qaqpa-pass-1";

function watch(part) {
  setInterval(async () => {
    try {
      const answer = await fetch(part.dataset.watch, { cache: "no-store" });
      if (answer.status === 404 || (answer.ok && String((await answer.json()).version) !== part.dataset.version)) {
        location.reload();
      }
    } catch {
      // No network: the page stays as it is and looks again.
    }
  }, WATCH_MS);
}

async function keep(part) {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(part.dataset.keep, { scope: "/visit/" });
  const cache = await caches.open(CACHE);
  const files = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon]")].map((link) => link.href);
  const scripts = [...document.querySelectorAll("script[src]")].map((script) => script.src);
  await cache.addAll([location.pathname, ...files, ...scripts]);
  const said = part.querySelector("[data-kept]");
  if (said) said.hidden = false;
}

const watched = document.querySelector("[data-watch]");
if (watched) watch(watched);
const kept = document.querySelector("[data-keep]");
if (kept) keep(kept).catch(() => {});
const printer = document.querySelector("[data-print]");
if (printer) {
  printer.hidden = false;
  printer.addEventListener("click", () => window.print());
}
