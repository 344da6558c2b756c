"use strict";
// What the page's scripts share. Everything that a model or a file wrote enters the page by textContent alone.
window.agentscale = (() => {
  /** An element with classes, text and children. */
  function make(tag, classes = "", text = null, ...children) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text !== null) element.textContent = text;
    element.append(...children);
    return element;
  }

  /** A button that does something on this page. */
  function button(classes, text, act) {
    const element = make("button", classes, text);
    element.type = "button";
    element.addEventListener("click", () => act(element));
    return element;
  }

  /** An element of a drawing. */
  function draw(tag, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const verdict = (correct) => ({ true: "right", false: "wrong" })[correct] ?? "missing";

  /** An answer with what became of it, told by sign, colour and word. */
  function chip(correct, text) {
    const sign = { right: "✓", wrong: "✗", missing: "–" }[verdict(correct)];
    const chip = make("span", `chip ${verdict(correct)}`, `${sign} ${text}`);
    chip.setAttribute("role", "img");
    chip.setAttribute("aria-label", `${text}, ${verdict(correct)}`);
    return chip;
  }

  return { make, button, draw, verdict, chip };
})();

// In a notebook the page is the text of a frame and has no address: there its links would lead to the notebook.
if (location.protocol === "about:") {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    location.hash = link.getAttribute("href");
  });
}
