import { z } from 'zod'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Member } from '../topology/topology.ts'
import { clientCertificate, type ClusterAccess } from './access.ts'
import { ask, type HttpsAnswer, type HttpsRequest } from './https.ts'
import {
  clusterSchema,
  historySchema,
  statusSchema,
  type PatroniCluster,
  type PatroniHistory,
  type PatroniStatus,
} from './patroni-documents.ts'

/** User of Patroni's REST API for everything that changes something. */
export const patroniUser = 'pgherd'

const readMs = 2000
const changeMs = 60_000

const configSchema = z.record(z.string(), z.unknown())

export interface PatroniOptions {
  /** How long an answer may take, in milliseconds; 2 s when left out, and a minute for what changes something: Patroni answers once it is done. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * Patroni's REST API of one member (https://patroni.readthedocs.io/en/latest/rest_api.html). Throws DiagnosticError
 * PATRONI_UNREACHABLE when nothing Patroni would say comes back, PATRONI_REFUSED with its own words otherwise; the
 * signal's reason when it is aborted.
 */
export class PatroniApi {
  readonly #access: ClusterAccess
  readonly #member: Member
  readonly #options: PatroniOptions

  constructor(access: ClusterAccess, member: Member, options: PatroniOptions = {}) {
    this.#access = access
    this.#member = member
    this.#options = options
  }

  /** What the member says of itself. It answers 503 while it is no running primary, with the same document. */
  async status(): Promise<PatroniStatus> {
    return this.#parse(await this.#ask('GET', '/patroni'), statusSchema)
  }

  /** What the member knows of all. */
  async cluster(): Promise<PatroniCluster> {
    return this.#parse(await this.#ask('GET', '/cluster'), clusterSchema)
  }

  /** Ends of timelines: when and where a primary took over. */
  async history(): Promise<PatroniHistory> {
    return this.#parse(await this.#ask('GET', '/history'), historySchema)
  }

  /** The dynamic configuration; undefined before the cluster is initialised. */
  async config(): Promise<Readonly<Record<string, unknown>> | undefined> {
    const answer = await this.#ask('GET', '/config')
    return answer.status === 502 ? undefined : this.#parse(answer, configSchema)
  }

  /** Merges a patch into the dynamic configuration; null removes a key. */
  async patchConfig(patch: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#change('PATCH', '/config', patch)
  }

  /** Returns when the switchover is done. */
  async switchover(request: { readonly leader: string; readonly candidate?: string }): Promise<string> {
    const { leader, candidate } = request
    return this.#change('POST', '/switchover', {
      leader,
      ...(candidate === undefined ? {} : { candidate }),
    })
  }

  /** Makes a member primary without a healthy one to take over from. */
  async failover({ candidate }: { readonly candidate: string }): Promise<string> {
    return this.#change('POST', '/failover', { candidate })
  }

  /** Restarts PostgreSQL; returns when it runs again. `timeout` in seconds. */
  async restart(request: { readonly role?: string; readonly timeout?: number } = {}): Promise<string> {
    return this.#change('POST', '/restart', request)
  }

  /** Reads patroni.yml again. */
  async reload(): Promise<string> {
    return this.#change('POST', '/reload', {})
  }

  /** Removes the data directory of a standby and clones it anew from another member. */
  async reinitialize({ force = false }: { readonly force?: boolean } = {}): Promise<string> {
    return this.#change('POST', '/reinitialize', { force })
  }

  async #change(method: HttpsRequest['method'], path: string, body: unknown): Promise<string> {
    const auth = `${patroniUser}:${await this.#access.readSecret('patroni-api')}`
    const answer = await this.#ask(method, path, { body, auth })
    if (answer.status >= 200 && answer.status < 300) return answer.body.trim()
    throw new DiagnosticError(
      diagnose('PATRONI_REFUSED', {
        detail: `Patroni of ${this.#member.name} answered ${answer.status} to ${method} ${path}: ${oneLine(answer.body)}`,
        mend: mend.run('pgherd', 'status'),
        at: { member: this.#member.name },
      }),
    )
  }

  async #ask(
    method: HttpsRequest['method'],
    path: string,
    more: Pick<HttpsRequest, 'body' | 'auth'> = {},
  ): Promise<HttpsAnswer> {
    const { timeoutMs = method === 'GET' ? readMs : changeMs, signal } = this.#options
    const { address, ports } = this.#member
    try {
      return await ask({
        method,
        host: address,
        port: ports.patroni,
        path,
        tls: clientCertificate(this.#access),
        timeoutMs,
        ...(signal ? { signal } : {}),
        ...more,
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#unreachable(error instanceof Error ? error.message : String(error), error)
    }
  }

  #parse<T>({ body, status }: HttpsAnswer, schema: z.ZodType<T>): T {
    let value: unknown
    try {
      value = JSON.parse(body)
    } catch {
      throw this.#unreachable(`it answered ${status} with something that is no JSON`)
    }
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw this.#unreachable(
      `its answer (${status}) is not what Patroni says: ${z.prettifyError(parsed.error)}`,
    )
  }

  #unreachable(why: string, cause?: unknown): DiagnosticError {
    const { name, address, ports } = this.#member
    return new DiagnosticError(
      diagnose('PATRONI_UNREACHABLE', {
        detail: `Patroni of ${name} at ${address}:${ports.patroni} does not answer: ${oneLine(why)}`,
        mend: mend.run('pgherd', 'logs', 'patroni'),
        at: { member: name },
      }),
      { cause },
    )
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}
