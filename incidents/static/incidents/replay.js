/* The replay without loading the page anew: the slider, Earlier and Later, and the arrow keys. */
(() => {
  "use strict";
  let wanted = null, busy = false;
  const part = () => document.getElementById("replay");

  async function go(step, focus) {
    wanted = { step: Number(step), focus };
    if (busy) return;
    busy = true;
    while (wanted) {
      const { step: next, focus: on } = wanted;
      wanted = null;
      try { await window.htmx.ajax("GET", `${location.pathname}?step=${next}`, { target: "#replay", swap: "outerHTML" }); }
      catch { break; }
      history.replaceState(null, "", `?step=${next}`);
      (document.getElementById(on) || document.getElementById("replay-step"))?.focus();
    }
    busy = false;
  }
  document.addEventListener("input", (event) => { if (event.target.id === "replay-step") go(event.target.value, "replay-step"); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-replay-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.dataset.replayLink, link.id);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    const link = document.getElementById({ ArrowLeft: "replay-earlier", ArrowRight: "replay-later" }[event.key] || "");
    if (!link || !part()) return;
    event.preventDefault();
    go(link.dataset.replayLink, link.id);
  });
})();
