// What the pages of a visit do besides what they do without script: notice a change, keep the pass, list what is kept, share a link, print the badge.
"use strict";

const WATCH_MS = 1000;
const CACHE = "qaqpa-pass-1";

// A page that somebody looks at notices a change within a second; one that nobody sees asks for nothing until it is seen.
function watch(part) {
  async function look() {
    try {
      const answer = document.hidden ? null : await fetch(part.dataset.watch, { cache: "no-store" });
      if (answer && (answer.status === 404 || (answer.ok && String((await answer.json()).version) !== part.dataset.version))) {
        location.reload();
        return;
      }
    } catch {
      // No network: the page stays as it is and looks again.
    }
    setTimeout(look, WATCH_MS);
  }
  setTimeout(look, WATCH_MS);
}

async function keep(part) {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(part.dataset.keep, { scope: "/visit/" });
  const cache = await caches.open(CACHE);
  const files = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon]")].map((link) => link.href);
  const scripts = [...document.querySelectorAll("script[src]")].map((script) => script.src);
  const school = location.pathname.split("/").slice(0, 3).join("/");
  await cache.addAll([location.pathname, `${school}/offline`, ...files, ...scripts]);
  const said = part.querySelector("[data-kept]");
  if (said) said.hidden = false;
}

async function list(part) {
  const requests = await (await caches.open(CACHE)).keys();
  for (const { pathname } of requests.map((request) => new URL(request.url))) {
    if (!/\/pass(\/\d+)?$/.test(pathname)) continue;
    const link = document.createElement("a");
    link.className = "button first wide";
    link.href = pathname;
    link.textContent = part.dataset.passes;
    part.append(link);
    part.hidden = false;
  }
}

const watched = document.querySelector("[data-watch]");
if (watched) watch(watched);
const kept = document.querySelector("[data-keep]");
if (kept) keep(kept).catch(() => {});
const passes = document.querySelector("[data-passes]");
if (passes) list(passes).catch(() => {});
for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => navigator.share({ url: button.dataset.share }).catch(() => {}));
}
const printer = document.querySelector("[data-print]");
if (printer) {
  printer.hidden = false;
  printer.addEventListener("click", () => window.print());
}
