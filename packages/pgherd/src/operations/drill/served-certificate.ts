import type { TLSSocket } from 'node:tls'
import pg from 'pg'
import type { Endpoint } from '../../ledger/probe-session.ts'

/** When the certificate that a server shows to a new connection ends. */
export async function servedCertificateEnd(endpoint: Endpoint): Promise<Date> {
  const client = new pg.Client({ ...(await endpoint()), connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    const { stream } = (client as unknown as { connection: { stream: TLSSocket } }).connection
    return new Date(stream.getPeerCertificate().valid_to)
  } finally {
    await client.end()
  }
}
