// What git knows about a release source.
import { $ } from "zx";
import { OpsError } from "../errors.ts";

export interface GitOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the tree of `ref` (a commit, branch, tag, or `ref:folder`) as a tar archive to the file `tar`, as
 * `git archive` makes it: `export-ignore` and `export-subst` attributes apply, submodules are empty folders.
 * @returns the commit's id; undefined when `ref` names a tree alone
 * @throws OpsError `source` quoting git, `tool` when there is no git
 */
export async function archiveRef(
  ref: string,
  tar: string,
  {
    cwd,
    signal,
    fail = (why) =>
      new OpsError("source", `git:${ref}: ${why}`, {
        hint: `name a commit, branch or tag of the repository in ${cwd}`,
      }),
  }: GitOptions & { readonly cwd: string; readonly fail?: (why: string) => OpsError },
): Promise<string | undefined> {
  const git = async (folder: string, ...words: readonly string[]) => {
    const run = $({ cwd: folder, quiet: true, nothrow: true, ...(signal && { signal }) });
    const output = await run`git ${words}`;
    signal?.throwIfAborted();
    return output;
  };
  const must = async (folder: string, ...words: readonly string[]) => {
    const { exitCode, stdout, stderr } = await git(folder, ...words);
    if (exitCode === 0) return stdout.trim();
    if (exitCode === 127) {
      throw new OpsError("tool", `git is needed for git:${ref} and is not installed`, {
        hint: "install git",
      });
    }
    throw fail(stderr.trim());
  };
  const repository = await must(cwd, "rev-parse", "--absolute-git-dir");
  // No name in git begins with a dash; as an argument it would be taken for an option.
  if (ref === "" || ref.startsWith("-")) throw fail("not a name git could know");
  const kind = await must(cwd, "cat-file", "-t", ref);
  if (kind === "blob") throw fail("that is one file; name a commit or a folder");
  const found = await git(cwd, "rev-parse", "--verify", "--quiet", `${ref.replace(/:.*/s, "")}^{commit}`);
  const commit = found.exitCode === 0 ? found.stdout.trim() : undefined;
  // The commit, where all of it is meant: export-subst then has something to say.
  const what =
    commit === undefined || ref.includes(":") ? await must(cwd, "rev-parse", "--verify", ref) : commit;
  // From inside the repository's own folder: called in a subfolder, git would archive only that. Its umask is 002 else.
  const archive = ["-c", "tar.umask=0022", "archive", "--format=tar", "-o", tar, what];
  await must(repository, `--git-dir=${repository}`, ...archive);
  return commit;
}

/**
 * Addresses that hold a password or token are refused before they are shown or used anywhere.
 * @throws OpsError `source` without them in its message
 */
export function refuseCredentials(from: string): void {
  if (!/^git\+https?:\/\/[^/]*@/i.test(from)) return;
  const shown = from.replace(/\/\/[^/]*@/, "//");
  throw new OpsError(
    "source",
    `${shown}: the address holds a password or token, which git would show to every user here`,
    {
      hint: "leave it out of the address; git's credential helper or an ssh:// address serve it safely",
    },
  );
}

/**
 * The same for `git+URL#REF` and `git+URL#REF:folder`: fetches that one commit, without history, and archives it.
 * Credentials come from git's own helpers and ssh; nothing is asked for.
 * @throws OpsError `source` quoting git, `tool` when there is no git
 */
export async function archiveRemote(
  from: string,
  tar: string,
  { signal }: GitOptions = {},
): Promise<string | undefined> {
  refuseCredentials(from);
  const [, url = "", named = "HEAD"] = /^git\+([^#]+)(?:#(.+))?$/s.exec(from) ?? [];
  // No name in git holds a colon.
  const [ref = "", folder] = named.split(/:(.*)/s);
  const fail = (why: string) =>
    new OpsError("source", `${from}: ${why}`, {
      hint: "write git+URL#BRANCH, or git+URL#BRANCH:FOLDER, of a repository this machine may fetch from",
    });
  if (url === "" || url.startsWith("-") || ref.startsWith("-")) throw fail("not a repository's address");
  const repository = `${tar}.git`;
  const environment = { ...process.env, GIT_TERMINAL_PROMPT: "0" };
  const run = $({ quiet: true, nothrow: true, env: environment, ...(signal && { signal }) });
  const made = await run`git init --quiet --bare ${repository}`;
  if (made.exitCode === 127)
    throw new OpsError("tool", `git is needed for ${from} and is not installed`, { hint: "install git" });
  const fetched = await run`git -C ${repository} fetch --quiet --depth 1 --no-tags -- ${url} ${ref}`;
  signal?.throwIfAborted();
  if (made.exitCode !== 0 || fetched.exitCode !== 0) throw fail((made.stderr + fetched.stderr).trim());
  const what = folder === undefined ? "FETCH_HEAD" : `FETCH_HEAD:${folder}`;
  return archiveRef(what, tar, { cwd: repository, signal, fail });
}

/** The commit checked out around `folder`, `-dirty` when tracked files differ from it; undefined outside of git. */
export async function revisionOf(folder: string): Promise<string | undefined> {
  const git = $({ cwd: folder, quiet: true, nothrow: true });
  const { exitCode, stdout } =
    await git`git --no-optional-locks describe --always --abbrev=40 --dirty --exclude=*`;
  return exitCode === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}
