import type { DeclaredDatabase } from './declared.ts'
import { healthSchema, migrationSchema, poolerSchema } from '../../reserved-names.ts'
import { quoteLiteral } from './quoting.ts'

/** Schemas of pgherd's own, whose privileges are declared one by one. */
const ownSchemas = [healthSchema, poolerSchema]

/**
 * SQL of one row per relation and role: what the role should be able to do, and what was granted.
 * Covered are tables, views and sequences of schema `public`, of declared schemas and of those that
 * the owner or an admin made; not what belongs to an extension, and not a role's own relations.
 * Roles that do not exist yet count too: the plan that makes them must also grant them what is there.
 * The history of migrations is there to be read: who could write it could have migrations run again.
 * Catalogs only: it takes no lock on any of the relations.
 * @param roles everybody whose privileges are of interest, whether the database declares access or not.
 */
export function relationPrivilegesSql(database: DeclaredDatabase, roles: readonly string[]): string {
  const wanted = roles
    .filter(
      (role) => !database.creators.includes(role) || database.access.some(({ grantee }) => grantee === role),
    )
    .map((role) => {
      const access = database.access.find(({ grantee }) => grantee === role)
      const { tables = [], sequences = [] } = access ?? {}
      const history = database.creators.includes(role) ? tables : tables.filter((each) => each === 'SELECT')
      return { grantee: role, tables, sequences, history }
    })
  const schemas = database.schemas.map(({ name }) => name).filter((name) => !ownSchemas.includes(name))
  return `with wanted as (
    select r.oid as grantee, w.grantee as name, w.tables, w.sequences, w.history
      from jsonb_to_recordset(${quoteLiteral(JSON.stringify(wanted))}::jsonb) as w(grantee text, tables text[], sequences text[], history text[])
      left join pg_roles r on r.rolname = w.grantee::name),
  covered as (
    select n.oid, n.nspname from pg_namespace n
     where n.nspname not in (${ownSchemas.map(quoteLiteral).join(', ')}) and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and (n.nspname in (select jsonb_array_elements_text(${quoteLiteral(JSON.stringify(schemas))}::jsonb)::name)
         or pg_get_userbyid(n.nspowner) in (select jsonb_array_elements_text(${quoteLiteral(JSON.stringify(database.creators))}::jsonb)::name))
       and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')),
  relation as (
    select n.nspname, c.relname, c.relowner, c.relkind = 'S' as sequence, c.relacl as acl
      from pg_class c join covered n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))
  select c.nspname, c.relname, case when c.sequence then 'sequences' else 'tables' end as kind, w.name as grantee,
         case when c.sequence then w.sequences when c.nspname = ${quoteLiteral(migrationSchema)} then w.history else w.tables end as wanted,
         array(select x.privilege_type from aclexplode(c.acl) as x where x.grantee = w.grantee) as held
    from relation c join wanted w on w.grantee is distinct from c.relowner`
}

/** Grants what is missing, relation by relation; those that are right are not touched. */
export function grantMissingSql(database: DeclaredDatabase, roles: readonly string[]): string {
  return loopSql(`select 'GRANT' as verb, 'TO' as preposition, array(select unnest(wanted) except select unnest(held)) as privileges, nspname, relname, kind, grantee
    from (${relationPrivilegesSql(database, roles)}) as state where not wanted <@ held`)
}

/** Takes the given privileges of one role away again wherever its access level does not include them. */
export function revokeExtraSql(
  database: DeclaredDatabase,
  grantee: string,
  privileges: readonly string[],
): string {
  const taken = quoteLiteral(JSON.stringify(privileges))
  return loopSql(`select * from (select 'REVOKE' as verb, 'FROM' as preposition,
      array(select unnest(held) intersect select jsonb_array_elements_text(${taken}::jsonb) except select unnest(wanted)) as privileges, nspname, relname, kind, grantee
    from (${relationPrivilegesSql(database, [grantee])}) as state) as surplus where privileges <> '{}'`)
}

/** A DO block, because how many relations there are is known to the server only. The body is a literal, so no name can end it. */
function loopSql(query: string): string {
  return `DO LANGUAGE plpgsql ${quoteLiteral(`declare change record;
begin
  for change in ${query} loop
    execute format('%s %s ON %s %I.%I %s %I', change.verb, array_to_string(change.privileges, ', '),
      case change.kind when 'sequences' then 'SEQUENCE' else 'TABLE' end, change.nspname, change.relname, change.preposition, change.grantee);
  end loop;
end`)}`
}
