// An SVG figure of our own making. It is parsed as XML, so that text in it can never become markup.

export function mount({ data, parentElement }) {
  const figure = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
  parentElement.querySelector(".qenn-circuit").replaceChildren(document.importNode(figure, true));
}
