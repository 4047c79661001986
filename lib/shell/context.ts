// Where in a shell script one stands: what a value has to look like to be one word there, and nothing else.

/** `bare`: between words; `double`: in double quotes; `text`: in a here-document; `math`: in `$((…))`. */
export type Context = "bare" | "double" | "text" | "math" | "single" | "quoted-text" | "comment";

type Frame = Context | "paren" | "back";
interface HereDocument {
  readonly end: string;
  readonly tabs: boolean;
  readonly quoted: boolean;
}

/** Reads a script piece by piece, as far as quotes, substitutions, comments and here-documents go. */
export interface Reader {
  read(piece: string): void;
  /** Where the next character would stand. */
  context(): Context;
  /** A backslash is the last that was read, and would take the next character's meaning. */
  escaped(): boolean;
}

/** A reader at the beginning of a script. What it gets wrong makes a value look odd, never code: values are variables. */
export function openReader(): Reader {
  const stack: Frame[] = [];
  const coming: HereDocument[] = [];
  let document: HereDocument | undefined;
  let line = "";
  let last = "";
  let escaped = false;

  const top = () => stack.at(-1);
  const step = (text: string, at: number): number => {
    const char = text[at] ?? "";
    if (document !== undefined) return inDocument(char);
    if (escaped) {
      escaped = false;
      return 1;
    }
    const frame = top();
    if (frame === "single") {
      if (char === "'") stack.pop();
      return 1;
    }
    if (frame === "comment" && char !== "\n") return 1;
    if (char === "\\") escaped = true;
    else if (char === "\n") newLine();
    else if (char === '"') frame === "double" ? stack.pop() : stack.push("double");
    else if (char === "`")
      stack.includes("back") ? stack.splice(stack.lastIndexOf("back")) : stack.push("back");
    else if (text.startsWith("$((", at)) return open("math", 3);
    else if (text.startsWith("$(", at)) return open("paren", 2);
    else if (frame === "double") return 1;
    else return bare(text, at);
    return 1;
  };
  const open = (frame: Frame, length: number) => {
    stack.push(frame);
    return length;
  };
  const bare = (text: string, at: number): number => {
    const char = text[at];
    if (char === "'") return open("single", 1);
    if (char === "(") return open("paren", 1);
    if (char === ")") return close(text, at);
    if (char === "#" && /^[\s;&|(]?$/.test(last)) return open("comment", 1);
    const here = /^<<(-?)[ \t]*(?:'([^']*)'|"([^"]*)"|(\\?)([^\s;&|<>()'"\\]+))/.exec(text.slice(at));
    if (here === null || text[at - 1] === "<" || text[at + 2] === "<" || stack.includes("math")) return 1;
    const [whole, dash, single, double, slash, plain] = here;
    coming.push({
      end: single ?? double ?? plain ?? "",
      tabs: dash === "-",
      quoted: plain === undefined || slash === "\\",
    });
    return whole.length;
  };
  const close = (text: string, at: number): number => {
    const isMath = top() === "math";
    if (isMath || top() === "paren") stack.pop();
    return isMath && text[at + 1] === ")" ? 2 : 1;
  };
  const newLine = () => {
    if (top() === "comment") stack.pop();
    if (top() !== "double") document = coming.shift();
    line = "";
  };
  const inDocument = (char: string): number => {
    if (char !== "\n") line += char;
    else {
      if ((document?.tabs ? line.replace(/^\t+/, "") : line) === document?.end) document = coming.shift();
      line = "";
    }
    return 1;
  };

  return {
    read(piece) {
      for (let at = 0; at < piece.length; ) {
        const next = at + step(piece, at);
        last = piece[next - 1] ?? "";
        at = next;
      }
    },
    context() {
      // A line with a value in it doesn't end a here-document, whatever the value.
      if (document !== undefined) {
        line += "\0";
        return document.quoted ? "quoted-text" : "text";
      }
      last = "\0";
      const frame = top() ?? "bare";
      return frame === "paren" || frame === "back" ? (stack.includes("math") ? "math" : "bare") : frame;
    },
    escaped: () => escaped,
  };
}
