// Comfort only: keys to move through the queue, a count of what is ticked, and a look again while a re-run waits.
"use strict";

const rows = [...document.querySelectorAll("tr[data-url]")];
const keys = document.getElementById("keys");
let at = -1;

function stand(number) {
  if (!rows.length) {
    return;
  }
  rows[at]?.classList.remove("at");
  at = Math.max(0, Math.min(rows.length - 1, number));
  rows[at].classList.add("at");
  rows[at].querySelector("a").focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

function tick() {
  const box = rows[at]?.querySelector("input[type=checkbox]");
  if (box) {
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const acts = {
  j: () => stand(at + 1),
  k: () => stand(at - 1),
  o: () => rows[at] && window.location.assign(rows[at].dataset.url),
  x: tick,
  "/": () => document.getElementById("q")?.focus(),
  "?": () => keys?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const place = event.target;
  const writing = place.closest("input:not([type=checkbox]), select, textarea, dialog");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
    return;
  }
  const act = acts[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

// A click into a row stands there; so does the keyboard's focus.
document.addEventListener("focusin", (event) => {
  const number = rows.indexOf(event.target.closest("tr[data-url]"));
  if (number >= 0 && number !== at) {
    rows[at]?.classList.remove("at");
    at = number;
    rows[at].classList.add("at");
  }
});

const told = document.querySelector(".ticked");
const still = told?.textContent;
document.getElementById("bulk")?.addEventListener("change", () => {
  const count = document.querySelectorAll("#bulk input[name=entry]:checked").length;
  told.textContent = count ? `${count} of ${rows.length} on this page ticked.` : still;
});

// The keys work by this file alone, so it says that there are some.
document.querySelector(".keys-hint")?.removeAttribute("hidden");

document.getElementById("link")?.addEventListener("focus", (event) => event.target.select());

// While a re-run waits for the next run, its page looks again; never while somebody works on it.
const waiting = document.querySelector("[data-waits]");
if (waiting) {
  window.setInterval(() => {
    if (!document.hidden && document.activeElement === document.body) {
      window.location.reload();
    }
  }, 20000);
}
