import { createServer, type Server } from 'node:net'

/** Loopback addresses that nobody else uses while this is not disposed of. */
export interface ClusterAddresses extends AsyncDisposable {
  /** Addresses of up to seven members. */
  readonly members: readonly string[]
  readonly gateway: string
}

/** A port no component uses: holding it reserves the subnet between test processes. */
const reservedPort = 4

/** Reserves a subnet of 127.0.0.0/8 for a cluster, so that every member has the standard ports on an address of its own. */
export async function clusterAddresses(): Promise<ClusterAddresses> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const subnet = `127.${1 + Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`
    const held = await hold(`${subnet}.254`)
    if (!held) continue
    return {
      members: Array.from({ length: 7 }, (_, index) => `${subnet}.${11 + index}`),
      gateway: `${subnet}.1`,
      [Symbol.asyncDispose]: () => new Promise((resolve) => held.close(() => resolve())),
    }
  }
  throw new Error('no loopback subnet is free')
}

/** Ports below 1024 are for root alone; an ordinary user holds one above. */
function hold(address: string): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(process.geteuid?.() === 0 ? reservedPort : 10_004, address, () => {
      server.unref()
      resolve(server)
    })
  })
}
