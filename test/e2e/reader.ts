// A web server's view: reads a release through its `current` link, over and over, until stdin ends. Says what it saw, as JSON.
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

const [current = ""] = process.argv.slice(2);
const words: string[] = [];
const wrong: string[] = [];
let looks = 0;
let stopped = false;
void Bun.stdin.text().then(() => {
  stopped = true;
});

while (!stopped) {
  for (let again = 0; again < 20; again++) look();
  // stdin's end is heard between rounds.
  await new Promise((resolve) => setImmediate(resolve));
}
console.log(JSON.stringify({ looks, words, wrong: wrong.slice(0, 5) }));

function look(): void {
  looks++;
  try {
    const word = readFileSync(join(current, "index.html"), "utf8").trim();
    if (words.at(-1) !== word) words.push(word);
    // As a server that resolves the link once a request: all of it is of one release.
    const root = realpathSync(current);
    const first = readFileSync(join(root, "index.html"), "utf8");
    const parts = readdirSync(join(root, "part"));
    if (parts.length !== 40) wrong.push(`${parts.length} parts in ${root}`);
    for (const part of parts.slice(looks % 30, (looks % 30) + 3))
      if (readFileSync(join(root, "part", part), "utf8") !== first) wrong.push(`${part} of ${root} differs`);
  } catch (error) {
    wrong.push(`${error}`);
  }
}
