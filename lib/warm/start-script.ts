// How a peer is started, and what makes room for it on the way.
import { KEEP_DAYS } from "./pack.ts";
import { WARM_PREFIX } from "./script.ts";

/**
 * `$1` cache folder, `$2` runtime, `$3` program: notes that both were used, removes what has not been for a month and what
 * killed runs left a day ago, and becomes the peer. It is part of the start because it must not cost a round trip.
 */
export const START_SCRIPT = `for used; do case $used in "$1"/*) touch -c -- "$used" ;; esac; done 2>/dev/null
find "$1" -maxdepth 1 -type f \\( -name 'bun-*' -o -name 'peer-*.js' \\) -mtime +${KEEP_DAYS} -exec rm -f {} + 2>/dev/null
find "$1" -maxdepth 1 \\( -name '${WARM_PREFIX}*' -o -name '.rookery-upload-*' \\) -mtime +1 -exec rm -rf {} + 2>/dev/null
shift; exec "$@"`;
