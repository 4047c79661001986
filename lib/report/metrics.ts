// How the newest run of each app went, for Prometheus' textfile collector: gauges, replaced with every run.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import type { RunRecord } from "../history/types.ts";
import { writeBeside } from "./files.ts";

const PREFIX = "rookery_deploy_";
const STATUSES = ["ok", "failed", "unreachable", "skipped"] as const;

interface Metric {
  readonly help: string;
  readonly samples: (
    run: RunRecord,
  ) => readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** Each a gauge, by `app`, `environment` and what is in its labels. */
const METRICS: Readonly<Record<string, Metric>> = {
  last_run_timestamp_seconds: {
    help: "When the last run ended, by kind.",
    samples: (run) => [[{ kind: run.kind }, stamp(run)]],
  },
  last_success_timestamp_seconds: {
    help: "When the last run that left no host behind ended, by kind.",
    samples: (run) => (run.exitCode === 0 ? [[{ kind: run.kind }, stamp(run)]] : []),
  },
  exit_code: { help: "Exit code of the last run.", samples: (run) => [[{}, run.exitCode ?? 1]] },
  duration_seconds: {
    help: "How long the last run took, by phase and in total.",
    samples: ({ seconds }) => Object.entries(seconds).map(([phase, value]) => [{ phase }, value] as const),
  },
  hosts: {
    help: "Hosts of the last run, by how it ended for them.",
    samples: ({ hosts }) =>
      STATUSES.map((status) => [{ status }, hosts.filter((host) => host.status === status).length] as const),
  },
  payload_bytes: { help: "Size of what the last run carried.", samples: ({ bytes }) => [[{}, bytes]] },
  received_bytes: {
    help: "Bytes that the hosts of the last run received.",
    samples: ({ hosts }) => [[{}, hosts.reduce((sum, { bytes }) => sum + bytes, 0)]],
  },
  info: {
    help: "What the last run brought, always 1.",
    samples: ({ release = "", revision = "" }) => [[{ release, revision }, 1]],
  },
};

/**
 * Puts a run's gauges into the file at `path`, beside those of other apps and environments; where `path` is a folder,
 * into a file of this app and environment in it.
 * @throws OpsError `usage` when it can't be written
 * @see https://github.com/prometheus/node_exporter#textfile-collector
 */
export function writeMetrics(path: string, run: RunRecord): void {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, fileName(run)) : path;
  writeBeside(file, metricsText(run, readBefore(file)));
}

/** Apps and environments that are written the same in a file's name are told apart by a digest. */
function fileName({ app, environment }: RunRecord): string {
  const plain = [app, environment].map((name) => name.replace(/[^\w.-]+/g, "_").slice(-60));
  const same = plain[0] === app && plain[1] === environment;
  const digest = createHash("sha256")
    .update(JSON.stringify([app, environment]))
    .digest("hex");
  return `rookery-${plain.join("-")}${same ? "" : `-${digest.slice(0, 8)}`}.prom`;
}

/** The text of the file after `run`; `before` is what it held. */
export function metricsText(run: RunRecord, before = ""): string {
  const own = labelText({ app: run.app, environment: run.environment });
  const kept = before.split("\n").filter((line) => line.startsWith(PREFIX));
  const lines = Object.entries(METRICS).flatMap(([name, { help, samples }]) => {
    const series = samples(run).map(
      ([labels, value]) => `${PREFIX}${name}{${[own, labelText(labels)].filter(Boolean).join(",")}} ${value}`,
    );
    const replaced = (line: string) => {
      const rest = line.slice(`${PREFIX}${name}{`.length);
      if (!rest.startsWith(`${own},`) && !rest.startsWith(`${own}}`)) return false;
      // A failed run leaves the time of the last success as it was, and a rollback that of the deploys.
      if (!name.endsWith("_timestamp_seconds")) return true;
      return series.some((each) => each.startsWith(line.slice(0, line.lastIndexOf("} "))));
    };
    const others = kept.filter((line) => line.startsWith(`${PREFIX}${name}{`) && !replaced(line));
    const all = [...others, ...series];
    return all.length === 0
      ? []
      : [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} gauge`, ...all];
  });
  return `${lines.join("\n")}\n`;
}

function stamp({ endedAt, startedAt }: RunRecord): number {
  return Date.parse(endedAt ?? startedAt) / 1000;
}

/** `name="value"`, with what the format wants escaped. */
function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${value.replace(/[\\"\n]/g, (each) => (each === "\n" ? "\\n" : `\\${each}`))}"`,
    )
    .join(",");
}

function readBefore(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new OpsError("usage", `can't read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
