/** Rows per unit of scale, as pgbench has them (https://www.postgresql.org/docs/current/pgbench.html). */
export const rowsPerScale = { branches: 1, tellers: 10, accounts: 100_000 } as const

/** Makes and fills the tables of pgbench, so that pgbench and the load from Node run on the same. */
export function tpcbSchema(scale: number): readonly string[] {
  const { branches, tellers, accounts } = rowsPerScale
  return [
    'create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))',
    'create table pgbench_tellers (tid int not null, bid int, tbalance int, filler char(84)) with (fillfactor = 100)',
    'create table pgbench_accounts (aid int not null, bid int, abalance int, filler char(84)) with (fillfactor = 100)',
    'create table pgbench_branches (bid int not null, bbalance int, filler char(88)) with (fillfactor = 100)',
    `insert into pgbench_branches select bid, 0 from generate_series(1, ${branches * scale}) as bid`,
    `insert into pgbench_tellers select tid, (tid - 1) / ${tellers} + 1, 0 from generate_series(1, ${tellers * scale}) as tid`,
    `insert into pgbench_accounts select aid, (aid - 1) / ${accounts} + 1, 0, '' from generate_series(1, ${accounts * scale}) as aid`,
    'alter table pgbench_branches add primary key (bid)',
    'alter table pgbench_tellers add primary key (tid)',
    'alter table pgbench_accounts add primary key (aid)',
    'vacuum analyze pgbench_branches, pgbench_tellers, pgbench_accounts, pgbench_history',
    'checkpoint',
  ]
}
