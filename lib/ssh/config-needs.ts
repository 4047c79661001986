// What ssh_config asks for that only the system's own ssh can do.

type Settings = Readonly<Record<string, string | readonly string[] | undefined>>;

const ON = /^(?:yes|true|ask|always)$/i;
const NAMED = /^(?!none$).+/i;

/** Option → its name for people, and the values that matter. */
const NEEDS: readonly [key: string, name: string, matters: RegExp][] = [
  ["certificatefile", "CertificateFile", NAMED],
  ["pkcs11provider", "PKCS11Provider", NAMED],
  ["knownhostscommand", "KnownHostsCommand", NAMED],
  ["revokedhostkeys", "RevokedHostKeys", NAMED],
  ["bindaddress", "BindAddress", /./],
  ["bindinterface", "BindInterface", /./],
  ["hostbasedauthentication", "HostbasedAuthentication", ON],
  ["verifyhostkeydns", "VerifyHostKeyDNS", ON],
  ["canonicalizehostname", "CanonicalizeHostname", ON],
];
/** Criteria of `Match` that take a program, a network or a command line to decide. */
const UNDECIDABLE = /(^|\s)!?(exec|localnetwork|tagged|version|sessiontype|command)[\s=]+(?:"[^"]*"|\S+)/gi;
const MARK = "RookeryCannotDecide";

/**
 * The reason in words, undefined when there is none. `all`: what the files say, keys in lower case; `own`: the same of
 * the user's files alone. ProxyCommand is not looked at, for jump hosts may come before it.
 */
export function configNeeds(all: Settings, own: () => Settings): string | undefined {
  const first = (settings: Settings, key: string) => [settings[key] ?? []].flat()[0];
  const found = NEEDS.find(([key, , matters]) => matters.test(first(all, key) ?? ""));
  if (found !== undefined) return `ssh_config has ${found[1]}`;
  const undecided = first(all, MARK.toLowerCase());
  if (undecided !== undefined) return `ssh_config has Match ${undecided}`;
  // Debian and Red Hat switch it on for everybody, which says nothing about whether anybody uses it.
  if (!ON.test(first(all, "gssapiauthentication") ?? "")) return undefined;
  return ON.test(first(own(), "gssapiauthentication") ?? "")
    ? "ssh_config has GSSAPIAuthentication"
    : undefined;
}

/** `text` with a mark for every `Match` that can't be decided here and whose other criteria hold. */
export function markUndecidable(text: string): string {
  const marks = text.split("\n").flatMap((line) => {
    const criteria = /^\s*match[\s=]+(.*)$/i.exec(line)?.[1];
    const [found] = criteria === undefined ? [] : [...criteria.matchAll(UNDECIDABLE)];
    if (criteria === undefined || found === undefined) return [];
    const rest = criteria.replace(UNDECIDABLE, " ").trim();
    return [`Match ${rest === "" ? "all" : rest}`, `  ${MARK} ${found[2]?.toLowerCase()}`];
  });
  return marks.length === 0 ? text : `${text}\n${marks.join("\n")}\n`;
}
