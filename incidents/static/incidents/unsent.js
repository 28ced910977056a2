/* What is written on the timeline shows at once and is kept on this device until the server has it: over a reload, a
   dropped connection, a server that fails and a session that ended. Each line has a key of its own, so that it is written
   once however often it is sent. Files go their own way (attach.js), and so does everything without this script. */
(() => {
  "use strict";
  const PREFIX = "watchbill:unsent:";
  const KEPT = ["note", "decide", "decision", "pin", "link", "at"];
  const AGAIN = 4000, PATIENCE = 15000;
  const form = () => document.querySelector("form[data-composer]");
  const name = () => PREFIX + form().dataset.composer;
  const box = () => form().querySelector("textarea");
  let memory = [], busy = false, failed = 0;

  function read() {
    try { memory = JSON.parse(localStorage.getItem(name()) || "[]"); } catch { /* private mode: kept while the page lives */ }
    return memory;
  }
  function write(rows) {
    memory = rows;
    try { if (rows.length) localStorage.setItem(name(), JSON.stringify(rows)); else localStorage.removeItem(name()); } catch { /* as above */ }
    draw();
  }
  const change = (key, what) => write(read().map((row) => row.key === key ? { ...row, ...what } : row));
  const drop = (key) => write(read().filter((row) => row.key !== key));
  let again = null;
  function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(18))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  // A command does something now: it is not done by itself some minutes later.
  function waits(text) {
    const found = /^\/([a-z]+)(\s|$)/i.exec(text.trim());
    return !found || KEPT.includes(found[1].toLowerCase());
  }

  function place() {
    let list = document.getElementById("unsent");
    if (list) return list;
    list = document.createElement("ol");
    list.id = "unsent";
    list.className = "timeline timeline--unsent";
    list.setAttribute("aria-label", "Not on the timeline yet");
    form().before(list);
    return list;
  }
  function draw() {
    if (!form()) return;
    const rows = memory;
    place().replaceChildren(...rows.map((row) => {
      const item = document.createElement("li");
      item.className = "entry";
      item.dataset.unsent = row.state;
      item.dataset.key = row.key;
      const time = document.createElement("span");
      time.className = "entry__time";
      const at = new Date(row.typed);
      time.textContent = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(document.documentElement.dataset.timeZone ? { timeZone: document.documentElement.dataset.timeZone } : {}) });
      const node = document.createElement("span");
      node.className = "entry__node";
      node.innerHTML = '<svg class="icon icon--s" aria-hidden="true" focusable="false"><use href="#i-note"></use></svg>';
      const body = document.createElement("div");
      body.className = "entry__body";
      const text = document.createElement("div");
      text.className = "entry__text";
      text.textContent = row.text;
      const why = document.createElement("p");
      why.className = "unsent__why";
      const said = document.createElement("span");
      said.textContent = row.state === "sending" ? "You, just now" : row.why;
      why.append(said);
      if (row.state !== "sending") {
        if (row.state === "refused") why.append(button("Change it", () => back(row)));
        why.append(button("Discard it", () => { drop(row.key); box().focus(); }));
      }
      body.append(text, why);
      item.append(time, node, body);
      return item;
    }));
    const waiting = rows.filter((row) => row.state === "waiting").length;
    say(waiting ? `Waiting to be sent: ${waiting}` : rows.some((row) => row.state === "refused") ? "Not written: see the end of the timeline" : "");
  }
  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn--small btn--quiet";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }
  function say(text) {
    const status = document.getElementById("composer-status");
    if (status && status.textContent !== text) status.textContent = text;
  }
  function wrong(text) {
    const place = document.getElementById("note-error");
    place.hidden = !text;
    place.querySelector("span").textContent = text;
    if (text) box().setAttribute("aria-invalid", "true"); else box().removeAttribute("aria-invalid");
  }
  // Into the line again, beside what somebody wrote there meanwhile.
  function back(row) {
    const field = box();
    field.value = field.value.trim() ? `${row.text}\n${field.value}` : row.text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    drop(row.key);
    // Sent once more as it is, it is the same: what arrived without an answer is not done twice.
    again = { text: field.value.trim(), key: row.key };
    field.focus();
  }

  async function send(row) {
    const data = new FormData();
    const fields = { csrfmiddlewaretoken: form().querySelector("[name=csrfmiddlewaretoken]").value, key: row.key, text: row.text, kind: row.kind, occurred_at: row.occurred, typed_at: row.typed };
    Object.entries(fields).forEach(([field, value]) => data.append(field, value || ""));
    if (row.unknown) data.append("time_unknown", "on");
    let answer;
    try {
      answer = await fetch(form().action, { method: "POST", body: data, headers: { Accept: "application/json", "HX-Request": "true", "HX-Current-URL": location.href }, signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      return { state: "waiting", why: "Waiting to be sent: no connection." };
    }
    const type = answer.headers.get("Content-Type") || "";
    if (answer.redirected) return { state: "waiting", why: "Waiting to be sent: you are signed out. Reload the page to sign in again." };
    if (answer.status >= 500 || answer.status === 429) return { state: "waiting", why: `Waiting to be sent: the server could not take it (${answer.status}).` };
    if (answer.ok && type.startsWith("application/json")) return { state: "done", told: await answer.json() };
    if (type.startsWith("application/json")) {
      const told = await answer.json().catch(() => ({}));
      if (told.problems) return { state: "refused", why: told.problems.join(" ") };
    }
    if (answer.status === 403) return { state: "refused", late: true, why: "This was refused: you may be signed out, or it is not yours to write here. Reload the page to see; it is kept." };
    return { state: "refused", why: answer.status === 404 ? "This incident is gone, or no longer visible to you." : `This could not be written (${answer.status}).` };
  }

  function settle(row, came) {
    if (came.state === "done") {
      if (came.told.html) {
        window.htmx.swap(document.body, came.told.html, { swapStyle: "none" }, { contextElement: form() });
        window.htmx.trigger(document.body, "incident-changed");
      }
      drop(row.key);
      if (came.told.go) location.assign(came.told.go);
      return;
    }
    const commanded = !waits(row.text);
    if (came.state === "refused" || commanded) {
      const why = came.state === "waiting" ? `Not done: ${came.why.replace("Waiting to be sent: ", "")} Your text is still here.` : came.why;
      if (!box().value.trim()) {
        back(row);
        wrong(why);
        return;
      }
      change(row.key, { state: "refused", late: came.late, why });
      return;
    }
    change(row.key, { state: "waiting", why: came.why });
  }

  async function flush() {
    if (busy || !form()) return;
    busy = true;
    try {
      let row;
      while ((row = read().find((each) => each.state === "sending" || each.state === "waiting"))) {
        const came = await send(row);
        settle(row, came);
        if (came.state === "waiting") { failed = Math.min(failed + 1, 6); break; }
        failed = 0;
      }
    } finally { busy = false; }
    if (memory.some((each) => each.state === "waiting")) setTimeout(flush, AGAIN * Math.max(1, failed));
  }

  document.addEventListener("submit", (event) => {
    const target = event.target;
    if (target !== form() || target.querySelector("input[type=file]")?.files.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = box().value.trim();
    if (!text) { wrong("Write what happened."); box().focus(); return; }
    wrong("");
    const data = new FormData(target);
    const row = { key: again && again.text === text ? again.key : newKey(), text, kind: data.get("kind") || "", occurred: data.get("occurred_at") || "", unknown: data.has("time_unknown"), typed: new Date().toISOString(), state: "sending", why: "" };
    again = null;
    write([...read(), row]);
    place().lastElementChild.scrollIntoView({ block: "nearest" });
    target.reset();
    box().value = "";
    box().dispatchEvent(new Event("input", { bubbles: true }));
    flush();
  }, true);
  document.addEventListener("input", (event) => { if (form() && event.target === box() && box().value) wrong(""); });
  addEventListener("online", flush);
  addEventListener("storage", (event) => { if (form() && event.key === name()) { read(); draw(); } });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && form()) flush(); });
  document.addEventListener("DOMContentLoaded", () => {
    if (!form()) return;
    // What was on its way when the page went may have arrived or not: its key settles that.
    write(read().map((row) => row.late ? { ...row, state: "waiting", late: false } : row.state === "sending" ? { ...row, state: "waiting", why: "Waiting to be sent." } : row));
    flush();
  });
})();
