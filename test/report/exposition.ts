// Prometheus' text format 0.0.4, read as strictly as its documentation has it.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^\\\\"\\n]|\\\\[\\\\"n])*)"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL})(?:,${LABEL})*)?\\})? (\\S+)(?: -?\\d+)?$`);
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]Inf)$/i;

/** @throws Error naming the line that is wrong */
export function parseExposition(text: string): Sample[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const groups: string[] = [];
  const samples: Sample[] = [];
  for (const line of text.slice(0, -1).split("\n")) {
    const wrong = (why: string) => new Error(`${why}: ${JSON.stringify(line)}`);
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (groups.includes(name)) throw wrong("stands after samples of its metric");
      if (kind === "HELP" ? helped.has(name) : types.has(name)) throw wrong("a second time");
      if (kind === "HELP") helped.add(name);
      else if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw wrong("no type");
      else types.set(name, rest);
      continue;
    }
    const [, name = "", inside = "", , , , , value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "") throw wrong("no sample");
    if (!VALUE.test(value)) throw wrong("no value");
    if (types.get(name) !== "gauge" || !helped.has(name)) throw wrong("no HELP and TYPE before it");
    if (groups.includes(name) && groups.at(-1) !== name) throw wrong("apart from others of its metric");
    if (groups.at(-1) !== name) groups.push(name);
    const pairs = [...inside.matchAll(new RegExp(LABEL, "g"))].map(
      ([, label = "", text = ""]) =>
        [label, text.replace(/\\(.)/g, (_, each) => (each === "n" ? "\n" : each))] as const,
    );
    const labels = Object.fromEntries(pairs);
    if (Object.keys(labels).length < pairs.length) throw wrong("a label twice");
    const key = JSON.stringify([name, ...pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
    if (seen.has(key)) throw wrong("a series twice");
    seen.add(key);
    samples.push({ name, labels, value: Number(value.replace("Inf", "Infinity")) });
  }
  return samples;
}
