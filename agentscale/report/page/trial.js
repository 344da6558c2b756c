"use strict";
// One trial in words: the question, then round by round who read whom, what was said, how it was read, what changed.
(() => {
  const { make, button, chip, timeline } = window.agentscale;
  const CLIP = 4000; // characters of a text shown before it is asked for
  const LONG = 1000; // characters from which a text may scroll, and the keyboard must reach it
  const MARKS = [[1, "disagreement"], [2, "flip"], [4, "missing"], [8, "unanimous wrong"]];
  const REASONS = {
    no_answer: "no answer found", not_an_option: "not one of the options", truncated: "cut off by the token limit",
    refused: "refused", error: "the call failed", unchecked: "not checked within the limits",
  };
  const GOALS = { true: "goal reached", false: "goal missed", null: "no goal" };
  const ON_THE_WAY = ["step", "tool", "grader"]; // neither the wish for a tool, its result, nor a verdict is an answer

  function prose(text) {
    const block = make("div", "prose", text.slice(0, CLIP));
    block.dir = "auto";
    if (text.length > LONG) {
      block.tabIndex = 0;
      block.setAttribute("role", "group");
      block.setAttribute("aria-label", "Text");
    }
    if (text.length <= CLIP) return [block];
    const more = `Show all ${text.length.toLocaleString("en")} characters`;
    return [block, button("more", more, (self) => { block.textContent = text; self.remove(); })];
  }

  function changes(event, before) {
    const own = before.get(event.slot);
    if (!own || event.answer === null || own.answer === event.answer) return [];
    const followed = event.reads.filter((peer) => before.get(peer)?.answer === event.answer);
    const why = followed.length ? `, as ${followed.join(", ")} said` : "";
    return [make("span", "change", `was ${own.answer}${why}`)];
  }

  function reading(event) {
    const reason = event.missing ? REASONS[event.missing] ?? event.missing : null;
    const by = event.by ? `read by ${event.by}` : null;
    return [reason, by, event.check].filter(Boolean).join(", ");
  }

  function said(event, before) {
    const head = make("header", "", null, make("strong", "", event.slot));
    if (!ON_THE_WAY.includes(event.role) && !event.acts) head.append(chip(event.correct, event.answer ?? "none"));
    head.append(...changes(event, before));
    if (event.final) head.append(make("span", "tag", "counted"));
    if (!event.used) head.append(make("span", "tag", "not used"));
    if (event.role !== "agent") head.append(make("span", "tag", event.role));
    const card = make("li", "said", null, head);
    const lines = [event.reads.length ? `saw ${event.reads.join(", ")}` : "", reading(event),
      event.error ? `error: ${event.error}` : ""];
    for (const line of lines.filter(Boolean)) card.append(make("p", "reads", line));
    card.append(...prose(event.text));
    return card;
  }

  function silent(slot) {
    return make("li", "said", null, make("header", "", null, make("strong", "", slot), chip(null, "did not speak")));
  }

  /** Whether the team acted on a world, which has measured something: what one of them says is then no answer. */
  const acts = (trial) => Object.keys(trial.measures ?? {}).length > 0;
  const acting = (event) => ({ ...event, answer: null, by: null, acts: true });

  /** The events of every round, in order. */
  function byRound(trial) {
    const found = new Map();
    for (const event of trial.events) found.set(event.round, [...(found.get(event.round) ?? []), event]);
    return [...found].sort(([a], [b]) => a - b);
  }

  function round(number, events, expected, before) {
    const spoke = new Set(events.map((event) => event.slot));
    const cards = events.map((event) => said(event, before));
    for (const event of events) if (event.answer !== null) before.set(event.slot, event);
    cards.push(...expected.filter((slot) => !spoke.has(slot)).map(silent));
    return make("section", "round", null, make("h4", "", `Round ${number}`), make("ul", "cards", null, ...cards));
  }

  function verdict(trial) {
    const tags = MARKS.filter(([bit]) => trial.marks & bit).map(([, text]) => text);
    if (trial.tied) tags.push("tied vote");
    for (const [name, value] of Object.entries({ ...trial.counts, ...trial.measures })) tags.push(`${name}: ${value ?? "–"}`);
    const came = acts(trial) ? GOALS[trial.correct] : trial.answer ?? "no answer";
    return make("p", "verdict", null, make("span", "", "Team: "), chip(trial.correct, came),
      ...tags.map((text) => make("span", "tag", text)));
  }

  /** The nodes that show a trial. `places` says where the agents of its cell stand when they are drawn. */
  window.agentscale.showTrial = (trial, places = {}) => {
    const rounds = byRound(acts(trial) ? { ...trial, events: trial.events.map(acting) } : trial), before = new Map();
    const target = acts(trial) ? [] : [make("p", "target", `Right answer: ${trial.target}`)];
    const asked = make("div", "question", null, ...prose(trial.prompt), ...target);
    const drawn = timeline(places, rounds);
    return [verdict(trial), asked, ...(drawn ? [drawn] : []),
      ...rounds.map(([number, events]) => round(number, events, trial.expected, before))];
  };
  window.agentscale.MARKS = MARKS;
})();
