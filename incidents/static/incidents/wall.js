/* The clock of the wall, and a screen that does not go dark. */
(() => {
  "use strict";
  const zone = document.documentElement.dataset.timeZone || "UTC";
  let format;
  try { format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }); }
  catch { format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }); }
  const show = () => document.querySelectorAll("[data-clock]").forEach((clock) => {
    const text = format.format(new Date());
    if (clock.textContent !== text) clock.textContent = text;
  });
  show();
  setInterval(show, 1000);
  const stayAwake = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); };
  stayAwake();
  document.addEventListener("visibilitychange", stayAwake);
})();
