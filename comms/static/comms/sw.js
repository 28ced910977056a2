/* Shows pages that are pushed to this browser, and acknowledges from them. It keeps no page of the console: an old one
   in an outage is worse than none. */
"use strict";

const KEPT = "watchbill-push";
const HOME = "/incidents/";
/* Milliseconds; a network that hangs must end as an answer that can be read. */
const PATIENCE = 15000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(begin()));

async function begin() {
  await self.clients.claim();
  /* Pages are asked for while the worker still starts, so that it makes none of them slower. */
  if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
}

/* Only pages, and only to say that there is no connection; forms, files and programs are left alone. */
self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate" && event.request.method === "GET") event.respondWith(page(event));
});

async function page(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    return new Response(OFFLINE, {
      status: 503,
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        "Cache-Control": "no-store",
      },
    });
  }
}

const OFFLINE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>No connection · Watchbill</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem; }</style>
<h1>No connection</h1>
<p>Watchbill can’t be reached from here. Nothing is shown from before: in an outage it would be wrong.</p>
<p>Pages still go out while Watchbill runs. To acknowledge one, answer its SMS or press 1 in its call.</p>
<p><a href="">Try again</a></p>
</html>`;

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
    const answer = await fetch(sameOrigin(told.answer_url), {
      method: "POST", credentials: "omit", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE),
    });
    const body = await answer.json();
    done = answer.ok && Boolean(body.acknowledged);
    said = body.message || "";
  } catch {
    said = "There was no answer.";
  }
  /* What it was about is kept apart, so that a second try doesn't repeat what the first one said. */
  const about = told.about || told.title;
  return show(done
    ? { ...told, about, title: "Acknowledged", text: `${about}\n${said}`, answer_url: "", urgent: false }
    : { ...told, about, title: "Could not acknowledge – open the page", text: `${about}\n${said}`, urgent: true });
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
  const former = kept ? await kept.json() : formerly(event.oldSubscription);
  if (!former) return;
  const subscription = event.newSubscription || await self.registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: former.key,
  });
  const sent = await fetch("/push/renew/", {
    method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ endpoint: former.endpoint, auth: former.auth, subscription }),
  });
  if (sent.ok) {
    const { endpoint, keys } = subscription.toJSON();
    await cache.put("/push/subscription", new Response(JSON.stringify({ endpoint, auth: keys.auth, key: former.key })));
  }
}

function formerly(subscription) {
  if (!subscription) return null;
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, auth: keys.auth, key: subscription.options.applicationServerKey };
}
