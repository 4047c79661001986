// Begins a run and ends without a word: `begin.ts HISTORY RELEASE`.
import { newRunId, openHistory } from "../../lib/history/open.ts";

const [path = "", release = ""] = process.argv.slice(2);
using history = openHistory({ path });
history.begin({
  id: newRunId(),
  kind: "deploy",
  app: "shop",
  environment: "prod",
  pattern: "all",
  release,
  owner: "ops@deploy1",
  startedAt: new Date().toISOString(),
  hosts: ["web1", "web2"],
});
