// Keeps an opened pass for when there is no network. With one, the server is always asked first, so that a pass that was
// cancelled is gone from here as soon as its page can be asked for.
"use strict";

const CACHE = "qaqpa-pass-1";
const IS_PASS = /^\/visit\/[a-z0-9-]+\/v\/[A-Za-z0-9_-]+\/pass(\/\d+)?$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function answer(request, isPass) {
  const cache = await caches.open(CACHE);
  const name = isPass ? new URL(request.url).pathname : request;
  try {
    const fresh = await fetch(request);
    if (fresh.ok && !fresh.redirected) await cache.put(name, fresh.clone());
    else if (isPass) await cache.delete(name);
    return fresh;
  } catch (lost) {
    const kept = await cache.match(name);
    if (kept) return kept;
    throw lost;
  }
}

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const isPass = IS_PASS.test(pathname);
  if (event.request.method === "GET" && origin === self.location.origin && (isPass || pathname.startsWith("/static/"))) {
    event.respondWith(answer(event.request, isPass));
  }
});
