// An SVG drawing made by the app. It is parsed as XML, so that text in it can never become HTML.

export function mount({ data, parentElement }) {
  const drawing = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
  parentElement.querySelector(".qenn-circuit").replaceChildren(document.importNode(drawing, true));
}
