import { connect as connectTcp, type Socket } from 'node:net'
import { once } from 'node:events'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'

/** Where a program serves its certificate. */
export interface Endpoint {
  readonly what: string
  readonly address: string
  readonly port: number
  /** PostgreSQL and PgBouncer ask for TLS first (protocol-flow, "SSL Session Encryption"). */
  readonly opening: 'tls' | 'postgres'
}

/** What proves who we are to those that ask, as PEM. */
export interface ClientPair {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const timeoutMs = 3000
/** Length 8, code 80877103. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Serial number of the certificate served, in upper-case hexadecimal without leading zeros. Throws when there is none. */
export async function servedSerial(endpoint: Endpoint, pair: ClientPair): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs)
  const raw = connectTcp(endpoint.port, endpoint.address)
  raw.on('error', () => undefined)
  try {
    await once(raw, 'connect', { signal })
    if (endpoint.opening === 'postgres') await askForTls(raw, signal)
    const secure: TLSSocket = connectTls({
      socket: raw,
      ...pair,
      // the certificate is looked at, not trusted: it is compared with the one that was just issued
      rejectUnauthorized: false,
    })
    secure.on('error', () => undefined)
    await once(secure, 'secureConnect', { signal })
    const served: PeerCertificate = secure.getPeerCertificate()
    secure.destroy()
    return normalSerial(served.serialNumber)
  } finally {
    raw.destroy()
  }
}

async function askForTls(raw: Socket, signal: AbortSignal): Promise<void> {
  raw.write(sslRequest)
  const [answer] = (await once(raw, 'data', { signal })) as [Buffer]
  raw.pause()
  if (answer.toString('latin1') !== 'S') throw new Error('it offers no TLS')
}

export function normalSerial(serial: string): string {
  return serial.toUpperCase().replace(/^0+/, '')
}
