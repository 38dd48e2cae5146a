import type { RowShape } from './row-shape.ts'

/**
 * Facts with the recorded times that they have elsewhere, of keys that nothing was ever recorded for here. Until
 * `import_end` has seen it, a key is at version 0, by which further batches of the same import know it.
 */
export const importing = (bt: string, row: RowShape): string => `
create function ${bt}.import_batch(
  p_predicates text[], p_subjects text[], p_key int[], p_from timestamptz[], p_to timestamptz[],
  p_recorded_from timestamptz[], p_recorded_to timestamptz[], p_values jsonb[])
returns bigint[] language plpgsql as $$
declare
  v_ids bigint[];
begin
  insert into ${bt}.fact_key as k (predicate, subject)
    select predicate, subject from unnest(p_predicates, p_subjects) as g (predicate, subject)
    order by predicate collate "C", subject collate "C"
  on conflict (predicate, subject) do nothing;
  -- another statement, since one that was waited for is in no snapshot from before
  select array_agg(t.id order by t.nth) into v_ids from (
    select k.id, k.version, g.nth
    from unnest(p_predicates, p_subjects) with ordinality as g (predicate, subject, nth)
    join ${bt}.fact_key k on k.predicate = g.predicate and k.subject = g.subject and k.version = 0
    order by k.predicate, k.subject for no key update of k) t;
  if cardinality(v_ids) is distinct from cardinality(p_predicates) then
    raise exception using errcode = '23505', message = 'a key is known already', detail = (
      select format('%s of %s', g.predicate, g.subject)
      from unnest(p_predicates, p_subjects) as g (predicate, subject)
      join ${bt}.fact_key k on k.predicate = g.predicate and k.subject = g.subject and k.version > 0 limit 1);
  end if;
  if exists (select from unnest(p_values) as f (value)${row.joined} where not (${row.faithful})) then
    raise exception using errcode = '22023', message = 'a row is not as the table would hold it';
  end if;
  insert into ${bt}.${row.current} (key_id, valid_from, valid_to, recorded_from, ${row.columns})
    select v_ids[f.key], f.valid_from, f.valid_to, f.recorded_from, ${row.unnested}
    from unnest(p_key, p_from, p_to, p_recorded_from, p_recorded_to, p_values)
      as f (key, valid_from, valid_to, recorded_from, recorded_to, value)${row.joined}
    where f.recorded_to = 'infinity';
  insert into ${bt}.${row.history} (key_id, valid_from, valid_to, recorded_from, recorded_to, ${row.columns})
    select v_ids[f.key], f.valid_from, f.valid_to, f.recorded_from, f.recorded_to, ${row.unnested}
    from unnest(p_key, p_from, p_to, p_recorded_from, p_recorded_to, p_values)
      as f (key, valid_from, valid_to, recorded_from, recorded_to, value)${row.joined}
    where f.recorded_to < 'infinity';
  return v_ids;
end $$;

-- two facts of one key that hold at the same time as it was known at one time, if there are any; else versions and times of the keys
create function ${bt}.import_end(p_ids bigint[])
returns table (o_subject text, o_predicate text, o_from timestamptz, o_to timestamptz, o_recorded_at timestamptz)
language plpgsql as $$
begin
  return query with t as materialized (
      select c.key_id, c.valid_from, c.valid_to, c.recorded_from, 'infinity'::timestamptz as recorded_to
        from ${bt}.${row.current} c where c.key_id = any(p_ids)
      union all
      select h.key_id, h.valid_from, h.valid_to, h.recorded_from, h.recorded_to
        from ${bt}.${row.history} h where h.key_id = any(p_ids)
    ), numbered as materialized (select *, row_number() over () as nth from t)
    select k.subject, k.predicate, greatest(a.valid_from, b.valid_from), least(a.valid_to, b.valid_to),
      greatest(a.recorded_from, b.recorded_from)
    from numbered a join numbered b on b.key_id = a.key_id and b.nth > a.nth
      and b.valid_from < a.valid_to and b.valid_to > a.valid_from
      and b.recorded_from < a.recorded_to and b.recorded_to > a.recorded_from
    join ${bt}.fact_key k on k.id = a.key_id limit 1;
  if found then
    return;
  end if;
  update ${bt}.fact_key k set version = t.changes, recorded_at = t.last from (
    select e.key_id, count(distinct e.at) as changes, max(e.at) as last from (
      select c.key_id, c.recorded_from as at from ${bt}.${row.current} c where c.key_id = any(p_ids)
      union all select h.key_id, h.recorded_from from ${bt}.${row.history} h where h.key_id = any(p_ids)
      union all select h.key_id, h.recorded_to from ${bt}.${row.history} h where h.key_id = any(p_ids)) e
    group by e.key_id) t
  where k.id = t.key_id;
end $$;
`
