// Everybody who takes part, in the order of the table.
import { aria2 } from "./aria2.ts";
import type { Contender } from "./contender.ts";
import { libtorrent } from "./libtorrent.ts";
import { ours } from "./ours.ts";

export type { Contender } from "./contender.ts";

export const CONTENDERS: readonly Contender[] = [ours, libtorrent, aria2];
