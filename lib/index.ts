// The public door: all that scripts import. A name exported here is a promise.
// biome-ignore-all assist/source/organizeImports: in the order a script uses them

// Scripts: options, environment, errors, exit codes
export { type FleetConfig, fleetConfig, inventoryConfig } from "./config.ts";
export { type ErrorCode, OpsError } from "./errors.ts";
export { INVENTORY_FLAGS, inventoryOptions } from "./inventory-flags.ts";
export { FLEET_FLAGS, type Flag, Help, type Parsed, parseOptions, type Usage } from "./options.ts";
export { EXIT, errorText, record, script, watch } from "./script.ts";

// Inventories: hosts, groups, vars
export { findInventory, loadInventory } from "./inventory/load.ts";
export { ansibleExitCode } from "./inventory/exit-code.ts";
export { graphText, hostJson, listJson } from "./inventory/print.ts";
export { showInventory } from "./inventory/show.ts";
export type { Group, Host, Inventory } from "./inventory/types.ts";
export type { HostSettings } from "./settings.ts";
export { settingsOf } from "./settings-of.ts";

// zx's $ on hosts, and on many of them as one fleet
export {
  fleetFor,
  fleetOptions,
  openFleet,
  type OpenFleetOptions,
  type ScriptFleet,
  type ScriptHost,
} from "./open-fleet.ts";
export { CommandError, type CommandOutput } from "./shell/output.ts";
export type { FleetOutput, HostOutput } from "./shell/fleet-rows.ts";
export type { FleetCommand, FleetShell, FleetShellOptions, FleetValue } from "./shell/fleet-shell.ts";
export type { RemoteCommand, Shell, ShellOptions } from "./shell/remote-shell.ts";
export type { ShellValue } from "./shell/command-text.ts";

// Hosts: connections, and a fleet of them step by step
export { connect } from "./ssh/connect.ts";
export { targetOf } from "./ssh/target.ts";
export type { Become, Connection, Output, Target } from "./ssh/types.ts";
export { bootstrapAll, startPeers } from "./swarm/bootstrap.ts";
export { connectAll } from "./swarm/connect.ts";
export type { FleetEvent, Summary } from "./swarm/events.ts";
export { type Fleet, type FleetHost, type Member, startFleet } from "./swarm/fleet.ts";
export { startSwarm } from "./swarm/start.ts";

// Torrents, by hand as well
export { followEngine, startPeer, untilAborted } from "./peer/by-hand.ts";
export { compareTorrent, describeTorrent, listFiles, saveTorrent } from "./torrent/by-hand.ts";
export { createTorrent } from "./torrent/create.ts";
export { parseTorrent, readTorrent } from "./torrent/metainfo.ts";
export type { Torrent } from "./torrent/types.ts";
export { filesOfPieces, verifyTorrent } from "./torrent/verify.ts";
export { startTracker } from "./tracker/start.ts";

// Releases: the steps of a deploy, each on all hosts
export { newReleaseId } from "./release/layout.ts";
export { openRelease, openSourceOf, type Release } from "./deploy/open-release.ts";
export { deployOptions, rollbackOptions } from "./deploy/flags.ts";
export { bringOptions } from "./deploy/bring-flags.ts";
export { planFleet, planHosts } from "./deploy/hosts.ts";
export { planDeploy, planRollback } from "./deploy/plan.ts";
export { previewDeploy } from "./deploy/preview.ts";
export { lockAll, lockFirst } from "./deploy/lock-all.ts";
export { bringBack, previewBack } from "./deploy/bring-back.ts";
export { bringRelease, type NamedRelease, nameRelease } from "./deploy/bring-release.ts";
export { bringFiles } from "./deploy/bring-files.ts";
export { chooseBack, chooseFor, distributeRelease, prepareAll } from "./deploy/bring.ts";
export { requireSameTree } from "./deploy/resume.ts";
export { activateAll, requireHosts } from "./deploy/switch.ts";
export { type Playbooks, playbooksAround, rehearsePlaybooks } from "./deploy/playbooks.ts";
export { activateInBatches, type AroundBatch } from "./deploy/batches.ts";
export { distributeFiles, distributeOptions, planDistribute } from "./deploy/distribute.ts";
export { planReleases, releasesOptions, releasesTable } from "./deploy/releases.ts";
export {
  planVerify,
  type VerifiedHost,
  verifiedText,
  verifyAll,
  verifyOptions,
} from "./deploy/verify.ts";
export { warmHosts, warmOptions } from "./deploy/warm.ts";
export { runAll, runOptions } from "./deploy/run-command.ts";

// Ansible: playbooks on some of the hosts
export { type PlaybookOptions, runPlaybook } from "./ansible/playbook.ts";
export type { PlayedHost, PlayReport } from "./ansible/report.ts";

// What would stop a deploy
export { examine } from "./doctor/examine.ts";
export { type Diagnosis, diagnose, type Finding } from "./doctor/finding.ts";
export { doctorOptions, planDoctor } from "./doctor/plan.ts";
export { findingsJson, findingsText } from "./doctor/text.ts";

// What runs did
export { type History, type RunFilter, openHistory } from "./history/open.ts";
export type { HostOutcome, RunKind, RunRecord } from "./history/types.ts";
export { deployedBy, type HostEntry, readJournals } from "./history/journals.ts";
export {
  chosenEntries,
  historyOptions,
  journalTable,
  jsonLines,
  runFilter,
  runsTable,
} from "./history/show.ts";
export { openStory, type Story } from "./report/story.ts";
export { reportPage } from "./report/page.ts";
export { writeMetrics } from "./report/metrics.ts";

// Text for terminals
export { formatBytes, formatDuration } from "./ui/format.ts";
export { table } from "./ui/table.ts";
