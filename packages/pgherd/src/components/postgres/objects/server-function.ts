import { createHash } from 'node:crypto'
import { quoteIdentifier, quoteLiteral } from './quoting.ts'

/** A function of pgherd's own, as it should be. */
export interface ServerFunction {
  readonly name: string
  /** As pg_get_function_result() writes it. */
  readonly result: string
  /** Changes with anything that changes what the function does; compare with `observedDefinitionSql`. */
  readonly digest: string
  readonly createSql: string
}

/** The search path is fixed, so that no caller's operator or function is run in place of the server's. */
const searchPath = 'pg_catalog, pg_temp'

/** The definition of a function on the server (pg_proc p, pg_language l) in the form `digest` is made from. */
export const observedDefinitionSql = `encode(sha256(convert_to(concat_ws(E'\\n', p.prosrc, l.lanname, p.provolatile, p.prosecdef, p.proretset,
      array_to_string(p.proconfig, ','), pg_get_function_result(p.oid)), 'UTF8')), 'hex')`

/** Defines a function that returns rows and changes nothing. */
export function defineFunction(definition: {
  readonly schema: string
  readonly name: string
  /** Types of the arguments, as SQL. */
  readonly args: string
  readonly result: string
  readonly language: 'sql' | 'plpgsql'
  /** Whose rights it runs with: the caller's, or its owner's, who is a superuser. */
  readonly security: 'INVOKER' | 'DEFINER'
  readonly body: string
}): ServerFunction {
  const { schema, name, args, result, language, security, body } = definition
  const digested = [
    body,
    language,
    's',
    security === 'DEFINER' ? 't' : 'f',
    't',
    `search_path=${searchPath}`,
    result,
  ].join('\n')
  return {
    name,
    result,
    digest: createHash('sha256').update(digested).digest('hex'),
    createSql: `CREATE OR REPLACE FUNCTION ${quoteIdentifier(schema)}.${quoteIdentifier(name)}(${args}) RETURNS ${result}
LANGUAGE ${language} STABLE SECURITY ${security} SET search_path = ${searchPath} AS ${quoteLiteral(body)}`,
  }
}
