/**
 * At one point of both times there is one answer at most, so whoever finds it in what is known now need not look at
 * what was known before; nor when the key did not change since. STABLE: each call sees one state of the store.
 */
export const read = (bt: string): string => `
create function ${bt}.fact_at(p_subject text, p_predicate text, p_valid timestamptz, p_recorded timestamptz)
returns table (o_value jsonb, o_from timestamptz, o_to timestamptz, o_recorded_from timestamptz, o_version bigint)
language plpgsql stable as $$
declare
  v_id bigint;
  v_recorded timestamptz;
begin
  p_valid := coalesce(p_valid, ${bt}.clock());
  select id, version, recorded_at into v_id, o_version, v_recorded from ${bt}.fact_key
    where predicate = p_predicate and subject = p_subject;
  if not found then
    return;
  end if;
  select value, valid_from, valid_to, recorded_from into o_value, o_from, o_to, o_recorded_from
    from ${bt}.current_fact where key_id = v_id and valid_from <= p_valid order by valid_from desc limit 1;
  if o_to > p_valid and o_recorded_from <= p_recorded then
    return next;
  elsif p_recorded < v_recorded then
    return query select h.value, h.valid_from, h.valid_to, h.recorded_from, o_version
      from ${bt}.history_at(v_id, p_valid, p_recorded) h;
  end if;
end $$;

-- with a plan per call the planner would look at each partition each time, which costs more than the answer
create function ${bt}.history_at(p_key bigint, p_valid timestamptz, p_recorded timestamptz)
returns table (value jsonb, valid_from timestamptz, valid_to timestamptz, recorded_from timestamptz)
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
  return query select h.value, h.valid_from, h.valid_to, h.recorded_from from ${bt}.fact_history h
    where h.key_id = p_key and h.recorded_to > p_recorded and h.recorded_from <= p_recorded
      and h.valid_from <= p_valid and h.valid_to > p_valid limit 1;
end $$;

-- everything as it was known at a time, for SQL of your own too: the planner sees through it
create function ${bt}.known(p_recorded timestamptz)
returns table (key_id bigint, subject text, predicate text, value jsonb, valid_from timestamptz, valid_to timestamptz,
  recorded_from timestamptz)
language sql stable as $$
  select k.id, k.subject, k.predicate, c.value, c.valid_from, c.valid_to, c.recorded_from
    from ${bt}.fact_key k join ${bt}.current_fact c on c.key_id = k.id where c.recorded_from <= p_recorded
  union all
  select k.id, k.subject, k.predicate, h.value, h.valid_from, h.valid_to, h.recorded_from
    from ${bt}.fact_key k join ${bt}.fact_history h on h.key_id = k.id
    where k.recorded_at > p_recorded and h.recorded_to > p_recorded and h.recorded_from <= p_recorded
$$;
`
