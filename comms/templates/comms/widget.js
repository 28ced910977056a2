/* Shows a status page where this script stands: <script src="…/widget.js" async></script>. It loads nothing but one
   frame from where it came from, keeps nothing, and tells nobody. data-quiet: shows nothing while all is well.
   data-lang: a language that the page is offered in. data-title: what the frame is called for screen readers. */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const from = new URL(script.src);
  const { lang = "", title = "Status", quiet } = script.dataset;
  const place = new URL(`${/^[a-z]{2}$/.test(lang) ? `${lang}/` : ""}widget/`, from);
  place.search = from.search;
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.loading = quiet === undefined ? "lazy" : "eager";
  frame.referrerPolicy = "no-referrer";
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  Object.assign(frame.style, { border: "0", width: "100%", height: quiet === undefined ? "5rem" : "0", colorScheme: "normal" });
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== place.origin) return;
    const told = event.data?.watchbill;
    if (!told || !Number.isFinite(told.height)) return;
    const silent = quiet !== undefined && told.well === true;
    frame.style.height = silent ? "0" : `${Math.min(Math.max(told.height, 0), 2000)}px`;
    frame.ariaHidden = silent ? "true" : null;
    frame.tabIndex = silent ? -1 : 0;
  });
  frame.src = place.href;
  script.after(frame);
})();
