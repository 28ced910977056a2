/* In the frame of a status page's widget: keeps it true, and tells the page around it how high it is. */
(() => {
  "use strict";
  const EVERY = 60_000;
  const root = document.documentElement;
  function tell() {
    const main = document.getElementById("widget");
    if (!main || parent === window) return;
    parent.postMessage({ watchbill: { height: Math.ceil(main.getBoundingClientRect().bottom) + 8, well: "well" in root.dataset } }, "*");
  }
  async function renew() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = fresh.getElementById("widget");
      if (!main || main.isEqualNode(document.getElementById("widget"))) return;
      document.getElementById("widget").replaceWith(document.adoptNode(main));
      root.toggleAttribute("data-well", fresh.documentElement.hasAttribute("data-well"));
      document.title = fresh.title;
      tell();
    } catch { /* the next time */ }
  }
  new ResizeObserver(tell).observe(document.body);
  tell();
  setInterval(renew, EVERY);
  document.addEventListener("visibilitychange", renew);
})();
