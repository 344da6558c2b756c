"use strict";
// Where the browser of transcripts gets its trials in the viewer: from the server, a page of rows or one trial at a time.
(() => {
  const own = window.agentscale;
  const run = Number(new URLSearchParams(location.search).get("run") ?? 0);

  /** What the server says on a path; its own words where it refuses. */
  async function ask(path, asked = {}) {
    const given = Object.entries(asked).filter(([, value]) => value !== null && value !== undefined);
    const answer = await fetch(`${path}?${new URLSearchParams(given)}`);
    const said = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
    if (!answer.ok) throw new Error(said.error);
    return said;
  }

  let cells = null; // as they are drawn; they do not change
  own.run = run;
  own.ask = ask;
  own.source = {
    async cells() {
      cells ??= await ask(`${run}/cells`);
      const { cells: now } = (await ask("state"))[run];
      return cells.map((cell, at) => ({ ...cell, n_trials: now[at].n_done, version: now[at].version }));
    },
    rows: (cell, marks, from = 0) => ask(`${run}/rows`, { cell, marks, from }),
    find: (cell, sample, replicate = null) => ask(`${run}/find`, { cell, sample, replicate }),
    trial: (cell, place) => ask(`${run}/trial`, { cell, place }),
  };
})();
