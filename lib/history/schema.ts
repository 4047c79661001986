// The tables of the history. A run is a row when it begins and a row when it ends; nothing is changed or removed.

/** Of what is below; a file with a higher one comes from a newer Rookery. */
export const VERSION = 1;

export const COLUMNS = {
  begun: ["id", "kind", "app", "environment", "pattern", "source", "owner", "startedAt", "author", "hosts"],
  chosen: ["id", "release", "tree", "infohash", "revision"],
  ended: ["id", "endedAt", "outcome", "exitCode", "bytes", "seconds"],
  hosts: ["id", "name", "status", "error", "hint", "seconds", "bytes"],
} as const;

const refuse = Object.keys(COLUMNS)
  .flatMap((table) =>
    ["UPDATE", "DELETE"].map(
      (verb) => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
  BEGIN SELECT RAISE(ABORT, 'the history is added to, never changed'); END;`,
    ),
  )
  .join("\n");

export const SCHEMA = `
CREATE TABLE begun (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL, app TEXT NOT NULL, environment TEXT NOT NULL, pattern TEXT NOT NULL,
  source TEXT, owner TEXT NOT NULL, startedAt TEXT NOT NULL,
  author TEXT NOT NULL, hosts TEXT NOT NULL);
CREATE INDEX begun_app ON begun (app, environment, id);
CREATE TABLE chosen (
  id TEXT NOT NULL REFERENCES begun, release TEXT, tree TEXT, infohash TEXT, revision TEXT);
CREATE INDEX chosen_id ON chosen (id);
CREATE TABLE ended (
  id TEXT NOT NULL PRIMARY KEY REFERENCES begun,
  endedAt TEXT NOT NULL, outcome TEXT NOT NULL, exitCode INTEGER NOT NULL,
  bytes INTEGER NOT NULL, seconds TEXT NOT NULL);
CREATE TABLE hosts (
  id TEXT NOT NULL REFERENCES ended, name TEXT NOT NULL, status TEXT NOT NULL,
  error TEXT, hint TEXT, seconds REAL NOT NULL, bytes INTEGER NOT NULL,
  UNIQUE (id, name));
CREATE VIEW runs AS
  SELECT begun.id, kind, app, environment, pattern, source, owner, startedAt, author, hosts AS planned,
    endedAt, outcome, exitCode, bytes, seconds,
    ${["release", "tree", "infohash", "revision"].map(newest).join(",\n    ")}
  FROM begun LEFT JOIN ended ON ended.id = begun.id;
${refuse}
PRAGMA user_version = ${VERSION};
`;

/** What was told last of it. */
function newest(column: string): string {
  return `(SELECT ${column} FROM chosen WHERE chosen.id = begun.id AND ${column} IS NOT NULL
      ORDER BY chosen.rowid DESC LIMIT 1) AS ${column}`;
}
