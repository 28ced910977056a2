/* Who has chosen no time zone reads the calendar on the browser's clock. */
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const here = new URL(location.href);
  if (!zone || here.searchParams.has("zone") || document.querySelector(".field--error, .messages .notice")) return;
  const shown = document.querySelector("input[name=zone]")?.value;
  if (shown === zone) return;
  here.searchParams.set("zone", zone);
  location.replace(here);
})();
