// Behaviour of every page: htmx, keys in lists and records, forms that submit on change, print and copy buttons.
// Everything works without it; nothing here holds a fact.
import "htmx.org";
import "./keep.js";
import "./leave.js";
import "./passkey.js";
import "./search.js";

const typing = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);

function rows() {
  return [...document.querySelectorAll("[data-rows] tbody tr[data-href]")];
}

function select(row) {
  for (const other of rows()) other.removeAttribute("aria-selected");
  row.setAttribute("aria-selected", "true");
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  select(all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))]);
}

function follow(rel) {
  const link = document.querySelector(`a[rel="${rel}"]`);
  if (link) link.click();
}

function press(selector) {
  const row = rows().find((one) => one.getAttribute("aria-selected") === "true");
  (row || document.getElementById("work"))?.querySelector(selector)?.click();
}

function note() {
  const field = document.getElementById("note");
  if (field) field.focus();
  else press("[data-note]");
}

const help = () => document.getElementById("keys")?.showModal();

document.addEventListener("keydown", (event) => {
  if (typing(event) || document.querySelector("dialog[open]")) return;
  const list = rows().length > 0;
  const keys = list
    ? { j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1) }
    : { j: () => follow("next"), k: () => follow("prev") };
  Object.assign(keys, {
    u: () => follow("up"), n: note, "?": help, x: () => press("[data-mark=mine]"), X: () => press("[data-mark=body]"),
  });
  const row = event.target.closest?.("tr[data-href]");
  if (event.key === "Enter" && row && event.target === row) {
    window.location.assign(row.dataset.href);
  } else if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

document.addEventListener("click", (event) => {
  const print = event.target.closest("[data-print]");
  if (print) window.print();
  if (event.target.closest("[data-keys]")) help();
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest("a, button, input, summary, form") && !String(window.getSelection())) {
    window.location.assign(row.dataset.href);
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
  const file = event.target.closest("input[type=file][data-names]");
  if (file) {
    const size = (n) => (n > 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} KB`);
    const list = document.getElementById(file.dataset.names);
    list.replaceChildren(
      ...[...file.files].map((f) => {
        const item = document.createElement("li");
        item.textContent = `${f.name} · ${size(f.size)}`;
        return item;
      }),
    );
  }
});

// An empty field says nothing: keep it out of the address.
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-clean]")) {
    for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
    window.addEventListener("pageshow", () => {
      for (const field of event.target.elements) field.disabled = false;
    });
  }
});

// On a phone the navigation scrolls sideways: the place where the reader is stands in view.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A page opened to write a note puts the cursor there.
if (window.location.hash === "#note") document.getElementById("note")?.focus();
