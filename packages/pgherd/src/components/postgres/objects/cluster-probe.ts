import type { Major } from './access-level.ts'
import { maintenanceDatabase } from '../../reserved-names.ts'
import { observedCluster, type ObservedCluster } from './observed.ts'

/** A question to a server as data; fits `Probe` of hosts/host.ts, which this folder must not import. */
export interface SqlProbe<F> {
  readonly kind: 'sql'
  readonly database: string
  readonly text: string
  readonly parse: (rows: readonly Record<string, unknown>[]) => F
}

/** Catalog columns that differ between majors. */
const columns: Readonly<Record<Major, { locale: string; inherit: string; set: string }>> = {
  15: { locale: 'daticulocale', inherit: 'm.rolinherit', set: 'true' },
  16: { locale: 'daticulocale', inherit: 'a.inherit_option', set: 'a.set_option' },
  17: { locale: 'datlocale', inherit: 'a.inherit_option', set: 'a.set_option' },
  18: { locale: 'datlocale', inherit: 'a.inherit_option', set: 'a.set_option' },
}

/**
 * SQL that turns an ACL into grants, the owner's own entry left out.
 * @param kind the letter acldefault() knows the object's kind by: an absent ACL means the built-in default.
 */
export function grantsSql(acl: string, kind: string, owner: string): string {
  return `(select coalesce(json_agg(json_build_object('grantee', g.grantee, 'privileges', g.privileges) order by g.grantee), '[]')
     from (select case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee)::text end as grantee,
                  array_agg(distinct x.privilege_type order by x.privilege_type) as privileges
             from aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) as x
            where x.grantee <> ${owner} group by 1) as g)`
}

/** Runs as superuser in the maintenance database: pg_authid has the verifiers. One statement, so one snapshot. */
export function clusterProbe(major: Major): SqlProbe<ObservedCluster> {
  const { locale, inherit, set } = columns[major]
  const text = `select json_build_object(
  'roles', (select coalesce(json_agg(json_build_object(
      'name', rolname,
      'attributes', json_build_object('login', rolcanlogin, 'inherit', rolinherit, 'superuser', rolsuper, 'createDatabase', rolcreatedb,
        'createRole', rolcreaterole, 'replication', rolreplication, 'bypassRowSecurity', rolbypassrls),
      'connectionLimit', rolconnlimit,
      'validUntil', case when isfinite(rolvaliduntil) then extract(epoch from rolvaliduntil)::float8 end,
      'verifier', rolpassword) order by rolname), '[]')
    from pg_authid where rolname !~ '^pg_' and oid <> 10),
  'memberships', (select coalesce(json_agg(t order by t.role, t.member), '[]') from (
      select r.rolname as role, m.rolname as member, bool_or(${inherit}) as inherit, bool_or(${set}) as set, bool_or(a.admin_option) as admin
        from pg_auth_members a join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member
       where m.rolname !~ '^pg_' and m.oid <> 10 group by 1, 2) as t),
  'settings', (select coalesce(json_agg(t order by t.role, t.database, t.name), '[]') from (
      select r.rolname as role, d.datname as database, split_part(c, '=', 1) as name, substr(c, position('=' in c) + 1) as value
        from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase,
             unnest(s.setconfig) as c) as t),
  'databases', (select json_agg(json_build_object(
      'name', datname, 'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
      'locale', case datlocprovider when 'c' then json_build_object('provider', 'libc', 'name', datcollate)
        else json_build_object('provider', case datlocprovider when 'b' then 'builtin' else 'icu' end, 'name', coalesce(${locale}, datcollate)) end,
      'connectionLimit', datconnlimit, 'allowsConnections', datallowconn,
      'grants', ${grantsSql('datacl', 'd', 'datdba')}) order by datname)
    from pg_database where datname <> 'template0'),
  'extensions', (select coalesce(json_agg(json_build_object('name', v.name, 'version', v.version, 'requires', coalesce(v.requires, '{}')) order by v.name), '[]')
    from pg_available_extension_versions v join pg_available_extensions e on e.name = v.name and e.default_version = v.version)
)::text as observed`
  return {
    kind: 'sql',
    database: maintenanceDatabase,
    text,
    parse: (rows) => observedCluster.parse(observedJson(rows)),
  }
}

/** The one column of the one row, which every probe here answers with. */
export function observedJson(rows: readonly Record<string, unknown>[]): unknown {
  return JSON.parse(String(rows[0]?.observed))
}
