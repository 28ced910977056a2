/* Completion while somebody types. In the line under the timeline: commands after /, people and teams after @, roles and
   severities where a command takes them. In <textarea data-mentions="where to ask">: people and teams after @. Arrows
   choose, Tab or Enter takes, Escape closes. Without this script the server reads the same text. */
(() => {
  "use strict";
  const PERSON = ["role", "task", "mitigate", "propose"];
  const COMPOSER = "form[data-composer] textarea";
  const form = () => document.querySelector("form[data-composer]");
  const composer = () => document.querySelector(COMPOSER);
  const composes = (box) => box.matches(COMPOSER);
  const completes = (target) => Boolean(target.matches?.(`${COMPOSER}, textarea[data-mentions]`)) && !target.readOnly;
  const list = () => field && document.getElementById(field.getAttribute("aria-controls"));
  const status = () => field && document.getElementById(list()?.id.replace("options", "status"));
  let field = null, shown = [], at = 0, range = [0, 0], asked = 0, closedFor = null, made = 0;

  // The line under the timeline brings its list; other fields are given one when somebody first types there.
  function equip(box) {
    if (box !== field) close();
    field = box;
    if (list()) return;
    const name = `mentions-${++made}`;
    const place = document.createElement("div");
    place.className = "mentions";
    const options = document.createElement("ul");
    options.id = `${name}-options`;
    options.className = "composer__options";
    options.setAttribute("role", "listbox");
    options.setAttribute("aria-label", "Suggestions");
    options.hidden = true;
    const said = document.createElement("p");
    said.id = `${name}-status`;
    said.className = "hidden";
    said.setAttribute("role", "status");
    place.append(options, said);
    box.after(place);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", options.id);
  }

  // What stands before the caret, and what could stand there instead.
  function wanted(text) {
    if (!composes(field)) return mentioned(text);
    const command = /^(?:\/at\s+\S+\s+)?\/([a-z]*)$/i.exec(text);
    if (command) return { kind: "command", begin: command[1], from: text.length - command[1].length - 1 };
    const mention = mentioned(text);
    if (mention) {
      const verb = /^\/([a-z]+)\s/i.exec(text)?.[1].toLowerCase();
      return PERSON.includes(verb) ? { ...mention, kind: "person" } : mention;
    }
    const argument = /^\/(role|severity|sev)\s+([^@]{0,40})$/i.exec(text);
    if (argument) return { kind: argument[1].toLowerCase() === "role" ? "role" : "severity", begin: argument[2], from: text.length - argument[2].length };
    return null;
  }

  function mentioned(text) {
    const mention = /(?:^|[\s(])@("?)([^"\s@][^"\n@]{0,40}|)$/.exec(text.slice(-60));
    if (!mention || (!mention[1] && /\s.*\s/.test(mention[2]))) return null;
    return { kind: "whom", begin: mention[2], from: text.length - mention[2].length - mention[1].length - 1 };
  }

  function commands(begin) {
    const all = JSON.parse(form().dataset.commands);
    const said = begin.toLowerCase();
    return all.filter((each) => [each.name, ...each.also].some((name) => name.startsWith(said)))
      .map((each) => ({ insert: `/${each.name}`, label: `/${each.name} ${each.takes}`, hint: each.explains }));
  }

  async function look() {
    const box = field;
    if (document.activeElement !== box || box.selectionStart !== box.selectionEnd) return close();
    const text = box.value.slice(0, box.selectionStart);
    const found = wanted(text);
    if (!found || closedFor === text) return close();
    closedFor = null;
    const mine = ++asked;
    let options;
    if (found.kind === "command") options = commands(found.begin);
    else {
      try {
        const answer = await fetch(`${box.dataset.mentions || form().dataset.complete}?${new URLSearchParams({ kind: found.kind, q: found.begin })}`, { headers: { Accept: "application/json" } });
        options = answer.ok && !answer.redirected ? (await answer.json()).options : [];
      } catch { options = []; }
      if (mine !== asked || box !== field) return;
    }
    const whole = options.length === 1 && options[0].insert === text.slice(found.from);
    if (!options.length || whole) return close();
    shown = options; at = 0; range = [found.from, text.length];
    draw();
  }

  function draw() {
    const box = list();
    box.replaceChildren(...shown.map((option, n) => {
      const item = document.createElement("li");
      item.id = `${box.id}-${n}`;
      item.className = "composer__option";
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(n === at));
      const label = document.createElement("span");
      label.textContent = option.label;
      const hint = document.createElement("span");
      hint.textContent = option.hint;
      item.append(label, hint);
      return item;
    }));
    box.hidden = false;
    if (!composes(field)) box.style.insetBlockStart = `${underCaret() - field.offsetHeight}px`;
    field.setAttribute("aria-activedescendant", `${box.id}-${at}`);
    box.children[at].scrollIntoView({ block: "nearest" });
    tell(`${shown.length} suggestion${shown.length === 1 ? "" : "s"}`);
  }
  // How far below the top of its field the line ends on which somebody types.
  function underCaret() {
    const copy = document.createElement("div"), mark = document.createElement("span"), style = getComputedStyle(field);
    for (const name of ["boxSizing", "font", "letterSpacing", "lineHeight", "padding", "border", "tabSize"]) copy.style[name] = style[name];
    Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", inlineSize: `${field.offsetWidth}px` });
    mark.textContent = "@";
    copy.append(field.value.slice(0, range[0]), mark);
    field.after(copy);
    const under = mark.offsetTop + mark.offsetHeight - field.scrollTop;
    copy.remove();
    return Math.max(0, Math.min(under, field.offsetHeight));
  }
  function close() {
    asked++;
    const box = list();
    if (!box || box.hidden) return;
    box.hidden = true;
    box.replaceChildren();
    field.removeAttribute("aria-activedescendant");
    tell("");
  }
  const open = () => Boolean(list() && !list().hidden);
  function tell(text) {
    const place = status();
    if (place && place.textContent !== text) place.textContent = text;
  }

  function take(n) {
    const box = field, option = shown[n];
    if (!option) return;
    const after = box.value.slice(range[1]);
    const put = option.insert + (after.startsWith(" ") ? "" : " ");
    close();
    box.focus();
    box.setRangeText(put, range[0], range[1], "end");
    // What was just taken is not offered again; what a command takes is.
    if (!option.insert.startsWith("/")) closedFor = box.value.slice(0, box.selectionStart);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", (event) => {
    if (!completes(event.target)) return;
    equip(event.target);
    if (event.isTrusted) closedFor = null;
    look();
  });
  document.addEventListener("click", (event) => {
    const item = event.target.closest?.(".composer__option");
    if (item) take([...list().children].indexOf(item));
    else if (event.target !== field) close();
  });
  // The text keeps the focus while somebody points at the list.
  document.addEventListener("mousedown", (event) => { if (event.target.closest?.(".composer__option")) event.preventDefault(); });
  document.addEventListener("focusout", (event) => { if (event.target === field) close(); });
  document.addEventListener("keydown", (event) => {
    if (!completes(event.target) || event.isComposing) return;
    if (event.target === field && open()) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        at = (at + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
        draw();
        event.preventDefault();
        return;
      }
      if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) {
        take(at);
        event.preventDefault();
        return;
      }
      if (event.key === "Escape") {
        closedFor = field.value.slice(0, field.selectionStart);
        close();
        event.preventDefault();
        event.stopPropagation();
        return;
      }
    }
    // A finger's keyboard has a button beside it, and needs Enter for a new line.
    if (composes(event.target) && event.key === "Enter" && !event.shiftKey && matchMedia("(pointer: fine)").matches) {
      event.preventDefault();
      form().requestSubmit();
    }
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-composer-jump]")) return;
    event.preventDefault();
    composer()?.scrollIntoView({ block: "center" });
    composer()?.focus();
  });
})();
