import { createHash } from 'node:crypto'
import { agentFileMeaning } from './agent/agent-file.ts'
import type { Unit } from './component.ts'
import { hbaMeaning } from './access/hba-tokens.ts'
import { etcdMeaning } from './etcd/etcd-meaning.ts'
import { settingsInFile } from './postgres/settings-file.ts'

/** How to read the meaning out of a file: what two files must share to do the same. */
const meanings: readonly { readonly file: string; readonly meaning: (contents: string) => unknown }[] = [
  {
    file: 'postgresql.conf',
    meaning: (contents) => [...settingsInFile(contents)].sort(([a], [b]) => (a < b ? -1 : 1)),
  },
  { file: 'pg_hba.conf', meaning: hbaMeaning },
  { file: 'pg_ident.conf', meaning: hbaMeaning },
  { file: 'etcd.yml', meaning: etcdMeaning },
  { file: 'agent.json', meaning: agentFileMeaning },
]

/**
 * SHA-256 of what a file means, in hex: comments, spacing and facts that change by themselves are left out
 * where the kind of file is known by its name; of any other file, every byte counts.
 */
export function digestOf(path: string, contents: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const known = meanings.find(({ file }) => file === name)
  return sha256(known ? JSON.stringify(known.meaning(contents)) : contents)
}

/** SHA-256 of a unit's definition, in hex; a running process with another digest was started otherwise. */
export function definitionDigest(unit: Unit): string {
  return sha256(JSON.stringify(sorted(unit)))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The same value with the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
