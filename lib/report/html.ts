// HTML whose texts can't be anything but text.

/** HTML as it stands. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | undefined | false | readonly Part[];

/** html`<b>${name}</b>`: what is put in is escaped, but for other markup; undefined and false are nothing, lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return {
    markup: strings
      .map((text, index) => `${text}${index < parts.length ? written(parts[index]) : ""}`)
      .join(""),
  };
}

/** `text` as markup, unescaped: for what this program wrote itself. */
export function raw(text: string): Markup {
  return { markup: text };
}

function written(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string") return escaped(part);
  if (typeof part === "number") return `${Math.round(part * 1000) / 1000}`;
  return "markup" in part ? part.markup : part.map(written).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Also without control characters, and marks that would make a text read differently from what it is. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (each) => ENTITIES[each] ?? "")
    .replace(/(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** A value for `<script type="application/json">`. */
export function jsonText(value: unknown): Markup {
  return { markup: JSON.stringify(value).replace(/</g, "\\u003c") };
}
