export const read = (bt: string): string => `
-- the one answer at a point of both times, where it is not what is known now: with a plan per call the planner would look at each partition each time, which costs more than the answer
create function ${bt}.history_at(p_key bigint, p_valid timestamptz, p_recorded timestamptz)
returns table (value jsonb, valid_from timestamptz, valid_to timestamptz, recorded_from timestamptz)
language plpgsql stable rows 1 set plan_cache_mode = force_generic_plan as $$
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
