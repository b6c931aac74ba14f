// Keeps an opened pass for when there is no network. With one, the server is always asked first, so that a pass that was
// cancelled is gone from here as soon as its page can be asked for. Any other page says plainly that there is no network.
"use strict";

const CACHE = "qaqpa-pass-1";
const IS_PASS = /^\/visit\/[a-z0-9-]+\/[vc]\/[A-Za-z0-9_-]+\/pass(\/\d+)?$/;
const PATIENCE_MS = 4000; // on a network that is too slow to answer, somebody stands at the gate

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone());
  return fresh;
}

async function askedPass(cache, pathname, request) {
  const fresh = await fetch(request);
  const gone = fresh.type === "opaqueredirect" || fresh.redirected || fresh.status === 404;
  if (gone) await cache.delete(pathname);
  else if (fresh.ok) await cache.put(pathname, fresh.clone());
  if (fresh.status >= 500) throw new Error("the server has a fault");
  return fresh;
}

function inTime(asked) {
  return Promise.race([asked, new Promise((_, refuse) => setTimeout(refuse, PATIENCE_MS))]);
}

async function pass(request) {
  const cache = await caches.open(CACHE);
  const { pathname } = new URL(request.url);
  const asked = askedPass(cache, pathname, request);
  try {
    return await inTime(asked);
  } catch {
    return (await cache.match(pathname)) ?? asked.catch(() => withoutNetwork(request));
  }
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return withoutNetwork(request);
  }
}

async function withoutNetwork(request) {
  const school = new URL(request.url).pathname.split("/").slice(0, 3).join("/");
  return (await caches.match(`${school}/offline`)) ?? Response.error();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(request.method === "GET" && IS_PASS.test(pathname) ? pass(request) : page(request));
  } else if (request.method === "GET" && pathname.startsWith("/static/")) {
    event.respondWith(file(request));
  }
});
