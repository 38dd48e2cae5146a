import { readFile } from 'node:fs/promises'

/** stopped: by a signal or a debugger. unknown: no such process, or no /proc to look at. */
export type PostmasterState = 'running' | 'stopped' | 'unknown'

/**
 * What the kernel says of the postmaster (proc_pid_stat(5), field 3). Unlike a connection it leaves no line in the
 * log of a server that logs connections, which 15 to 17 do for every knock at the door.
 *
 * @param pidFile `postmaster.pid` in the data directory; its first line is the process id
 */
export async function postmasterState(pidFile: string): Promise<PostmasterState> {
  try {
    const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10)
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // the name in parentheses may hold anything, blanks and parentheses included
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
    if (state === 'T' || state === 't') return 'stopped'
    return state === 'R' || state === 'S' || state === 'D' ? 'running' : 'unknown'
  } catch {
    return 'unknown'
  }
}
