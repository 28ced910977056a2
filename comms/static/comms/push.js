/* The button that lets pages be pushed to this browser. */
(() => {
  "use strict";
  const box = document.querySelector("[data-push]");
  if (!box) return;
  const button = box.querySelector("button");
  const said = box.querySelector("[data-push-said]");
  const tell = (text, tone = "") => { said.textContent = text; said.dataset.tone = tone; };
  const apple = /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    button.disabled = true;
    tell(apple && !installed
      ? "On this phone, first add Watchbill to the home screen (Share, then “Add to Home Screen”), and open it from there."
      : window.isSecureContext
        ? "This browser can’t take pushes."
        : "Pushes need https. This page was opened without it.");
    return;
  }
  const blocked = () => tell("Notifications are blocked here. Allow them for this site (behind the sign left of the address, or in the settings of the phone), then load this page again.", "warn");
  if (Notification.permission === "denied") { button.disabled = true; blocked(); return; }

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const name = () => {
    const found = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => navigator.userAgent.includes(mark));
    const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Mac OS", "Mac"], ["Windows", "Windows"], ["Linux", "Linux"]].find(([mark]) => navigator.userAgent.includes(mark));
    return `${found ? found[1] : "Browser"}${system ? ` on ${system[1]}` : ""}`;
  };

  const KEPT = "/push/subscription";
  const kept = async () => (await caches.open("watchbill-push")).match(KEPT).then((found) => (found ? found.json() : null));

  navigator.serviceWorker.register("/sw.js").then(async (registration) => {
    const present = await registration.pushManager.getSubscription();
    if (await known(present)) { button.hidden = true; tell("This browser takes pushes.", "ok"); }
  }).catch(() => { button.disabled = true; tell("The browser could not start what shows pushes.", "danger"); });

  /* Whether a subscription is one that counts. */
  async function known(subscription) {
    return Boolean(subscription) && box.dataset.known.split(" ").includes(await digest(subscription.endpoint));
  }

  /* One that no longer counts, or that belongs to another key, is given up: the browser would return the same again. */
  async function fresh(registration) {
    const present = await registration.pushManager.getSubscription();
    if (present && !(await known(present))) await present.unsubscribe();
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
  }

  async function digest(text) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map((each) => each.toString(16).padStart(2, "0")).join("").slice(0, 16);
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    tell("One moment …");
    try {
      if (await Notification.requestPermission() !== "granted") { blocked(); return; }
      const registration = await navigator.serviceWorker.ready;
      const former = await kept();
      const plain = (await fresh(registration)).toJSON();
      const form = new FormData();
      form.set("subscription", JSON.stringify(plain));
      form.set("label", name());
      if (former) form.set("former", JSON.stringify({ endpoint: former.endpoint, auth: former.auth }));
      form.set("csrfmiddlewaretoken", box.querySelector("[name=csrfmiddlewaretoken]").value);
      const answer = await fetch(box.dataset.url, { method: "POST", body: form, headers: { Accept: "application/json" } });
      const body = await answer.json();
      /* What the worker proves itself with when the browser renews the subscription by itself. */
      if (answer.ok) await (await caches.open("watchbill-push")).put(KEPT, new Response(JSON.stringify({ endpoint: plain.endpoint, auth: plain.keys.auth, key: box.dataset.key })));
      if (answer.ok) { location.assign(location.pathname); return; }
      tell(body.message || "It could not be kept. Try again.", "danger");
    } catch (error) {
      tell(`The browser refused: ${error.message}`, "danger");
    } finally {
      button.disabled = false;
    }
  });
})();
