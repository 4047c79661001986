// Colons within [] and {}: where js-yaml reads one as part of a text, libyaml, which Ansible uses, sees an error.

import { COLLECTION_STYLE, EVENT_ID, parseEvents, SCALAR_STYLE } from "js-yaml";

/** Only texts with such a place need a closer look. */
const SUSPECT = /[[{,]\s*:|:\s*:\S|:[,[\]{}?]/;

/** Position of the first colon in `text` that libyaml would refuse; undefined when there is none. */
export function refusedColon(text: string): number | undefined {
  if (!SUSPECT.test(text)) return undefined;
  const flow: boolean[] = [];
  let masked = "";
  for (const event of parseEvents(text, {})) {
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE)
      flow.push(event.style === COLLECTION_STYLE.FLOW);
    else if (event.type === EVENT_ID.DOCUMENT) flow.push(false);
    else if (event.type === EVENT_ID.POP) flow.pop();
    else if (event.type === EVENT_ID.SCALAR && event.valueEnd > event.valueStart) {
      const { valueStart, valueEnd, style } = event;
      const inFlow = style === SCALAR_STYLE.PLAIN && flow.at(-1) === true;
      const found = inFlow ? text.slice(valueStart, valueEnd).search(/^:|:\?/) : -1;
      if (found !== -1) return valueStart + found;
      masked += text.slice(masked.length, valueStart) + "x".repeat(valueEnd - valueStart);
    }
  }
  masked += text.slice(masked.length);
  // A colon right before `,` or `]`, or with nothing before it; what is left of # are comments.
  const code = masked.replace(/(?<=^|\s)#.*/gm, (comment) => " ".repeat(comment.length));
  const at = code.search(/(?<=x):[,[\]{}?]|(?<=[[{,]\s*):/);
  return at === -1 ? undefined : at;
}
