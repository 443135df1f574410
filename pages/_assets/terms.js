// Explains terms where they stand, when one is pointed at, focused or tapped.

const GAP = 6;

export function mount() {
  const tip = document.createElement("div");
  Object.assign(tip, { id: "qenn-tip", className: "qenn-tip", role: "tooltip" });
  let shown = null;

  const termOf = (event) => event.target.closest?.(".qenn-term");
  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.remove();
  };
  const show = (event) => {
    const term = termOf(event);
    if (!term || term === shown) return;
    hide();
    shown = term;
    tip.textContent = term.dataset.meaning;
    document.body.append(tip);
    term.setAttribute("aria-describedby", tip.id);
    const [at, size] = [term.getBoundingClientRect(), tip.getBoundingClientRect()];
    const below = at.bottom + GAP + size.height <= innerHeight;
    tip.style.top = `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - size.height)}px`;
    tip.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - size.width - GAP))}px`;
  };
  const leave = (event) => {
    if (termOf(event) === shown && document.activeElement !== shown) hide();
  };
  const press = (event) => {
    if (event.key === "Escape") hide();
  };
  const listeners = { pointerover: show, focusin: show, click: show, pointerout: leave, focusout: hide, keydown: press, scroll: hide };
  Object.entries(listeners).forEach(([name, listener]) => document.addEventListener(name, listener, true));
  return () => {
    Object.entries(listeners).forEach(([name, listener]) => document.removeEventListener(name, listener, true));
    hide();
  };
}
