// The shell script that looks at a host. POSIX sh and what busybox has, nothing more.

export const SURVEY_BEGINS = "rookery-survey 1";
export const SURVEY_ENDS = "end";

/**
 * Says one fact a line, a keyword and its value; changes nothing. `$1` is `rookery_deploy_to`, or empty. `echo` would take
 * backslashes in names for more than they are, so nothing found on the host goes through it.
 */
export const SURVEY_SCRIPT = String.raw`
say() { printf '%s\n' "$*"; }
say '${SURVEY_BEGINS}'
say "system $(uname -s)"
say "machine $(uname -m)"
for f in /lib/ld-musl-*; do [ -e "$f" ] && say 'libc musl'; done
grep -qwm 1 avx2 /proc/cpuinfo 2>/dev/null && say avx2
command -v gzip >/dev/null && command -v tee >/dev/null && command -v sha256sum >/dev/null && say unpacks
cache="\${XDG_CACHE_HOME:-\${HOME:-/nonexistent}/.cache}/rookery"
parent=$cache
while [ ! -e "$parent" ]; do parent=$(dirname "$parent"); done
[ -w "$parent" ] && [ -n "$HOME" ] || cache="/var/tmp/rookery-$(id -u)"
say "cache $cache"
[ -e "$cache" ] && [ ! -O "$cache" ] && say "not-ours $cache"
for f in "$cache"/*; do [ -f "$f" ] && say "cached $(($(wc -c < "$f"))) \${f##*/}"; done
bun=$(command -v bun 2>/dev/null) && say "bun $("$bun" --version 2>/dev/null) $bun"
if [ -n "$SSH_CONNECTION" ]; then
  say "seen-from \${SSH_CONNECTION%% *}"
  at=\${SSH_CONNECTION% *}; say "seen-at \${at##* }"
fi
[ -n "$1" ] || { say '${SURVEY_ENDS}'; exit 0; }
if [ ! -L "$1/current" ]; then
  [ -e "$1/current" ] && say current-is-folder
elif [ -e "$1/current" ]; then
  to=$(cd -P "$1/current" 2>/dev/null && pwd -P)
  if [ -n "$to" ] && [ "\${to%/*}" = "$(cd -P "$1/releases" 2>/dev/null && pwd -P)" ]; then say "current \${to##*/}"
  else say "current-elsewhere \${to:-$(readlink "$1/current")}"; fi
fi
one_line() { tr -d '\n' < "$1"; say; }
for d in "$1"/releases/*/; do
  d=\${d%/}
  [ -d "$d" ] && [ ! -L "$d" ] || continue
  case \${d##*/} in *[!A-Za-z0-9._-]*) continue ;; esac
  say "release \${d##*/}"
  [ -f "$d/REVISION" ] && say "revision $(head -c 200 "$d/REVISION" | head -n 1)"
  r="$1/.rookery/releases/\${d##*/}.json"
  [ -f "$r" ] && { printf 'record '; one_line "$r"; }
done
if [ -f "$1/.rookery/lock" ]; then
  printf 'lock '; one_line "$1/.rookery/lock"
  say "lock-beat $(date -r "$1/.rookery/lock" +%s)"
  say "now $(date +%s)"
  say "hostname $(uname -n)"
  say "namespace $(readlink /proc/self/ns/pid)"
  say "boot $(cat /proc/sys/kernel/random/boot_id)"
  pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$1/.rookery/lock")
  [ -n "$pid" ] && [ -r "/proc/$pid/stat" ] && say "lock-process $(cat "/proc/$pid/stat")"
fi
parent=$1/releases
while [ ! -e "$parent" ]; do parent=$(dirname "$parent"); done
df -Pk "$parent" 2>/dev/null | awk 'NR == 2 { print "free", $4 }'
df -Pi "$parent" 2>/dev/null | awk 'NR == 2 { print "inodes", $4 }'
say '${SURVEY_ENDS}'
`.replaceAll("\\$", "$");
