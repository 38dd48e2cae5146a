import { inlineYaml } from './yaml-text.ts'

/** What `pgherd init` asks, or takes from its options. */
export interface TemplateAnswers {
  readonly name: string
  /** Name of the first database; `app` when left out. */
  readonly database?: string
  readonly port?: number
  readonly agentPort?: number
  readonly version?: 15 | 16 | 17 | 18
  readonly binaries?: 'embedded' | 'system'
  /** Where an editor finds the JSON Schema: a path relative to the spec, or a URL. */
  readonly schema?: string
}

/** A spec to start from: short, commented, and accepted without findings when the answers are. */
export function specTemplate(answers: TemplateAnswers): string {
  const {
    name,
    database = 'app',
    port = 5432,
    agentPort = 5210,
    version = 18,
    binaries = 'embedded',
    schema,
  } = answers
  const databaseKey = inlineYaml(database)
  const modeline =
    schema === undefined ? '' : `# yaml-language-server: $schema=${schema.replaceAll(/\s/g, '%20')}\n`
  return `${modeline}# A production PostgreSQL in one file. \`pgherd plan\` shows what would change, \`pgherd up\` does it.
# Everything left out has a default; the JSON Schema lists every field, and your editor shows it.
name: ${inlineYaml(name)}

postgres:
  version: ${String(version)}
  binaries: ${binaries}${binaries === 'embedded' ? ' # for development and small use; `system` takes the installed PostgreSQL' : ''}
  port: ${String(port)}
  connections: 60 # the pool sizes of your applications added up

databases:
  ${databaseKey}:
    owner: app_owner
    extensions: [pg_stat_statements]

# Passwords are made by pgherd and kept in its state directory: \`pgherd url --role app\` gives the URL.
roles:
  app_owner: { access: owner } # runs migrations
  app: { access: readwrite, settings: { idle_in_transaction_session_timeout: 1min } }
  reporting: { access: readonly }
  monitor: { access: monitor }

backups:
  schedule: 30 1 * * * # base backup every night; WAL is archived all the time
  retention: { full: 7, window: 7d } # any moment of the last 7 days stays restorable
  proof: { schedule: 0 3 * * * } # then restore it and check it
  # repository: /mnt/other-disk/backups # left out: beside the data, gone with its disk

# Three servers that heal themselves, with a router and pools (binaries: system):
# topology: { members: 3 }

# To let other machines in:
# postgres.listen: ['*'] above, and
# network:
#   access:
#     - from: [10.0.0.0/8]
#       roles: [app]

agent:
  port: ${String(agentPort)} # http://127.0.0.1:${String(agentPort)}/health
`
}
