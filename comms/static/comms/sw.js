/* Shows pages that are pushed to this browser, and acknowledges from them. It keeps no page of the console: an old one
   in an outage is worse than none. */
"use strict";

const KEPT = "watchbill-push";
const HOME = "/incidents/";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try { told = event.data ? event.data.json() : {}; } catch { told = { text: event.data.text() }; }
  event.waitUntil(show(told));
});

function show(told) {
  const actions = told.answer_url ? [{ action: "acknowledge", title: "Acknowledge" }] : [];
  if (told.url) actions.push({ action: "open", title: "Open" });
  return self.registration.showNotification(told.title || "Watchbill", {
    body: told.text || "",
    tag: told.tag || undefined,
    renotify: Boolean(told.tag),
    requireInteraction: Boolean(told.urgent),
    vibrate: told.urgent ? [300, 100, 300, 100, 300] : [200],
    timestamp: told.at || Date.now(),
    icon: "/static/comms/icon-192.png",
    badge: "/static/comms/badge.png",
    actions,
    data: told,
  });
}

self.addEventListener("notificationclick", (event) => {
  const told = event.notification.data || {};
  event.notification.close();
  event.waitUntil(event.action === "acknowledge" && told.answer_url ? acknowledge(told) : open(told.url || HOME));
});

async function acknowledge(told) {
  let said = "";
  let done = false;
  try {
    const answer = await fetch(sameOrigin(told.answer_url), { method: "POST", credentials: "omit", headers: { Accept: "application/json" } });
    const body = await answer.json();
    done = Boolean(body.acknowledged);
    said = body.message || "";
  } catch {
    said = "There was no connection. Open the page and try again.";
  }
  return show(done
    ? { ...told, title: `Acknowledged: ${told.title}`, text: said, answer_url: "", urgent: false }
    : { ...told, title: `Not acknowledged: ${told.title}`, text: said, urgent: true });
}

/* Links are written with the address that the installation knows itself by; we speak to where we came from. */
function sameOrigin(url) {
  const given = new URL(url, self.location.origin);
  return new URL(given.pathname + given.search, self.location.origin).href;
}

async function open(url) {
  const wanted = sameOrigin(url);
  for (const client of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (client.url === wanted) return client.focus();
  }
  return self.clients.openWindow(wanted);
}

/* The browser changed its subscription by itself: what it was is kept in a cache, as a worker has no other memory. */
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function renew(event) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match("/push/subscription");
  if (!kept) return;
  const former = await kept.json();
  const subscription = event.newSubscription || await self.registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: former.key,
  });
  const sent = await fetch("/push/renew/", {
    method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ endpoint: former.endpoint, auth: former.auth, subscription }),
  });
  if (sent.ok) await cache.put("/push/subscription", new Response(JSON.stringify(keep(subscription.toJSON(), former.key))));
}

function keep(subscription, key) {
  return { endpoint: subscription.endpoint, auth: subscription.keys.auth, key };
}
