// Output as it comes, a line at a time: of several hosts' outputs, each line is one host's.

type OnOutput = (stream: "stdout" | "stderr", text: string) => void;

/** Hands on whole lines; `end` hands on what was left without a line break. */
export function wholeLines(onOutput: OnOutput): { readonly add: OnOutput; end(): void } {
  const rests = { stdout: "", stderr: "" };
  return {
    add: (stream, text) => {
      const all = rests[stream] + text;
      const cut = all.lastIndexOf("\n") + 1;
      rests[stream] = all.slice(cut);
      if (cut > 0) onOutput(stream, all.slice(0, cut));
    },
    end: () => {
      for (const stream of ["stdout", "stderr"] as const) {
        if (rests[stream] !== "") onOutput(stream, rests[stream]);
        rests[stream] = "";
      }
    },
  };
}
