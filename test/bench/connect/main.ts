// Logging in everywhere and running `true`, beside ansible, clush and pssh on the same simulated hosts:
//   bun run bench:connect --hosts 100,300,1000 --rounds 3
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { Help, parseOptions } from "../../../lib/options.ts";
import { script } from "../../../lib/script.ts";
import { startThousand } from "../../support/thousand/start.ts";
import { CONTENDERS, type Contender, HOST_FILE, isInstalled } from "./contenders.ts";
import { type Measured, measure } from "./measure.ts";
import { tableOf } from "./table.ts";

await script(async (signal) => {
  const { hosts, rounds, wanted } = connectOptions(Bun.argv.slice(2));
  const missing = wanted.filter((contender) => !isInstalled(contender));
  if (missing.length > 0) {
    const packages = missing.flatMap(({ needs }) => needs?.[0] ?? []).join(" ");
    const names = missing.map(({ name }) => name).join(", ");
    console.error(`going on without ${names}: apt-get install ${packages}`);
  }
  const contenders = wanted.filter((contender) => !missing.includes(contender));
  for (const { name, settings } of contenders) console.log(`${name}: ${settings}`);
  const all: Measured[] = [];
  for (const count of hosts) {
    await using fleet = await startThousand({ hosts: count });
    await writeFile(
      join(fleet.root, HOST_FILE),
      fleet.names.map((name) => `${fleet.address(name)}\n`).join(""),
    );
    // The hosts' own processes compile what they run often, once.
    for (const contender of contenders.slice(0, 1)) await measure(contender, fleet, { signal });
    for (let round = 0; round < rounds; round++) {
      // Everybody is first equally often.
      const order = [
        ...contenders.slice(round % contenders.length),
        ...contenders.slice(0, round % contenders.length),
      ];
      for (const contender of order) {
        const measured = await measure(contender, fleet, { signal });
        all.push(measured);
        const { wallSeconds, cpuMs, hostCpuMs } = measured;
        console.error(
          `${count} hosts, ${contender.name}: ${wallSeconds.toFixed(2)} s, ${cpuMs.toFixed(2)} ms CPU a host (the hosts' own: ${hostCpuMs.toFixed(2)} ms)`,
        );
      }
    }
  }
  console.log(tableOf(all));
  return 0;
});

function connectOptions(argv: readonly string[]) {
  try {
    const options = parseOptions(argv, {
      example: "bun run bench:connect --hosts 100,300,1000 --rounds 3",
      about:
        "Logs in on simulated hosts and runs `true` on each, with Rookery and the tools that are installed, and prints\nhow long that took and what it cost.",
      words: "",
      maxWords: 0,
      flags: {
        hosts: { type: "text", value: "N,N", help: "how many hosts (100,300,1000)" },
        rounds: { type: "count", value: "R", min: 1, help: "times each is run; medians are shown (1)" },
        only: { type: "text", value: "NAMES", help: `of ${CONTENDERS.map(({ name }) => name).join(",")}` },
      },
    });
    return {
      hosts: (options.hosts ?? "100,300,1000").split(",").map(hostCount),
      rounds: options.rounds ?? 1,
      wanted: options.only === undefined ? CONTENDERS : options.only.split(",").map(contenderOf),
    };
  } catch (error) {
    if (error instanceof Help)
      throw new Help(error.text.replace("Usage: bun script", "Usage: bun run bench:connect"));
    throw error;
  }
}

function hostCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new OpsError("usage", `--hosts wants numbers such as 100,1000, not "${text}"`);
}

function contenderOf(name: string): Contender {
  const found = CONTENDERS.find((contender) => contender.name === name);
  if (found !== undefined) return found;
  throw new OpsError("usage", `--only: nobody is called "${name}"`, {
    hint: `names: ${CONTENDERS.map((contender) => contender.name).join(",")}`,
  });
}
