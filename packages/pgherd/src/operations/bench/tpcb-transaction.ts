type Value = 'aid' | 'tid' | 'bid' | 'delta'

interface TransactionStatement {
  readonly name: string
  readonly text: string
  /** What `$1`, `$2` and so on stand for. */
  readonly of: readonly Value[]
}

/**
 * The statements of pgbench's default transaction, "TPC-B (sort of)"
 * (https://www.postgresql.org/docs/current/pgbench.html, "What Is the Transaction Actually Performed"), on the tables of a schema.
 */
export function tpcbTransaction(schema: string): readonly TransactionStatement[] {
  const table = (name: string) => `${schema}.pgbench_${name}`
  const add = (name: string, balance: string, key: 'aid' | 'tid' | 'bid') => ({
    name,
    text: `update ${table(name)} set ${balance} = ${balance} + $2 where ${key} = $1`,
    of: [key, 'delta'] as const,
  })
  return [
    add('accounts', 'abalance', 'aid'),
    { name: 'balance', text: `select abalance from ${table('accounts')} where aid = $1`, of: ['aid'] },
    add('tellers', 'tbalance', 'tid'),
    add('branches', 'bbalance', 'bid'),
    {
      name: 'history',
      text: `insert into ${table('history')} (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)`,
      of: ['tid', 'bid', 'aid', 'delta'],
    },
  ]
}

/** The same for pgbench, whose own script knows no schema. It sets `scale` itself, from --scale. */
export function tpcbScript(schema: string): string {
  const statements = tpcbTransaction(schema).map(
    ({ text, of }) =>
      `${text.replaceAll(/\$(\d)/g, (_, place: string) => `:${of[Number(place) - 1] ?? ''}`)};`,
  )
  return [
    '\\set aid random(1, 100000 * :scale)',
    '\\set bid random(1, 1 * :scale)',
    '\\set tid random(1, 10 * :scale)',
    '\\set delta random(-5000, 5000)',
    'begin;',
    ...statements,
    'end;',
    '',
  ].join('\n')
}
