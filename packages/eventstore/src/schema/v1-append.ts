/**
 * How readers learn which positions are settled. An append takes a shared advisory lock on the last position given out
 * before its own, held by the server until the transaction ends, however it ends. Its own positions are greater than
 * that. A reader looks at the sequence first and at the locks second: an append whose lock it does not see has either
 * ended, or takes its positions after that look. So everything up to the smallest lock is settled. Only appends of this
 * store in this database hold such locks: an idle transaction elsewhere stalls nobody, which it would by `xmin`.
 *
 * Keys are two int4: the oid of the sequence, and the low 32 bits of the position.
 */
const holdHorizon = (es: string): string => `
  if not p_nested then
    perform pg_advisory_xact_lock_shared(${key(`'${es}.event_position'::regclass::oid::bigint`)}, ${key('q.last_value')})
    from ${es}.event_position q;
  else
    -- the first lock of a transaction covers its later appends; one each would fill the server's lock table
    mark := 'pgherd_eventstore.held_' || '${es}.event_position'::regclass::oid;
    if current_setting(mark, true) is distinct from 'yes' then
      perform pg_advisory_xact_lock_shared(${key(`'${es}.event_position'::regclass::oid::bigint`)}, ${key('q.last_value')})
      from ${es}.event_position q;
      perform set_config(mark, 'yes', true);
    end if;
  end if;`

/** The low half of a bigint, as the int4 with the same bits. */
const key = (value: string): string => `(((${value}) << 32) >> 32)::int`

/** Expected versions as numbers: -1 any, -2 exists, 0 none. */
const advances = `s.archived_at is null and s.tombstoned_at is null
      and (expected = -1 or s.version = expected or (expected = -2 and s.version > 0))`

/**
 * Advances one stream: `stream_id` and `base` (its version before) are set, or `stream_id` is null and
 * `refusal` and `actual` say why. The row stays locked, so that positions in a stream grow with its versions.
 */
const advance = (es: string, stream: string, expected: string, added: string): string => `
    expected := ${expected};
    stream_id := null;
    if expected <> 0 then
      update ${es}.stream s set version = s.version + ${added} where s.name = ${stream} and ${advances}
      returning s.id, s.version - ${added} into stream_id, base;
    end if;
    if stream_id is null and expected in (0, -1) then
      insert into ${es}.stream as s (name, version) values (${stream}, ${added})
      on conflict (name) do nothing returning s.id, 0 into stream_id, base;
      if stream_id is null then
        -- it has metadata but no events, or somebody made it since the update
        update ${es}.stream s set version = s.version + ${added} where s.name = ${stream} and ${advances}
        returning s.id, s.version - ${added} into stream_id, base;
      end if;
    end if;
    if stream_id is null then
      refusal := 2;
      actual := 0;
      select case when s.tombstoned_at is not null then 4 when s.archived_at is not null then 3 else 2 end, s.version
      into refusal, actual from ${es}.stream s where s.name = ${stream};
      refusal := coalesce(refusal, 2);
      actual := coalesce(actual, 0);
    end if;`

/** One event to one stream: the shortest way. Status 0 stored, 2 conflict, 3 archived, 4 tombstoned. */
export const appendOne = (es: string): string => `
create function ${es}.append_one(
  p_stream text, p_expected bigint, p_id uuid, p_type text, p_schema int, p_data json, p_metadata json,
  p_nested boolean, out o_status int, out o_version bigint, out o_position bigint)
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  mark text; expected bigint; stream_id bigint; base bigint; refusal int; actual bigint;
begin
  ${holdHorizon(es)}
  ${advance(es, 'p_stream', 'p_expected', '1')}
  if stream_id is null then
    o_status := refusal; o_version := actual; o_position := 0;
    return;
  end if;
  o_status := 0; o_version := base + 1;
  insert into ${es}.event as e (position, stream_id, version, id, type, schema_version, data, metadata)
  values (nextval('${es}.event_position'), stream_id, o_version, p_id, p_type, p_schema, p_data, p_metadata)
  returning e.position into o_position;
end $$;
`

/**
 * Many events to many streams, in the order given, a result for each append. Status 1: the same ids are in this stream
 * already, in this order, so nothing was stored and nothing has to be. Status 5: some of the ids are in use otherwise.
 * Ids are looked up only when `p_check` says that some may have been used before. With `p_atomic` a refusal
 * raises ES002, which `append_atomic` turns into results after undoing all of it.
 */
export const appendMany = (es: string): string => `
create function ${es}.append_many(
  p_streams text[], p_expected bigint[], p_counts int[],
  p_append int[], p_ids uuid[], p_types text[], p_schemas int[], p_data json[], p_metadata json[],
  p_nested boolean, p_check boolean, p_atomic boolean)
returns table (o_status int, o_version bigint, o_position bigint)
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  mark text; expected bigint; stream_id bigint; base bigint; refusal int; actual bigint;
  appends int := cardinality(p_streams);
  before int := 0;
  stored int := 0;
  seen record;
  placed bigint[];
  statuses int[] := array_fill(0, array[appends]);
  versions bigint[] := array_fill(0::bigint, array[appends]);
  positions bigint[] := array_fill(0::bigint, array[appends]);
  -- per append: the stream, its version before without the events of earlier appends, and how many events are stored up to its end
  streams bigint[] := array_fill(-1::bigint, array[appends]);
  bases bigint[] := array_fill(0::bigint, array[appends]);
  ends int[] := array_fill(0, array[appends]);
begin
  ${holdHorizon(es)}
  for i in 1 .. appends loop
    if p_check then
      perform 1 from ${es}.stream s where s.name = p_streams[i] for update;
      select count(*) as found, max(e.version) as version, max(e.position) as position,
        bool_and(s.name = p_streams[i]) and max(e.version - k.nth) = min(e.version - k.nth) as same
      into seen
      from unnest(p_ids[before + 1 : before + p_counts[i]]) with ordinality k(id, nth)
      join ${es}.event e on e.id = k.id join ${es}.stream s on s.id = e.stream_id;
      if seen.found > 0 then
        if seen.found = p_counts[i] and seen.same then
          statuses[i] := 1; versions[i] := seen.version; positions[i] := seen.position;
        else
          statuses[i] := 5;
        end if;
        before := before + p_counts[i];
        continue;
      end if;
    end if;
    ${advance(es, 'p_streams[i]', 'p_expected[i]', 'p_counts[i]')}
    if stream_id is null then
      statuses[i] := refusal; versions[i] := actual;
    else
      streams[i] := stream_id; versions[i] := base + p_counts[i]; bases[i] := base - before;
      stored := stored + p_counts[i]; ends[i] := stored;
    end if;
    before := before + p_counts[i];
  end loop;

  if p_atomic and (2 = any(statuses) or 3 = any(statuses) or 4 = any(statuses) or 5 = any(statuses)) then
    raise exception 'an append of the batch was refused' using errcode = 'ES002',
      detail = json_build_array(to_json(statuses), to_json(versions))::text;
  end if;

  if stored > 0 then
    with inserted as (
      insert into ${es}.event as e (position, stream_id, version, id, type, schema_version, data, metadata)
      select nextval('${es}.event_position'), streams[n.append], bases[n.append] + n.nth,
        n.id, n.type, n.schema_version, n.data, n.metadata
      from unnest(p_append, p_ids, p_types, p_schemas, p_data, p_metadata)
        with ordinality n(append, id, type, schema_version, data, metadata, nth)
      where streams[n.append] > 0 order by n.nth
      returning e.position
    )
    select array_agg(inserted.position order by inserted.position) into placed from inserted;
    for i in 1 .. appends loop
      if streams[i] > 0 then
        positions[i] := placed[ends[i]];
      end if;
    end loop;
  end if;
  return query select * from unnest(statuses, versions, positions);
end $$;

create function ${es}.append_atomic(
  p_streams text[], p_expected bigint[], p_counts int[],
  p_append int[], p_ids uuid[], p_types text[], p_schemas int[], p_data json[], p_metadata json[],
  p_nested boolean, p_check boolean)
returns table (o_status int, o_version bigint, o_position bigint)
language plpgsql as $$
declare
  refusals text;
begin
  return query select * from ${es}.append_many(p_streams, p_expected, p_counts, p_append, p_ids, p_types, p_schemas,
    p_data, p_metadata, p_nested, p_check, true);
exception when sqlstate 'ES002' then
  get stacked diagnostics refusals = pg_exception_detail;
  return query
    select s.value::int, v.value::bigint, 0::bigint
    from json_array_elements_text(refusals::json -> 0) with ordinality s(value, nth)
    join json_array_elements_text(refusals::json -> 1) with ordinality v(value, nth) using (nth)
    order by nth;
end $$;
`
