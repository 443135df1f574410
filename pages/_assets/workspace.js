// The page that asks before this browser moves to another workspace. A link to a workspace holds its key after the #.

const form = document.forms[0];
const key = location.hash.slice(1);
if (key) {
  form.elements.key.value = key;
  form.querySelector("button").textContent = "Open this workspace";
  document.querySelector("h1").textContent = "Open this workspace here?";
  document.querySelector("#about").textContent =
    "Everyone who has its link can see everything in it, including what you add. Open it only if it is yours, or if you trust the person who sent you the link.";
  // Keep the key out of the browser's history.
  history.replaceState(null, "", location.pathname);
}
