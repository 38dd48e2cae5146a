import { grantsSql, observedJson, type SqlProbe } from './cluster-probe.ts'
import type { DeclaredDatabase } from './declared.ts'
import { healthSchema } from '../../reserved-names.ts'
import { observedContents, type ObservedContents } from './observed.ts'
import { quoteLiteral } from './quoting.ts'
import { relationPrivilegesSql } from './relation-privileges.ts'
import { observedDefinitionSql } from './server-function.ts'

/** Letters of pg_default_acl.defaclobjtype; `L` is new in 18. */
const defaultKinds = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
  L: 'large objects',
}

const summary = (
  privileges: string,
  condition: string,
) => `(select coalesce(json_agg(t order by t.grantee, t.kind), '[]') from (
      select grantee, kind, (select array_agg(distinct p order by p) from unnest(string_to_array(string_agg(array_to_string(${privileges}, ','), ','), ',')) as p) as privileges,
             count(*) as count, (array_agg(nspname || '.' || relname order by nspname, relname))[1:10] as names
        from state where ${condition} group by 1, 2) as t)`

/** Of functions pgherd's own roles may call, those there are; nothing where none is declared. */
function internalFunctions({ internalFunctions: declared }: DeclaredDatabase): string {
  if (!declared) return ''
  const signatures = declared.map(({ signature }) => `(${quoteLiteral(signature)})`)
  return `  'internalFunctions', (select coalesce(json_agg(json_build_object('signature', w.signature, 'owner', pg_get_userbyid(p.proowner),
      'digest', ${observedDefinitionSql}, 'result', pg_get_function_result(p.oid),
      'grants', ${grantsSql('p.proacl', 'f', 'p.proowner')}) order by w.signature), '[]')
    from (values ${signatures.join(', ')}) as w(signature) join pg_proc p on p.oid = to_regprocedure(w.signature) join pg_language l on l.oid = p.prolang),
`
}

/** What one database holds. Runs as superuser in that database; reads catalogs only. */
export function contentsProbe(
  database: DeclaredDatabase,
  roles: readonly string[],
): SqlProbe<ObservedContents> {
  const kinds = Object.entries(defaultKinds).map(([letter, kind]) => `when '${letter}' then '${kind}'`)
  const text = `with state as materialized (${relationPrivilegesSql(database, roles)})
select json_build_object(
  'schemas', (select coalesce(json_agg(json_build_object('name', nspname, 'owner', pg_get_userbyid(nspowner),
      'grants', ${grantsSql('nspacl', 'n', 'nspowner')}) order by nspname), '[]')
    from pg_namespace n where nspname !~ '^pg_' and nspname <> 'information_schema'
     and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')),
  'extensions', (select coalesce(json_agg(json_build_object('name', extname, 'version', extversion) order by extname), '[]') from pg_extension),
  'defaults', (select coalesce(json_agg(t order by t.creator, t.schema, t.on, t.grantee), '[]') from (
      select pg_get_userbyid(a.defaclrole) as creator, n.nspname as schema, case a.defaclobjtype ${kinds.join(' ')} end as on,
             case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee)::text end as grantee,
             array_agg(distinct x.privilege_type order by x.privilege_type) as privileges
        from pg_default_acl a left join pg_namespace n on n.oid = a.defaclnamespace, aclexplode(a.defaclacl) as x
       where x.grantee <> a.defaclrole group by 1, 2, 3, 4) as t),
  'functions', (select coalesce(json_agg(json_build_object('name', p.proname, 'owner', pg_get_userbyid(p.proowner),
      'digest', ${observedDefinitionSql}, 'result', pg_get_function_result(p.oid),
      'grants', ${grantsSql('p.proacl', 'f', 'p.proowner')}) order by p.proname), '[]')
    from pg_proc p join pg_language l on l.oid = p.prolang
   where p.pronamespace = to_regnamespace(${quoteLiteral(healthSchema)}) and p.prokind = 'f' and p.pronargs = 0),
${internalFunctions(database)}  'missing', ${summary('array(select unnest(wanted) except select unnest(held))', 'not wanted <@ held')},
  'extra', ${summary('array(select unnest(held) except select unnest(wanted))', 'not held <@ wanted')}
)::text as observed`
  return {
    kind: 'sql',
    database: database.name,
    text,
    parse: (rows) => observedContents.parse(observedJson(rows)),
  }
}
