"use strict";
// The browser of transcripts. Everything that a model or a file wrote enters the page by textContent alone.
(() => {
  const browser = document.getElementById("browser");
  if (!browser) return;
  const data = JSON.parse(document.getElementById("transcripts-data").textContent);
  const CLIP = 4000; // characters of a text shown before it is asked for
  const FLAGS = [[1, "disagreement"], [2, "flip"], [4, "missing"], [8, "unanimous wrong"]];
  const REASONS = {
    no_answer: "no answer found", not_an_option: "not one of the options", truncated: "cut off by the token limit",
    refused: "refused", error: "the call failed",
  };
  const chooser = document.getElementById("cell");
  const list = document.getElementById("trials");
  const panel = document.getElementById("trial");
  const count = document.getElementById("count");
  const boxes = [...browser.querySelectorAll("input[type=checkbox]")];

  const trials = data.trials.map(([cell, question, replicate, answer, correct, flags, tied, expected, events]) => ({
    cell, replicate, answer, correct, flags, tied, question: data.questions[question],
    expected: expected.map((slot) => data.slots[slot]),
    events: events.map(([round, slot, reads, text, said, missing, right, error, final, used, role]) => ({
      round, slot: data.slots[slot], reads: data.reads[reads].map((peer) => data.slots[peer]), text, said, missing,
      right, error, final, used, role,
    })),
  }));
  const counts = new Map();
  for (const trial of trials) {
    const key = `${trial.cell}/${trial.question[1]}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  /** An element with classes, text and children; text is only ever text. */
  function make(tag, classes = "", text = null, ...children) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text !== null) element.textContent = text;
    element.append(...children);
    return element;
  }

  const link = (trial) =>
    "#transcript/" + [data.cells[trial.cell].id, trial.question[1], trial.replicate].map(encodeURIComponent).join("/");
  const repeated = (trial) => counts.get(`${trial.cell}/${trial.question[1]}`) > 1;
  const name = (trial) => trial.question[1] + (repeated(trial) ? `, replicate ${trial.replicate}` : "");
  const verdict = (correct) => ({ 1: "right", 0: "wrong", "-1": "missing" })[correct];

  function chip(correct, text) {
    const mark = { right: "✓", wrong: "✗", missing: "–" }[verdict(correct)];
    const chip = make("span", `chip ${verdict(correct)}`, `${mark} ${text}`);
    chip.setAttribute("aria-label", `${text}, ${verdict(correct)}`);
    chip.setAttribute("role", "img");
    return chip;
  }

  function shown() {
    const wanted = boxes.filter((box) => box.checked).reduce((sum, box) => sum | Number(box.value), 0);
    return trials.filter((trial) => trial.cell === chooser.selectedIndex && (trial.flags & wanted) === wanted);
  }

  function fill() {
    const there = shown();
    const all = trials.filter((trial) => trial.cell === chooser.selectedIndex).length;
    count.textContent = `${there.length} of ${all} trials`;
    list.replaceChildren(...there.map((trial) => {
      const row = make("a", "row", null, chip(trial.correct, trial.answer ?? "none"), make("span", "id", name(trial)));
      row.href = link(trial);
      return make("li", "", null, row);
    }));
    return there;
  }

  function prose(index) {
    const text = data.texts[index];
    const block = make("div", "prose", text.slice(0, CLIP));
    block.dir = "auto";
    if (text.length > 1000) block.tabIndex = 0; // it may scroll, and the keyboard must reach it
    if (text.length <= CLIP) return [block];
    const more = make("button", "more", `Show all ${text.length.toLocaleString("en")} characters`);
    more.type = "button";
    more.addEventListener("click", () => { block.textContent = text; more.remove(); });
    return [block, more];
  }

  function said(event, before) {
    const change = before && before.said !== null && event.said !== null && before.said !== event.said;
    const reason = event.missing ? REASONS[event.missing] ?? event.missing : null;
    const head = make("header", "", null, make("strong", "", event.slot));
    // On the way to an answer, tools are used: neither the wish nor the result is one.
    if (!["step", "tool"].includes(event.role)) head.append(chip(event.right, event.said ?? reason ?? "none"));
    if (change) head.append(make("span", "change", `was ${before.said}`));
    if (event.final) head.append(make("span", "tag", "counted"));
    if (!event.used) head.append(make("span", "tag", "not used"));
    if (event.role !== "agent") head.append(make("span", "tag", event.role));
    const card = make("li", "said", null, head);
    if (event.reads.length) card.append(make("p", "reads", `read ${event.reads.join(", ")}`));
    if (event.error) card.append(make("p", "reads", `error: ${event.error}`));
    card.append(...prose(event.text));
    return card;
  }

  function silent(slot) {
    return make("li", "said", null, make("header", "", null, make("strong", "", slot), chip(-1, "did not speak")));
  }

  function rounds(trial) {
    const last = new Map();
    const numbers = [...new Set(trial.events.map((event) => event.round))].sort((a, b) => a - b);
    return numbers.map((number) => {
      const events = trial.events.filter((event) => event.round === number);
      const spoke = new Set(events.map((event) => event.slot));
      const cards = events.map((event) => said(event, last.get(event.slot)));
      for (const event of events) if (event.said !== null) last.set(event.slot, event);
      cards.push(...trial.expected.filter((slot) => !spoke.has(slot)).map(silent));
      return make("section", "round", null, make("h4", "", `Round ${number}`), make("ul", "cards", null, ...cards));
    });
  }

  function step(there, place, text) {
    const target = there[place];
    const button = make(target ? "a" : "span", "step", text);
    if (target) button.href = link(target);
    return button;
  }

  function show(trial, there) {
    const place = there.indexOf(trial);
    const [, , prompt, , target] = trial.question;
    const flags = FLAGS.filter(([bit]) => trial.flags & bit).map(([, text]) => make("span", "tag", text));
    if (trial.tied) flags.push(make("span", "tag", "tied vote"));
    const asked = make("div", "question", null, ...prose(prompt), make("p", "target", `Right answer: ${target}`));
    panel.replaceChildren(
      make("div", "steps", null, step(there, place - 1, "← previous"), step(there, place + 1, "next →")),
      make("h3", "", name(trial)),
      make("p", "verdict", null, make("span", "", "Team: "), chip(trial.correct, trial.answer ?? "no answer"), ...flags),
      asked, ...rounds(trial),
    );
    for (const row of list.querySelectorAll("a")) {
      const current = row.getAttribute("href") === link(trial);
      if (current) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      if (current) list.parentElement.scrollTop = row.offsetTop - list.offsetTop - 80;
    }
  }

  function open(there, trial = there[0]) {
    if (trial) show(trial, there);
    else panel.replaceChildren(make("p", "caption", "No trial of this cell has all of these marks."));
  }

  function follow(moved) {
    if (!location.hash.startsWith("#transcript/")) return false;
    let [cell, sample, replicate] = ["", "", ""];
    try { [cell, sample, replicate] = location.hash.split("/").slice(1).map(decodeURIComponent); } catch { /* not ours */ }
    const index = data.cells.findIndex((one) => one.id === cell);
    const trial = trials.find((one) => one.cell === index && one.question[1] === sample
      && one.replicate === Number(replicate ?? one.replicate));
    if (index < 0 || (sample !== undefined && !trial)) {
      panel.replaceChildren(make("p", "matter", "This page does not hold the trial that the link names."));
      return true;
    }
    chooser.selectedIndex = index;
    let there = fill();
    if (trial && !there.includes(trial)) { boxes.forEach((box) => { box.checked = false; }); there = fill(); }
    open(there, trial);
    if (moved) panel.focus({ preventScroll: true });
    else document.getElementById("transcripts").scrollIntoView();
    return true;
  }

  for (const cell of data.cells) chooser.append(new Option(cell.id));
  browser.hidden = false;
  for (const control of [chooser, ...boxes]) control.addEventListener("change", () => open(fill()));
  browser.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => follow(true));
  if (!follow(false)) open(fill());
})();
