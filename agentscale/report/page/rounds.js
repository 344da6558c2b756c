"use strict";
// The rounds of a trial on the graph of its team: who answered what, who read whom, and who changed sides.
(() => {
  const { make, draw, verdict } = window.agentscale;
  const LETTERS = 3; // of an answer that fit into a node

  function arrow([x1, y1], [x2, y2], radius, both, followed) {
    const away = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [ux, uy] = [(x2 - x1) / away, (y2 - y1) / away];
    const [tx, ty] = [x2 - ux * (radius + 1), y2 - uy * (radius + 1)];
    const line = draw("path", { class: followed ? "edge followed" : "edge", d: `M${x1} ${y1}L${tx} ${ty}` });
    if (both && !followed) return [line];
    const [bx, by] = [tx - ux * 4, ty - uy * 4];
    const d = `M${tx} ${ty}L${bx - uy * 2} ${by + ux * 2}L${bx + uy * 2} ${by - ux * 2}Z`;
    return [line, draw("path", { class: followed ? "head followed" : "head", d })];
  }

  /** How a node is drawn and told: who acts on a world is neither right nor wrong. */
  const kindOf = (event) => event.acts && !event.missing ? "acted" : verdict(event.correct);

  function node([x, y], radius, event, changed) {
    const parts = [draw("circle", { class: `node ${event ? kindOf(event) : "silent"}`, cx: x, cy: y, r: radius })];
    if (changed) parts.unshift(draw("circle", { class: "ring", cx: x, cy: y, r: radius + 2.5 }));
    const said = event?.answer ?? "–";
    const text = draw("text", { class: "name", x, y, dy: ".35em" });
    text.textContent = said.length > LETTERS ? `${said.slice(0, LETTERS - 1)}…` : said;
    if (radius >= 4) parts.push(text);
    const title = draw("title");
    title.textContent = event ? `${event.slot}: ${event.acts ? "" : `${event.answer ?? "no answer"}, `}${kindOf(event)}` : "did not speak";
    return draw("g", {}, title, ...parts);
  }

  function inWords(number, events, changed) {
    const count = (kind) => events.filter((event) => kindOf(event) === kind).length;
    const told = ["right", "wrong", "acted", "missing"].filter(count).map((kind) => `${count(kind)} ${kind}`);
    const moves = changed.map((event) => `${event.slot} changed to ${event.answer}`);
    return `Round ${number}: ${[...told, ...moves].join(", ") || "nobody answered"}.`;
  }

  /** One drawing of a round. `before` holds the last readable event of each slot. */
  function graph(places, number, events, before) {
    const slots = Object.keys(places);
    const radius = Math.max(3, Math.min(8.5, 52 / slots.length));
    const said = new Map(events.filter((event) => places[event.slot]).map((event) => [event.slot, event]));
    const has = (event) => event && event.answer !== null;
    const changed = [...said.values()].filter((event) =>
      has(event) && has(before.get(event.slot)) && before.get(event.slot).answer !== event.answer);
    const edges = [...said.values()].flatMap((event) => event.reads.filter((peer) => places[peer])
      .map((peer) => [peer, event.slot, changed.includes(event) && before.get(peer)?.answer === event.answer]));
    const pairs = new Set(edges.map(([from, to]) => `${from}\n${to}`));
    const lines = edges.sort((a, b) => a[2] - b[2]).flatMap(([from, to, followed]) =>
      arrow(places[from], places[to], radius, pairs.has(`${to}\n${from}`), followed));
    const nodes = slots.map((slot) => node(places[slot], radius, said.get(slot), changed.includes(said.get(slot))));
    const label = inWords(number, events, changed);
    const drawing = draw("svg", { viewBox: "0 0 100 100", role: "img", "aria-label": label,
      class: edges.length > 60 ? "dense" : "" }, ...lines, ...nodes);
    return make("figure", "", null, drawing, make("figcaption", "", `Round ${number}`));
  }

  /** The course of a trial as one drawing a round; null where its team is not drawn. */
  window.agentscale.timeline = (places, rounds) => {
    if (!Object.keys(places ?? {}).length) return null;
    const before = new Map();
    const drawings = rounds.map(([number, events]) => {
      const own = events.filter((event) => event.role === "agent" && event.used);
      const drawing = graph(places, number, own, new Map(before));
      for (const event of own) if (event.answer !== null) before.set(event.slot, event);
      return drawing;
    });
    return make("div", "timeline", null, ...drawings);
  };
})();
