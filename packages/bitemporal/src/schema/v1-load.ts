import type { RowShape } from './row-shape.ts'

/**
 * Many facts at once, of keys that are each named once (`p_key` counts them from 1). Keys are locked in the order of
 * their names, and stay so until the end of the transaction, in which `load_overlap` has to be asked about them.
 */
export const load = (bt: string, row: RowShape): string => `
create function ${bt}.load(
  p_predicates text[], p_subjects text[], p_key int[], p_from timestamptz[], p_to timestamptz[], p_values jsonb[])
returns bigint[] language plpgsql as $$
declare
  v_now timestamptz := ${bt}.clock();
  v_ids bigint[];
begin
  with given as materialized (
    select * from unnest(p_predicates, p_subjects) with ordinality as g (predicate, subject, nth)
  ), stored as (
    insert into ${bt}.fact_key as k (predicate, subject, version, recorded_at)
      select predicate, subject, 1, v_now from given order by predicate collate "C", subject collate "C"
    on conflict (predicate, subject) do update
      set version = k.version + 1, recorded_at = greatest(excluded.recorded_at, k.recorded_at + interval '1 microsecond')
    returning id, predicate, subject, recorded_at
  ), numbered as materialized (
    select s.id, s.recorded_at, g.nth from stored s join given g on g.predicate = s.predicate and g.subject = s.subject
  ), facts as (
    insert into ${bt}.${row.current} (key_id, valid_from, valid_to, recorded_from, ${row.columns})
      select n.id, f.valid_from, f.valid_to, n.recorded_at, ${row.unnested}
      from unnest(p_key, p_from, p_to, p_values) as f (key, valid_from, valid_to, value) join numbered n on n.nth = f.key${row.joined}
  )
  select array_agg(id) into v_ids from numbered;
  return v_ids;
end $$;

-- the first of the keys of which two facts hold at the same time
create function ${bt}.load_overlap(p_ids bigint[])
returns table (o_subject text, o_predicate text, o_from timestamptz, o_to timestamptz)
language sql stable as $$
  select k.subject, k.predicate, f.next_from, f.valid_to from (
    select key_id, valid_to, lead(valid_from) over (partition by key_id order by valid_from) as next_from
    from ${bt}.${row.current} where key_id = any(p_ids)) f
  join ${bt}.fact_key k on k.id = f.key_id where f.next_from < f.valid_to limit 1
$$;
`
