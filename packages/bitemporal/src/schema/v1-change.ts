import type { RowShape } from './row-shape.ts'

/**
 * One change of one key. Refusals are answers and not errors, so that they leave the caller's transaction as it was.
 * Answers: 0 changed, 1 known already (nothing changed), 2 version conflict, 3 something is known for a part of the
 * period, 4 nothing is known for it. Modes: a assert, r record, c correct, s supersede, d retract (value null).
 * The row of the key is locked first, so that changes of a key come one after the other, and recorded time is read only
 * then. Facts of a key do not overlap: what overlaps the period is the last one that begins before it, and those that
 * begin in it.
 */
export const change = (bt: string, row: RowShape): string => `
create function ${bt}.change(
  p_subject text, p_predicate text, p_mode "char", p_from timestamptz, p_to timestamptz, p_value jsonb, p_expected bigint)
returns table (o_status int, o_version bigint, o_recorded_at timestamptz, o_from timestamptz, o_to timestamptz)
language plpgsql as $$
declare
  k record;
  r record;
  first_from timestamptz;
  n int;
  lo timestamptz;
  hi timestamptz;
  placed boolean := false;
  v_now timestamptz;${row.declared}
begin
  if p_from >= p_to then
    raise exception 'the period begins at % and ends at %', p_from, p_to using errcode = '22000';
  end if;
  loop
    select id, version, recorded_at into k from ${bt}.fact_key
      where predicate = p_predicate and subject = p_subject for no key update;
    exit when found;
    insert into ${bt}.fact_key (predicate, subject) values (p_predicate, p_subject)
      on conflict (predicate, subject) do nothing;
  end loop;
${row.filled}  o_version := k.version;
  o_recorded_at := k.recorded_at;
  if k.version <> p_expected then
    o_status := 2;
    return next;
    return;
  end if;

  select valid_from, valid_to, recorded_from, ${row.columns} into r from ${bt}.${row.current}
    where key_id = k.id and valid_from <= p_from order by valid_from desc limit 1;
  if p_mode = 's' then
    -- up to where the fact lasts that it takes the place of
    p_to := r.valid_to;
  end if;
  if r.valid_to > p_from and r.valid_to >= p_to then
    -- the usual case: one fact holds for the whole period
    n := 1;
    lo := r.valid_from;
    hi := r.valid_to;
  elsif p_mode = 's' then
    n := 0;
  else
    first_from := case when r.valid_to > p_from then r.valid_from else p_from end;
    select count(*), min(valid_from), max(valid_to) into n, lo, hi from ${bt}.${row.current}
      where key_id = k.id and valid_from >= first_from and valid_from < p_to;
    if hi > p_to then
      -- what is left of it afterwards
      select valid_from, valid_to, recorded_from, ${row.columns} into r from ${bt}.${row.current}
        where key_id = k.id and valid_from >= first_from and valid_from < p_to order by valid_from desc limit 1;
    end if;
  end if;
  if n = 0 and p_mode in ('c', 's', 'd') then
    o_status := 4;
    return next;
    return;
  end if;
  if n > 0 then
    if n = 1 and lo <= p_from and hi >= p_to and ${row.same}
      and (p_mode <> 'r' or (lo = p_from and hi = p_to)) then
      o_status := 1;
      return next;
      return;
    end if;
    if p_mode = 'r' then
      o_status := 3;
      o_from := lo;
      o_to := hi;
      return next;
      return;
    end if;
  end if;

  v_now := greatest(${bt}.clock(), k.recorded_at + interval '1 microsecond');
  update ${bt}.fact_key set version = k.version + 1, recorded_at = v_now where id = k.id;
  if n = 1 and lo <= p_from and hi >= p_to then
    insert into ${bt}.${row.history} (key_id, valid_from, valid_to, recorded_from, recorded_to, ${row.columns})
      values (k.id, lo, hi, r.recorded_from, v_now, ${row.held});
  elsif n > 0 then
    insert into ${bt}.${row.history} (key_id, valid_from, valid_to, recorded_from, recorded_to, ${row.columns})
      select key_id, valid_from, valid_to, recorded_from, v_now, ${row.columns} from ${bt}.${row.current}
        where key_id = k.id and valid_from >= first_from and valid_from < p_to;
  end if;
  -- what goes goes before what comes, or an overlap constraint would refuse it
  if n = 1 and lo = p_from and p_value is not null then
    -- in its place: no index has to be told
    update ${bt}.${row.current} set valid_to = p_to, recorded_from = v_now, ${row.assigned}
      where key_id = k.id and valid_from = lo;
    placed := true;
  elsif n > 1 or lo >= p_from then
    delete from ${bt}.${row.current} where key_id = k.id and valid_from >= p_from and valid_from < p_to;
  end if;
  if lo < p_from then
    update ${bt}.${row.current} set valid_to = p_from, recorded_from = v_now where key_id = k.id and valid_from = lo;
  end if;
  if hi > p_to then
    insert into ${bt}.${row.current} (key_id, valid_from, valid_to, recorded_from, ${row.columns})
      values (k.id, p_to, hi, v_now, ${row.held});
  end if;
  if p_value is not null and not placed then
    insert into ${bt}.${row.current} (key_id, valid_from, valid_to, recorded_from, ${row.columns})
      values (k.id, p_from, p_to, v_now, ${row.given});
  end if;
  o_status := 0;
  o_version := k.version + 1;
  o_recorded_at := v_now;
  return next;
end $$;
`
