"use strict";
// Where the browser of transcripts gets its trials on a page that holds them: an index, and parts that open one by one.
// A viewer that asks a server brings another object with the same four functions.
(() => {
  const holder = document.getElementById("transcripts-data");
  if (!holder) return;
  const lines = holder.textContent.trim().split("\n");
  const opened = new Map(); // the parts that were looked at last, by number
  const KEPT = 4;

  async function inflated(line) {
    const bytes = Uint8Array.from(atob(line), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  const index = lines[0] ? inflated(lines[0]) : Promise.resolve({ questions: [], cells: [], places: [] });

  function part(number) {
    const found = opened.get(number) ?? inflated(lines[number + 1]);
    opened.delete(number);
    opened.set(number, found);
    if (opened.size > KEPT) opened.delete(opened.keys().next().value);
    return found;
  }

  const told = (questions, [question, , replicate, answer, correct, marks, tied], place) =>
    ({ place, sample_id: questions[question], replicate, answer, correct, marks, tied });

  window.agentscale.source = {
    /** Every cell: id, task, number of trials, and where its agents stand when they are drawn. */
    async cells() {
      return (await index).cells.map(({ id, task, places, rows }) => ({ id, task, places, n_trials: rows.length }));
    },
    /** The trials of a cell that have all the wanted marks, from a place on; all at once, so `next` is null. */
    async rows(cell, wanted, from = 0) {
      const { questions, cells } = await index;
      const rows = cells[cell].rows.map((row, place) => told(questions, row, place))
        .filter((row) => row.place >= from && (row.marks & wanted) === wanted);
      return { rows, total: rows.length, next: null };
    },
    /** The place of a trial in its cell; null where there is none. */
    async find(cell, sample, replicate = null) {
      const { questions, cells } = await index;
      const place = cells[cell].rows.findIndex(([question, , number]) =>
        questions[question] === sample && (replicate === null || number === replicate));
      return place < 0 ? null : place;
    },
    /** One trial with all its texts. */
    async trial(cell, place) {
      const { cells, places } = await index;
      const [question, at] = cells[cell].rows[place];
      const [number, within] = places[question];
      const { texts, trials } = (await part(number))[within];
      const trial = trials[at];
      const events = trial.events.map((event) => ({ ...event, text: texts[event.text] }));
      return { ...trial, prompt: texts[trial.prompt], events };
    },
  };
})();
