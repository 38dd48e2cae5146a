/**
 * Up to where everything is settled (`safe`), and the last position that was given out (`last`). Each statement of
 * a volatile function looks anew, in the order written, which is what makes it right: see v1-append.ts. The lock holds
 * the low 32 bits of a position that is at most `newest`, so the full one is the greatest such number with these bits.
 */
export const horizon = (es: string): string => `
create function ${es}.horizon(out safe bigint, out last bigint) language plpgsql volatile as $$
declare
  held bigint[];
  newest bigint;
begin
  if pg_is_in_recovery() then
    raise exception 'this server is a standby' using errcode = 'ES001';
  end if;
  select q.last_value into last from ${es}.event_position q;
  select array_agg(l.objid::bigint) into held from pg_locks l
  where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = '${es}.event_position'::regclass::oid
    and l.database = (select d.oid from pg_database d where d.datname = current_database());
  if held is null then
    safe := last;
    return;
  end if;
  select q.last_value into newest from ${es}.event_position q;
  select least(last, min(newest - ((newest - h) & 4294967295))) into safe from unnest(held) h;
end $$;
`
