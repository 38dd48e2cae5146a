import { readFileSync, writeFileSync } from 'node:fs'
import { parseDocument } from 'yaml'

/** The cap of the slots is low, so that a scenario reaches it; everything else is what users get with `fast`. */
export function specText(members: readonly string[], gateway: string, agentPort: number): string {
  return `name: chaos
topology:
  members: ${members.length}
  addresses: [${members.join(', ')}]
  gateway: ${gateway}
  failover: fast
  slotKeep: 64MB
agent: { port: ${agentPort} }
postgres: { version: 15, binaries: system }
databases:
  app: { owner: app }
roles:
  app: { access: owner }
`
}

/** Sets one value of a spec and leaves everything else as it was written. */
export function changeSpec(file: string, path: readonly string[], value: unknown): void {
  const document = parseDocument(readFileSync(file, 'utf8'))
  document.setIn(path, value)
  writeFileSync(file, document.toString())
}
