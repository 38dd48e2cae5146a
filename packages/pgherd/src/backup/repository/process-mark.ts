import { readFile } from 'node:fs/promises'

/**
 * Names the running process so that a later one can tell whether it still lives: the process number alone is
 * given out again, so its start time and this boot are part of the mark (proc(5): stat, field 22;
 * sys/kernel/random/boot_id). Where there is no /proc, the number has to do.
 */
export async function processMark(): Promise<string> {
  return `${process.pid}-${await startOf(process.pid)}`
}

/** Whether the process that made this mark is running. */
export async function isAlive(mark: string): Promise<boolean> {
  const match = /^(\d+)-([0-9a-f]+)$/.exec(mark)
  if (!match) return false
  const pid = Number(match[1])
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return (await startOf(pid)) === match[2]
}

/** Boot and start time of a process as one hexadecimal word; `0` where the system does not say. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    // The program's name, in parentheses, may hold anything; the fields after it are plain.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
    return boot.slice(0, 8) + BigInt(ticks).toString(16)
  } catch {
    return '0'
  }
}
