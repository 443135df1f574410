// Files dropped anywhere on the page are uploaded, as if they had been dropped on the upload button.

const INPUT = ".st-key-upload input[type=file]";
const REFUSAL_MS = 4000;

export function mount() {
  const sign = document.createElement("div");
  sign.className = "qenn-drop";
  sign.role = "status";
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector(INPUT);
  let hiding;
  const announce = (text) => {
    clearTimeout(hiding);
    sign.textContent = text;
    document.body.append(sign);
  };
  const show = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault(); // otherwise the browser would open the file
    announce("Drop your CSV or Excel file");
  };
  const hide = (event) => {
    if (!event.relatedTarget) sign.remove(); // the pointer has left the window
  };
  const refuse = (reason) => {
    announce(`${reason} Drop a single file.`);
    hiding = setTimeout(() => sign.remove(), REFUSAL_MS);
  };
  const drop = (event) => {
    sign.remove();
    // Streamlit itself handles what is dropped on an upload button.
    if (!holdsFiles(event) || event.target.closest("[data-testid=stFileUploaderDropzone]")) return;
    event.preventDefault();
    const { files, items } = event.dataTransfer;
    if (files.length > 1) return refuse(`These are ${files.length} files.`);
    if (items[0].webkitGetAsEntry()?.isDirectory) return refuse("This is a folder.");
    const input = document.querySelector(INPUT);
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const listeners = { dragenter: show, dragover: show, dragleave: hide, drop };
  Object.entries(listeners).forEach(([name, listener]) => document.addEventListener(name, listener));
  return () => {
    clearTimeout(hiding);
    Object.entries(listeners).forEach(([name, listener]) => document.removeEventListener(name, listener));
    sign.remove();
  };
}
