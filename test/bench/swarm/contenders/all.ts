// Everybody who takes part, in the order of the table.
import { aria2 } from "./aria2.ts";
import type { Contender } from "./contender.ts";
import { libtorrent } from "./libtorrent.ts";
import { ours } from "./ours.ts";
import { rsync, scp } from "./ssh.ts";
import { torrentStream } from "./torrent-stream.ts";
import { transmission } from "./transmission.ts";

export type { Contender } from "./contender.ts";

export const CONTENDERS: readonly Contender[] = [
  ours,
  torrentStream,
  aria2,
  libtorrent,
  transmission,
  scp,
  rsync,
];
