// The flags of runs that keep a record of themselves.
import type { Flag } from "../options.ts";

export const RECORD_FLAGS = {
  metrics: {
    type: "text",
    value: "PATH",
    help: "gauges for Prometheus: a file, or a folder of files, over rookery_metrics",
  },
  report: { type: "text", value: "FILE.html", help: "the run as one HTML page" },
} as const satisfies Record<string, Flag>;
