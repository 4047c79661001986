// File servers for hosts that have no Bun yet: each is one argument of an interpreter that is there. They read a path from
// the first line of stdin, say "serving PORT", answer GET /PATH/NUMBER with NUMBER.gz in their working folder,
// and end with their stdin. Arguments: the first and the last port to try; 0 is any.

export const PYTHON_SERVER = String.raw`
import os, select, socket, sys, threading
key = os.read(0, 200).decode().strip()
server = None
for port in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    for family in (socket.AF_INET6, socket.AF_INET):
        try:
            s = socket.socket(family, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            s.bind(("", port))
            s.listen(128)
            server = s
            break
        except (OSError, socket.error):
            continue
    if server: break
if not server: sys.exit(1)
sys.stdout.write("serving %d\n" % server.getsockname()[1])
sys.stdout.flush()
def answer(c):
    try:
        c.settimeout(30)
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 8192:
            more = c.recv(4096)
            if not more: return
            head += more
        path, _, name = head.split()[1].decode().rpartition("/")
        if path != "/" + key or not name.isdigit() or not os.path.isfile(name + ".gz"):
            c.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        with open(name + ".gz", "rb") as f: body = f.read()
        c.sendall(("HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)).encode())
        c.sendall(body)
    except (OSError, socket.error, IndexError, ValueError): pass
    finally: c.close()
while True:
    ready = select.select([server, 0], [], [])[0]
    if 0 in ready: os._exit(0)
    t = threading.Thread(target=answer, args=(server.accept()[0],))
    t.daemon = True
    t.start()
`;

/** Writes parts unpacked to stdout: Python's zlib takes two thirds of the time that gzip takes. */
export const PYTHON_UNPACKER = `
import sys, zlib
for name in sys.argv[1:]:
    with open(name + ".gz", "rb") as f: sys.stdout.buffer.write(zlib.decompress(f.read(), 31))
`;

export const PERL_SERVER = String.raw`
use strict; use Socket; $SIG{CHLD} = "IGNORE"; $SIG{PIPE} = "IGNORE"; $| = 1;
sysread(STDIN, my $key, 200); $key =~ s/\s+//g;
my ($first, $last) = @ARGV; my ($server, $six, $found);
PORT: for my $port ($first .. $last) {
  for $six (1, 0) {
    close $server if $server; undef $server;
    socket($server, $six ? AF_INET6 : AF_INET, SOCK_STREAM, 0) or next;
    setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt($server, 41, 26, 0) if $six;
    bind($server, $six ? pack_sockaddr_in6($port, IN6ADDR_ANY) : pack_sockaddr_in($port, INADDR_ANY)) or next;
    listen($server, 128) or next;
    my $name = getsockname($server);
    $found = $six ? (unpack_sockaddr_in6($name))[0] : (unpack_sockaddr_in($name))[0];
    last PORT;
  }
}
exit 1 unless $found;
print "serving $found\n";
while (1) {
  my $ready = ""; vec($ready, fileno(STDIN), 1) = 1; vec($ready, fileno($server), 1) = 1;
  next if select($ready, undef, undef, undef) < 0;
  exit 0 if vec($ready, fileno(STDIN), 1);
  accept(my $c, $server) or next;
  if (fork) { close $c; next }
  close $server; close STDIN; alarm 60;
  my $head = "";
  while ($head !~ /\r\n\r\n/ && length $head < 8192) { sysread($c, my $more, 4096) or exit; $head .= $more }
  my ($name) = $head =~ m{^GET /\Q$key\E/(\d+) }; my $body;
  if (defined $name && open(my $f, "<", "$name.gz")) { binmode $f; local $/; $body = <$f> }
  my $out = defined $body ? "HTTP/1.0 200 OK\r\nContent-Length: " . length($body) . "\r\n\r\n$body"
    : "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  my $at = 0;
  while ($at < length $out) { my $n = syswrite($c, $out, 65536, $at) or last; $at += $n }
  close $c; exit;
}
`;

export const BUN_SERVER = String.raw`
const [first, last] = process.argv.slice(-2).map(Number);
const lines = Bun.stdin.stream().getReader();
const key = new TextDecoder().decode((await lines.read()).value).trim();
let server;
for (let port = first; port <= last && !server; port++) {
  for (const hostname of ["::", "0.0.0.0"]) {
    try {
      server = Bun.serve({ port, hostname, async fetch(request) {
        const [, path, name = ""] = new URL(request.url).pathname.split("/");
        const file = Bun.file(name + ".gz");
        if (path !== key || !/^\d+$/.test(name) || !(await file.exists())) return new Response(null, { status: 404 });
        return new Response(file);
      } });
      break;
    } catch {}
  }
}
if (!server) process.exit(1);
console.log("serving " + server.port);
while (!(await lines.read()).done);
process.exit(0);
`;
