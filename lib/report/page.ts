// A run as one HTML file.
import type { RunRecord } from "../history/types.ts";
import type { Story } from "./story.ts";

/** A run as one HTML page. */
export function reportPage(run: RunRecord, _story: Story): string {
  return `<!doctype html><title>${run.app}</title>`;
}
