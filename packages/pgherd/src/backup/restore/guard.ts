/**
 * A temporary server must not outlive the process that needs it, even when that is killed with SIGKILL. Its parent is
 * therefore this shell, which waits on a pipe that only pgherd holds open: the kernel closes it when pgherd is gone,
 * and the server is stopped at once. It prints the server's process id and exits with its status.
 *
 * Arguments: the program of the server and its arguments. Standard input: the pipe.
 */
export const guardScript = `
exec 3<&0 </dev/null
PGHERD_GUARD=$$
export PGHERD_GUARD
"$@" 3<&- >&2 &
server=$!
echo "$server"
exec >&2
{ read -r _ <&3; kill -QUIT "$server" 2>/dev/null; } &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
exit "$status"
`

/**
 * PostgreSQL's restore_command, a shell script because a node process per segment would cost more than the segment. It
 * leaves a file named after what it wants in \`ask\`, and waits for the answer: the segment itself, or a mark that
 * there is none (exit 1), or that it cannot be read. Statuses above 125 make recovery stop instead of going on
 * without the segment (RestoreArchivedFile in xlogarchive.c): so does the end of the guard, which is the end of pgherd.
 */
export function fetchScript(directory: string): string {
  return `#!/bin/sh
feed=${shellQuoted(directory)}
id="$1.$$"
: > "$feed/ask/$id" || exit 255
while :; do
  if [ -e "$feed/answer/$id" ]; then
    mv "$feed/answer/$id" "$2" && exit 0
    exit 255
  fi
  [ -e "$feed/answer/$id.absent" ] && exit 1
  [ -e "$feed/answer/$id.failed" ] && exit 255
  kill -0 "$PGHERD_GUARD" 2>/dev/null || exit 255
  sleep 0.01
done
`
}

/** One word of a shell command, whatever is in it (POSIX shell, 2.2.2). */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
