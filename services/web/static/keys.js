// A key for every action, as shown on its button or link. While somebody types into a field, letters and digits are the field's.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key.length === 1 && event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select")) return;
  const action = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([disabled])`);
  if (!action) return;
  event.preventDefault();
  action.click();
});
