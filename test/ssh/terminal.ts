// A command on a terminal of its own, with somebody who answers its questions.

/** What is waited for on the screen, and what is typed then. */
export type Answers = readonly (readonly [question: string, typed: string])[];

const DEADLINE_MS = 40_000;

/**
 * Runs `command` and answers what it asks, in order.
 * @throws Error with the screen when something was not asked
 */
export async function onTerminal(
  command: readonly string[],
  answers: Answers,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<{ readonly screen: string; readonly code: number }> {
  let screen = "";
  let asked = 0;
  let from = 0;
  const child = Bun.spawn([...command], {
    env: { ...process.env, TERM: "xterm", ...env },
    terminal: {
      cols: 200,
      rows: 50,
      data(terminal, bytes) {
        screen += new TextDecoder().decode(bytes);
        const [question, typed] = answers[asked] ?? [];
        const at = question === undefined ? -1 : screen.indexOf(question, from);
        if (at === -1 || question === undefined || typed === undefined) return;
        asked += 1;
        from = at + question.length;
        terminal.write(typed);
      },
    },
  });
  const late = setTimeout(() => child.kill(), DEADLINE_MS);
  const code = await child.exited;
  clearTimeout(late);
  child.terminal?.close();
  if (asked < answers.length)
    throw new Error(`'${answers[asked]?.[0]}' was not asked; the screen:\n${screen}`);
  return { screen, code };
}
