// Keyboard-interactive logins: what a server asks there, and what may be answered without a person.

export interface Prompt {
  readonly prompt: string;
  readonly echo?: boolean | undefined;
}

// "One-time password (OATH) for `deploy':", "Verification code:", "Passcode or option (1-3):", "New password:".
const PASSWORD = /pass\s?(word|phrase)|kennwort|passwort|mot de passe|contraseña|senha/i;
const NOT_THE_PASSWORD =
  /one[\s-]?time|\botp\b|oath|verification|token|\bcode\b|passcode|factor|\bpin\b|\bnew\b|again|retype|confirm|neues/i;
const QUOTED_CHARACTERS = 60;

/**
 * Answers to `prompts`, or undefined when one of them wants something else than the password. A server that asks for
 * nothing is answered with nothing.
 */
export function answersTo(prompts: readonly Prompt[], password: string): string[] | undefined {
  return unanswerable(prompts) === undefined ? prompts.map(() => password) : undefined;
}

/** The first of `prompts` that only a person can answer, as a message may quote it. */
export function unanswerable(prompts: readonly Prompt[]): string | undefined {
  // Where only one thing is asked, it is the password in whatever language.
  const isPassword = (text: string) => prompts.length === 1 || PASSWORD.test(text);
  const found = prompts.find(
    // What is typed there would be shown: not meant for a secret.
    ({ prompt, echo }) => echo === true || NOT_THE_PASSWORD.test(prompt) || !isPassword(prompt),
  );
  // A server may send anything: control characters have no business on a terminal.
  return found?.prompt
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, QUOTED_CHARACTERS);
}
