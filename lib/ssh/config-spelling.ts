// ssh_config, spelled so that the ssh-config package follows it.

/**
 * `text` with HostName and User written so: the package looks for these two, in this spelling only, to know whom a
 * `Match host` or `Match user` after them is about.
 */
export function spelledOut(text: string): string {
  return text
    .replace(/^([^\S\n]*)hostname(?=[\s=])/gim, "$1HostName")
    .replace(/^([^\S\n]*)user(?=[\s=])/gim, "$1User");
}
