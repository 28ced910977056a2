/* A picture is one stop of the Tab key: arrows walk through what can be opened in it. Without this, the table has it. */
(() => {
  "use strict";
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  document.addEventListener("keydown", (event) => {
    const here = event.target.closest?.("[data-walk] a");
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...here.closest("[data-walk]").querySelectorAll("a")];
    const last = links.length - 1;
    const at = { Home: 0, End: last }[event.key] ?? links.indexOf(here) + (STEPS[event.key] ?? NaN);
    const next = links[Math.min(Math.max(at, 0), last)];
    if (!next) return;
    event.preventDefault();
    here.setAttribute("tabindex", "-1");
    next.removeAttribute("tabindex");
    next.focus();
  });
})();
