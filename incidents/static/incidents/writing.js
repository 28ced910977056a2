/* Writing a postmortem together. Each section saves by itself while somebody writes and says so; who writes where is seen
   by the others within seconds, with the text as it grows. What could not be saved stays on this device (watchbill.js)
   with the version that it was begun from, so that nobody's text is overwritten later. Without this script the forms save
   as forms do. */
(() => {
  "use strict";
  const PAUSE = 2000, LONGEST = 8000, POLL = 2500, BEAT = 20000, AGAIN = 5000, PATIENCE = 15000, AWAY = 4000;
  const KEPT = "keep:", BASE = "base:";
  const units = new Map();
  let known = "";
  const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];
  const { store } = window.watchbill;
  const same = (one, other) => one.replace(/\r\n/g, "\n").trim() === other.replace(/\r\n/g, "\n").trim();
  const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(document.documentElement.dataset.timeZone ? { timeZone: document.documentElement.dataset.timeZone } : {}) });

  function say(unit, text, trouble = false) {
    if (unit.state.dataset.text === text) return;
    unit.state.dataset.text = text;
    unit.state.dataset.state = trouble ? "trouble" : "";
    unit.state.textContent = text;
  }
  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn--small";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }
  function who(place, text, ...more) {
    if (!place || place.dataset.text === text) return;
    place.dataset.text = text;
    const said = document.createElement("span");
    said.textContent = text;
    place.replaceChildren(said, ...more);
    place.hidden = !text;
  }
  const dirty = (unit) => !same(unit.box.value, unit.base.value);

  function setUp(element) {
    if (units.has(element)) return;
    const key = element.dataset.writing;
    const unit = { element, key, box: element.querySelector("textarea[data-keep]"), seen: element.querySelector(`[name="seen_${CSS.escape(key)}"]`), base: element.querySelector(`[name="base_${CSS.escape(key)}"]`), state: element.querySelector("[data-save-state]"), writer: element.querySelector("[data-writer]"), conflict: element.querySelector("[data-conflict]"), form: element.closest("form"), held: false, other: "", lost: false, busy: false, timer: null, since: 0, failed: 0, leaving: null };
    unit.kept = JSON.parse(store.get(BASE + unit.box.dataset.keep) || "null");
    units.set(element, unit);
    known = "";
    if (unit.conflict.children.length) { unit.stopped = true; return; }
    // Brought back from this device by watchbill.js, into a field that was empty.
    if (dirty(unit) && store.get(KEPT + unit.box.dataset.keep) === unit.box.value) { adopt(unit); later(unit); }
    else say(unit, "Saved by itself while you write.");
  }
  // A text that was begun from an older version is saved as such, so that the server shows what changed since.
  function adopt(unit) {
    if (unit.kept) { unit.seen.value = unit.kept.version; unit.base.value = unit.kept.base; }
  }
  function later(unit) {
    clearTimeout(unit.timer);
    unit.since ||= Date.now();
    const wait = Math.max(0, Math.min(PAUSE, unit.since + LONGEST - Date.now()));
    unit.timer = setTimeout(() => save(unit), wait);
  }

  async function send(unit, address, fields, more = {}) {
    const data = new FormData();
    const token = unit.form.querySelector("[name=csrfmiddlewaretoken]");
    data.append("csrfmiddlewaretoken", token.value);
    Object.entries(fields).forEach(([name, value]) => data.append(name, value));
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body: data, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE), ...more });
    } catch { return { state: "lost", why: "Not saved: no connection. Your text is kept on this device, and saved as soon as there is one." }; }
    if (answer.redirected) return { state: "lost", signedOut: true, why: "Not saved: you are signed out. Your text is kept on this device." };
    if (answer.status === 403 && !more.second) {
      // Signing in again changed the form's key: take the new one, and try once more.
      const fresh = await fetch(unit.element.dataset.save).then((page) => page.redirected ? "" : page.text()).catch(() => "");
      const found = new DOMParser().parseFromString(fresh, "text/html").querySelector("[name=csrfmiddlewaretoken]");
      if (found) {
        all("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = found.value; });
        return send(unit, address, fields, { ...more, second: true });
      }
      return { state: "lost", signedOut: true, why: "Not saved: you are signed out, or may not write here. Your text is kept on this device." };
    }
    if (answer.status >= 500 || answer.status === 429) return { state: "lost", why: `Not saved: the server could not take it (${answer.status}). Your text is kept on this device, and sent again.` };
    const told = await answer.json().catch(() => ({}));
    return { state: answer.ok ? "done" : "refused", told, status: answer.status };
  }

  async function save(unit, leaving = false) {
    clearTimeout(unit.timer);
    if (unit.stopped || unit.lost) return;
    if (unit.busy) { unit.again = true; return; }
    if (!dirty(unit)) { settled(unit); if (leaving) release(unit); return; }
    const text = unit.box.value;
    const fields = { autosave: "1", [`text_${unit.key}`]: text, [`seen_${unit.key}`]: unit.seen.value, [`base_${unit.key}`]: unit.base.value, ...(leaving ? { release: "1" } : {}) };
    unit.busy = true;
    unit.since = 0;
    say(unit, "Saving …");
    const came = await send(unit, unit.element.dataset.save, fields);
    unit.busy = false;
    if (came.state === "done") {
      unit.failed = 0;
      unit.held = !leaving;
      unit.seen.value = came.told.version;
      unit.base.value = text;
      if (dirty(unit)) remember(unit); else settled(unit);
      say(unit, `Saved ${clock(came.told.at)}`);
      if (dirty(unit) || unit.again) later(unit);
    } else if (came.state === "lost") {
      unit.failed = Math.min(unit.failed + 1, 6);
      say(unit, came.why, true);
      if (came.signedOut) signIn(unit);
      unit.timer = setTimeout(() => save(unit), AGAIN * unit.failed);
    } else refused(unit, came);
    unit.again = false;
  }
  function signIn(unit) {
    const link = document.createElement("a");
    link.href = unit.element.dataset.login;
    link.target = "_blank";
    link.textContent = "Sign in in another tab";
    unit.state.append(" ", link, ", and writing goes on here.");
  }
  function refused(unit, came) {
    const { code, problems = [], html, version, text } = came.told;
    if (code === "edited_meanwhile" && html) {
      unit.stopped = true;
      unit.seen.value = version;
      unit.base.value = text;
      unit.conflict.innerHTML = html;
      window.htmx.process(unit.conflict);
      window.htmx.trigger(unit.conflict, "htmx:load");
      say(unit, "Not saved: somebody else saved another text. Choose below.", true);
      return;
    }
    if (code === "section_claimed") { lose(unit, problems.join(" ")); return; }
    say(unit, `Not saved: ${problems.join(" ") || `refused (${came.status}).`} Your text is kept on this device.`, true);
  }
  const remember = (unit) => store.set(BASE + unit.box.dataset.keep, JSON.stringify({ version: unit.seen.value, base: unit.base.value }));
  function settled(unit) {
    unit.since = 0;
    const note = unit.element.querySelector(".kept"), kept = store.get(KEPT + unit.box.dataset.keep);
    // An earlier text may wait to be brought back.
    if (note && kept !== null && !same(kept, unit.base.value)) return;
    note?.remove();
    store.drop(KEPT + unit.box.dataset.keep);
    store.drop(BASE + unit.box.dataset.keep);
  }

  async function claim(unit, how = "claim") {
    const came = await send(unit, unit.element.dataset.claim, { do: how });
    if (came.state === "done") {
      unit.held = true;
      unit.lost = false;
      free(unit);
      if (dirty(unit)) later(unit);
    } else if (came.state === "refused") lose(unit, (came.told.problems || []).join(" "));
    return came.state === "done";
  }
  function release(unit) {
    if (!unit.held) return;
    unit.held = false;
    send(unit, unit.element.dataset.claim, { do: "release" }, { keepalive: true });
  }
  function free(unit) {
    unit.other = "";
    unit.box.readOnly = false;
    who(unit.writer, "");
  }
  const takeOver = (unit) => button("Take over", async () => { if (await claim(unit, "take_over")) { await refresh(unit); unit.box.focus(); } });
  // Somebody else writes here: what this page holds and did not save stays in its field, and on this device.
  function lose(unit, text) {
    unit.lost = true;
    unit.held = false;
    unit.box.readOnly = true;
    if (dirty(unit)) { remember(unit); store.set(KEPT + unit.box.dataset.keep, unit.box.value); }
    who(unit.writer, `${text}${dirty(unit) ? " What you typed and is not saved yet is kept here." : ""}`, takeOver(unit));
    say(unit, "");
  }
  async function refresh(unit) {
    if (dirty(unit) || unit.stopped) return;
    const told = await read(unit.element.dataset.reads);
    if (!told || dirty(unit) || String(told.version) === unit.seen.value) return;
    const { selectionStart, selectionEnd } = unit.box;
    unit.box.value = unit.base.value = told.text;
    unit.seen.value = told.version;
    if (document.activeElement === unit.box) unit.box.setSelectionRange(selectionStart, selectionEnd);
  }
  async function read(address) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      return answer.ok && !answer.redirected ? await answer.json() : null;
    } catch { return null; }
  }

  // How the sections stand, every few seconds, in one short answer.
  async function look() {
    const place = document.querySelector("[data-writing-live]");
    if (!place || document.hidden) return;
    let told;
    try {
      const answer = await fetch(`${place.dataset.writingLive}?${new URLSearchParams({ seen: known })}`, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok || answer.redirected || answer.status === 204) return;
      told = await answer.json();
    } catch { return; }
    known = told.seen;
    const open = told.sections.reduce((sum, each) => sum + each.open, 0);
    all("[data-open-comments]").forEach((count) => { count.textContent = open ? `Open comments: ${open}` : "No open comments"; });
    for (const each of told.sections) {
      for (const unit of units.values()) if (unit.key === each.key && unit.element.isConnected) meet(unit, each);
      const shown = document.querySelector(`[data-section="${CSS.escape(each.key)}"]`);
      if (shown) await show(shown, each);
    }
  }
  function meet(unit, each) {
    if (each.by && !each.mine) {
      if (unit.held || unit.other !== each.by) {
        const taken = unit.held;
        unit.other = each.by;
        lose(unit, taken ? `${each.by} took over here.` : `${each.by} is writing here.`);
      }
    } else if (unit.other || unit.lost) {
      unit.lost = false;
      free(unit);
      if (dirty(unit)) { later(unit); return; }
    }
    if (String(each.version) !== unit.seen.value) refresh(unit);
  }
  // A field may bring what was said before, to be edited, or what was refused, beside the reason.
  const typing = (part) => Boolean(part.querySelector("[role=alert]")) || all("textarea, input:not([type=hidden])", part).some((field) => field.value !== field.defaultValue || field === document.activeElement);
  async function show(shown, each) {
    who(shown.querySelector("[data-writer]"), each.by && !each.mine ? `${each.by} is writing here.` : "");
    const threads = shown.querySelector("[data-threads]");
    const older = shown.dataset.version !== String(each.version);
    const said = threads && threads.dataset.said !== each.said && !typing(threads);
    if (!older && !said) return;
    const told = await read(shown.dataset.reads);
    if (!told) { known = ""; return; }
    const fresh = new DOMParser().parseFromString(told.html, "text/html");
    const replace = (selector) => {
      const here = shown.querySelector(selector), there = fresh.querySelector(selector);
      if (!here || !there) return;
      here.replaceWith(there);
      window.htmx.process(there);
      window.htmx.trigger(there, "htmx:load");
    };
    if (older) { replace("[data-section-text]"); shown.dataset.version = told.version; }
    if (said) replace("[data-threads]");
  }

  const of = (target) => { const element = target.closest?.("[data-writing]"); return element && units.get(element); };
  document.addEventListener("focusin", (event) => {
    const unit = of(event.target);
    if (!unit || event.target !== unit.box) return;
    clearTimeout(unit.leaving);
    if (!unit.held && !unit.box.readOnly) claim(unit);
  });
  document.addEventListener("focusout", (event) => {
    const unit = of(event.target);
    if (!unit || event.target !== unit.box) return;
    // What the form itself sends now is not sent twice.
    if (event.relatedTarget?.form === unit.form && event.relatedTarget.type === "submit") return;
    if (dirty(unit)) save(unit);
    unit.leaving = setTimeout(() => { if (document.hasFocus()) save(unit, true); }, AWAY);
  });
  document.addEventListener("input", (event) => {
    const unit = of(event.target);
    if (!unit || event.target !== unit.box) return;
    if (!store.get(BASE + unit.box.dataset.keep)) remember(unit);
    if (unit.stopped) return;
    if (!unit.failed) say(unit, "");
    later(unit);
  });
  document.addEventListener("kept-text-back", (event) => {
    const unit = of(event.target);
    if (!unit) return;
    adopt(unit);
    later(unit);
  });
  // Two texts of one section: one is chosen, and saved.
  document.addEventListener("click", (event) => {
    const use = event.target.closest?.("[data-use]"), unit = use && of(use);
    if (!unit) return;
    event.preventDefault();
    if (use.value !== "mine") unit.box.value = unit.conflict.querySelector(`[name="${use.value}_${CSS.escape(unit.key)}"]`).value;
    unit.conflict.replaceChildren();
    unit.stopped = false;
    unit.failed = 0;
    unit.box.focus();
    save(unit);
    say(unit, dirty(unit) ? "Saving …" : "Nothing to save: theirs stands.");
  });
  // What is sent with the form itself is not saved once more by itself meanwhile.
  document.addEventListener("submit", (event) => {
    for (const unit of units.values()) if (unit.form === event.target) { clearTimeout(unit.timer); clearTimeout(unit.leaving); }
  });
  // A comment begins with the passage that is selected in its section.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("[data-quote-from]");
    if (!summary) return;
    const passage = String(getSelection()).trim().slice(0, 500), key = CSS.escape(summary.dataset.quoteFrom);
    const anchor = getSelection().anchorNode, field = document.getElementById(`quote-${summary.dataset.quoteFrom}`);
    if (passage && field && !field.value && document.querySelector(`[data-section="${key}"] [data-section-text]`)?.contains(anchor)) field.value = passage;
  });
  addEventListener("online", () => units.forEach((unit) => { if (dirty(unit)) save(unit); }));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { look(); return; }
    units.forEach((unit) => { if (dirty(unit)) save(unit); });
  });
  addEventListener("pagehide", () => units.forEach((unit) => {
    if (!unit.element.isConnected || unit.stopped || unit.lost) return;
    if (!dirty(unit)) { release(unit); return; }
    const fields = { autosave: "1", release: "1", [`text_${unit.key}`]: unit.box.value, [`seen_${unit.key}`]: unit.seen.value };
    // More than a browser sends after a page is gone waits on this device.
    if (unit.box.value.length < 15000) send(unit, unit.element.dataset.save, fields, { keepalive: true });
  }));
  document.addEventListener("htmx:load", (event) => {
    all("[data-writing]", event.target.parentNode || document).forEach(setUp);
    for (const element of [...units.keys()]) if (!element.isConnected) { clearTimeout(units.get(element).timer); units.delete(element); }
    const box = event.target.matches?.("[data-writing-alone]") && event.target.querySelector("textarea[data-keep]");
    if (box) { box.focus(); box.setSelectionRange(box.value.length, box.value.length); }
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector("[data-writing-live]")) return;
    all("[data-writing]").forEach(setUp);
    setInterval(look, POLL);
    setInterval(() => units.forEach((unit) => { if (unit.held && unit.element.isConnected && document.activeElement === unit.box && !document.hidden) claim(unit); }), BEAT);
    look();
  });
})();
