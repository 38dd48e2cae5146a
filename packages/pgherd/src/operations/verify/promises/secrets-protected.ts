import { readdir, stat } from 'node:fs/promises'
import type { PromiseCheck } from '../promise.ts'

/** Nobody but the run-as user and root reads a secret or a private key, of any member. */
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
    // files of the members with a secret or a key in them, asked of the machine they are on, which looks behind no link
    for (const { host, member, wanted } of context.sites ?? [])
      for (const path of [
        ...(member === context.member ? [] : [`${member.paths.tls}/server/server.key`]),
        ...wanted.files.filter(({ secret }) => secret).map((file) => file.path),
      ]) {
        const found = await host.stat(path)
        if (found) files.push(path)
        if (found && (found.mode & 0o077) !== 0) open.push(path)
      }
    return {
      ok: files.length > 0 && open.length === 0,
      measured: open.length > 0 ? `readable by others: ${open.join(', ')}` : `${files.length} files closed`,
    }
  },
}
