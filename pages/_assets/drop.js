// Files dropped anywhere on the page are uploaded, as if they had been dropped on the upload button.

const INPUT = ".st-key-upload input[type=file]";

export function mount() {
  const sign = document.createElement("div");
  sign.className = "qenn-drop";
  sign.textContent = "Drop your CSV file";
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector(INPUT);
  const show = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault(); // otherwise the browser would open the file
    document.body.append(sign);
  };
  const hide = (event) => {
    if (!event.relatedTarget) sign.remove(); // the pointer has left the window
  };
  const drop = (event) => {
    sign.remove();
    // Streamlit itself handles what is dropped on an upload button.
    if (!holdsFiles(event) || event.target.closest("[data-testid=stFileUploaderDropzone]")) return;
    event.preventDefault();
    const input = document.querySelector(INPUT);
    const first = new DataTransfer();
    first.items.add(event.dataTransfer.files[0]);
    input.files = first.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const listeners = { dragenter: show, dragover: show, dragleave: hide, drop };
  Object.entries(listeners).forEach(([name, listener]) => document.addEventListener(name, listener));
  return () => {
    Object.entries(listeners).forEach(([name, listener]) => document.removeEventListener(name, listener));
    sign.remove();
  };
}
