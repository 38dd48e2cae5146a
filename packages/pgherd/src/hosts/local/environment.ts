import type { RunAs } from '../../topology/host-facts.ts'

/** Programs of the system are found here when the invoker's PATH is empty. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The environment of a program of ours: nothing of the invoker's but PATH and the time zone, so that
 * no secret (PGPASSWORD, cloud keys, the variables of `env` references) is passed on. HOME is the account's,
 * because libpq looks there for certificates and fails on a home it may not read.
 */
export function cleanEnvironment(
  account: RunAs,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { PATH, TZ } = process.env
  return {
    PATH: PATH || systemPath,
    ...(TZ ? { TZ } : {}),
    LANG: 'C.UTF-8',
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    ...extra,
  }
}
