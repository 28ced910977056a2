/* Picks a time on the calendar, with the pointer or the keyboard, and opens the form with it. The page works without. */
(() => {
  "use strict";
  const HALF = 1800e3, HOUR = 3600e3;
  const page = document.querySelector("[data-calendar]");
  const dialog = document.getElementById("override");
  const cal = document.querySelector(".cal[data-pick]");

  // Who has chosen no time zone reads the calendar on the browser's clock.
  function guessZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const here = new URL(location.href);
    if (!zone || zone === page.dataset.calendar || here.searchParams.has("zone")) return;
    if (document.querySelector(".field--error, .messages .notice")) return;
    here.searchParams.set("zone", zone);
    location.replace(here);
  }
  if (page?.hasAttribute("data-guess-zone")) guessZone();
  if (!dialog) return;

  // Clocks: moments are milliseconds of the epoch, `zone` is the picture's.
  const zone = page.dataset.calendar, there = page.dataset.there;
  const formats = new Map();
  function parts(ms, where) {
    if (!formats.has(where)) {
      const style = { timeZone: where, hourCycle: "h23", weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
      formats.set(where, [new Intl.DateTimeFormat("en-GB", style), new Intl.DateTimeFormat("en-GB", { ...style, month: "2-digit", day: "2-digit" })]);
    }
    const [words, numbers] = formats.get(where);
    const found = Object.fromEntries(numbers.formatToParts(ms).map((part) => [part.type, part.value]));
    found.words = Object.fromEntries(words.formatToParts(ms).map((part) => [part.type, part.value]));
    return found;
  }
  function say(ms, where = zone) {
    const { words } = parts(ms, where);
    const year = words.year === parts(Date.now(), where).year ? "" : ` ${words.year}`;
    return `${words.weekday} ${words.day} ${words.month.slice(0, 3)}${year}, ${words.hour}:${words.minute}`;
  }
  const wall = (ms, where = zone) => { const p = parts(ms, where); return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`; };
  const offset = (ms) => Date.parse(`${wall(ms)}Z`) - Math.floor(ms / 60e3) * 60e3;
  function moment(local) {
    const naive = Date.parse(`${local}Z`);
    if (Number.isNaN(naive)) return NaN;
    const before = offset(naive - 24 * HOUR), after = offset(naive + 24 * HOUR);
    // Of two the first; one that is skipped falls behind the gap.
    return offset(naive - before) === before || offset(naive - after) !== after ? naive - before : naive - after;
  }
  const days = (ms, count) => moment(new Date(Date.parse(`${wall(ms)}Z`) + count * 24 * HOUR).toISOString().slice(0, 16));
  const between = (span, where = zone) => `${say(span.start, where)} to ${say(span.end, where)}`;
  function length(span) {
    const minutes = Math.round((span.end - span.start) / 60e3), hours = Math.floor(minutes / 60);
    return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
  }

  // The picture
  const even = cal?.hasAttribute("data-days");
  const weeks = [...(cal?.querySelectorAll(".cal__week") || [])].map((element) => ({
    element, track: element.querySelector("[data-track]"), lines: element.dataset.lines.split(" ").map((line) => line * 1000),
  })).filter((week) => week.track);
  const spanOf = (bar) => ({ start: Date.parse(bar.dataset.start), end: Date.parse(bar.dataset.end) });
  const every = weeks.flatMap((week) => [...week.track.querySelectorAll(".cal__bar")]);
  // A shift that goes on in the next line is one.
  const bars = every.filter((bar, index) => every.findIndex((other) => other.dataset.start === bar.dataset.start) === index);
  const said = document.getElementById("cal-said");
  const announce = (text) => { if (said) said.textContent = text; };

  function place(week, ms) {
    const { lines } = week;
    if (ms <= lines[0]) return 0;
    if (ms >= lines[7]) return 1;
    if (!even) return (ms - lines[0]) / (lines[7] - lines[0]);
    const day = lines.findLastIndex((line) => line <= ms);
    return (day + (ms - lines[day]) / (lines[day + 1] - lines[day])) / 7;
  }
  function at(week, x) {
    const { lines } = week, box = week.track.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (x - box.left) / box.width));
    const day = Math.min(6, even ? Math.floor(part * 7) : lines.findLastIndex((line) => line <= lines[0] + part * (lines[7] - lines[0])));
    const ms = even ? lines[day] + (part * 7 - day) * (lines[day + 1] - lines[day]) : lines[0] + part * (lines[7] - lines[0]);
    return lines[day] + Math.round((ms - lines[day]) / HALF) * HALF;
  }
  const weekAt = (y) => weeks.reduce((best, week) => (far(week, y) < far(best, y) ? week : best));
  function far(week, y) {
    const box = week.track.getBoundingClientRect();
    return y < box.top ? box.top - y : Math.max(0, y - box.bottom);
  }

  // What is picked
  let picked = null, opener = null;
  function clamp(span) {
    const start = Math.max(span.start, Math.floor(Date.now() / 60e3) * 60e3);
    return span.end > start ? { start, end: span.end } : null;
  }
  function draw() {
    weeks.forEach((week) => {
      let shade = week.track.querySelector(".cal__pick");
      const seen = picked && picked.start < week.lines[7] && week.lines[0] < picked.end;
      if (!seen) { shade?.remove(); return; }
      if (!shade) {
        shade = document.createElement("span");
        shade.className = "cal__pick";
        week.track.append(shade);
      }
      const left = place(week, picked.start);
      shade.style.insetInlineStart = `${left * 100}%`;
      shade.style.inlineSize = `${(place(week, picked.end) - left) * 100}%`;
    });
  }
  function onCall(span) {
    const found = bars.map((bar) => ({ ...spanOf(bar), name: bar.querySelector(".cal__name").textContent }))
      .filter((shift) => shift.start < span.end && span.start < shift.end)
      .map((shift) => ({ ...shift, start: Math.max(shift.start, span.start), end: Math.min(shift.end, span.end) }));
    const first = weeks[0]?.lines[0], last = weeks.at(-1)?.lines[7];
    return { found, further: !weeks.length || !found.length || span.start < first && found[0].start > span.start || span.end > last && found.at(-1).end < span.end };
  }
  function pick(span) {
    picked = span;
    draw();
    if (!span) return;
    const names = [...new Set(onCall(span).found.map((shift) => shift.name))].join(", ");
    announce(`${between(span)}, ${length(span)}.${names ? ` On call: ${names}.` : ""} Enter finds cover.`);
  }
  const over = () => announce("That is over, and the past stays as it was.");

  // The form
  const field = (name) => dialog.querySelector(`[name=${name}]`);
  function showThere() {
    const list = dialog.querySelector("[data-there]"), other = dialog.querySelector("[data-other-clock]");
    const span = { start: moment(field("starts_at").value), end: moment(field("ends_at").value) };
    const whole = span.start < span.end;
    other.textContent = whole && there !== zone ? `; in ${there} ${between(span, there)}` : "";
    picked = whole ? span : null;
    draw();
    if (!whole) return;
    const { found, further } = onCall(span);
    // What the server wrote about a time that is not in the picture stays until the time changes.
    if (!found.length && further && list.dataset.span === undefined && !list.querySelector(".muted:only-child")) return;
    list.dataset.span = "";
    list.replaceChildren(...found.map((shift) => {
      const row = document.createElement("li"), name = document.createElement("strong"), when = document.createElement("span");
      name.textContent = shift.name;
      when.textContent = between(shift);
      when.className = "muted small";
      row.append(name, " ", when);
      return row;
    }));
    if (further) {
      const row = document.createElement("li");
      row.className = "muted small";
      row.textContent = "The picture ends here: go to that time to see who is on call.";
      list.append(row);
    }
  }
  function open(span, from) {
    const wanted = span && clamp(span);
    if (span && !wanted) { over(); return; }
    opener = from || document.activeElement;
    if (wanted) {
      field("starts_at").value = wall(wanted.start);
      field("ends_at").value = wall(wanted.end);
    }
    showThere();
    dialog.showModal();
    (wanted ? field("user") : field("starts_at")).focus();
  }
  dialog.addEventListener("input", (event) => { if (event.target.matches("[name=starts_at], [name=ends_at]")) showThere(); });
  dialog.addEventListener("close", () => {
    const here = new URL(location.href);
    ["starts_at", "ends_at", "user", "replaces"].forEach((name) => here.searchParams.delete(name));
    here.hash = "";
    history.replaceState(history.state, "", here);
    (opener?.isConnected ? opener : bars.find((bar) => bar.tabIndex === 0))?.focus();
  });
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest?.("a[data-cover]");
    if (link) {
      event.preventDefault();
      const [start, end] = link.dataset.cover.split(" ").map((text) => Date.parse(text));
      if (link.dataset.for) field("replaces").value = link.dataset.for;
      open({ start, end }, link);
    }
    const button = event.target.closest?.("[data-open-cover]");
    if (button) {
      const now = Date.now(), running = bars.map(spanOf).find((span) => span.start <= now && now < span.end);
      open(field("starts_at").value ? null : running, button);
    }
  });
  if (dialog.hasAttribute("data-wanted")) {
    showThere();
    dialog.showModal();
    const first = () => (dialog.querySelector(".field--error :is(input, select)") || field("user")).focus();
    first();
    // The address names the dialog, so that browsers focus it as a whole once the page is complete.
    dialog.addEventListener("focus", first, { once: true });
  }
  if (!weeks.length) return;

  // The pointer: a press takes the shift, a stroke the time under it.
  let stroke = null, swallow = false;
  const track = (event) => event.target.closest?.("[data-track]");
  cal.addEventListener("dragstart", (event) => event.preventDefault());
  cal.addEventListener("pointerdown", (event) => {
    if (!track(event) || event.button || !event.isPrimary) return;
    swallow = false;
    const week = weeks.find((each) => each.track === track(event));
    stroke = { week, x: event.clientX, from: at(week, event.clientX), drawn: false };
  });
  cal.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    if (!stroke.drawn && Math.abs(event.clientX - stroke.x) < 6) return;
    if (!stroke.drawn) { stroke.drawn = true; stroke.week.track.setPointerCapture(event.pointerId); }
    const to = at(weekAt(event.clientY), event.clientX);
    picked = { start: Math.min(stroke.from, to), end: Math.max(stroke.from, to) };
    draw();
  });
  cal.addEventListener("pointerup", () => {
    const done = stroke;
    stroke = null;
    if (!done?.drawn) return;
    swallow = true;
    if (picked.start < picked.end) open(picked, bars.find((bar) => bar.tabIndex === 0));
  });
  cal.addEventListener("pointercancel", () => { if (stroke?.drawn) pick(null); stroke = null; });
  cal.addEventListener("click", (event) => {
    const bar = event.target.closest(".cal__bar");
    if (!bar || !track(event) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (swallow) { swallow = false; return; }
    rove(bars.find((each) => each.dataset.start === bar.dataset.start));
    open(spanOf(bar), bar);
  });

  // The keyboard: the shifts are one list, from line to line.
  function rove(bar) {
    bars.forEach((each) => {
      each.tabIndex = each === bar ? 0 : -1;
      each.setAttribute("aria-selected", String(each === bar));
    });
  }
  function go(bar) {
    if (!bar) return;
    pick(null);
    rove(bar);
    bar.focus();
  }
  function stretch(bar, change) {
    const base = picked || clamp(spanOf(bar));
    if (!base) { over(); return; }
    const end = change(picked ? picked.end : base.start);
    if (end > base.start) pick({ start: base.start, end });
    else announce("It can't end before it starts.");
  }
  function move(bar, count) {
    const base = picked || clamp(spanOf(bar));
    if (!base) { over(); return; }
    const start = picked ? days(base.start, count) : base.start;
    const moved = clamp({ start, end: picked ? days(base.end, count) : days(base.start, 1) });
    if (moved) pick(moved); else over();
  }
  cal.addEventListener("keydown", (event) => {
    const bar = event.target.closest(".cal__bar");
    const index = bars.indexOf(bar);
    if (index < 0 || event.altKey || event.metaKey) return;
    const later = event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : -1;
    const across = event.key === "ArrowRight" || event.key === "ArrowLeft";
    if (across && event.shiftKey) stretch(bar, (end) => end + later * (event.ctrlKey ? HOUR : HALF));
    else if (across && !event.ctrlKey) go(bars[index + later]);
    else if (/^Arrow(Up|Down)$/.test(event.key) && event.shiftKey) stretch(bar, (end) => days(end, later));
    else if (/^Arrow(Up|Down)$/.test(event.key)) move(bar, later);
    else if (event.key === "Home") go(bars[0]);
    else if (event.key === "End") go(bars.at(-1));
    else if (event.key === "Enter" || event.key === " ") open(picked || spanOf(bar), bar);
    else if (event.key === "Escape" && picked) { pick(null); announce("Nothing is picked."); }
    else return;
    event.preventDefault();
  });
  weeks.forEach((week) => {
    week.track.setAttribute("role", "listbox");
    week.track.setAttribute("aria-describedby", "cal-how");
  });
  every.forEach((bar) => {
    if (!bars.includes(bar)) { bar.setAttribute("aria-hidden", "true"); bar.tabIndex = -1; return; }
    bar.setAttribute("role", "option");
    bar.setAttribute("aria-label", bar.title);
  });
  const now = Date.now();
  rove(bars.find((bar) => spanOf(bar).end > now) || bars[0]);
})();
