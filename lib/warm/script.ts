// What runs on a host while a runtime spreads: POSIX sh and what every distribution's smallest image has.

/** Names of temporary folders in a host's cache begin so. */
export const WARM_PREFIX = ".rookery-warm-";

/**
 * Commands come a line each on stdin, results go to stdout, a line each; it ends, and removes its folder, with its stdin.
 * The first line is the path under which this host serves.
 *
 *     get HOST PORT PATH NUMBER:SHA256…   fetches parts        → have N | failed N | wrong N   for each
 *     take NUMBER:SHA256                  `new.N` was uploaded → have N | wrong N
 *     unpack NUMBER…                      the next in order    → unpacked
 *     finish                              all are unpacked     → ready | broken
 *
 * and at any time: serving PORT | mute (it can't serve), stuck WORDS (a disk that is full, say).
 *
 * `$1` cache folder, `$2` its own folder's name, `$3` the runtime's name, `$4` its size, `$5` `$6` ports to serve on, `$7`
 * `$8` `$9` servers for Python, Perl, Bun, `${10}` an unpacker for Python.
 */
export const WARM_SCRIPT = String.raw`
LC_ALL=C; export LC_ALL; umask 077; set -f
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
folder=$2 name=$3 bytes=$4 first=$5 last=$6 python=$7 perl=$8 bun=$9 unpacker=\${10}
has() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*"; }
mkdir -p -- "$1" && mkdir -- "$1/$2" && cd -- "$1/$2" && mkfifo alive || exit 1
# Whatever still runs is of this process group, and goes with it.
trap 'trap "" TERM; cd ..; rm -rf -- "$folder"; kill -s TERM 0' EXIT
trap 'exit 1' HUP INT PIPE TERM
read -r key || exit 1
# The server lives as long as somebody could write into this pipe, which is this shell alone.
exec 4<>alive
serve() { { "$@" "$first" "$last" || say mute; } <alive 4>&- & }
say "$key" >&4
# A python3 on the PATH may be a stub, or lack half of its library.
works= ; python3 -c 'import socket, threading, zlib' 2>/dev/null && works=yes
if [ "$works" ]; then serve python3 -c "$python"
elif [ -x /usr/libexec/platform-python ]; then serve /usr/libexec/platform-python -c "$python"
elif has perl; then serve perl -e "$perl"
elif has python; then serve python -c "$python"
else say mute; bun_serves=yes; fi
if has curl; then with=curl; elif has wget; then with=wget; elif has bash; then with=bash; else with=; fi
limit='timeout --foreground 20'; $limit true 2>/dev/null || limit=
if [ "$works" ]; then plain() { python3 -c "$unpacker" "$@"; }
else plain() { for i; do gzip -dc < "$i.gz" || return; done; }; fi
once=; case $(wget --help 2>&1) in *BusyBox*) ;; *) once='-t 1 --no-proxy' ;; esac
fetch() { # HOST PORT PATH NUMBER...: parts to new.NUMBER, as many as will come
  h=$1 p=$2 k=$3 url=http://$1:$2/$3; shift 3
  case $h in *:*) url=http://[$h]:$p/$k ;; esac
  case $with in
    curl) for i; do printf 'url = "%s/%s"\noutput = "new.%s"\n' "$url" "$i" "$i"; done |
      curl -q -fsS --noproxy '*' --connect-timeout 2 --speed-limit 1000 --speed-time 4 -K - ;;
    wget) for i; do wget -q -T 4 $once -O "new.$i" "$url/$i" || return; done ;;
    bash) for i; do $limit bash -c '
      exec 5<>"/dev/tcp/$1/$2" || exit; printf "GET /%s/%s HTTP/1.0\r\n\r\n" "$3" "$4" >&5
      read -r line <&5; case $line in *" 200 "*) ;; *) exit 1 ;; esac
      while read -r line <&5 && [ "$line" != $'\''\r'\'' ]; do :; done; cat <&5' - "$h" "$p" "$k" "$i" > "new.$i" || return
      done ;;
  esac
}
get() {
  from="$1 $2 $3"; shift 3; wanted=
  for w; do wanted="$wanted \${w%%:*}"; done
  fetch $from $wanted
  for w; do i=\${w%%:*}; if [ -s "new.$i" ]; then take "$w"; else rm -f "new.$i"; say "failed $i"; fi; done
}
take() {
  i=\${1%%:*}
  [ "$(sha256sum < "new.$i")" = "\${1#*:}  -" ] || { rm -f "new.$i"; say "wrong $i"; return; }
  mv "new.$i" "$i.gz" && say "have $i"
}
unpack() {
  said=$(plain "$@" 2>&1 >> whole) && say unpacked || say stuck $said
}
finish() {
  [ "$(wc -c < whole)" -eq "$bytes" ] && chmod 700 whole && mv -f whole "../$name" || { say broken; return; }
  say ready
  [ -z "$bun_serves" ] || serve "../$name" -e "$bun"
}
while read -r verb words; do
  case $verb in
    get) get $words </dev/null 4>&- & ;;
    take) take $words </dev/null 4>&- & ;;
    unpack) unpack $words </dev/null 4>&- & ;;
    finish) finish ;;
    *) exit ;;
  esac
done
`.replaceAll("\\$", "$");
