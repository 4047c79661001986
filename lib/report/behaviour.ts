// What a report's page does by itself: finding and ordering rows, drawing pairs of hosts. All there is to read is there without it.

/** JavaScript, as it stands in the page. */
export const BEHAVIOUR = `"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll(".row[data-index]")];
  const controls = document.querySelector(".controls");
  if (controls && rows.length > 0) {
    const [filter, order, shown] = ["filter", "order", "shown"].map(byId);
    const frame = rows[0].parentNode;
    controls.hidden = false;
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
      let count = 0;
      for (const row of rows) {
        const text = row.dataset.text.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) count++;
      }
      shown.textContent = words.length === 0 ? "" : count + " of " + rows.length;
    });
    order.addEventListener("change", () => {
      const by = order.value;
      const sign = by === "seconds" ? -1 : 1;
      const key = (row) => sign * Number(row.dataset[by]);
      rows.sort((a, b) => key(a) - key(b) || a.dataset.index - b.dataset.index);
      frame.append(...rows);
    });
  }

  const source = byId("pair-data");
  if (!source) return;
  const { names, numbers } = JSON.parse(source.textContent);
  const canvas = byId("pairs");
  const cells = Math.min(names.length, 500);
  canvas.width = canvas.height = cells;
  const cell = (index) => Math.floor((index * cells) / names.length);
  const sums = new Map();
  let most = 1;
  for (let at = 0; at < numbers.length; at += 3) {
    const key = cell(numbers[at + 1]) * cells + cell(numbers[at]);
    const pair = { from: numbers[at], to: numbers[at + 1], given: numbers[at + 2] };
    const known = sums.get(key) || { bytes: 0, pairs: 0, largest: pair };
    const largest = known.largest.given < pair.given ? pair : known.largest;
    sums.set(key, { bytes: known.bytes + pair.given, pairs: known.pairs + 1, largest });
    most = Math.max(most, known.bytes + pair.given);
  }
  const draw = () => {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, cells, cells);
    context.fillStyle = getComputedStyle(canvas).color;
    for (const [key, { bytes }] of sums) {
      context.globalAlpha = 0.15 + 0.85 * Math.sqrt(bytes / most);
      context.fillRect(key % cells, Math.floor(key / cells), 1, 1);
    }
  };
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const size = (bytes) => {
    let unit = 0;
    for (; bytes >= 999.5 && unit < 4; unit++) bytes /= 1024;
    return bytes.toFixed(unit === 0 || bytes >= 99.95 ? 0 : 1) + " " + units[unit];
  };
  canvas.closest("figure").hidden = false;
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    const place = (offset, all) => Math.min(cells - 1, Math.max(0, Math.floor((offset / all) * cells)));
    const [x, y] = [place(offsetX, canvas.clientWidth), place(offsetY, canvas.clientHeight)];
    const found = sums.get(y * cells + x);
    const name = (index) => names[Math.min(names.length - 1, Math.ceil((index * names.length) / cells))];
    byId("pair").textContent = found
      ? names[found.largest.from] + " \\u2192 " + names[found.largest.to] + ": " + size(found.largest.given) +
        (found.pairs > 1 ? ", and " + (found.pairs - 1) + " more beside it" : "")
      : name(x) + " gave " + name(y) + " nothing";
  });
})();
`;
