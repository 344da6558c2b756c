"use strict";
// How far the runs are: asked again every other second, as long as somebody looks.
(() => {
  const { make, ask, run } = window.agentscale;
  const PAUSE = 2000; // milliseconds between two looks
  const at = (id) => document.getElementById(id);
  const written = (value, digits = 2) => (value === undefined ? "–" : value.toFixed(digits));
  const counted = (number) => number.toLocaleString("en");
  let before = "";

  const sum = (cells, name) => cells.reduce((total, cell) => total + cell[name], 0);

  function tabs(runs) {
    at("runs").hidden = runs.length < 2;
    at("runs").replaceChildren(...runs.map(({ path }, number) => {
      const tab = make("a", "", path);
      tab.href = `?run=${number}`;
      if (number === run) tab.setAttribute("aria-current", "page");
      return tab;
    }));
  }

  function row(cell) {
    const link = make("a", "", cell.id);
    link.href = `#cell=${encodeURIComponent(cell.id)}`;
    const interval = cell.accuracy_low === undefined ? "" : ` [${written(cell.accuracy_low)}, ${written(cell.accuracy_high)}]`;
    const far = make("td", "n", `${counted(cell.n_done)} of ${counted(cell.n_planned)}`);
    return make("tr", "", null, make("td", "", null, cell.n_done ? link : make("span", "", cell.id)), far,
      make("td", "n", written(cell.accuracy) + interval), make("td", "n", written(cell.k_star)),
      make("td", "n", written(cell.calls, 1)));
  }

  function head(...names) {
    return make("thead", "", null, make("tr", "", null, ...names.map((name, place) => {
      const cell = make("th", place ? "n" : "", name);
      cell.scope = "col";
      return cell;
    })));
  }

  function show(runs) {
    const { name, path, has_page, not_applicable, cells } = runs[run];
    const [done, planned] = [sum(cells, "n_done"), sum(cells, "n_planned")];
    document.title = `${name} · agentscale view`;
    at("name").textContent = name;
    tabs(runs);
    at("done").textContent = done === planned ? `All ${counted(done)} trials have ended`
      : `${counted(done)} of ${counted(planned)} trials have ended`;
    at("bar").max = Math.max(1, planned);
    at("bar").value = done;
    const left = not_applicable.length ? ` Not applicable: ${not_applicable.join("; ")}.` : "";
    at("where").textContent = `${cells.length} cells, in ${path}.${left}`;
    at("to-page").hidden = !has_page;
    at("to-page").href = `${run}/files/report.html`;
    at("cell-table").replaceChildren(head("cell", "trials", "accuracy", "K*", "calls"),
      make("tbody", "", null, ...cells.map(row)));
    at("to-comparison").hidden = at("comparison").hidden = runs.length < 2;
  }

  /** Trouble is told, and told no more once it is over. */
  function trouble(error) {
    at("trouble").hidden = !error;
    at("trouble").textContent = error ? `The server cannot be asked: ${error.message}` : "";
  }

  async function look() {
    const runs = await ask("state");
    const now = JSON.stringify(runs);
    if (now === before) return;
    const first = before === "";
    before = now;
    show(runs);
    if (!first) await window.agentscale.refresh?.();
    if (runs.length > 1) await window.agentscale.compare();
  }

  async function follow() {
    try {
      if (!document.hidden) await look();
      trouble(null);
    } catch (error) { trouble(error); }
    setTimeout(follow, PAUSE);
  }
  addEventListener("unhandledrejection", ({ reason }) => trouble(reason));
  follow();
})();
