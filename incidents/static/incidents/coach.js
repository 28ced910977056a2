/* The coach beside a field with data-coach (the address that looks at a text): after a pause the text is looked at, what
   it marks is marked in the text, and its remarks stand below. It takes no focus and stops nobody. */
(() => {
  "use strict";
  const PAUSE = 900;
  const COPIED = ["font-family", "font-size", "font-weight", "font-style", "letter-spacing", "line-height", "padding", "border-width", "text-align", "text-indent", "tab-size", "direction"];
  const known = new WeakMap();
  let count = 0;

  function token() {
    const headers = document.body.getAttribute("hx-headers");
    return headers ? JSON.parse(headers)["X-CSRFToken"] : "";
  }

  function attach(field) {
    if (known.has(field)) return;
    const label = field.labels?.[0]?.firstChild?.textContent.trim() || "this text";
    const frame = document.createElement("div");
    frame.className = "coach__field";
    const mirror = document.createElement("div");
    mirror.className = `coach__mirror${field.tagName === "INPUT" ? " coach__mirror--line" : ""}`;
    mirror.setAttribute("aria-hidden", "true");
    field.replaceWith(frame);
    frame.append(mirror, field);
    const box = document.createElement("div");
    box.className = "coach";
    const said = document.createElement("p");
    said.className = "coach__said";
    said.id = `coach-said-${++count}`;
    said.setAttribute("role", "status");
    const list = document.createElement("div");
    box.append(said, list);
    box.hidden = true;
    frame.after(box);
    const state = { field, mirror, box, said, list, label, timer: 0, asked: 0, looked: "", marks: [] };
    known.set(field, state);
    field.addEventListener("input", () => { mirrored(state, true); later(state); });
    field.addEventListener("scroll", () => scrolled(state), { passive: true });
    new ResizeObserver(() => mirrored(state)).observe(field);
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-coach-put]");
      if (button) put(state, button.dataset);
    });
    if (field.value.trim()) later(state, 200 * count);
  }

  function later(state, pause = PAUSE) {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => look(state), pause);
  }

  async function look(state) {
    const text = state.field.value;
    if (text === state.looked || !state.field.isConnected) return;
    const mine = ++state.asked;
    // The server would read an older text to its end for nobody.
    state.running?.abort();
    state.running = new AbortController();
    if (!text.trim()) { show(state, "", []); return; }
    try {
      const answer = await fetch(state.field.dataset.coach, {
        method: "POST",
        signal: state.running.signal,
        headers: { "X-CSRFToken": token(), "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ text }),
      });
      if (!answer.ok || answer.redirected || mine !== state.asked || state.field.value !== text) return;
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      const result = parsed.querySelector("[data-coach-result]");
      if (result) show(state, text, [...result.children], result);
    } catch { /* Without the server there is no coach, and nothing is lost. */ }
  }

  function show(state, text, children, result) {
    state.looked = text;
    state.list.replaceChildren(...children);
    state.marks = [...state.list.querySelectorAll("[data-start]")].map((line) => [Number(line.dataset.start), Number(line.dataset.end)]);
    const found = Number(result?.dataset.count || 0);
    const told = found ? `Coach: ${found} remark${found === 1 ? "" : "s"} on “${state.label}”` : "";
    if (found || !state.box.hidden) {
      const before = state.said.textContent;
      state.box.hidden = false;
      const now = told || "Coach: nothing marked any more";
      if (now !== before) state.said.textContent = now;
    }
    const ids = new Set((state.field.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
    if (found) ids.add(state.said.id); else ids.delete(state.said.id);
    if (ids.size) state.field.setAttribute("aria-describedby", [...ids].join(" ")); else state.field.removeAttribute("aria-describedby");
    mirrored(state);
  }

  // While somebody types, marks before the change stay and those after it go until it is looked at again.
  function mirrored(state, typing = false) {
    const { field, mirror } = state;
    if (typing) {
      let same = 0;
      while (same < field.value.length && field.value[same] === state.looked[same]) same++;
      state.marks = state.marks.filter(([, end]) => end <= same);
    }
    const style = getComputedStyle(field);
    COPIED.forEach((name) => mirror.style.setProperty(name, style.getPropertyValue(name)));
    mirror.style.setProperty("border-style", "solid");
    mirror.style.setProperty("border-color", "transparent");
    mirror.style.setProperty("block-size", `${field.offsetHeight}px`);
    // A scrollbar takes its room from the text.
    const bar = field.offsetWidth - field.clientWidth - parseFloat(style.borderInlineStartWidth) - parseFloat(style.borderInlineEndWidth);
    mirror.style.setProperty("padding-inline-end", `${parseFloat(style.paddingInlineEnd) + Math.max(0, bar)}px`);
    const parts = [];
    let at = 0;
    for (const [start, end] of state.marks) {
      const mark = document.createElement("mark");
      mark.textContent = field.value.slice(start, end);
      parts.push(field.value.slice(at, start), mark);
      at = end;
    }
    mirror.replaceChildren(...parts, `${field.value.slice(at)}\n`);
    scrolled(state);
  }

  function scrolled({ field, mirror }) {
    mirror.scrollTop = field.scrollTop;
    mirror.scrollLeft = field.scrollLeft;
  }

  function put(state, { from, to, was, put: text }) {
    const { field } = state;
    if (field.value.slice(Number(from), Number(to)) !== was) { state.looked = ""; later(state, 0); return; }
    field.focus();
    field.setSelectionRange(Number(from), Number(to));
    // As if it were typed, so that the browser's undo takes it back.
    const typed = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!typed) {
      field.setRangeText(text, Number(from), Number(to), "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    state.said.textContent = "Put in. Undo (Ctrl+Z) takes it back.";
    later(state, 600);
  }

  const find = (root) => root.querySelectorAll?.("[data-coach]").forEach(attach);
  find(document);
  document.addEventListener("htmx:load", (event) => find(event.target));
})();
