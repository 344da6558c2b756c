"use strict";
// Buttons above every table: its rows to the clipboard, as CSV or as Markdown.
(() => {
  const { make, button } = window.agentscale;
  const FORMULA = /^[=+\-@\t\r\n]/; // what a spreadsheet would take for a formula
  const ABSENT = "–";

  function plain(cell) {
    const text = cell.textContent.trim();
    if (text === ABSENT) return "";
    return cell.classList.contains("n") ? text.replaceAll(",", "") : text;
  }

  function csv(text) {
    const safe = FORMULA.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  const bar = (text) => text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");
  const cells = (row) => [...row.cells].map(plain);

  const FORMS = {
    csv: (rows) => rows.map((row) => cells(row).map(csv).join(",")).join("\n") + "\n",
    markdown([head, ...rows]) {
      const sides = [...head.cells].map((cell) => (cell.classList.contains("n") ? "--:" : "---"));
      const lines = [cells(head).map(bar), sides, ...rows.map((row) => cells(row).map(bar))];
      return lines.map((line) => `| ${line.join(" | ")} |\n`).join("");
    },
  };

  /** Where a page may not write to the clipboard itself, a selected text field may be copied. */
  function bySelection(text) {
    const field = make("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return bySelection(text);
    }
  }

  function offer(table, form, name, told) {
    const made = button("copy", `Copy as ${name}`, async (self) => {
      const done = await copied(FORMS[form]([...table.rows]));
      told.textContent = done ? "Copied." : "This browser does not let the page copy.";
      self.focus();
    });
    made.dataset.form = form;
    return made;
  }

  for (const region of document.querySelectorAll(".scroll")) {
    const table = region.querySelector("table");
    const told = make("span", "note");
    told.setAttribute("role", "status");
    const bar = make("p", "copies", null, offer(table, "csv", "CSV", told), offer(table, "markdown", "Markdown", told), told);
    region.before(bar);
  }
})();
