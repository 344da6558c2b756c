"use strict";
// The browser of transcripts: a cell, filters, a list that draws only what is in sight, links, and one trial.
// It asks `agentscale.source` for everything and does not know where that has it from.
(() => {
  const { make, chip, showTrial, source } = window.agentscale;
  const browser = document.getElementById("browser");
  if (!browser || !source) return;
  const ROW = 36; // pixels of a line of the list
  const SPARE = 10; // lines drawn above and below those in sight
  const BLOCK = 500; // lines asked for at once
  const chooser = document.getElementById("cell");
  const list = document.getElementById("trials");
  const pane = list.parentElement;
  const panel = document.getElementById("trial");
  const count = document.getElementById("count");
  const boxes = [...browser.querySelectorAll("input[type=checkbox]")];
  let cells = [], rows = [], next = null, end = null, total = null, chosen = null, asked = 0;

  const link = (row) => `#q=${encodeURIComponent(row.sample_id)}&cell=${encodeURIComponent(cells[chooser.selectedIndex].id)}`
    + (row.replicate ? `&rep=${row.replicate}` : "");
  const name = (row) => row.sample_id + (row.replicate ? `, replicate ${row.replicate}` : "");
  const wanted = () => boxes.filter((box) => box.checked).reduce((sum, box) => sum | Number(box.value), 0);

  function line(row, at) {
    const anchor = make("a", "row", null, chip(row.correct, row.answer ?? "none"), make("span", "id", name(row)));
    anchor.href = link(row);
    if (row.place === chosen) anchor.setAttribute("aria-current", "true");
    const item = make("li", "", null, anchor);
    item.style.top = `${at * ROW}px`;
    item.setAttribute("aria-setsize", total ?? -1);
    item.setAttribute("aria-posinset", at + 1);
    item.dataset.at = at;
    return item;
  }

  /** Draws the lines in sight; one that has the focus stays, so that the keyboard never falls out of the list. */
  function draw() {
    const first = Math.max(0, Math.floor(pane.scrollTop / ROW) - SPARE);
    const last = Math.min(rows.length, first + Math.ceil(pane.clientHeight / ROW) + 2 * SPARE);
    const there = new Map();
    for (const item of [...list.children]) {
      const at = Number(item.dataset.at);
      if ((at < first || at >= last) && !item.contains(document.activeElement)) item.remove();
      else there.set(at, item);
    }
    for (let at = first; at < last; at += 1) if (!there.has(at)) there.set(at, line(rows[at], at));
    const sorted = [...there].sort(([a], [b]) => a - b).map(([, item]) => item);
    sorted.forEach((item, at) => { if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null); });
    if (next !== null && last >= rows.length) more();
  }

  async function more() {
    const from = next, turn = asked;
    next = null;
    const found = await source.rows(chooser.selectedIndex, wanted(), from, BLOCK);
    if (turn === asked) take(found);
  }

  function take(found) {
    rows = rows.concat(found.rows);
    ({ next, total, end } = found);
    list.style.height = `${rows.length * ROW}px`;
    tell();
    draw();
  }

  function tell() {
    count.textContent = `${total ?? `${rows.length}+`} of ${cells[chooser.selectedIndex].n_trials} trials`;
  }

  async function fill() {
    const turn = (asked += 1);
    rows = [];
    next = null;
    list.replaceChildren();
    pane.scrollTop = 0;
    const found = await source.rows(chooser.selectedIndex, wanted(), 0, BLOCK);
    if (turn === asked) take(found);
  }

  function step(row, text) {
    const target = make(row ? "a" : "span", "step", text);
    if (row) target.href = link(row);
    return target;
  }

  function sight(at) {
    const top = at * ROW;
    if (top < pane.scrollTop || top + ROW > pane.scrollTop + pane.clientHeight) pane.scrollTop = top - 2 * ROW;
    draw();
  }

  function mark() {
    for (const anchor of list.querySelectorAll("a")) {
      const row = rows[Number(anchor.parentElement.dataset.at)];
      if (row.place === chosen) anchor.setAttribute("aria-current", "true");
      else anchor.removeAttribute("aria-current");
    }
  }

  async function show(place) {
    const turn = asked, cell = chooser.selectedIndex;
    const trial = await source.trial(cell, place);
    if (turn !== asked) return;
    chosen = place;
    const at = rows.findIndex((row) => row.place === place);
    const title = trial.sample_id + (trial.replicate ? `, replicate ${trial.replicate}` : "");
    panel.replaceChildren(
      make("div", "steps", null, step(rows[at - 1], "← previous"), step(at < 0 ? null : rows[at + 1], "next →")),
      make("h3", "", title), ...showTrial(trial, cells[cell].places));
    if (at >= 0) sight(at);
    mark();
  }

  const say = (classes, text) => { chosen = null; panel.replaceChildren(make("p", classes, text)); mark(); };

  async function choose() {
    await fill();
    if (rows.length) await show(rows[0].place);
    else say("caption", "No trial of this cell has all of these marks.");
  }

  /** Where a link leads: `#q=SAMPLE&cell=CELL&rep=NUMBER`, each of which may be left out. */
  async function place(named) {
    const cell = cells.findIndex(({ id }) => id === named.get("cell"));
    const among = named.has("cell") ? [cell].filter((at) => at >= 0) : cells.map((_, at) => at);
    if (!named.has("q")) return among.length ? [among[0], null] : null;
    const replicate = named.has("rep") ? Number(named.get("rep")) : null;
    for (const at of among) {
      const found = await source.find(at, named.get("q"), replicate);
      if (found !== null) return [at, found];
    }
    return null;
  }

  async function follow(moved) {
    const named = new URLSearchParams(location.hash.slice(1));
    if (!named.has("q") && !named.has("cell")) return false;
    const found = await place(named);
    if (found === null) say("matter", "This page does not hold the trial that the link names.");
    else {
      const elsewhere = found[0] !== chooser.selectedIndex || asked === 0;
      chooser.selectedIndex = found[0];
      if (elsewhere) await fill();
      if (found[1] !== null && next === null && !rows.some((row) => row.place === found[1])) {
        boxes.forEach((box) => { box.checked = false; });
        await fill();
      }
      if (found[1] === null) await choose();
      else await show(found[1]);
    }
    if (moved) panel.focus({ preventScroll: !elsewhereOnPage() });
    else document.getElementById("transcripts").scrollIntoView();
    return true;
  }

  const elsewhereOnPage = () => {
    const { top, bottom } = browser.getBoundingClientRect();
    return bottom < 0 || top > innerHeight;
  };

  /** Arrows walk through the list, as in any list; the link itself opens the trial. */
  function walk(event) {
    const item = document.activeElement?.closest?.("#trials li");
    const way = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!item || way === undefined) return;
    event.preventDefault();
    const at = Math.min(rows.length - 1, Math.max(0, Number(item.dataset.at) + way));
    sight(at);
    list.querySelector(`li[data-at="${at}"] a`)?.focus();
  }

  /** For a run that goes on: what has ended since joins the list; where places mean other trials, it is filled anew. */
  async function refresh() {
    const before = cells[chooser.selectedIndex];
    cells = await source.cells();
    const now = cells[chooser.selectedIndex];
    if (now.version !== before.version) {
      chosen = null; // the trial that is shown stays, under another place
      await fill();
    } else if (now.n_trials > before.n_trials) {
      next ??= end;
      total = wanted() ? null : now.n_trials;
      tell();
      draw();
    }
  }

  async function start() {
    cells = await source.cells();
    for (const cell of cells) chooser.append(new Option(cell.id));
    browser.hidden = false;
    let waiting = false;
    pane.addEventListener("scroll", () => {
      if (!waiting) requestAnimationFrame(() => { waiting = false; draw(); });
      waiting = true;
    });
    pane.addEventListener("keydown", walk);
    for (const control of [chooser, ...boxes]) control.addEventListener("change", choose);
    browser.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", () => follow(true));
    if (!await follow(false)) await choose();
    browser.dataset.ready = "";
    window.agentscale.refresh = refresh;
  }
  start();
})();
