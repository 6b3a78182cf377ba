// A search field that tells what it finds while someone types. Without it the form leads to a page of results.
const PAUSE = 120;

function part(tag, text, name) {
  const node = document.createElement(tag);
  node.textContent = text;
  if (name) node.className = name;
  return node;
}

function option(hit, id) {
  const link = part("a", "", "suggest__hit");
  link.href = hit.url;
  link.id = id;
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  link.append(part("b", hit.title), part("span", hit.code, "code"), part("small", hit.note));
  return link;
}

function fill(box, field, groups) {
  box.replaceChildren();
  for (const group of groups) {
    const section = part("div", "");
    section.setAttribute("role", "group");
    section.setAttribute("aria-label", group.word);
    section.append(part("p", `${group.word} ${group.total.toLocaleString("en-US")}`, "suggest__kind"));
    group.hits.forEach((hit, place) => section.append(option(hit, `${box.id}-${group.kind}-${place}`)));
    box.append(section);
  }
  if (!groups.length) box.append(part("p", field.dataset.none, "suggest__kind"));
}

function suggest(field) {
  const box = part("div", "", "suggest__box");
  box.id = `${field.id}-found`;
  box.hidden = true;
  box.setAttribute("role", "listbox");
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-controls", box.id);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.after(box);
  let timer, asking;

  const options = () => [...box.querySelectorAll("[role=option]")];
  const chosen = () => box.querySelector("[aria-selected=true]");
  const show = (open) => {
    box.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) field.removeAttribute("aria-activedescendant");
  };
  const choose = (step) => {
    const all = options();
    if (!all.length) return;
    const old = chosen();
    const place = old ? all.indexOf(old) + step : step > 0 ? 0 : all.length - 1;
    old?.removeAttribute("aria-selected");
    const next = all[(place + all.length) % all.length];
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", next.id);
  };
  const ask = async () => {
    asking?.abort();
    const text = field.value.trim();
    if (!text) return show(false);
    asking = new AbortController();
    const { signal } = asking;
    try {
      const answer = await fetch(`${field.dataset.suggest}?${new URLSearchParams({ q: text })}`, { signal });
      if (!answer.ok) return show(false);
      const found = await answer.json();
      if (signal.aborted) return;
      fill(box, field, found.groups);
      show(true);
    } catch {
      if (!signal.aborted) show(false);
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || box.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      show(false);
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      chosen().click();
    }
  });
  field.addEventListener("focus", () => {
    if (box.childElementCount && field.value.trim()) show(true);
  });
  field.form.addEventListener("focusout", (event) => {
    if (!field.form.contains(event.relatedTarget)) show(false);
  });
  field.form.addEventListener("submit", () => clearTimeout(timer));
}

document.querySelectorAll("input[data-suggest]").forEach(suggest);
