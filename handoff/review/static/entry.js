// Comfort only: every form and link works without this file.
"use strict";

// A link to a decision opens the fold in which its form is.
const unfold = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details");
  if (fold) {
    fold.open = true;
    target.scrollIntoView();
  }
};
window.addEventListener("hashchange", unfold);
unfold();

// A text that is there to be copied gets a button.
document.querySelectorAll("textarea[data-copy]").forEach((text) => {
  if (!navigator.clipboard) {
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  });
  text.after(button);
});

// A corrected field is marked as soon as it differs from what it was.
document.querySelectorAll("[data-was]").forEach((field) => {
  const mark = () => field.classList.toggle("changed", field.value !== field.dataset.was);
  field.addEventListener("input", mark);
  mark();
});
