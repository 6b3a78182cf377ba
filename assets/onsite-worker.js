// Serves the page for the site, with its styles and scripts, where there is no line. It keeps nothing by itself: the
// page puts there what it needs, and logging out takes it away. Facts never pass through here.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function answer(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request, { ignoreSearch: true, ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && !event.request.url.endsWith(".json")) event.respondWith(answer(event.request));
});
