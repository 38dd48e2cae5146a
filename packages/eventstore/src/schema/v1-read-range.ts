/**
 * A page of the whole store. The plan has to walk the primary key from `p_after` on and stop at the limit; without
 * knowing the limit the planner would rather fetch and sort everything up to `p_up_to`, for each page anew, and
 * compile it. So all else is switched off here, where it ends with the call.
 */
export const readRange = (es: string): string => `
create function ${es}.read_range(
  p_after bigint, p_up_to bigint, p_types text[], p_partitions int, p_partition int, p_limit bigint)
returns table (
  o_position bigint, o_stream text, o_version bigint, o_id uuid, o_type text, o_schema_version int,
  o_created double precision, o_data json, o_metadata json, o_stream_id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return query
    select e.position, s.name, e.version, e.id, e.type, e.schema_version,
      date_part('epoch', e.created) * 1000, e.data, e.metadata, e.stream_id
    from ${es}.event e join ${es}.stream s on s.id = e.stream_id
    where e.position > p_after and e.position <= p_up_to and (p_types is null or e.type = any(p_types))
      and (p_partitions = 1 or e.stream_id % p_partitions = p_partition)
    order by e.position limit p_limit;
end $$;
`
