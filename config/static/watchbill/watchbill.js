/* Small conveniences of Watchbill's pages. Every page works without them. */
(() => {
  "use strict";
  const root = document.documentElement;
  const PREFIX = "watchbill:";
  const store = {
    get(key) { try { return localStorage.getItem(PREFIX + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(PREFIX + key, value); } catch { /* private mode: nothing is kept */ } },
    drop(key) { try { localStorage.removeItem(PREFIX + key); } catch { /* as above */ } },
  };
  // What a page's other scripts keep on this device, too.
  window.watchbill = { store };
  const all = (selector, scope = document) => {
    const found = [...scope.querySelectorAll(selector)];
    if (scope.matches?.(selector)) found.unshift(scope);
    return found;
  };

  // Theme: before the first paint, so this file is not deferred.
  const applyTheme = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  root.classList.add("js");
  applyTheme(store.get("theme"));
  addEventListener("storage", (event) => {
    if (event.key === PREFIX + "theme") { applyTheme(event.newValue); showTheme(document); }
  });
  function showTheme(scope) {
    const theme = store.get("theme") || "auto";
    all("[data-theme-switch] input", scope).forEach((input) => { input.checked = input.value === theme; });
  }

  // Times
  const zone = root.dataset.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = { day: "numeric", month: "short" };
  const formats = new Map();
  const spoken = ["de", "fr", "es"].includes(root.lang) ? root.lang : "en-GB";
  function parts(date, options) {
    const key = JSON.stringify(options);
    if (!formats.has(key)) {
      let format;
      try { format = new Intl.DateTimeFormat(spoken, { ...options, timeZone: zone }); }
      catch { format = new Intl.DateTimeFormat(spoken, options); }
      formats.set(key, format);
    }
    const found = {};
    for (const part of formats.get(key).formatToParts(date)) found[part.type] = part.value;
    return found;
  }
  // As the server writes them (teams/dates.py, and the catalogues), so that nothing jumps.
  const LANGUAGES = {
    en: { day: (t) => `${t.day} ${t.month.slice(0, 3)}`, comma: "", days: "d", soon: "under 1 min", ahead: "in %s", late: "overdue by %s", ago: "%s ago", now: "now" },
    de: { day: (t) => `${t.day}. ${t.month}`, comma: ",", days: "Tg.", soon: "unter 1 min", ahead: "in %s", late: "seit %s überfällig", ago: "vor %s", now: "jetzt" },
    fr: { day: (t) => `${t.day} ${t.month}`, comma: "", days: "j", soon: "moins de 1 min", ahead: "dans %s", late: "en retard de %s", ago: "il y a %s", now: "maintenant" },
    es: { day: (t) => `${t.day} ${t.month}`, comma: ",", days: "d", soon: "menos de 1 min", ahead: "en %s", late: "con %s de retraso", ago: "hace %s", now: "ahora" },
  };
  const words = LANGUAGES[root.lang] || LANGUAGES.en;
  function writeTime(date, style, after = new Date()) {
    const t = parts(date, { ...clock, ...day, year: "numeric", weekday: "short", timeZoneName: "short" });
    const time = `${t.hour}:${t.minute}`;
    if (style === "time") return time;
    if (style === "date") return `${words.day(t)} ${t.year}`;
    if (style === "full") return `${t.weekday.replace(".", "")}${words.comma} ${words.day(t)} ${t.year}, ${time} ${t.timeZoneName}`;
    const whose = style === "zoned" ? ` ${t.timeZoneName}` : "";
    const known = parts(after, { ...day, year: "numeric" });
    const same = t.year === known.year && t.month === known.month && t.day === known.day;
    if (same && (style === "zoned" || style === "moment")) return time + whose;
    const year = t.year === parts(new Date(), { year: "numeric" }).year ? "" : ` ${t.year}`;
    return `${words.day(t)}${year}, ${time}${whose}`;
  }
  function spell(seconds) {
    if (seconds < 60) return `${seconds} s`;
    const minutes = Math.floor(seconds / 60), hours = Math.floor(seconds / 3600), days = Math.floor(seconds / 86400);
    if (minutes < 60) return `${minutes} min`;
    if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
    return days < 14 && hours % 24 ? `${days} ${words.days} ${hours % 24} h` : `${days} ${words.days}`;
  }
  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  function showTimes(scope) {
    all("time[data-local]", scope).forEach((element) => {
      const date = new Date(element.dateTime);
      const after = element.dataset.after ? new Date(element.dataset.after) : undefined;
      if (!Number.isNaN(date.getTime())) write(element, writeTime(date, element.dataset.local, after));
    });
    all("[data-zone-name]", scope).forEach((element) => write(element, zone.replaceAll("_", " ")));
  }
  function tick(scope = document) {
    const now = Date.now();
    all("time[data-age]", scope).forEach((element) => {
      const seconds = Math.max(0, Math.floor((now - Date.parse(element.dateTime)) / 1000));
      write(element, seconds < 60 ? "< 1 min" : spell(seconds));
    });
    all("time[data-countdown]", scope).forEach((element) => {
      const left = Math.trunc((Date.parse(element.dateTime) - now) / 1000);
      const amount = Math.abs(left) < 60 ? words.soon : spell(Math.abs(left));
      write(element, (left < 0 ? words.late : words.ahead).replace("%s", amount));
      element.dataset.state = left < 0 ? "overdue" : left < 300 ? "soon" : "ahead";
    });
    // A promise to readers is late when the minute that they were told is over.
    all("[data-promised]", scope).forEach((element) => {
      const due = Date.parse(element.querySelector("time").dateTime);
      const late = now >= (Math.floor(due / 60000) + 1) * 60000;
      const seconds = Math.floor(Math.abs(due - now) / 1000);
      const amount = seconds < 60 ? words.soon : spell(seconds);
      element.dataset.state = late ? "overdue" : due - now < 300000 ? "soon" : "ahead";
      all("[data-when]", element).forEach((part) => {
        if (part.dataset.when === "left") write(part, ` (${late ? words.ago.replace("%s", amount) : due > now ? words.ahead.replace("%s", amount) : words.now})`);
        else part.hidden = (part.dataset.when === "overdue") !== late;
      });
    });
  }

  // Text that must survive a lost connection: <textarea data-keep="unique key">
  const kept = (field) => `keep:${field.dataset.keep || location.pathname + "#" + field.name}`;
  function restoreText(scope) {
    all("textarea[data-keep], input[data-keep]", scope).forEach((field) => {
      const saved = store.get(kept(field));
      if (!saved || field.dataset.kept) return;
      field.dataset.kept = "yes";
      if (field.value === saved) return;
      const note = document.createElement("p");
      note.className = "kept";
      note.setAttribute("role", "status");
      const say = document.createElement("span");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn--small";
      if (field.value.trim()) {
        say.textContent = "This device keeps an unsent text for this field.";
        button.textContent = "Bring it back";
        button.addEventListener("click", () => {
          field.value = saved;
          note.remove();
          field.focus();
          field.dispatchEvent(new CustomEvent("kept-text-back", { bubbles: true }));
        });
      } else {
        field.value = saved;
        say.textContent = "Your unsent text was brought back.";
        button.textContent = "Discard it";
        button.addEventListener("click", () => { field.value = ""; store.drop(kept(field)); note.remove(); field.focus(); });
      }
      note.append(say, button);
      field.after(note);
    });
  }
  const keptFields = (scope) => all("textarea[data-keep], input[data-keep]", scope);
  const SENT = "sent-forms";
  const forget = (keys) => keys.forEach((key) => store.drop(key));
  // A plain form that was sent leaves a note. It arrived if a redirect (not to sign-in) led to a page without the field.
  const signIn = (path) => /\/(login|sign-in)\//.test(path);
  function settleSent() {
    const keys = JSON.parse(store.get(SENT) || "[]");
    store.drop(SENT);
    const redirected = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
    if (!redirected || signIn(location.pathname)) return;
    const still = new Set(keptFields(document).map(kept));
    forget(keys.filter((key) => !still.has(key)));
  }

  // Dialogs: <a data-dialog href=…> opens its page's form in the dialog; plain link without script.
  const byId = (id) => document.getElementById(id);
  function openInDialog(link) {
    const dialog = byId("dialog");
    if (!dialog || !window.htmx) return false;
    const body = byId("dialog-body");
    body.textContent = "One moment …";
    dialog.showModal();
    window.htmx.ajax("GET", link.href, { target: "#dialog-body", swap: "innerHTML" }).catch(() => {
      dialog.close();
      location.assign(link.href);
    });
    return true;
  }
  function ask(text, label) {
    const dialog = byId("confirm");
    if (!dialog) return Promise.resolve(window.confirm(text));
    byId("confirm-text").textContent = text;
    dialog.querySelector("[data-confirm-yes]").textContent = label || "Yes";
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  async function copyText(button) {
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = source ? (source.value ?? source.textContent).trim() : button.dataset.copy;
    let done = true;
    try { await navigator.clipboard.writeText(text); }
    catch {
      const area = document.createElement("textarea");
      area.value = text;
      (button.closest("dialog") || document.body).append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    const label = button.querySelector("[data-copy-label]") || button;
    const before = label.textContent;
    if (label.dataset.busy) return;
    label.dataset.busy = "yes";
    label.textContent = done ? "Copied" : "Copy failed";
    setTimeout(() => { label.textContent = before; delete label.dataset.busy; }, 1800);
  }

  // Shortcuts: data-shortcut="n" or "g i" on links, buttons and fields; data-shortcut-label names it in the help.
  let typed = "";
  let typedAt = 0;
  const shortcutsOn = () => store.get("shortcuts") !== "off";
  const inField = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  function openShortcuts() {
    const dialog = byId("shortcuts");
    if (!dialog || dialog.open) return;
    const list = byId("shortcuts-list");
    list.replaceChildren();
    const row = (keys, text) => {
      const term = document.createElement("dt");
      keys.split(" ").forEach((key) => {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        term.append(cap, " ");
      });
      const meaning = document.createElement("dd");
      meaning.textContent = text;
      list.append(term, meaning);
    };
    all("[data-shortcut]").forEach((element) => {
      row(element.dataset.shortcut, element.dataset.shortcutLabel || element.getAttribute("aria-label") || element.textContent.trim().replace(/\s+/g, " "));
    });
    row("?", "This help");
    row("Esc", "Close a dialog or a menu");
    byId("shortcuts-on").checked = shortcutsOn();
    dialog.showModal();
  }
  function onKey(event) {
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key.length !== 1 || !shortcutsOn()) return;
    if (event.key === "?") { openShortcuts(); event.preventDefault(); return; }
    typed = Date.now() - typedAt < 1200 ? `${typed} ${event.key}` : event.key;
    typedAt = Date.now();
    const wanted = [typed, event.key];
    const target = all("[data-shortcut]").find((element) => wanted.includes(element.dataset.shortcut) && element.checkVisibility());
    if (!target) return;
    event.preventDefault();
    typed = "";
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
  }

  // Connection: a calm banner, gone with the next answer.
  let lastAnswer = new Date();
  let banner = "";
  function say(text, lasting) {
    banner = lasting || !text ? text : "";
    all("[data-connection]").forEach((place) => { place.textContent = text; place.hidden = !text; });
    if (text) root.dataset.offline = "yes"; else delete root.dataset.offline;
  }
  const polls = (element) => element?.closest?.("[data-poll]");
  function onLost(event) {
    const since = writeTime(lastAnswer, "time");
    if (polls(event.detail?.elt)) say(`Connection lost, trying again. What you see is from ${since}.`, true);
    else say("Connection lost: this was not sent. Your text is still here; try again in a moment.", true);
  }
  function onRefused(event) {
    const status = event.detail.xhr.status;
    if (status >= 500) say(`The server could not answer (${status}). ${polls(event.detail.elt) ? "Trying again." : "Your text is still here; try again."}`, true);
    else if (status === 403) say("This was refused: you may be signed out, or it is not yours to do. Reload the page to see.");
    else if (status === 404) say("This is gone, or no longer visible to you. Reload the page to see.");
    else say(`This could not be done (${status}).`);
  }
  function onAnswer(event) {
    if (!event.detail.successful) return;
    lastAnswer = new Date();
    if (root.dataset.offline) say("");
    const form = event.detail.elt.closest?.("form");
    // A refusal (409, 422) shows the form again: what was typed is still unsent.
    if (form && event.detail.requestConfig.verb !== "get" && event.detail.xhr.status < 400) forget(keptFields(form).map(kept));
  }
  // A session that ended answers with the sign-in page: say so, and do not paste it into the page.
  function onSwap(event) {
    const landed = event.detail.xhr.responseURL;
    if (!landed || !signIn(new URL(landed).pathname)) return;
    event.detail.shouldSwap = false;
    say("You are signed out. Reload the page to sign in again; unsent text is kept on this device.", true);
  }

  // A long list of boxes to tick is narrowed by typing; what is ticked stays in sight.
  function narrow(scope) {
    all(".field--checkboxselectmultiple", scope).forEach((field) => {
      const rows = [...field.querySelectorAll("label:has(input[type=checkbox])")];
      if (rows.length < 8 || field.querySelector(".narrow")) return;
      const box = document.createElement("input");
      box.type = "search";
      box.className = "narrow";
      box.placeholder = "Find …";
      box.setAttribute("aria-label", `Find among ${field.querySelector("legend")?.firstChild?.textContent.trim() || "these"}`);
      box.addEventListener("input", (event) => {
        event.stopPropagation();
        const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
        rows.forEach((row) => {
          const shown = row.querySelector("input").checked || wanted.every((word) => row.textContent.toLowerCase().includes(word));
          (row.closest("div > div") || row).hidden = !shown;
        });
      });
      box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
      rows[0].closest("div[id], ul")?.before(box);
    });
  }

  function dress(scope) {
    narrow(scope);
    showTimes(scope);
    tick(scope);
    restoreText(scope);
    showTheme(scope);
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!target.closest) return;
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    const link = target.closest("a[data-dialog]");
    if (link && plain && openInDialog(link)) { event.preventDefault(); link.closest("details.menu")?.removeAttribute("open"); }
    const button = target.closest("button");
    if (!button) return;
    if (button.matches("[data-copy], [data-copy-from]")) copyText(button);
    if (button.matches("[data-dismiss]")) button.closest(button.dataset.dismiss)?.remove();
    if (button.matches("[data-close-dialog]")) { event.preventDefault(); button.closest("dialog")?.close(); }
    if (button.matches("[data-open-shortcuts]")) { button.closest("details.menu")?.removeAttribute("open"); openShortcuts(); }
    if (button.matches("[data-print]")) window.print();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asker = event.submitter?.dataset.confirm ? event.submitter : form;
    if (asker.dataset.confirm && !form.dataset.confirmed) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = event.submitter;
      ask(asker.dataset.confirm, asker.dataset.confirmLabel).then((yes) => {
        if (!yes) return;
        form.dataset.confirmed = "yes";
        form.requestSubmit(submitter);
        delete form.dataset.confirmed;
      });
      return;
    }
    if (!form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]") && form.method === "post") {
      // A second press while the first is on its way sends nothing.
      if (Date.now() - Number(form.dataset.sentAt || 0) < 4000) { event.preventDefault(); return; }
      form.dataset.sentAt = Date.now();
      store.set(SENT, JSON.stringify(keptFields(form).map(kept)));
    }
  }, true);
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches?.("textarea[data-keep], input[data-keep]")) {
      if (field.value) store.set(kept(field), field.value); else store.drop(kept(field));
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest?.("[data-theme-switch]")) {
      store.set("theme", event.target.value);
      applyTheme(event.target.value);
      showTheme(document);
    }
    if (event.target.id === "shortcuts-on") store.set("shortcuts", event.target.checked ? "on" : "off");
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    tick();
    all("[data-poll]").forEach((element) => window.htmx?.trigger(element, "wake"));
  });
  addEventListener("pageshow", () => all("form[data-sent-at]").forEach((form) => delete form.dataset.sentAt));
  addEventListener("offline", () => say("This device is offline. What you type is kept.", true));
  addEventListener("online", () => { if (banner) say(""); });

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question).then((yes) => { if (yes) event.detail.issueRequest(true); });
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && polls(event.detail.elt) === event.detail.elt) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", onLost);
  document.addEventListener("htmx:timeout", onLost);
  document.addEventListener("htmx:responseError", onRefused);
  document.addEventListener("htmx:afterRequest", onAnswer);
  document.addEventListener("htmx:beforeSwap", onSwap);
  document.addEventListener("htmx:load", (event) => {
    dress(event.detail.elt);
    all("[data-focus]", event.detail.elt)[0]?.focus();
  });
  document.addEventListener("close-dialog", () => byId("dialog")?.close());

  document.addEventListener("DOMContentLoaded", () => {
    settleSent();
    dress(document);
    document.querySelector(".field--error :is(input, select, textarea)")?.focus();
    setInterval(() => { if (!document.hidden) tick(); }, 5000);
  });
})();
