/* A schedule's page in the administration: patterns fill in layers, and a chosen time chooses itself. */
(() => {
  "use strict";
  const LAYERS = "#layers-group .inline-related:not(.empty-form)";
  const field = (form, name) => form.querySelector(`[name$="-${name}"]`);
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

  // A layer that is not saved yet; what it has of people stays.
  function fresh() { return [...document.querySelectorAll(LAYERS)].filter((form) => !field(form, "id").value); }
  function another() {
    document.querySelector("#layers-group .add-row a").click();
    return fresh().at(-1);
  }
  function fillIn(form, values) {
    const { hours, ...rest } = values;
    const all = { name: "Primary", position: "", time_zone: "", holidays: "on", ends_at: "", ...rest };
    for (const [name, value] of Object.entries(all)) {
      const input = field(form, name);
      if (input) input.value = value;
    }
    const box = form.querySelector("[data-hours]");
    box.querySelectorAll("[type=checkbox]").forEach((input) => { input.checked = false; });
    box.querySelectorAll("[type=time]").forEach((input) => { input.value = ""; });
    if (hours) box.dispatchEvent(new CustomEvent("wb:hours", { bubbles: true, detail: hours }));
    open(form);
  }
  // What is filled in is seen.
  function open(form) {
    const more = form.querySelector("details");
    const said = ["time_zone", "ends_at"].some((name) => field(form, name)?.value) || (field(form, "holidays")?.value ?? "on") !== "on";
    if (said) more?.setAttribute("open", "");
  }
  function use(button, box) {
    const layers = JSON.parse(button.dataset.layers);
    const free = fresh();
    const forms = layers.map((values, place) => {
      const form = free[place] || another();
      fillIn(form, values);
      return form;
    });
    const many = layers.length === 1 ? "the layer" : `${layers.length} layers`;
    box.querySelector("[data-said]").textContent = `Filled in ${many}: ${button.textContent.trim()}. Now choose the people.`;
    forms[0].querySelector("[data-rows] select").focus();
    changed(forms[0]);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-patterns] button");
    if (button) use(button, button.closest("[data-patterns]"));
  });
  document.addEventListener("input", (event) => {
    if (event.target.name !== "effective_at" || !event.target.value) return;
    const at = document.querySelector("[name=effect][value=at]");
    if (at) at.checked = true;
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-patterns] > [hidden]").forEach((list) => { list.hidden = false; });
    document.querySelectorAll(LAYERS).forEach(open);
  });
})();
