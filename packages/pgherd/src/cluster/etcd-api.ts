import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { EtcdListed, EtcdMemberView, EtcdView } from '../plan/cluster-view.ts'
import { serversOf } from '../topology/topology.ts'
import { clientCertificateFiles, type ClusterAccess } from './access.ts'
import { portRefused } from './port-refused.ts'

const run = promisify(execFile)

const membersSchema = z.object({
  members: z
    .array(
      z.object({
        ID: z.string(),
        name: z.string().default(''),
        peerURLs: z.array(z.string()).default([]),
        clientURLs: z.array(z.string()).default([]),
      }),
    )
    .default([]),
})

const endpointsSchema = z.array(
  z.object({
    Endpoint: z.string(),
    Status: z.object({
      header: z.object({ member_id: z.string() }),
      leader: z.string().default('0'),
      dbSize: z.number().default(0),
      version: z.string().optional(),
    }),
  }),
)

const valuesSchema = z.object({
  kvs: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
})

export interface EtcdOptions {
  /** How long one command may take, in milliseconds. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * etcd, asked with its own etcdctl: certificates by file, answers as JSON. Throws DiagnosticError ETCD_FAILED, and the
 * signal's reason when it is aborted.
 */
export class EtcdApi {
  readonly #access: ClusterAccess
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined

  constructor(access: ClusterAccess, { timeoutMs = 2000, signal }: EtcdOptions = {}) {
    this.#access = access
    this.#timeoutMs = timeoutMs
    this.#signal = signal
  }

  /** Members as etcd knows them; needs a majority. Ids as etcdctl takes them. */
  async members(): Promise<readonly EtcdListed[]> {
    const { members } = await this.#json(membersSchema, ['member', 'list'])
    return members.map(({ ID, name, peerURLs }) => ({ id: hex(ID), name, peerUrls: peerURLs }))
  }

  /** Who answers, who leads, and whether a majority agrees. Never throws for dead or frozen members. */
  async health(): Promise<EtcdView> {
    const servers = serversOf(this.#access.topology)
    const answers = await Promise.all(
      servers.map(async (server): Promise<EtcdMemberView & { sees?: string }> => {
        const { address, ports, name } = server
        const dead = { name, healthy: false, leader: false }
        // etcdctl would go on trying until its time is over
        if (await portRefused(ports.etcdClient, address)) return dead
        try {
          const endpoint = `https://${address}:${ports.etcdClient}`
          const [found] = await this.#json(endpointsSchema, ['endpoint', 'status'], [endpoint])
          if (!found) return dead
          const { header, leader, dbSize, version } = found.Status
          return {
            name,
            id: hex(header.member_id),
            healthy: leader !== '0',
            leader: leader === header.member_id,
            dbSizeBytes: dbSize,
            ...(version === undefined ? {} : { version }),
            sees: hex(leader),
          }
        } catch {
          this.#signal?.throwIfAborted()
          return dead
        }
      }),
    )
    const votes = new Map<string, number>()
    for (const { healthy, sees } of answers)
      if (healthy && sees !== undefined) votes.set(sees, (votes.get(sees) ?? 0) + 1)
    const quorum = [...votes.values()].some((count) => count > servers.length / 2)
    return { members: answers.map(({ sees: _sees, ...member }) => member), quorum }
  }

  /** Adds a member, which is then started with `initial-cluster-state: existing`. */
  async addMember(name: string, peerUrl: string): Promise<void> {
    await this.#json(z.unknown(), ['member', 'add', name, `--peer-urls=${peerUrl}`])
  }

  /** Removes a member by its id (hexadecimal). */
  async removeMember(id: string): Promise<void> {
    await this.#json(z.unknown(), ['member', 'remove', id])
  }

  /** Value of a key; undefined when there is none. Read with the consent of a majority, by whichever of the endpoints answers. */
  async get(key: string, endpoints?: readonly string[]): Promise<string | undefined> {
    const { kvs } = await this.#json(valuesSchema, ['get', key], endpoints)
    const [found] = kvs
    return found === undefined ? undefined : Buffer.from(found.value, 'base64').toString('utf8')
  }

  /** Every key that begins with the prefix, with its value. */
  async list(prefix: string): Promise<Readonly<Record<string, string>>> {
    const { kvs } = await this.#json(valuesSchema, ['get', '--prefix', prefix])
    const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')
    return Object.fromEntries(kvs.map(({ key, value }) => [text(key), text(value)]))
  }

  /** Removes every key below a prefix. */
  async remove(prefix: string): Promise<void> {
    await this.#json(z.unknown(), ['del', '--prefix', prefix])
  }

  async #json<T>(
    schema: z.ZodType<T>,
    command: readonly string[],
    endpoints?: readonly string[],
  ): Promise<T> {
    const { programs, topology } = this.#access
    const { ca, cert, key } = clientCertificateFiles(this.#access)
    const all =
      endpoints ?? serversOf(topology).map(({ address, ports }) => `https://${address}:${ports.etcdClient}`)
    const seconds = `${this.#timeoutMs / 1000}s`
    try {
      const { stdout } = await run(
        programs.etcdctl?.path ?? 'etcdctl',
        [
          ...command,
          '--write-out=json',
          `--endpoints=${all.join()}`,
          `--cacert=${ca}`,
          `--cert=${cert}`,
          `--key=${key}`,
          `--dial-timeout=${seconds}`,
          `--command-timeout=${seconds}`,
        ],
        {
          timeout: this.#timeoutMs + 500,
          killSignal: 'SIGKILL',
          env: { ETCDCTL_API: '3', PATH: '/usr/bin:/bin' },
          ...(this.#signal ? { signal: this.#signal } : {}),
        },
      )
      return schema.parse(parseKeepingIds(stdout))
    } catch (error) {
      this.#signal?.throwIfAborted()
      throw failed(command, error)
    }
  }
}

/** Member ids have 64 bits, more than a JSON number holds, so they are read as text. */
function parseKeepingIds(text: string): unknown {
  return JSON.parse(text === '' ? '{}' : text.replaceAll(/("(?:ID|member_id|leader)":)(\d+)/g, '$1"$2"'))
}

/** As etcdctl takes ids. */
function hex(id: string): string {
  return BigInt(id).toString(16)
}

function failed(command: readonly string[], error: unknown): DiagnosticError {
  const said =
    error instanceof Error &&
    'stderr' in error &&
    typeof error.stderr === 'string' &&
    error.stderr.trim() !== ''
      ? error.stderr
      : String(error instanceof Error ? error.message : error)
  return new DiagnosticError(
    diagnose('ETCD_FAILED', {
      detail: `etcd did not carry out "${command.slice(0, 2).join(' ')}": ${said.replaceAll(/\s+/g, ' ').trim().slice(0, 300)}`,
      mend: mend.run('pgherd', 'logs', 'etcd'),
    }),
  )
}
