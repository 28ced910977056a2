/* Files in a form: pasted, dropped, listed, taken out again, and how far they are on their way. Without this script the
   browser's own choice of files does the same. */
(() => {
  "use strict";
  const field = (form) => form?.querySelector?.("input[type=file][data-attach]");
  const formOf = (target) => { const form = target?.closest?.("form"); return field(form) ? form : null; };
  const size = (bytes) => bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;

  function place(input) {
    let box = input.parentElement.querySelector(".attach__state");
    if (box) return box;
    box = document.createElement("div");
    box.className = "attach__state";
    const list = document.createElement("ul");
    list.className = "attach__list";
    const say = document.createElement("p");
    say.className = "small";
    say.setAttribute("role", "status");
    const bar = document.createElement("progress");
    bar.hidden = true;
    bar.setAttribute("aria-label", "Sent");
    box.append(list, say, bar);
    input.after(box);
    return box;
  }
  const tell = (input, text) => { place(input).querySelector("[role=status]").textContent = text; };

  function unfit(input, file) {
    const largest = Number(input.dataset.largest);
    if (file.size > largest) return `larger than ${size(largest)}: attach the part that matters`;
    if (file.size === 0) return "empty";
    return "";
  }
  function choose(input, files) {
    const chosen = new DataTransfer();
    files.forEach((file) => chosen.items.add(file));
    input.files = chosen.files;
    show(input);
  }
  function show(input) {
    const files = [...input.files];
    const list = place(input).querySelector(".attach__list");
    list.replaceChildren(...files.map((file, n) => {
      const item = document.createElement("li");
      const why = unfit(input, file);
      item.className = "attach__item";
      if (why) item.dataset.unfit = "yes";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn--small btn--quiet";
      button.textContent = "Take out";
      button.setAttribute("aria-label", `Take out ${file.name}`);
      button.addEventListener("click", () => { choose(input, files.filter((_, at) => at !== n)); input.focus(); });
      item.append(`${file.name} (${why || size(file.size)}) `, button);
      return item;
    }));
    const most = Number(input.dataset.most);
    const wrong = files.length > most ? `At most ${most} files to a note: take ${files.length - most} out.` : files.some((file) => unfit(input, file)) ? "Take out what can't be attached." : "";
    input.setCustomValidity(wrong);
    tell(input, wrong);
    // What was pasted or dropped is seen, wherever the form keeps its files.
    if (files.length) input.closest("details")?.setAttribute("open", "");
  }
  // A picture from the clipboard is always called image.png; the time tells them apart.
  function named(file) {
    if (file.name !== "image.png") return file;
    const now = new Date();
    const at = [now.getHours(), now.getMinutes(), now.getSeconds()].map((n) => String(n).padStart(2, "0")).join("");
    return new File([file], `screenshot-${at}.png`, { type: file.type });
  }
  const add = (form, files) => choose(field(form), [...field(form).files, ...files.map(named)]);

  document.addEventListener("change", (event) => { if (event.target.matches?.("input[type=file][data-attach]")) show(event.target); });
  document.addEventListener("paste", (event) => {
    const form = formOf(event.target);
    const files = [...(event.clipboardData?.files || [])];
    if (!form || !files.length) return;
    event.preventDefault();
    add(form, files);
  });
  const dragged = (event) => formOf(event.target) && [...event.dataTransfer.types].includes("Files") ? formOf(event.target) : null;
  document.addEventListener("dragover", (event) => {
    const form = dragged(event);
    if (!form) return;
    event.preventDefault();
    form.dataset.drop = "yes";
  });
  document.addEventListener("dragleave", (event) => {
    const form = formOf(event.target);
    if (form && !form.contains(event.relatedTarget)) delete form.dataset.drop;
  });
  document.addEventListener("drop", (event) => {
    const form = dragged(event);
    if (!form) return;
    event.preventDefault();
    delete form.dataset.drop;
    add(form, [...event.dataTransfer.files]);
  });

  // On its way. A form that comes back with an error keeps its files: the browser would forget them.
  let unsent = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const input = field(event.target);
    if (!input || event.target.tagName !== "FORM") return;
    unsent = { name: input.name, id: event.target.id, files: [...input.files] };
    if (!input.files.length) return;
    event.target.setAttribute("aria-busy", "true");
    place(input).querySelector("progress").hidden = false;
    tell(input, "Sending …");
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const input = field(event.target);
    if (!input || !event.detail.lengthComputable || !input.files.length) return;
    const bar = place(input).querySelector("progress");
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
    tell(input, event.detail.loaded < event.detail.total ? `Sending: ${size(event.detail.loaded)} of ${size(event.detail.total)}` : "Sent. It is being read …");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const input = field(event.target);
    const status = event.detail.xhr?.status;
    if (input && event.target.tagName === "FORM") {
      event.target.removeAttribute("aria-busy");
      place(input).querySelector("progress").hidden = true;
      tell(input, status === 413 ? "That is too much at once. Take a file out." : input.files.length && !event.detail.successful ? "Not sent. Your files are still here." : "");
    }
    // Others ask at the same time, as the page that keeps itself current does.
    if (field(event.detail.requestConfig?.elt) && status < 400) unsent = null;
  });
  document.addEventListener("htmx:load", (event) => {
    const form = event.detail.elt.matches?.("form") ? event.detail.elt : event.detail.elt.querySelector?.("form");
    const input = field(form);
    if (!input || !unsent?.files.length || unsent.id !== form.id) return;
    choose(input, unsent.files);
    unsent = null;
  });
})();
