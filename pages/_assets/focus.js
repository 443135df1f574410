// Keeps the keyboard's place in a row of buttons. A button that becomes disabled loses the focus, and the next Tab would
// start at the top of the page.

/** Move the focus to another button of `row` when its own is disabled or replaced, and back as soon as it is enabled. */
export function keepFocus(row) {
  if (!row || row.qennKeepsFocus) return;
  row.qennKeepsFocus = true;
  // A button may have been pressed before this script was loaded.
  let chosen = row.contains(document.activeElement) ? keyOf(document.activeElement) : "";
  let isMoving = false;
  const focus = (button) => {
    isMoving = true;
    button?.focus({ preventScroll: true });
    isMoving = false;
  };
  row.addEventListener("focusin", ({ target }) => {
    if (!isMoving) chosen = keyOf(target);
  });
  row.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !row.contains(relatedTarget)) chosen = "";
  });
  new MutationObserver(() => {
    const active = document.activeElement;
    const isLost = active === document.body || active.disabled;
    if (!chosen || !(isLost || row.contains(active))) return;
    const own = row.querySelector(`.${chosen} button:enabled`);
    if (own && own !== active) focus(own);
    else if (!own && isLost) focus(row.querySelector(`[class*="${PREFIX}"]:not(.${chosen}) button:enabled`));
  }).observe(row, { subtree: true, childList: true, attributeFilter: ["disabled"] });
}

const PREFIX = "st-key-control-";

/** Return the class that Streamlit makes of the key of a button. */
function keyOf(element) {
  const container = element.closest(`[class*="${PREFIX}"]`);
  return [...(container?.classList ?? [])].find((name) => name.startsWith(PREFIX)) ?? "";
}
