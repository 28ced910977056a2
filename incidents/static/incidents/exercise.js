// The clock of a drill goes on between two answers of the server.
(() => {
  const spell = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    if (seconds < 60) return `${seconds} s`;
    return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
  };
  const began = new WeakMap();
  const tick = () => document.querySelectorAll("[data-drill-clock]").forEach((element) => {
    if (!began.has(element)) began.set(element, Date.now());
    const passed = (Date.now() - began.get(element)) / 1000 * Number(element.dataset.drillSpeed);
    const text = spell(Math.floor(Number(element.dataset.drillClock) + passed));
    if (element.textContent !== text) element.textContent = text;
  });
  setInterval(tick, 1000);
})();
