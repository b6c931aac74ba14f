// The guard's page: what markup alone cannot do. Ages and the clock tick, keys press buttons, nothing moves under a finger, a lost server is told.
"use strict";
(() => {
  const post = document.querySelector(".post");
  const lost = document.getElementById("page-lost");
  const announce = document.getElementById("announce");
  const serverAhead_ms = Date.parse(post.dataset.serverNow) - Date.now();
  const offset_ms = Number(post.dataset.offsetMin) * 60_000;
  const LOST_AFTER_MS = 3_000;
  const HELD_AT_MOST_MS = 2_000;
  const title = document.title;
  const two = (number) => String(number).padStart(2, "0");

  function tick() {
    const now = Date.now() + serverAhead_ms;
    for (const time of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.floor((now - Date.parse(time.dataset.since)) / 1000));
      const hours = Math.floor(seconds / 3600);
      const minutes = Math.floor(seconds / 60) % 60;
      write(time, hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`);
    }
    for (const clock of document.querySelectorAll("time[data-clock]")) write(clock, new Date(now + offset_ms).toISOString().slice(11, 16));
  }
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
  setInterval(tick, 500);
  tick();

  // While a finger or the mouse is down nothing changes: what arrives waits for the click, or two seconds.
  const held = new Map();
  let pressed = null;
  function release() {
    clearTimeout(pressed);
    pressed = null;
    for (const [zone, fragment] of held) htmx.swap(zone, fragment, { swapStyle: "innerHTML" });
    held.clear();
    arrived();
  }
  post.addEventListener("pointerdown", () => { pressed ??= setTimeout(release, HELD_AT_MOST_MS); });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { if (pressed) setTimeout(release, 0); });
  post.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (!pressed) return;
    event.preventDefault();
    held.set(event.target, event.detail.data);
  });

  // What was not there before moves a little; a new alarm is said once to a screen reader, and counted in the window's title.
  const said = new Set();
  let person = null;
  function arrived(moving = true) {
    tick();
    const waiting = [...document.querySelectorAll("[data-alarm][data-severity]")];
    const fresh = waiting.filter((alarm) => !said.has(alarm.dataset.alarm));
    for (const alarm of fresh) {
      said.add(alarm.dataset.alarm);
      if (moving) alarm.classList.add("arrived");
    }
    const now = document.querySelector("#zone-now [data-event]");
    if (moving && now && now.dataset.event !== person) now.classList.add("arrived");
    person = now?.dataset.event ?? null;
    if (fresh.length) announce.textContent = fresh.map((alarm) => `${alarm.querySelector("h3").innerText}. ${alarm.querySelector(".where").innerText}`).join(". ");
    document.title = waiting.length ? `(${waiting.length}) ${title}` : title;
  }
  post.addEventListener("htmx:sseMessage", (event) => {
    if (event.detail.type === "ended") location.reload();
    arrived();
  });
  arrived(false);

  // The page must not look fresh when it is not.
  let lostTimer = null;
  post.addEventListener("htmx:sseError", () => { lostTimer ??= setTimeout(() => { lost.hidden = false; }, LOST_AFTER_MS); });
  post.addEventListener("htmx:sseOpen", () => {
    clearTimeout(lostTimer);
    lostTimer = null;
    lost.hidden = true;
  });
})();
