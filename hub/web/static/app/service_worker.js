// The app's service worker: keeps the shell's static files, says when there is no connection, and shows notifications.
// Pages are never kept: they hold personal data, and only the hub decides who may see them.

const SHELL = "shell-1";
const FILES = [/* files */];
const OFFLINE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Offline</title><link rel="stylesheet" href="/* style */"><main class="door" id="main"><div class="door-box"><h1>No connection</h1>
<p>The hub does not answer. Calls are answered and kept all the same; try again when you are online.</p><p><a class="btn wide" href="/">Try again</a></p></div></main></html>`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldFiles().then(() => self.clients.claim()));
});

// A file's address changes with the file, so what this version does not name is of an older one.
async function forgetOldFiles() {
  const cache = await caches.open(SHELL);
  for (const request of await cache.keys()) {
    if (!FILES.includes(new URL(request.url).pathname)) await cache.delete(request);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (FILES.includes(pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(
      fetch(request).catch(() => new Response(OFFLINE, { status: 503, headers: { "Content-Type": "text/html" } })),
    );
  }
});

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // A browser must show something for each push.
  }
  const { title = "Ringfence", body = "Something happened; open the list of alerts.", url = "/alerts", tag = "alert" } = told;
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

// The push service may replace a subscription at any time; the hub must know the new one.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.newSubscription, event.oldSubscription?.options));
});

async function renew(given, options) {
  const subscription = given ?? (options && (await self.registration.pushManager.subscribe(options)));
  if (!subscription) return;
  await fetch("/alerts/push", { method: "POST", body: new URLSearchParams({ subscription: JSON.stringify(subscription) }) });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url ?? "/alerts", self.location.origin);
  if (target.origin === self.location.origin) event.waitUntil(show(target.href));
});

async function show(address) {
  for (const client of await self.clients.matchAll({ type: "window" })) {
    if (client.url === address) return client.focus();
  }
  return self.clients.openWindow(address);
}
