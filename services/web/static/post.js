// The guard's page: what markup alone cannot do. Ages and the clock tick, keys press buttons, a zone does not change under a finger, and a lost server is told.
"use strict";
(() => {
  const post = document.querySelector(".post");
  const lost = document.getElementById("page-lost");
  const serverAhead_ms = Date.parse(post.dataset.serverNow) - Date.now();
  const offset_ms = Number(post.dataset.offsetMin) * 60_000;
  const LOST_AFTER_MS = 3_000;
  const now_ms = () => Date.now() + serverAhead_ms;
  const two = (number) => String(number).padStart(2, "0");

  function tick() {
    const now = now_ms();
    for (const time of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.floor((now - Date.parse(time.dataset.since)) / 1000));
      const hours = Math.floor(seconds / 3600);
      const minutes = Math.floor(seconds / 60) % 60;
      const text = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
      if (time.textContent !== text) time.textContent = text;
    }
    for (const clock of document.querySelectorAll("time[data-clock]")) {
      const text = new Date(now + offset_ms).toISOString().slice(11, 16);
      if (clock.textContent !== text) clock.textContent = text;
    }
  }
  setInterval(tick, 500);
  tick();

  // A key for every action, as shown on its button.
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]:not([disabled])`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // While a finger or the mouse is down in a zone, what arrives for it waits until the button has had its click.
  const held = new Map();
  let pressed = null;
  const release = () => {
    if (!pressed) return;
    pressed = null;
    setTimeout(() => {
      for (const [zone, fragment] of held) htmx.swap(zone, fragment, { swapStyle: "innerHTML" });
      held.clear();
    }, 50);
  };
  document.addEventListener("pointerdown", (event) => { pressed = event.target.closest("[data-zone]"); });
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  document.body.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.target !== pressed) return;
    event.preventDefault();
    held.set(event.target, event.detail.data);
  });
  document.body.addEventListener("htmx:sseMessage", (event) => {
    if (event.detail.type === "ended") location.reload();
    tick();
  });
  document.body.addEventListener("htmx:afterSettle", tick);

  // The page must not look fresh when it is not.
  let lostTimer = null;
  document.body.addEventListener("htmx:sseError", () => {
    lostTimer ??= setTimeout(() => { lost.hidden = false; }, LOST_AFTER_MS);
  });
  document.body.addEventListener("htmx:sseOpen", () => {
    clearTimeout(lostTimer);
    lostTimer = null;
    lost.hidden = true;
  });
})();
