// What values of the settings about rolling activation mean.
import { parsePercentage } from "./deploy/allowance.ts";
import { parseDuration } from "./duration.ts";
import { type BatchSize, parseSerial } from "./serial.ts";
import { type Read, text } from "./setting-values.ts";

/** As Ansible's play takes it: a number, a percentage, or a list of those. */
export const serial: Read<readonly BatchSize[]> = ({ name, value }, fail) => {
  const items = Array.isArray(value) ? value : [value];
  const problem = "wants numbers or percentages of hosts, such as 2, 30% or [1, 5, 30%]";
  return items.flatMap((item) => {
    const read = text({ name, value: item }, () => fail(problem));
    return parseSerial(read) ?? fail(problem);
  });
};

export const percentage: Read<number | undefined> = (found, fail) =>
  parsePercentage(text(found, fail)) ?? fail("wants a percentage from 0 to 100");

export const seconds: Read<number> = (found, fail) => {
  const ms = parseDuration(text(found, fail));
  return ms === undefined ? fail("wants seconds, or a time such as 500ms or 1m") : ms / 1000;
};
