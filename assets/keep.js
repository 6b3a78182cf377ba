// What was typed into a form survives a login that ran out: it waits in this tab, and is put back for the same person.
// Passwords, one-time codes, hidden fields and files are never kept; nor is anything of a form with data-nokeep.
const STORE = "zhunsheng.kept";
const OLDEST = 60 * 60 * 1000;
const SKIPPED = new Set(["password", "hidden", "file", "submit", "button", "image", "reset"]);
const CODES = /one-time-code|-password/;
const who = document.body.dataset.who || "";
const here = window.location.pathname;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE));
  } catch {
    return null;
  }
}

const write = (record) => sessionStorage.setItem(STORE, JSON.stringify(record));
const forget = () => sessionStorage.removeItem(STORE);

const kept = (form) => form.method === "post" && !form.matches("[data-nokeep], [data-forget]");
const forms = () => [...document.forms].filter(kept);
const fields = (form) =>
  [...form.elements].filter(
    (field) => field.name && !SKIPPED.has(field.type) && !CODES.test(field.getAttribute("autocomplete") || ""),
  );
const ticked = (field) => field.type === "checkbox" || field.type === "radio";
const value = (field) => (ticked(field) ? field.checked : field.value);

function remember(form) {
  const place = forms().indexOf(form);
  if (place < 0 || !who) return;
  const old = read();
  const same = old && old.path === here && old.who === who;
  const texts = same ? old.forms : {};
  texts[place] = { action: form.getAttribute("action"), values: fields(form).map((field) => [field.name, value(field)]) };
  write({ who, path: here, at: Date.now(), away: false, forms: texts });
}

function restore(record) {
  let changed = false;
  forms().forEach((form, place) => {
    const texts = record.forms[place];
    if (!texts || texts.action !== form.getAttribute("action")) return;
    fields(form).forEach((field, at) => {
      const [name, text] = texts.values[at] || [];
      if (name !== field.name || text === value(field)) return;
      if (ticked(field)) field.checked = text;
      else field.value = text;
      changed = true;
    });
  });
  document.getElementById("kept").hidden = !changed;
}

function arrive() {
  const record = read();
  if (!record) return;
  if (document.querySelector("[data-aside]")) {
    write({ ...record, away: true }); // a login, a second step, a confirmation: on the way back to the form
    return;
  }
  const stale = Date.now() - record.at > OLDEST || record.who !== who;
  if (!stale && record.away && record.path !== here) return;
  if (!stale && record.away) restore(record);
  forget();
}

arrive();
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && kept(form)) remember(form);
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-forget]")) forget();
});
