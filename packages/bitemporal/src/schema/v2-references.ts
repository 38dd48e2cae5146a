import type { RowShape } from './row-shape.ts'

/**
 * References that the server enforces: what a fact refers to is known for the whole period for which the fact holds, as
 * things are known now. Constraint triggers (made with the first reference only, so that nobody else pays) look at the
 * end of the transaction, so within one the order does not matter.
 *
 * No race: whoever refers locks the key of what it refers to (FOR SHARE) before it looks, and whoever changes a key has
 * locked it (`change`) before it looks who refers to it. Of two at once one waits until the other has committed, and
 * looks with a snapshot from after that, since each statement of READ COMMITTED has its own. Under a stricter level the
 * second look would be old: the referring side meets a changed key there as a serialization failure, and the side that
 * is referred to is refused when it takes something away.
 */
export const references = (bt: string, row: RowShape): string => `
create table ${bt}.reference (
  name text primary key,
  -- whose facts refer, and by what: the subject itself where there is no path
  predicate text collate "C" not null,
  path text[],
  parent_schema text not null,
  parent_predicate text collate "C" not null
);
create index reference_predicate on ${bt}.reference (predicate);

-- the other side of them: who refers to keys of this schema, and a query that finds it
create table ${bt}.referenced_by (
  child_schema text,
  name text,
  predicate text collate "C" not null,
  find text not null,
  primary key (child_schema, name)
);
create index referenced_by_predicate on ${bt}.referenced_by (predicate);

create function ${bt}.not_known(p_key bigint, p_from timestamptz, p_to timestamptz) returns tstzmultirange
language sql volatile as $$
  select tstzmultirange(tstzrange(p_from, p_to)) - coalesce(
    (select range_agg(tstzrange(valid_from, valid_to)) from ${bt}.${row.current}
     where key_id = p_key and valid_from < p_to and valid_to > p_from), '{}'::tstzmultirange)
$$;

create function ${bt}.lock_and_look(p_predicate text, p_subject text, p_from timestamptz, p_to timestamptz)
returns tstzmultirange language plpgsql volatile as $$
declare
  k bigint;
begin
  select id into k from ${bt}.fact_key where predicate = p_predicate and subject = p_subject for share;
  -- another statement, whose snapshot is from after the lock
  return ${bt}.not_known(k, p_from, p_to);
end $$;

create function ${bt}.refuse_reference(
  p_reference text, p_predicate text, p_subject text, p_from timestamptz, p_to timestamptz,
  p_parent text, p_target text, p_uncovered tstzmultirange)
returns void language plpgsql as $$
begin
  raise exception using errcode = '23503', hint = 'pgherd bitemporal reference', constraint = p_reference,
    message = format('%s of %s refers to %s of %s, which is not known for the whole period',
      p_predicate, p_subject, p_parent, p_target),
    detail = jsonb_build_object('reference', p_reference, 'predicate', p_predicate, 'subject', p_subject,
      'parentPredicate', p_parent, 'parentSubject', p_target,
      'valid', jsonb_build_array(p_from at time zone 'UTC', p_to at time zone 'UTC'),
      'uncovered', (select jsonb_agg(jsonb_build_array(lower(u) at time zone 'UTC', upper(u) at time zone 'UTC'))
        from unnest(p_uncovered) as u));
end $$;

-- a row that refers: as it is when the transaction ends
create function ${bt}.check_reference() returns trigger language plpgsql as $$
declare
  k record;
  f record;
  r record;
  v_target text;
  v_uncovered tstzmultirange;
begin
  select predicate, subject into k from ${bt}.fact_key where id = new.key_id;
  if not exists (select from ${bt}.reference where predicate = k.predicate) then
    return null;
  end if;
  select * into f from ${bt}.${row.current} where key_id = new.key_id and valid_from = new.valid_from;
  if not found then
    return null;
  end if;
  for r in select * from ${bt}.reference where predicate = k.predicate order by name loop
    v_target := case when r.path is null then k.subject else to_jsonb(f) #>> r.path end;
    continue when v_target is null;
    execute format('select %I.lock_and_look($1, $2, $3, $4)', r.parent_schema) into v_uncovered
      using r.parent_predicate, v_target, f.valid_from, f.valid_to;
    if not isempty(v_uncovered) then
      perform ${bt}.refuse_reference(r.name, k.predicate, k.subject, f.valid_from, f.valid_to,
        r.parent_predicate, v_target, v_uncovered);
    end if;
  end loop;
  return null;
end $$;

-- a row that is gone or shorter: whether anybody refers to what it covered
create function ${bt}.check_referenced() returns trigger language plpgsql as $$
declare
  k record;
  r record;
  f record;
  v_uncovered tstzmultirange;
begin
  -- held already, but by writers beside the library
  select id, predicate, subject into k from ${bt}.fact_key where id = old.key_id for no key update;
  if isempty(${bt}.not_known(k.id, old.valid_from, old.valid_to))
    or not exists (select from ${bt}.referenced_by where predicate = k.predicate) then
    return null;
  end if;
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception using errcode = '0A000', hint = 'pgherd bitemporal isolation',
      message = format('%s of %s is referred to', k.predicate, k.subject);
  end if;
  for r in select * from ${bt}.referenced_by where predicate = k.predicate order by child_schema, name loop
    for f in execute r.find using k.subject, old.valid_from, old.valid_to loop
      v_uncovered := ${bt}.not_known(k.id, f.valid_from, f.valid_to);
      if not isempty(v_uncovered) then
        perform ${bt}.refuse_reference(r.name, f.predicate, f.subject, f.valid_from, f.valid_to,
          k.predicate, k.subject, v_uncovered);
      end if;
    end loop;
  end loop;
  return null;
end $$;
`
