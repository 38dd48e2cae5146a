import { createServer } from 'node:net'

/**
 * A TCP port nobody listens on, below 32768: above it the kernel hands ports to outgoing
 * connections (net.ipv4.ip_local_port_range), which would take it between here and its use.
 */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 15000 + Math.floor(Math.random() * 16000)
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen(port, address, () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
  throw new Error('found no free port in 200 attempts')
}
