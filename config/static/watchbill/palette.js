/* The command palette (Ctrl K, or ⌘ K): everything that can be done on this page, where one can go, and what is found. */
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const label = (element) => (element.dataset.shortcutLabel || element.getAttribute("aria-label") || element.textContent).trim().replace(/\s+/g, " ");
  let offered = [], chosen = 0, asked = 0;

  // What stands on the page anyway: verbs, buttons with a shortcut, and the navigation.
  function here() {
    const seen = new Set(), found = [];
    const take = (selector, group) => document.querySelectorAll(selector).forEach((element) => {
      if (element.closest("dialog") || element.matches("input, textarea, select, [disabled]")) return;
      const text = label(element);
      if (!text || seen.has(text)) return;
      seen.add(text);
      found.push({ text, group, note: element.dataset.shortcut || "", run: () => element.click() });
    });
    take("#helm .verbs a, #helm .verbs button", "Now");
    take(".panel a[data-dialog], .glance a[data-dialog], [data-command]", "On this page");
    take("[data-shortcut]", "On this page");
    take(".mast__nav a, .mast__tools a, .menu__body a", "Go to");
    return found;
  }
  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (entry, wanted) => wanted.every((word) => entry.text.toLowerCase().includes(word));

  function show(entries) {
    const list = byId("palette-list"), field = byId("palette-text");
    offered = entries;
    chosen = 0;
    list.replaceChildren();
    let group = "";
    entries.forEach((entry, n) => {
      if (entry.group !== group) {
        group = entry.group;
        const head = document.createElement("div");
        head.className = "palette__group";
        head.setAttribute("role", "presentation");
        head.textContent = group;
        list.append(head);
      }
      const row = document.createElement("div");
      row.className = "palette__item";
      row.id = `palette-${n}`;
      row.setAttribute("role", "option");
      row.append(entry.text);
      if (entry.note) {
        const note = document.createElement("span");
        note.className = "palette__note";
        note.textContent = entry.note;
        row.append(note);
      }
      row.addEventListener("click", () => run(n));
      list.append(row);
    });
    if (!entries.length) {
      const none = document.createElement("p");
      none.className = "palette__none";
      none.textContent = "Nothing is called that.";
      list.append(none);
    }
    byId("palette-count").textContent = entries.length === 1 ? "1 choice" : `${entries.length} choices`;
    mark(0, field);
  }
  function mark(n, field = byId("palette-text")) {
    chosen = Math.max(0, Math.min(n, offered.length - 1));
    document.querySelectorAll(".palette__item").forEach((row, at) => {
      row.setAttribute("aria-selected", String(at === chosen));
      if (at === chosen) row.scrollIntoView({ block: "nearest" });
    });
    if (offered.length) field.setAttribute("aria-activedescendant", `palette-${chosen}`);
    else field.removeAttribute("aria-activedescendant");
  }
  function run(n) {
    const entry = offered[n];
    if (!entry) return;
    byId("palette").close();
    entry.run();
  }

  let waiting = 0;
  function look() {
    const field = byId("palette-text"), text = field.value.trim(), wanted = words(text), turn = ++asked;
    const known = here().filter((entry) => fits(entry, wanted));
    show(known);
    clearTimeout(waiting);
    if (text.length < 2) return;
    waiting = setTimeout(async () => {
      try {
        const answer = await fetch(`${byId("palette").dataset.find}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
        if (!answer.ok || turn !== asked) return;
        const { found } = await answer.json();
        if (turn !== asked) return;
        const at = chosen;
        show([...known, ...found.map((one) => ({ ...one, run: () => location.assign(one.url) }))]);
        mark(at);
      } catch { /* offline: what the page knows is offered anyway */ }
    }, 150);
  }
  function open() {
    const dialog = byId("palette");
    if (!dialog || dialog.open) return;
    byId("palette-text").value = "";
    dialog.showModal();
    look();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      const other = document.querySelector("dialog[open]");
      if (other && other.id !== "palette") return;
      event.preventDefault();
      if (other) other.close(); else open();
      return;
    }
    if (event.target.id !== "palette-text") return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) { event.preventDefault(); mark(chosen + steps[event.key]); }
    else if (event.key === "Home" && event.ctrlKey) { event.preventDefault(); mark(0); }
    else if (event.key === "End" && event.ctrlKey) { event.preventDefault(); mark(offered.length - 1); }
    else if (event.key === "Enter") { event.preventDefault(); run(chosen); }
  });
  document.addEventListener("input", (event) => { if (event.target.id === "palette-text") look(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-open-palette]")) open();
    else if (event.target.id === "palette") event.target.close();
  });
})();
