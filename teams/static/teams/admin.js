/* Rows that can be added, moved and removed, and a preview that follows the form. The pages work without it. */
(() => {
  "use strict";
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));
  const rows = (box) => [...box.querySelectorAll("[data-row]")];

  function dressRows(box) {
    const list = rows(box);
    const noun = box.dataset.noun;
    const title = noun.charAt(0).toUpperCase() + noun.slice(1);
    list.forEach((row, index) => {
      // Whoever stands together with the one above is told by the place of their row.
      const joined = row.querySelector("[type=checkbox]");
      if (joined) {
        joined.value = index;
        joined.disabled = index === 0;
        if (joined.disabled) joined.checked = false;
      }
      const also = joined?.checked ? ", together with the one above" : "";
      row.querySelector("select").setAttribute("aria-label", `${title} ${index + 1} of ${list.length}${also}`);
      const tools = row.querySelector(".wb-rows__tools");
      tools.hidden = false;
      tools.querySelectorAll(".wb-hidden").forEach((name) => { name.textContent = `${name.textContent.split(":")[0]}: ${noun} ${index + 1}`; });
      row.querySelector("[data-up]").disabled = index === 0;
      row.querySelector("[data-down]").disabled = index === list.length - 1;
      row.querySelector("[data-remove]").disabled = list.length === 1 && !row.querySelector("select").value;
    });
    box.querySelector("[data-add]").hidden = false;
  }
  // Spare rows serve those without script; with it, one empty row is enough and others are added.
  function trim(box) {
    const empty = rows(box).filter((row) => !row.querySelector("select").value);
    const keep = rows(box).length === empty.length ? 1 : 0;
    empty.slice(keep).forEach((row) => row.remove());
    dressRows(box);
  }
  function say(box, text) {
    const place = box.querySelector("[data-said]");
    if (place) place.textContent = text;
  }
  function onRows(box, button) {
    const row = button.closest("[data-row]");
    const list = rows(box);
    if (button.matches("[data-add]")) {
      const fresh = list[0].cloneNode(true);
      fresh.querySelector("select").id = `${box.id}_${Date.now()}`;
      fresh.querySelectorAll("option").forEach((option) => { option.selected = false; option.removeAttribute("selected"); });
      fresh.querySelector("select").value = "";
      fresh.querySelectorAll("[type=checkbox]").forEach((input) => { input.checked = false; });
      list[0].parentElement.append(fresh);
      dressRows(box);
      fresh.querySelector("select").focus();
      return;
    }
    const index = list.indexOf(row);
    if (button.matches("[data-up]") && index > 0) list[index - 1].before(row);
    if (button.matches("[data-down]") && index < list.length - 1) list[index + 1].after(row);
    if (button.matches("[data-remove]")) {
      if (list.length === 1) row.querySelector("select").value = "";
      else { (list[index + 1] || list[index - 1]).querySelector("select").focus(); row.remove(); }
      say(box, "Removed.");
    } else {
      const place = rows(box).indexOf(row) + 1;
      say(box, `Now ${place} of ${list.length}.`);
    }
    dressRows(box);
    if (row.isConnected && button.disabled) row.querySelector("button:not(:disabled)")?.focus();
    else if (row.isConnected) button.focus();
    changed(box);
  }

  // What the preview proposes: whoever should begin moves to the top, and the order stays.
  function startWith(button) {
    const box = document.getElementById(button.dataset.rowsOf);
    const list = rows(box).filter((row) => row.querySelector("select").value);
    const ahead = list.slice(0, Number(button.dataset.before));
    list.at(-1).after(...ahead);
    dressRows(box);
    say(box, `${button.textContent.trim()}: done.`);
    list[ahead.length].querySelector("select").focus();
    changed(box);
  }

  function blankHours(row) { return !row.querySelector(":checked") && ![...row.querySelectorAll("[type=time]")].some((input) => input.value); }
  function dressHours(box) {
    // Django numbers the inputs of an inline row by their names: the first one has the right beginning.
    const start = rows(box)[0].querySelector("[type=time]").name.replace(/-\d+-start$/, "");
    rows(box).forEach((row, number) => {
      row.querySelectorAll("input").forEach((input) => {
        input.name = `${start}-${number}-${input.name.slice(input.name.lastIndexOf("-") + 1)}`;
      });
      row.querySelector("[data-remove]").hidden = rows(box).length === 1 && blankHours(row);
    });
    box.querySelector(".wb-hours__tools").hidden = false;
  }
  function addHours(box, preset) {
    const list = rows(box);
    let row = list.find(blankHours);
    if (!row) {
      if (list.length >= 40) return null;
      row = list[0].cloneNode(true);
      row.querySelectorAll("[type=checkbox]").forEach((input) => { input.checked = false; });
      row.querySelectorAll("[type=time]").forEach((input) => { input.value = ""; });
      list[0].parentElement.append(row);
    }
    if (preset) {
      const [days, start, end] = preset.split(" ");
      row.querySelectorAll("[type=checkbox]").forEach((input) => { input.checked = days.split(",").includes(input.value); });
      [row.querySelectorAll("[type=time]")[0].value, row.querySelectorAll("[type=time]")[1].value] = [start, end];
    }
    dressHours(box);
    row.querySelector("input").focus();
    return row;
  }
  function onHours(box, button) {
    if (button.matches("[data-remove]")) {
      const row = button.closest("[data-row]");
      if (rows(box).length > 1) row.remove();
      else row.querySelectorAll("input").forEach((input) => { if (input.type === "checkbox") input.checked = false; else input.value = ""; });
      dressHours(box);
      rows(box)[0].querySelector("input").focus();
    } else addHours(box, button.dataset.preset);
    changed(box);
  }

  function dress(scope) {
    scope.querySelectorAll("[data-rows]").forEach((box) => trim(box));
    scope.querySelectorAll("[data-hours]").forEach((box) => {
      rows(box).filter(blankHours).slice(rows(box).every(blankHours) ? 1 : 0).forEach((row) => row.remove());
      dressHours(box);
      if (!rows(box).every(blankHours)) box.closest("details")?.setAttribute("open", "");
    });
  }

  let timer = 0;
  let running = null;
  async function refresh() {
    const place = document.getElementById("preview");
    const form = place.closest("form");
    const state = document.querySelector("[data-preview-state]");
    running?.abort();
    running = new AbortController();
    const mine = running;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(place.dataset.preview, { method: "POST", body: new FormData(form), signal: mine.signal, headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const open = place.querySelector("details")?.open;
      place.innerHTML = await answer.text();
      if (open) place.querySelector("details")?.setAttribute("open", "");
      state.textContent = "Up to date with the form. Nothing is saved until you press Save.";
    } catch (error) {
      if (error.name === "AbortError") return;
      state.textContent = "The preview could not be drawn just now. Save and continue editing to see the result.";
    }
    if (running === mine) place.removeAttribute("aria-busy");
  }
  function later() {
    if (!document.getElementById("preview")) return;
    clearTimeout(timer);
    timer = setTimeout(refresh, 350);
  }

  document.addEventListener("click", (event) => {
    const start = event.target.closest?.("[data-start-with]");
    if (start) startWith(start);
    const button = event.target.closest?.("[data-rows] button, [data-hours] button");
    if (!button) return;
    event.preventDefault();
    const box = button.closest("[data-rows], [data-hours]");
    (box.matches("[data-rows]") ? onRows : onHours)(box, button);
  });
  document.addEventListener("change", (event) => {
    const box = event.target.closest?.("[data-rows]");
    if (box && event.target.matches("select, [type=checkbox]")) dressRows(box);
    const hours = event.target.closest?.("[data-hours]");
    if (hours && event.target.matches("input")) dressHours(hours);
    if (event.target.closest?.("form")) later();
  });
  // Another script asks for hours, as in "0,1,2,3,4 09:00 17:00".
  document.addEventListener("wb:hours", (event) => addHours(event.target, event.detail));
  document.addEventListener("input", (event) => { if (event.target.closest?.("form")) later(); });
  document.addEventListener("formset:added", (event) => { dress(event.target); later(); });
  document.addEventListener("formset:removed", () => { setTimeout(() => dress(document)); later(); });
  document.addEventListener("DOMContentLoaded", () => {
    dress(document);
    // Select2 tells jQuery only.
    window.django?.jQuery?.(document).on("change.select2 select2:select select2:clear", later);
  });
})();
