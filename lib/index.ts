// The public door: all that scripts import. A name exported here is a promise.

export { fleetConfig } from "./config.ts";
export { distributeFiles, distributeOptions, planDistribute } from "./deploy/distribute.ts";
export { openRelease, type Release } from "./deploy/open-release.ts";
export {
  deployOptions,
  planDeploy,
  planFleet,
  planHosts,
  planRollback,
  rollbackOptions,
} from "./deploy/plan.ts";
export { previewDeploy } from "./deploy/preview.ts";
export { planReleases, releasesOptions, releasesTable } from "./deploy/releases.ts";
export { runAll, runOptions } from "./deploy/run-command.ts";
export {
  activateAll,
  chooseBack,
  chooseFor,
  distributeRelease,
  lockAll,
  prepareAll,
  requireHosts,
} from "./deploy/steps.ts";
export { type ErrorCode, OpsError } from "./errors.ts";
export { FLEET_FLAGS, type Flag, Help, type Parsed, parseOptions, type Usage } from "./options.ts";
export { EXIT, errorText, script, watch } from "./script.ts";
export { bootstrapAll, startPeers } from "./swarm/bootstrap.ts";
export { connectAll } from "./swarm/connect.ts";
export { type Fleet, type FleetHost, type Member, startFleet } from "./swarm/fleet.ts";
export { startSwarm } from "./swarm/start.ts";
