/**
 * The plan of a page has to walk an index from where it begins and stop at the limit. Not knowing the limit, the planner
 * would rather fetch and sort all that follows, for each page anew (measured: catch-up 9 times slower), and compile it.
 * So all else is switched off here, which ends with the call.
 */
const settings = `
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off`

const columns = `
  o_position bigint, o_stream text, o_version bigint, o_id uuid, o_type text, o_schema_version int,
  o_created double precision, o_data json, o_metadata json, o_stream_id bigint`

const select = (es: string): string => `
    select e.position, s.name, e.version, e.id, e.type, e.schema_version,
      date_part('epoch', e.created) * 1000, e.data, e.metadata, e.stream_id
    from ${es}.event e join ${es}.stream s on s.id = e.stream_id`

/** Pages of the whole store, and of one stream. */
export const readPages = (es: string): string => `
create function ${es}.read_range(
  p_after bigint, p_up_to bigint, p_types text[], p_partitions int, p_partition int, p_limit bigint)
returns table (${columns}) language plpgsql stable ${settings} as $$
begin
  return query ${select(es)}
    where e.position > p_after and e.position <= p_up_to and (p_types is null or e.type = any(p_types))
      and (p_partitions = 1 or e.stream_id % p_partitions = p_partition)
    order by e.position limit p_limit;
end $$;

create function ${es}.read_stream(p_stream text, p_from bigint, p_backwards boolean, p_limit bigint)
returns table (${columns}) language plpgsql stable ${settings} as $$
declare
  v_id bigint;
begin
  select s.id into v_id from ${es}.stream s where s.name = p_stream;
  if p_backwards then
    return query ${select(es)}
      where e.stream_id = v_id and e.version <= p_from order by e.version desc limit p_limit;
  else
    return query ${select(es)}
      where e.stream_id = v_id and e.version >= p_from order by e.version limit p_limit;
  end if;
end $$;
`
