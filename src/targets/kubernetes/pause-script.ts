/**
 * Stops a process in its container, and lets it go on when nobody prolongs that any more: a script that `bash` runs beside
 * it, since nothing else is certain to be in a broker's image. Arguments: the name of the process, seconds of the lease.
 *
 * Each line that it reads prolongs the stop, and is answered by what the process does at that moment; `end`, the end of the
 * input, or silence for longer than the lease ends it. So a mex that is gone, or a node that has lost its API server, leaves
 * no broker stopped. Only SIGKILL of the script itself could, which nobody sends but a kernel that is out of memory.
 *
 * Says `stopped` once every thread stands still, and `continues` once none does. A process that does not stop ends it.
 */
export const PAUSE_SCRIPT = `
name=$1 lease=$2 pid=

stands() { # every thread of it
  kill -0 "$pid" 2>/dev/null || return 1
  for stat in /proc/"$pid"/task/*/stat; do
    text=
    { read -r text <"$stat"; } 2>/dev/null || continue
    case "\${text##*) }" in T*) ;; *) return 1 ;; esac
  done
}
goes() { # no thread of it stands
  kill -0 "$pid" 2>/dev/null || return 1
  for stat in /proc/"$pid"/task/*/stat; do
    text=
    { read -r text <"$stat"; } 2>/dev/null || continue
    case "\${text##*) }" in T*) return 1 ;; esac
  done
}
within() { # a second or two, for a state to come about
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    "$1" && return 0
    sleep 0.1
  done
  return 1
}

for file in /proc/[0-9]*/comm; do
  found=
  { read -r found <"$file"; } 2>/dev/null
  [ "$found" = "$name" ] || continue
  if [ -n "$pid" ]; then echo "there are several processes called $name" >&2; exit 3; fi
  pid=\${file#/proc/} pid=\${pid%/comm}
done
if [ -z "$pid" ]; then echo "there is no process called $name" >&2; exit 3; fi

trap 'kill -CONT "$pid" 2>/dev/null' EXIT
trap 'exit 7' HUP INT TERM PIPE
kill -STOP "$pid" || exit 4
within stands || { echo "$name does not stop" >&2; exit 5; }
echo stopped
while read -r -t "$lease" line && [ "$line" != end ]; do
  if stands; then echo stands; else echo runs; fi
done
kill -CONT "$pid"
within goes || { echo "$name does not go on" >&2; exit 6; }
echo continues
`;
