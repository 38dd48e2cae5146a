import type { Session } from '../connection/session.ts'

/*
 * What the engine neither compares nor names (1.0.0-alpha.34). `oid >= 16384` leaves out what a new database has. What belongs
 * to the database itself (ALTER DATABASE ... SET, grants on it, its comment) is not here: no schema file can hold it.
 */
const kinds = {
  'large objects': `select oid::text from pg_largeobject_metadata`,
  'SET STORAGE of columns': `select format('%s.%I %s', c.oid::regclass, a.attname, a.attstorage) from pg_attribute a
join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
where c.oid >= 16384 and c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped and a.attstorage <> t.typstorage`,
  'SET STATISTICS of columns': `select format('%s.%I %s', c.oid::regclass, a.attname, a.attstattarget) from pg_attribute a
join pg_class c on c.oid = a.attrelid
where c.oid >= 16384 and c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped and coalesce(a.attstattarget, -1) <> -1`,
  conversions: `select conname::text from pg_conversion where oid >= 16384`,
  'access methods': `select amname::text from pg_am where oid >= 16384`,
  'security labels': `select format('%s %s %s %s', objtype, objname, provider, label) from pg_seclabels where objtype <> 'database'`,
}

type Kind = keyof typeof kinds
export type Unseen = ReadonlyMap<Kind, string>

/** Reads it, each kind as one text that tells whether it differs. */
export async function unseenIn(session: Session): Promise<Unseen> {
  const names = Object.keys(kinds) as Kind[]
  const columns = names.map(
    (kind, index) => `array(select * from (${kinds[kind]}) q order by 1)::text as k${index}`,
  )
  const row = (await session.query(`select ${columns.join(', ')}`)).rows[0] ?? {}
  return new Map(names.map((kind, index) => [kind, String(row[`k${index}`])]))
}

/** The kinds in which two databases differ, in words. */
export function unseenBetween(before: Unseen, after: Unseen): readonly string[] {
  return [...before.keys()]
    .filter((kind) => before.get(kind) !== after.get(kind))
    .map((kind) => `${kind} differ, and are not compared`)
}
