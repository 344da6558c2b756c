"use strict";
// The first run beside each of the others: every pair of cells with its paired difference, drawn and written.
(() => {
  const { make, draw, ask } = window.agentscale;
  const HEAD = ["cell", "", "difference [95 %]", "accuracy", "questions", "p", "calls", "tokens", "note"];
  const share = (value) => (value === null ? "–" : value.toFixed(3));
  const sign = (value) => (Math.abs(value) < 0.0005 ? "" : value < 0 ? "−" : "+");
  const signed = (value) => (value === null ? "–" : sign(value) + Math.abs(value).toFixed(3));
  const amount = (value) => (value === null ? "–" : value.toLocaleString("en", { maximumFractionDigits: 1 }));

  /** The interval on an axis from −reach to reach, with 0 in the middle. */
  function drawn({ delta, low, high }, reach) {
    const x = (value) => 70 + 65 * value / reach;
    const parts = [draw("line", { class: "zero", x1: 70, x2: 70, y1: 0, y2: 14 })];
    if (low !== null) parts.push(draw("line", { class: "reach", x1: x(low), x2: x(high), y1: 7, y2: 7 }));
    if (delta !== null) parts.push(draw("circle", { class: "mean", cx: x(delta), cy: 7, r: 4 }));
    return make("span", "beside", null, draw("svg", { viewBox: "0 0 140 14", "aria-hidden": "true" }, ...parts));
  }

  function line(row, reach) {
    const interval = row.low === null ? "" : ` [${signed(row.low)}, ${signed(row.high)}]`;
    const cell = (text, classes = "n") => make("td", classes, text);
    return make("tr", "", null, cell(row.other === row.cell ? row.cell : `${row.cell} → ${row.other}`, ""),
      make("td", "", null, drawn(row, reach)), cell(signed(row.delta) + interval, ""),
      cell(`${share(row.accuracy)} → ${share(row.accuracy_other)}`, ""), cell(String(row.n_items)),
      cell(share(row.p_mcnemar)), cell(`${amount(row.calls)} → ${amount(row.calls_other)}`, ""),
      cell(`${amount(row.tokens)} → ${amount(row.tokens_other)}`, ""), cell(row.note, ""));
  }

  function table({ one, other, rows, reason }) {
    const title = make("h3", "", `${other} − ${one}`);
    if (reason) return [title, make("p", "matter", reason)];
    const ends = rows.flatMap(({ delta, low, high }) => [delta, low, high]).filter((end) => end !== null).map(Math.abs);
    const reach = Math.max(0.01, ...ends);
    const head = make("tr", "", null, ...HEAD.map((name) => {
      const cell = make("th", "", name);
      cell.scope = "col";
      return cell;
    }));
    const whole = make("table", "", null, make("thead", "", null, head),
      make("tbody", "", null, ...rows.map((row) => line(row, reach))));
    const scroll = make("div", "scroll", null, whole);
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", `${other} beside ${one}`);
    return [title, scroll];
  }

  window.agentscale.compare = async () => {
    const place = document.getElementById("compared");
    if (!place.childElementCount) place.append(make("p", "caption", "Comparing …"));
    const found = await ask("comparison");
    place.replaceChildren(...found.flatMap(table));
  };
})();
