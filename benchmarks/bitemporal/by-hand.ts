import pg from 'pg'
import { balance, midnight, subject, type Contender } from './contender.ts'

/**
 * What one writes by hand who follows the usual design, that of pg_bitemporal too: one table with both periods as
 * ranges, and a GiST exclusion constraint over key and periods. Prepared statements, a function for changes. This is no
 * measurement of pg_bitemporal, which is not on npm: its functions build SQL per call and are slower than these.
 */
const tables = `
create extension if not exists btree_gist;
create table fact (
  subject text collate "C" not null, predicate text collate "C" not null, value jsonb not null,
  valid tstzrange not null, asserted tstzrange not null,
  exclude using gist (subject with =, predicate with =, valid with &&, asserted with &&));

create function change(p_subject text, p_predicate text, p_from timestamptz, p_value jsonb) returns void
language plpgsql as $$
declare
  old fact;
  v_now timestamptz := clock_timestamp();
begin
  select * into old from fact where subject = p_subject and predicate = p_predicate and valid @> p_from
    and asserted @> 'infinity'::timestamptz for update;
  update fact set asserted = tstzrange(lower(asserted), v_now) where subject = p_subject and predicate = p_predicate
    and valid && old.valid and asserted @> 'infinity'::timestamptz;
  if lower(old.valid) < p_from then
    insert into fact values (p_subject, p_predicate, old.value, tstzrange(lower(old.valid), p_from), tstzrange(v_now, null));
  end if;
  insert into fact values (p_subject, p_predicate, p_value, tstzrange(p_from, upper(old.valid)), tstzrange(v_now, null));
end $$;`

const at =
  'select value from fact where subject = $1 and predicate = $2 and valid @> $3::timestamptz and asserted @> '

export async function byHand(config: pg.PoolConfig): Promise<Contender> {
  const pool = new pg.Pool({ ...config, max: 4 })
  pool.on('error', () => undefined)
  await pool.query(tables)
  const run = async (name: string, text: string, values: unknown[]): Promise<pg.QueryResult> =>
    pool.query({ name, text, values })
  return {
    name: 'by hand, one GiST table',
    load: async (first, keys, factsPerKey) => {
      const client = await pool.connect()
      await client.query('begin')
      for (let key = first; key < first + keys; key += 500) {
        const some = Array.from({ length: Math.min(500, first + keys - key) }, (_, n) => key + n)
        const days = Array.from({ length: factsPerKey }, (_, day) => day)
        const each = some.flatMap((one) => days.map((day) => ({ one, day })))
        await client.query({
          name: 'load',
          text: `insert into fact select s, 'balance', v, tstzrange(f, t), tstzrange(now(), null)
            from unnest($1::text[], $2::jsonb[], $3::timestamptz[], $4::timestamptz[]) u (s, v, f, t)`,
          values: [
            each.map(({ one }) => subject(one)),
            each.map(({ day }) => JSON.stringify(balance(day))),
            each.map(({ day }) => midnight(day)),
            each.map(({ day }) => (day === factsPerKey - 1 ? null : midnight(day + 1))),
          ],
        })
      }
      await client.query('commit')
      client.release()
      return keys * factsPerKey
    },
    change: (key, day, value) =>
      run('change', 'select change($1, $2, $3, $4)', [
        subject(key),
        'balance',
        midnight(day),
        JSON.stringify(balance(value)),
      ]),
    asOf: async (key, day, recordedAt) =>
      (await run('as-of', `${at} $4::timestamptz`, [subject(key), 'balance', midnight(day), recordedAt]))
        .rows[0]?.value,
    current: async (key, day) =>
      (await run('current', `${at} 'infinity'::timestamptz`, [subject(key), 'balance', midnight(day)]))
        .rows[0]?.value,
    snapshot: async (day) =>
      (
        await run(
          'snapshot',
          `select * from fact where predicate = $1 and valid @> $2::timestamptz and asserted @> 'infinity'::timestamptz order by subject`,
          ['balance', midnight(day)],
        )
      ).rows.length,
    close: () => pool.end(),
  }
}
