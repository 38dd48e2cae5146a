import { readdir, stat } from 'node:fs/promises'
import type { PromiseCheck } from '../promise.ts'

/** Nobody but the run-as user and root reads a secret or a private key. */
export const secretsProtected: PromiseCheck = {
  id: 'secrets-protected',
  rows: ['A8', 'P11'],
  promise: 'secrets and private keys are readable by the server user only',
  appliesTo: () => true,
  async measure({ context }) {
    const { secrets, tls } = context.member.paths
    const files = [
      ...(await readdir(secrets)).map((name) => `${secrets}/${name}`),
      ...(await readdir(tls)).filter((name) => name.endsWith('.key')).map((name) => `${tls}/${name}`),
    ]
    const open: string[] = []
    for (const file of files) if (((await stat(file)).mode & 0o077) !== 0) open.push(file)
    return {
      ok: files.length > 0 && open.length === 0,
      measured: open.length > 0 ? `readable by others: ${open.join(', ')}` : `${files.length} files closed`,
    }
  },
}
