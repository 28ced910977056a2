/* The incident page stays fresh without taking anything out of somebody's hands. */
(() => {
  "use strict";
  // The server reads and writes times of forms in this zone.
  const zone = document.documentElement.dataset.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`watchbill_zone=${zone}`)) {
    document.cookie = `watchbill_zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  }

  // What the page itself changes in a part (times that tick, an open fold) is no difference.
  function bare(element) {
    const copy = element.cloneNode(true);
    copy.removeAttribute("hx-swap-oob");
    copy.querySelectorAll("time").forEach((time) => { time.textContent = ""; time.removeAttribute("data-state"); });
    copy.querySelectorAll("details[open]").forEach((fold) => fold.removeAttribute("open"));
    copy.querySelectorAll("[data-focus]").forEach((mark) => { mark.removeAttribute("data-focus"); mark.removeAttribute("tabindex"); });
    [copy, ...copy.querySelectorAll("[class]")].forEach((one) => {
      [...one.classList].filter((name) => name.startsWith("htmx-")).forEach((name) => one.classList.remove(name));
    });
    return copy.outerHTML.replace(/\s+/g, " ");
  }
  const same = (one, other) => bare(one) === bare(other);

  // A list is merged child by child, so that a selection or a focus in an old line stays.
  function merge(list, fresh) {
    const old = new Map([...list.children].filter((child) => child.id).map((child) => [child.id, child]));
    let place = list.firstElementChild;
    for (const child of [...fresh.children]) {
      const before = old.get(child.id);
      if (before && same(before, child)) {
        if (before === place) place = place.nextElementSibling;
        else list.insertBefore(before, place);
        old.delete(child.id);
        continue;
      }
      before?.querySelectorAll("details[id][open]").forEach((fold) => {
        child.querySelector(`#${CSS.escape(fold.id)}`)?.setAttribute("open", "");
      });
      list.insertBefore(child, place);
      window.htmx.process(child);
      window.htmx.trigger(child, "htmx:load");
    }
    while (place) {
      const next = place.nextElementSibling;
      place.remove();
      place = next;
    }
  }

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const fresh = fragment.querySelector?.(`#${CSS.escape(target.id)}`);
    if (!fresh) return;
    if (same(target, fresh)) {
      event.preventDefault();
      if (fresh.querySelector("[data-focus]")) target.querySelector("[data-focus-here]")?.focus();
      return;
    }
    if (target.matches("[data-merge]")) {
      event.preventDefault();
      merge(target, fresh);
      return;
    }
    target.querySelectorAll("details[id][open]").forEach((fold) => {
      fresh.querySelector(`#${CSS.escape(fold.id)}`)?.setAttribute("open", "");
    });
  });

  // A link in the dialog to a place on the page below leads there.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("dialog a[href]");
    if (!link || link.matches("[data-dialog]")) return;
    const url = new URL(link.href);
    if (url.pathname === location.pathname && (url.hash || link.matches("[data-close]"))) link.closest("dialog").close();
    if (link.matches("[data-close]") && url.pathname === location.pathname) event.preventDefault();
  });

  // Nothing loads into a panel in which somebody writes.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const panel = event.detail.target;
    if (!panel?.matches?.("[data-quiet-while-writing]")) return;
    const writing = document.activeElement;
    if (writing?.matches("input, textarea, select") && panel.contains(writing)) event.detail.shouldSwap = false;
  });
})();
