// An SVG drawing made by the app. It is parsed as XML, so that text in it can never become HTML.

export function mount({ data, parentElement }) {
  const view = parentElement.querySelector(".qenn-circuit");
  const drawing = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
  view.replaceChildren(document.importNode(drawing, true));
  // Where the drawing goes on beyond an edge, it fades out there.
  const mark = () => {
    view.classList.toggle("more-left", view.scrollLeft > 1);
    view.classList.toggle("more-right", view.scrollLeft + view.clientWidth < view.scrollWidth - 1);
  };
  view.onscroll = mark;
  const observer = new ResizeObserver(mark);
  observer.observe(view);
  return () => observer.disconnect();
}
