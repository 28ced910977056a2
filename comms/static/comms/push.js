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
  const blocked = () => tell("Notifications are blocked here. Allow them for this site in the browser’s settings, then load this page again.", "warn");
  if (Notification.permission === "denied") { button.disabled = true; blocked(); return; }

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const name = () => {
    const found = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => navigator.userAgent.includes(mark));
    const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Mac OS", "Mac"], ["Windows", "Windows"], ["Linux", "Linux"]].find(([mark]) => navigator.userAgent.includes(mark));
    return `${found ? found[1] : "Browser"}${system ? ` on ${system[1]}` : ""}`;
  };

  navigator.serviceWorker.register("/sw.js").then(async (registration) => {
    const present = await registration.pushManager.getSubscription();
    if (present && box.dataset.known.split(" ").includes(await digest(present.endpoint))) tell("This browser takes pushes already.", "ok");
  }).catch(() => { button.disabled = true; tell("The browser could not start what shows pushes.", "danger"); });

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
      const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
      const plain = subscription.toJSON();
      const cache = await caches.open("watchbill-push");
      await cache.put("/push/subscription", new Response(JSON.stringify({ endpoint: plain.endpoint, auth: plain.keys.auth, key: box.dataset.key })));
      const form = new FormData();
      form.set("subscription", JSON.stringify(plain));
      form.set("label", name());
      form.set("csrfmiddlewaretoken", box.querySelector("[name=csrfmiddlewaretoken]").value);
      const answer = await fetch(box.dataset.url, { method: "POST", body: form, headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (answer.ok) { location.assign(location.pathname); return; }
      tell(body.message || "It could not be kept. Try again.", "danger");
    } catch (error) {
      tell(`The browser refused: ${error.message}`, "danger");
    } finally {
      button.disabled = false;
    }
  });
})();
