"use strict";
// Draws every panel from its specification, one after the other so that the page stays responsive.
// Colours are CSS variables: dark mode and print need no second drawing. `ast` interprets expressions without eval.
(async () => {
  const { config, panels } = JSON.parse(document.getElementById("charts-data").textContent);
  for (const host of document.querySelectorAll("[data-panel]")) {
    const spec = {
      ...panels[Number(host.dataset.panel)],
      config,
      width: "container",
      height: 260,
      autosize: { type: "fit-x", contains: "padding" },
    };
    await vegaEmbed(host, spec, { mode: "vega-lite", renderer: "svg", actions: false, ast: true });
    host.firstElementChild.setAttribute("aria-hidden", "true"); // the host's own label says it in words
    await new Promise((resolve) => setTimeout(resolve)); // a turn for whoever reads or types meanwhile
  }
  document.body.dataset.charts = "done";
})();
