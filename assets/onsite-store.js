// What the page for the site keeps on the device: one database per person, every value encrypted with AES-GCM under a
// key that the browser does not give out. Deleting the database deletes the key, and with it all that was kept.
const DONE = "zhunsheng.onsite.";

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export async function openStore(who) {
  const opening = indexedDB.open(`zhunsheng-onsite-${who}`, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("keys");
    opening.result.createObjectStore("kept");
  };
  const base = await asked(opening);
  base.onversionchange = () => base.close(); // another tab logs out
  const table = (name, mode) => base.transaction(name, mode).objectStore(name);
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const keys = table("keys", "readwrite"); // look and write in one: of two tabs that open at once one makes the key
  const held = await asked(keys.get("key"));
  if (!held) await asked(keys.add(made, "key"));
  const key = held || made;

  async function put(name, bytes) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes);
    await asked(table("kept", "readwrite").put({ iv, data }, name));
  }

  async function get(name) {
    const found = await asked(table("kept", "readonly").get(name));
    return found && crypto.subtle.decrypt({ name: "AES-GCM", iv: found.iv }, key, found.data);
  }

  return {
    putBytes: put,
    getBytes: get,
    put: (name, value) => put(name, new TextEncoder().encode(JSON.stringify(value))),
    get: async (name) => {
      const bytes = await get(name);
      return bytes && JSON.parse(new TextDecoder().decode(bytes));
    },
    drop: (name) => asked(table("kept", "readwrite").delete(name)),
    names: (prefix) => asked(table("kept", "readonly").getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`))),
  };
}

// How many records wait on this device, readable without opening the database.
export const count = (who) => Number(localStorage.getItem(DONE + who) || 0);
export const setCount = (who, n) => localStorage.setItem(DONE + who, String(n));
export const used = (who) => localStorage.getItem(DONE + who) !== null;

// Takes away everything of a person: records, pictures, key, and the pages that the worker kept.
export async function forget(who) {
  localStorage.removeItem(DONE + who);
  await asked(indexedDB.deleteDatabase(`zhunsheng-onsite-${who}`));
  for (const name of await caches.keys()) if (name.startsWith("zhunsheng-onsite")) await caches.delete(name);
}
