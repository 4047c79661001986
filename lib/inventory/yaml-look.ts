// What a text looks like to libyaml before it chooses how to quote it.

export interface ScalarLook {
  readonly multiline: boolean;
  /** May stand without quotes, in block style. */
  readonly plainAllowed: boolean;
  /** The same between brackets or braces. */
  readonly flowPlainAllowed: boolean;
  readonly singleAllowed: boolean;
}

const BREAK = /[\n\r\x85\u2028\u2029]/;
/** What libyaml takes for printable: no tab, and nothing beyond U+FFFF. */
const SPECIAL = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

/** @see yaml_emitter_analyze_scalar in libyaml */
export function scalarLook(value: string): ScalarLook {
  if (value === "")
    return { multiline: false, plainAllowed: true, flowPlainAllowed: false, singleAllowed: true };
  const multiline = BREAK.test(value);
  const edges = /^[ \n\r\x85\u2028\u2029]|[ \n\r\x85\u2028\u2029]$/.test(value);
  const breakSpace = /[\n\r\x85\u2028\u2029] /.test(value);
  const special = SPECIAL.test(value) || / [\n\r\x85\u2028\u2029]/.test(value);
  const plainAllowed = !edges && !breakSpace && !special && !multiline && !hasIndicators(value);
  return {
    multiline,
    plainAllowed,
    flowPlainAllowed: plainAllowed && !/[,?:[\]{}]/.test(value),
    singleAllowed: !breakSpace && !special,
  };
}

/** Signs that would mean something else than themselves in block style. */
function hasIndicators(value: string): boolean {
  return (
    /^(?:---|\.\.\.)/.test(value) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(value) ||
    /^[-?](?: |$)/.test(value) ||
    /:(?: |$)/.test(value) ||
    value.includes(" #")
  );
}
