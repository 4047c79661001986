// Sources that lie in a repository elsewhere: one commit is fetched, and nothing of it stays.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { openSource } from "../../lib/payload/source.ts";
import { temporaryFolder } from "../support/marker.ts";

let root: string;
let repository: string;
let commit: string;

beforeAll(async () => {
  root = await temporaryFolder("git-remote");
  repository = join(root, "shop.git-work");
  await mkdir(repository);
  const git = $({ cwd: repository, quiet: true });
  await Bun.write(join(repository, "index.html"), "one");
  await git`git init --quiet --initial-branch=main`;
  await git`git -c user.name=t -c user.email=t@example.net add index.html`;
  await git`git -c user.name=t -c user.email=t@example.net commit --quiet -m one`;
  await git`git tag v1`;
  commit = (await git`git rev-parse HEAD`).stdout.trim();
  await Bun.write(join(repository, "index.html"), "two");
  await Bun.write(join(repository, "public", "app.css"), "red");
  await git`git add public`;
  await git`git -c user.name=t -c user.email=t@example.net commit --quiet -am two`;
});

afterAll(() => rm(root, { recursive: true, force: true }));

test("a tag of another repository is fetched; the temporary clone goes with the source", async () => {
  const temporary = join(root, "temporary");
  await mkdir(temporary);
  {
    await using source = await openSource(`git+file://${repository}#v1`, { temporaryFolder: temporary });
    expect(source.revision).toBe(commit);
    expect(source.entries.map(({ path }) => path)).toEqual(["index.html"]);
    expect(await readdir(temporary)).not.toEqual([]);
  }
  expect(await readdir(temporary)).toEqual([]);
});

test("a folder of it is all there is, by branch and folder's name", async () => {
  await using source = await openSource(`git+file://${repository}#main:public`);
  expect(source.entries.map(({ path }) => path)).toEqual(["app.css"]);
  expect(source.revision).toMatch(/^[0-9a-f]{40}$/);
});

test("without a name it is what the repository has checked out", async () => {
  await using source = await openSource(`git+file://${repository}`);
  expect(source.revision).not.toBe(commit);
});

test.each([
  [
    "a branch that isn't there",
    (path: string) => `git+file://${path}#nowhere`,
    /couldn't find remote ref nowhere/,
  ],
  [
    "a repository that isn't there",
    (path: string) => `git+file://${path}-not#main`,
    /does not appear to be a git repository|not exist/,
  ],
  [
    "a folder that isn't there",
    (path: string) => `git+file://${path}#main:nowhere`,
    /#main:nowhere: .*nowhere.* does not exist/,
  ],
  ["an option instead of an address", () => "git+--upload-pack=touch#main", /not a repository's address/],
  [
    "a password in the address",
    () => "git+https://me:s3cret@127.0.0.1:1/x.git#main",
    /^(?!.*s3cret).*holds a password/s,
  ],
])("%s is a source error", async (_case, from, message) => {
  const error = await openSource(from(repository)).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ code: "source", message: expect.stringMatching(message) });
});
