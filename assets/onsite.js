// The page for the site of an inspection. Everything typed lies encrypted on the device until the site has taken it;
// nothing is overwritten: an item is a chain of versions, and two that do not know of each other are shown side by side.
import { openStore, setCount } from "./onsite-store.js";

const root = document.getElementById("onsite");
const who = document.body.dataset.who;
const visit = root.dataset.visit;
const at = (id) => document.getElementById(`o-${id}`);
const words = Object.fromEntries([...at("words").children].map((one) => [one.dataset.k, one.textContent]));
const say = (key, n) => words[key].replace("{n}", n);
const form = at("form");
const EDGE = 1600;
const MOST_PHOTOS = 12;

let store;
let pack = null;
let waiting = []; // versions that the site has not taken, oldest first
let editing = { item: "", bases: [], photos: [] };
let notice = "";
let sending = false;

const fresh = () => crypto.randomUUID();
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const make = (tag, text, name) => Object.assign(document.createElement(tag), { textContent: text, className: name || "" });

// ---------- what stands ----------
function heads() {
  const all = [...(pack?.versions || []), ...waiting];
  const known = new Map(all.map((one) => [one.key, one]));
  const seen = new Set(all.flatMap((one) => one.bases.map((base) => `${one.item} ${base}`)));
  const found = new Map();
  for (const one of known.values()) {
    if (!seen.has(`${one.item} ${one.key}`)) found.set(one.item, [...(found.get(one.item) || []), one]);
  }
  return [...found.values()].filter((list) => list.some((one) => !one.content.removed));
}

const label = (list, id) => list.find((one) => one.id === id)?.label || "";

function told(content) {
  const parts = [
    label(pack.checks, content.check), content.finding && label(pack.sample, content.finding), content.note,
    words[content.result], content.yuan && say("yuan", content.yuan), label(pack.articles, content.article),
    content.photos?.length ? say("photos", content.photos.length) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

// ---------- showing ----------
function choices(select, list) {
  const chosen = select.value;
  select.length = 1;
  for (const one of list) select.add(new Option(one.label, one.id));
  select.value = chosen;
}

function show() {
  const n = waiting.length;
  const parts = [n ? say("unsent", n) : words.sent];
  if (!navigator.onLine) parts.push(words.offline);
  if (pack && !pack.collecting) parts.push(words.closed);
  if (notice) parts.push(notice);
  at("state").textContent = parts.join(" · ");
  at("state").dataset.unsent = n;
  if (!pack) return;
  at("name").textContent = pack.name;
  at("number").textContent = pack.number;
  const list = heads();
  at("items").replaceChildren(...list.map(itemRow));
  at("empty").hidden = list.length > 0;
  at("sample").replaceChildren(...pack.sample.map(sampleRow));
  at("nosample").hidden = pack.sample.length > 0;
}

function itemRow(versions) {
  const row = make("li", "");
  for (const one of versions) {
    row.append(make("span", `${told(one.content)}（${one.author || words.me}）`));
    if (one.refused) row.append(make("span", `${words.refused}：${one.refused}`, "badge badge--red"));
    else if (!one.author) row.append(make("span", words.waiting, "badge badge--yellow"));
  }
  if (versions.length > 1) row.append(make("span", words.torn, "badge badge--red"));
  const button = make("button", versions.length > 1 ? words.merge : words.edit, "btn");
  button.type = "button";
  button.addEventListener("click", () => edit(versions));
  row.append(button);
  return row;
}

function sampleRow(one) {
  const row = make("li", "");
  row.append(make("span", `${one.label} · ${one.id} · ${say("yuan", (one.fen / 100).toFixed(2))}`));
  const button = make("button", words.record, "btn");
  button.type = "button";
  button.addEventListener("click", () => {
    clear();
    form.elements.finding.value = one.id;
    form.scrollIntoView();
    draft();
  });
  row.append(button);
  return row;
}

async function showPhotos() {
  const rows = await Promise.all(
    editing.photos.map(async (digest) => {
      const row = make("li", "");
      const bytes = await store.getBytes(`photo:${visit}:${digest}`);
      if (bytes) {
        const image = document.createElement("img");
        image.alt = digest.slice(0, 8);
        image.src = await dataUrl(new Blob([bytes], { type: "image/jpeg" }));
        row.append(image);
      } else row.append(make("span", digest.slice(0, 8)));
      const button = make("button", words.drop, "btn");
      button.type = "button";
      button.addEventListener("click", () => {
        editing.photos = editing.photos.filter((other) => other !== digest);
        draft();
        showPhotos();
      });
      row.append(button);
      return row;
    }),
  );
  at("photos").replaceChildren(...rows);
}

const dataUrl = (blob) =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });

// ---------- the form ----------
function content() {
  const data = new FormData(form);
  const text = (name) => String(data.get(name) || "").trim();
  return {
    check: text("check"), finding: text("finding"), result: text("result"), article: text("article"),
    yuan: text("yuan").replaceAll(",", ""), note: text("note"), photos: editing.photos,
    signed: text("signed").split(/[,，、;；]/).map((name) => name.trim()).filter(Boolean),
  };
}

function fill(given) {
  for (const name of ["check", "finding", "article", "yuan", "note"]) form.elements[name].value = given[name] || "";
  form.elements.signed.value = (given.signed || []).join("，");
  form.elements.result.value = given.result || "";
}

function clear() {
  editing = { item: "", bases: [], photos: [] };
  form.reset();
  at("fault").hidden = true;
  at("remove").hidden = true;
  at("torn").replaceChildren();
  at("title").textContent = words.new;
  showPhotos();
}

function edit(versions) {
  clear();
  editing = {
    item: versions[0].item, bases: versions.map((one) => one.key),
    photos: [...new Set(versions.flatMap((one) => one.content.photos || []))],
  };
  fill(versions.find((one) => !one.content.removed).content);
  prepared();
  form.scrollIntoView();
  draft();
}

function prepared() {
  at("remove").hidden = !editing.item;
  at("title").textContent = editing.bases.length > 1 ? words.merge : editing.item ? words.edit : words.new;
  if (editing.bases.length > 1) {
    const all = [...pack.versions, ...waiting].filter((one) => editing.bases.includes(one.key));
    const lines = all.map((one) => make("p", `${one.author || words.me}：${told(one.content)}`));
    at("torn").replaceChildren(make("p", words.both), ...lines);
  }
  showPhotos();
}

const draft = () => store.put(`draft:${visit}`, { editing, given: content() });

function wrong(given) {
  if (!given.result) return words.noresult;
  if (given.result === "established" && !given.article) return words.noarticle;
  if (!given.check && !given.finding && !given.note) return words.empty;
  if (given.yuan && !/^\d{1,9}(\.\d{1,2})?$/.test(given.yuan)) return words.badyuan;
  return "";
}

const stamp = () => String(Date.now()).padStart(15, "0");

async function keep(given) {
  const version = {
    item: editing.item || fresh(), key: fresh(), bases: editing.bases, content: given, at: new Date().toISOString(),
  };
  await store.put(`item:${visit}:${stamp()}:${version.key}`, version);
  await store.drop(`draft:${visit}`);
  clear();
  await reload();
  show();
  send();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = content();
  const fault = wrong(given);
  at("fault").textContent = fault;
  at("fault").hidden = !fault;
  if (!fault) await keep(given);
});
form.addEventListener("input", draft);
at("cancel").addEventListener("click", async () => {
  clear();
  await store.drop(`draft:${visit}`);
});
at("remove").addEventListener("click", () => {
  const given = { ...content(), removed: true };
  keep({ ...given, result: given.result || "unknown", note: given.note || "-" });
});
form.elements.check.addEventListener("change", () => {
  const check = pack.checks.find((one) => one.id === form.elements.check.value);
  if (check && !form.elements.article.value) form.elements.article.value = check.article;
});
at("photo").addEventListener("change", async (event) => {
  at("fault").hidden = true;
  for (const file of [...event.target.files].slice(0, MOST_PHOTOS - editing.photos.length)) {
    try {
      const bytes = await smaller(file);
      const digest = hex(await crypto.subtle.digest("SHA-256", bytes));
      await store.putBytes(`photo:${visit}:${digest}`, bytes);
      if (!editing.photos.includes(digest)) editing.photos.push(digest);
    } catch {
      at("fault").textContent = words.badphoto;
      at("fault").hidden = false;
    }
  }
  event.target.value = "";
  await draft();
  showPhotos();
});

// A photo is drawn anew at most EDGE wide or high: small enough to send, and without the place that a phone writes in.
async function smaller(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, EDGE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  return blob.arrayBuffer();
}

// ---------- exchange ----------
async function reload() {
  const names = (await store.names(`item:${visit}:`)).sort();
  waiting = [];
  for (const name of names) waiting.push({ ...(await store.get(name)), name });
  setCount(who, (await store.names("item:")).length); // of every visit: logging out asks about all of them
}

class Away extends Error {}

async function asJson(address, options) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", redirect: "follow", ...options });
  } catch {
    throw new Away("");
  }
  if (!(response.headers.get("Content-Type") || "").startsWith("application/json")) {
    throw new Away(response.redirected || response.status === 403 ? words.login : words.failed);
  }
  return { ok: response.ok, status: response.status, told: await response.json() };
}

async function fetchPack() {
  const { ok, told: found } = await asJson(`/onsite/${visit}.json`);
  if (!ok) throw new Away(words.failed);
  pack = found;
  for (const [name, list] of [["check", pack.checks], ["finding", pack.sample], ["article", pack.articles]]) {
    choices(form.elements[name], list);
  }
  await store.put(`pack:${visit}`, pack);
}

const post = (path, body, type) =>
  asJson(`/onsite/${visit}/${path}`, {
    method: "POST", body, headers: { "X-CSRFToken": pack.csrf, ...(type ? { "Content-Type": type } : {}) },
  });

async function sendPhotos(version) {
  for (const digest of version.content.photos) {
    const bytes = await store.getBytes(`photo:${visit}:${digest}`);
    if (!bytes) continue;
    const body = new FormData();
    body.append("file", new Blob([bytes], { type: "image/jpeg" }), `${digest.slice(0, 12)}.jpg`);
    const answer = await post("photos", body);
    if (!answer.ok) return answer;
  }
  return { ok: true };
}

async function sendOne(version) {
  const photos = await sendPhotos(version);
  const { item, key, bases, content: given, at: written } = version;
  const answer = photos.ok
    ? await post("items", JSON.stringify({ item, key, bases, content: given, at: written }), "application/json")
    : photos;
  if (answer.ok) {
    await store.drop(version.name);
    const needed = new Set((await Promise.all((await store.names(`item:${visit}:`)).map(store.get))).flatMap(
      (one) => one.content.photos));
    for (const digest of given.photos) {
      if (!needed.has(digest) && !editing.photos.includes(digest)) await store.drop(`photo:${visit}:${digest}`);
    }
  } else if (answer.status >= 500) {
    throw new Away(words.failed);
  } else {
    const { name, ...rest } = version;
    await store.put(name, { ...rest, refused: answer.told.message || answer.told.code });
  }
}

async function send() {
  if (sending) return;
  sending = true;
  notice = "";
  try {
    await fetchPack();
    await reload();
    for (const version of waiting) await sendOne(version);
    await fetchPack();
    if (!pack.collecting && !waiting.length) await store.drop(`draft:${visit}`);
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    notice = error.message;
  } finally {
    sending = false;
    await reload();
    show();
  }
}

// ---------- without a line ----------
async function install() {
  if (!("serviceWorker" in navigator)) {
    notice = words.insecure;
    return;
  }
  await navigator.serviceWorker.register(root.dataset.worker, { scope: "/onsite/" });
  if (!navigator.onLine) return;
  const links = [...document.querySelectorAll("link[href], script[src]")].map((one) => one.href || one.src);
  const cache = await caches.open("zhunsheng-onsite");
  for (const address of [window.location.pathname, ...links]) {
    const response = await fetch(address, { credentials: "same-origin" });
    if (response.ok && !response.redirected) await cache.put(address, response);
  }
}

// One tab at a time writes on a visit: two would share one draft, and save it as two records. Another one waits until
// that is closed, and goes on from its draft. A browser that knows no locks goes on at once.
function alone() {
  if (!navigator.locks) return Promise.resolve();
  return new Promise((resolve) => {
    const hold = () => {
      resolve();
      return new Promise(() => undefined);
    };
    const name = `zhunsheng-onsite-${who}-${visit}`;
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock) return hold();
      at("state").textContent = words.elsewhere;
      navigator.locks.request(name, hold);
      return undefined;
    });
  });
}

// The form is closed until the draft is in it: what is typed before would be written over.
async function open() {
  form.inert = at("send").disabled = true;
  await alone();
  store = await openStore(who);
  await reload();
  pack = (await store.get(`pack:${visit}`)) || null;
  if (pack) {
    for (const [name, list] of [["check", pack.checks], ["finding", pack.sample], ["article", pack.articles]]) {
      choices(form.elements[name], list);
    }
  } else if (!navigator.onLine) notice = words.nothing;
  const kept = await store.get(`draft:${visit}`);
  if (kept) {
    editing = kept.editing;
    fill(kept.given);
    if (pack) prepared();
  }
  form.inert = at("send").disabled = false;
  show();
  await send();
  await install().catch(() => undefined);
  root.dataset.ready = "1";
}

at("send").addEventListener("click", send);
window.addEventListener("online", () => store && send());
window.addEventListener("offline", () => store && show());
setInterval(() => waiting.length && navigator.onLine && send(), 30000);
if (window.isSecureContext) open();
else at("state").textContent = words.insecure;
