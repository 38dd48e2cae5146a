import { readFile } from 'node:fs/promises'
import { ask } from '../cluster/https.ts'
import type { FenceEtcd } from '../components/fence/fence-file.ts'

/** One question to one member of etcd. */
const answerMs = 1000

/** A value, and the revision of its last change, by which a later write knows that nobody came between. */
export interface FenceKey {
  readonly value: string
  readonly revision: string
}

/** A key of this cluster, read with the consent of a majority; undefined when there is none. Throws when no member of etcd answers. */
export async function readKey(etcd: FenceEtcd, name: string): Promise<FenceKey | undefined> {
  const { kvs } = (await post(etcd, '/v3/kv/range', { key: base64(`${etcd.prefix}${name}`) })) as {
    kvs?: readonly { value?: string; mod_revision?: string }[]
  }
  const [found] = kvs ?? []
  if (found?.mod_revision === undefined) return undefined
  return { value: Buffer.from(found.value ?? '', 'base64').toString('utf8'), revision: found.mod_revision }
}

/** Writes a key unless it has been changed since it was read; gives whether it was written. Throws when no member of etcd answers. */
export async function replaceKey(
  etcd: FenceEtcd,
  name: string,
  { revision }: FenceKey,
  value: string,
): Promise<boolean> {
  const key = base64(`${etcd.prefix}${name}`)
  const answer = (await post(etcd, '/v3/kv/txn', {
    compare: [{ key, target: 'MOD', result: 'EQUAL', mod_revision: revision }],
    success: [{ request_put: { key, value: base64(value) } }],
  })) as { succeeded?: boolean }
  return answer.succeeded === true
}

/** Asks one member after the other. */
async function post(etcd: FenceEtcd, path: string, body: unknown): Promise<unknown> {
  let last: unknown
  for (const host of etcd.hosts) {
    try {
      return await askEtcd(etcd, host, path, body)
    } catch (error) {
      last = error
    }
  }
  throw last
}

/**
 * Asks one member, over the gateway Patroni uses as well (etcd documentation, "gRPC gateway"). Throws when it does not
 * answer within a second, or says no.
 */
export async function askEtcd(
  { ca, cert, key }: FenceEtcd,
  { host, port }: FenceEtcd['hosts'][number],
  path: string,
  body: unknown,
): Promise<unknown> {
  const tls = {
    ca: await readFile(ca, 'utf8'),
    cert: await readFile(cert, 'utf8'),
    key: await readFile(key, 'utf8'),
  }
  const answer = await ask({ method: 'POST', host, port, path, tls, body, timeoutMs: answerMs })
  if (answer.status !== 200) throw new Error(`etcd answered with ${answer.status}`)
  return JSON.parse(answer.body) as unknown
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
