#!/usr/bin/env bun
// A small file to hosts, tested there, then a reload: bun scripts/recipes/push-config.ts prod lb ./nginx.conf /etc/nginx/nginx.conf --test 'nginx -t' --reload 'systemctl reload nginx'
import { fleetOptions, openFleet, script } from "../../lib/index.ts";

await script(async (signal) => {
  const options = fleetOptions(Bun.argv.slice(2), {
    example:
      "bun scripts/recipes/push-config.ts prod lb ./nginx.conf /etc/nginx/nginx.conf --test 'nginx -t'",
    about:
      "Puts a file on hosts where it differs, tests it there and reloads; what fails its test is put back.",
    words: "INVENTORY PATTERN FILE DEST",
    minWords: 3,
    maxWords: 4,
    flags: {
      test: { type: "text", value: "COMMAND", help: "tells whether the new file is good" },
      reload: { type: "text", value: "COMMAND", help: "run where the file was changed" },
    },
  });
  const [file = "", path = ""] = options.words.slice(-2);
  const input = await Bun.file(file).bytes();
  const { test = "true", reload = "true" } = options;
  await using fleet = await openFleet(options, { title: `${file} to ${path}`, signal });
  return await fleet.run(async () => {
    // One host first. A copy, for owner and mode; one rename, so that nobody reads half of it.
    const { ok } = await fleet.$({
      input,
      serial: "1,100%",
    })`if test -e ${path}; then cp -p ${path} ${path}.old; fi
      cp -p ${path}.old ${path}.new 2> /dev/null || :
      cat > ${path}.new
      if cmp -s ${path}.new ${path}; then rm -f ${path}.new ${path}.old; exit; fi
      mv ${path}.new ${path}
      sh -c ${test} || { mv ${path}.old ${path} || rm ${path}; exit 1; }
      sh -c ${reload}
      echo changed`;
    const changed = ok.filter(({ stdout }) => stdout.endsWith("changed\n")).length;
    return `${path} was changed on ${changed} hosts, and is what it should be on ${ok.length}`;
  });
});
