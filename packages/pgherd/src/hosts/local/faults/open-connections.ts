import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface OpenConnection {
  readonly localPort: number
  readonly remotePort: number
  /** IPv4 address of the other end. */
  readonly remote: string
}

/** TCP connections of these processes over IPv4 (proc_pid_net(5), /proc/net/tcp). */
export function openConnections(pids: readonly number[]): OpenConnection[] {
  const sockets = new Set(pids.flatMap(socketsOf))
  return ['tcp', 'tcp6'].flatMap((table) =>
    linesOf(`/proc/net/${table}`).flatMap((line) => {
      const [, local = '', other = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
      const [host = '', port = ''] = other.split(':')
      const remote = fromKernelHex(host)
      if (remote === undefined || !sockets.has(inode)) return []
      const localPort = Number.parseInt(local.split(':')[1] ?? '', 16)
      return [{ localPort, remotePort: Number.parseInt(port, 16), remote }]
    }),
  )
}

/** Inodes of the sockets a process holds. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        // closed between the look and the reading
        return []
      }
    })
  } catch {
    // the process has ended
    return []
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1).filter(Boolean)
  } catch {
    // no IPv6 here
    return []
  }
}

const mapped = '0000000000000000FFFF0000'

/** The kernel writes an IPv4 address as the four bytes as a number of this machine, in hex; undefined for IPv6. */
function fromKernelHex(text: string): string | undefined {
  const hex = text.startsWith(mapped) ? text.slice(mapped.length) : text
  if (hex.length !== 8) return undefined
  return [...new Uint8Array(Uint32Array.of(Number.parseInt(hex, 16)).buffer)].join('.')
}
