// The page that asks before this browser takes up another workspace. A link to one holds its key behind the #.

const form = document.forms[0];
const key = location.hash.slice(1);
if (key) {
  form.elements.key.value = key;
  form.querySelector("button").textContent = "Open this workspace";
  document.querySelector("h1").textContent = "Open this workspace here?";
  document.querySelector("#about").textContent =
    "Whoever has its link sees all of it, and all that is added: open it only if it is yours, or from somebody you trust.";
  // The key stays in no history of this browser.
  history.replaceState(null, "", location.pathname);
}
