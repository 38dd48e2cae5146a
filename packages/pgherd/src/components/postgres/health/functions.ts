import type { Major } from '../objects/access-level.ts'
import { healthSchema } from '../../reserved-names.ts'
import { quoteLiteral } from '../objects/quoting.ts'
import { defineFunction, type ServerFunction } from '../objects/server-function.ts'
import { healthChecks, type HealthCheck } from './health-checks.ts'
import { metricQueries } from './metric-queries.ts'
import { thresholdSql } from './thresholds.ts'

/** A function without arguments in schema `pgherd`; it runs with the rights of the caller: membership in pg_monitor shows all that is asked. */
export type HealthFunction = ServerFunction

/** The health functions of a major (ops.md section 3). */
export function healthFunctions(major: Major): readonly HealthFunction[] {
  return [
    define(
      'simple_health_check',
      'TABLE(status text, checked_at timestamp with time zone, message text)',
      'sql',
      simpleBody,
    ),
    define(
      'detailed_health_check',
      'TABLE(check_name text, status text, value double precision, threshold double precision, unit text, message text, mend text)',
      'sql',
      detailedBody,
    ),
    define(
      'get_database_metrics',
      'TABLE(metric_name text, value double precision, unit text, labels jsonb)',
      'plpgsql',
      metricsBody(major),
    ),
  ]
}

function define(name: string, result: string, language: 'sql' | 'plpgsql', body: string): HealthFunction {
  return defineFunction({ schema: healthSchema, name, args: '', result, language, security: 'INVOKER', body })
}

const units = {
  share: 'share',
  'low-share': 'share',
  seconds: 'seconds',
  notice: 'count',
  fault: 'count',
} as const

function judgedSql(checks: readonly HealthCheck[]): string {
  const measured = checks.map(
    ({ name, judgement, threshold, value, says, mend }, at) =>
      `select ${at}, ${quoteLiteral(name)}, ${quoteLiteral(judgement)}, ${quoteLiteral(units[judgement])}, (${value})::float8, ${
        threshold === undefined ? '0::float8' : thresholdSql(threshold)
      }, ${quoteLiteral(says)}, ${quoteLiteral(mend)}`,
  )
  return `with measured(place, check_name, judgement, unit, value, threshold, says, mend) as (
${measured.join('\nunion all\n')}
), judged as (
  select *, case judgement
      when 'share' then case when value >= (1 + threshold) / 2 then 2 when value >= threshold then 1 else 0 end
      when 'low-share' then case when value < threshold then 1 else 0 end
      when 'seconds' then case when value > threshold then 1 else 0 end
      when 'notice' then case when value > 0 then 1 else 0 end
      else case when value > 0 then 2 else 0 end end as level,
    case unit
      when 'share' then format('%s %% %s (limit %s %%)', round((value * 100)::numeric, 1), says, round((threshold * 100)::numeric, 1))
      when 'seconds' then format('%s s %s (limit %s s)', round(value::numeric), says, round(threshold::numeric))
      else format('%s %s', value, says) end as message
  from measured where value is not null
)`
}

const statusSql = (level: string) => `(array['healthy', 'degraded', 'unhealthy'])[1 + ${level}]`

const simpleBody = `${judgedSql(healthChecks.filter(({ quick }) => quick))}
select ${statusSql('coalesce(max(level), 0)')}, statement_timestamp(),
  coalesce(string_agg(message, '; ' order by level desc, place) filter (where level > 0), format('%s checks passed', count(*)))
from judged`

const detailedBody = `${judgedSql(healthChecks)}
select check_name, ${statusSql('level')}, value, threshold, unit, message, case when level > 0 then mend end
from judged order by level desc, place`

/**
 * Statement figures come from pg_stat_statements, where it is installed and loaded, without reading the
 * statements' texts: those may hold what users typed, and lie in a file that can be large.
 */
function metricsBody(major: Major): string {
  const queries = metricQueries.flatMap(({ from, labels, values }) => {
    const source = from[major]
    if (source === undefined) return []
    const rows = values.map(
      ([name, unit, sql]) => `(${quoteLiteral(name)}, (${sql})::float8, ${quoteLiteral(unit)})`,
    )
    return [
      `select m.name, m.value, m.unit, ${labels ?? "'{}'::jsonb"} from ${source}, lateral (values ${rows.join(', ')}) as m(name, value, unit) where m.value is not null`,
    ]
  })
  return `declare statements text;
begin
  return query ${queries.join('\n  union all ')};
  select n.nspname into statements from pg_extension e join pg_namespace n on n.oid = e.extnamespace
   where e.extname = 'pg_stat_statements' and current_setting('shared_preload_libraries') ~ '\\mpg_stat_statements\\M';
  if found then
    return query execute format($query$
      with statement as (select * from %I.pg_stat_statements(false) where dbid = (select oid from pg_database where datname = current_database()))
      select m.name, m.value, m.unit, '{}'::jsonb
        from (select count(*) as n, sum(calls) as calls, sum(total_exec_time) / 1000 as total, max(mean_exec_time) / 1000 as slowest from statement) as s,
             lateral (values ('statements', s.n::float8, 'count'), ('statement_calls', s.calls::float8, 'count'),
               ('statement_time', s.total, 'seconds'), ('statement_slowest_mean', s.slowest, 'seconds')) as m(name, value, unit)
       where m.value is not null
      union all
      (select m.name, m.value, m.unit, jsonb_build_object('queryid', s.queryid::text)
         from (select queryid, sum(calls) as calls, sum(total_exec_time) / 1000 as total from statement group by 1 order by 3 desc limit 10) as s,
              lateral (values ('top_statement_calls', s.calls::float8, 'count'), ('top_statement_time', s.total, 'seconds')) as m(name, value, unit))
    $query$, statements);
  end if;
end`
}
